/** Who decides about contacts while the doctors are away: staff04 is the hospital's only doctor, staff03 its nurse. */
import { expect, test } from 'vitest'
import { careWorld } from './support.ts'

const w = await careWorld({ customers: 5, pathways: 'all' })

test('with all doctors on leave neither nurse nor customer service moves a medical contact by hand', async () => {
  await w.to('2026-03-02 15:00')
  await w.customer(1)
  const id = await w.treatment(1, '2026-03-02 14:30', { code: 'double_eyelid' })
  await w.work()
  await w.api('PUT', '/staff/staff04/absences/L-1', {
    from: '2026-03-02',
    to: '2026-03-04',
    reason: 'annual',
    delegateUserId: 'staff03',
  })
  await w.work()
  let request = 0
  const move = (byUserId: string, step: string) => {
    request += 1
    const body = { byUserId, reason: '客户出差', requestId: `R-${request}`, day: '2026-03-06' }
    return w.api('POST', `/care-plans/${id}/steps/${id}.${step}/move`, body)
  }
  for (const byUserId of ['staff01', 'staff03', 'staff05'])
    await expect(move(byUserId, 'treatment_call.cs_day3')).rejects.toThrow('role_required')
  // Her own contacts are hers as before, and the doctor may decide from home.
  await move('staff03', 'surgery.day3')
  await move('staff04', 'treatment_call.cs_day3')
})
