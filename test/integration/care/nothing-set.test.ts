/**
 * "Treated, nothing set": on the day of treatment the doctor says what comes next, by the evening the supervisor's list is
 * empty or explained. staff04 is the hospital's doctor, staff05 supervises, staff08 treats in the salon, staff09 manages it.
 */
import { beforeEach, describe, expect, test } from 'vitest'
import { dayTaskId } from '../../../src/care/days-wanted.ts'
import { addDays } from '../../../src/platform/calendar.ts'
import { at, careWorld, clinicTime } from './support.ts'

const w = await careWorld({ customers: 30, pathways: 'all' })
let today = '2026-03-02'
let n = 0
const later = (days: number) => addDays(today, days)
const cardOf = (id: string) => dayTaskId(id, 'next_session_date')
const instant = (text: string) => at(text).toISOString()
/** A treatment that ended at 14:30 and is entered at 15:00. */
async function treated(code: string, more: Record<string, unknown> = {}): Promise<string> {
  n += 1
  await w.customer(n)
  const id = await w.treatment(n, `${today} 14:30`, { code, ...more })
  await w.work()
  return id
}
async function put(id: string, code: string, more: Record<string, unknown> = {}): Promise<void> {
  const body = { customerExternalId: `C-${n}`, storeId: 'huayan', code, endedAt: instant(`${today} 14:30`), ...more }
  await w.api('PUT', `/treatments/${id}`, body)
  await w.work()
}
const next = async (id: string) => (await w.api('GET', `/treatments/${id}`)).nextSessionOn
const fate = async (id: string, name: string) => {
  const { plannedOn, status } = await w.step(id, name)
  return [plannedOn, status].filter(Boolean).join(' ')
}
const lists = (userId: string) =>
  w
    .staffGot(userId)
    .filter((entry) => entry.text.includes('治疗后续未安排') && new Date(entry.at) >= at(`${today} 00:00`))

beforeEach(async () => {
  for (const table of ['care_steps', 'care_plans', 'tasks', 'outbox', 'treatments'])
    await w.collection(table).deleteMany({})
  today = addDays(clinicTime(w.now()).slice(0, 10), 1)
  await w.to(`${today} 15:00`)
})

describe('the doctor’s card', () => {
  test('comes on the day of treatment, for that evening; the answer is the day, and the plan follows', async () => {
    const id = await treated('picosecond')
    const { card, ...task } = await w.task(cardOf(id))
    expect(task).toMatchObject({ ownerUserId: 'staff04', status: 'open', deadlineAt: at(`${today} 20:30`) })
    expect(await fate(id, 'laser_skin.next_session')).toBe('needs_anchor')
    // Nothing chosen is no answer.
    await w.click('staff04', card, 'done')
    expect((await w.task(cardOf(id))).status).toBe('open')
    await w.click('staff04', card, 'done', { answer: ['d28'] })
    expect((await w.task(cardOf(id))).status).toBe('done')
    expect(await next(id)).toBe(later(28))
    expect(await fate(id, 'laser_skin.next_session')).toBe(`${later(26)} planned`)
  })

  test('"none needed" ends the waiting', async () => {
    const id = await treated('picosecond')
    await w.click('staff04', `${cardOf(id)}-0`, 'done', { answer: ['none'] })
    expect(await next(id)).toBe('none')
    expect(await fate(id, 'laser_skin.next_session')).toBe('cancelled')
  })

  test('comes for an injection, too, where no step waits for the day; a day in the clinic’s system withdraws it', async () => {
    const id = await treated('botulinum')
    expect(await w.task(cardOf(id))).toMatchObject({ ownerUserId: 'staff04', status: 'open' })
    await put(id, 'botulinum', { nextSessionOn: later(120) })
    expect(await w.task(cardOf(id))).toMatchObject({ status: 'cancelled' })
  })

  test('a correction that says nothing of it keeps the answer, one that names a day wins', async () => {
    const id = await treated('botulinum')
    await w.click('staff04', `${cardOf(id)}-0`, 'done', { answer: ['m3'] })
    const said = addDays(later(0), 0).replace(
      /-(\d\d)-/,
      (_, month) => `-${String(Number(month) + 3).padStart(2, '0')}-`,
    )
    expect(await next(id)).toBe(said)
    await put(id, 'botulinum', { note: '下颌缘' })
    expect(await next(id)).toBe(said)
    await put(id, 'botulinum', { nextSessionOn: later(100) })
    expect(await next(id)).toBe(later(100))
  })

  test('comes once per treatment, and not where the answer is known, the first year is set, or the day has passed', async () => {
    const given = await treated('ipl', { nextSessionOn: later(30) })
    const operated = await treated('double_eyelid')
    n += 1
    await w.customer(n)
    const late = await w.treatment(n, `${later(-2)} 14:30`, { code: 'botulinum' })
    await w.work()
    for (const id of [given, operated, late])
      expect(await w.collection('tasks').findOne({ _id: cardOf(id) })).toBeNull()
    const id = await treated('picosecond')
    await put(id, 'picosecond', { note: '一' })
    await put(id, 'picosecond', { note: '二' })
    expect(await w.collection('tasks').countDocuments({ treatmentId: id, kind: 'set_day' } as never)).toBe(1)
  })

  test('in a salon it is the beautician’s', async () => {
    n += 1
    await w.customer(n, { storeIds: ['qingyan'] })
    const id = await w.treatment(n, `${today} 14:30`, { code: 'salon_care', storeId: 'qingyan' })
    await w.work()
    expect(await w.task(cardOf(id))).toMatchObject({ ownerUserId: 'staff08', status: 'open' })
  })

  test('comes again when the day that withdrew it is taken back, as often as that happens', async () => {
    const id = await treated('botulinum')
    const open = async () =>
      (await w.collection<{ _id: string; closedAt: Date | null }>('tasks').find({ treatmentId: id }).toArray()).filter(
        (task) => task.closedAt === null && task._id.startsWith('day_'),
      ).length
    for (const withdrawn of [1, 2]) {
      await put(id, 'botulinum', { nextSessionOn: later(120 + withdrawn) })
      expect(await open()).toBe(0)
      await put(id, 'botulinum')
      expect([withdrawn, await open()]).toEqual([withdrawn, 1])
    }
    const { changes } = (await w.api('GET', `/care-plans/${id}`)) as { changes: { asked: string[] }[] }
    expect(changes.filter(({ asked }) => asked.includes('next_session_date'))).toHaveLength(2)
  })

  test('of a plan from before it was asked doesn’t come, however often the plan is made anew', async () => {
    const id = await treated('botulinum')
    await w.collection('care_plans').updateOne({ _id: id }, { $unset: { asksNext: '' } })
    await w.collection('tasks').deleteMany({})
    for (const note of ['一', '二']) {
      await put(id, 'botulinum', { note })
      expect(await w.collection('tasks').countDocuments({ kind: 'set_day' } as never)).toBe(0)
    }
  })

  test('answered late it counts from the day of the answer: no day that is over is set', async () => {
    const id = await treated('picosecond')
    // Nothing else happens in these weeks.
    await w.collection('care_steps').deleteMany({})
    await w.to(`${later(20)} 15:00`)
    const { card, ownerUserId } = await w.task(cardOf(id))
    await w.click(ownerUserId, card, 'done', { answer: ['d14'] })
    expect(await next(id)).toBe(later(34))
  })

  test('of a treatment that is cancelled it is withdrawn', async () => {
    const id = await treated('botulinum')
    await w.api('DELETE', `/treatments/${id}`).catch(() => w.api('POST', `/treatments/${id}/cancel`))
    await w.work()
    expect(await w.task(cardOf(id))).toMatchObject({ status: 'cancelled' })
  })
})

describe('the evening list', () => {
  test('names what is not answered at 20:45, by whom it is to be said, and nothing else', async () => {
    const open = await treated('botulinum')
    const explained = await treated('picosecond')
    await w.click('staff04', `${cardOf(explained)}-0`, 'done', { answer: ['undecided'] })
    await w.to(`${today} 20:44`)
    expect(lists('staff05')).toEqual([])
    await w.to(`${today} 20:46`)
    const [list, ...more] = lists('staff05')
    expect(more).toEqual([])
    expect(list?.text).toContain('1 项治疗后续未安排')
    const doctor = await w.collection<{ _id: string; name: string }>('staff').findOne({ _id: 'staff04' })
    expect(list?.text).toContain(`${doctor?.name}未填写`)
    // The next morning it is said: in the evening there is nothing to tell.
    today = later(1)
    await w.to(`${today} 10:00`)
    await w.click('staff04', (await w.task(cardOf(open))).card, 'done', { answer: ['booked'] })
    await w.to(`${today} 20:50`)
    expect(lists('staff05')).toEqual([])
  })
})
