/** An emergency in the middle of a talk with the assistant: people are called as if there were none, and it keeps out of it. */
import { expect, test } from 'vitest'
import type { CaseRow } from '../../../src/care/cases/model.ts'
import { careWorld, MINUTE } from '../care/support.ts'

const w = await careWorld({ env: { WECHATY_PUPPET: 'wecom' }, customers: 10 })
const DOCTOR = 'staff04'
const SUPERVISOR = 'staff05'
const DIRECTOR = 'staff10'
interface Task {
  _id: string
  kind: string
  role: string
  ownerUserId: string
}

test('whoever the assistant has just answered reports blanching pain: doctor, supervisor and one holding reply at once, then up the chain until it is taken', async () => {
  const n = 1
  await w.to('2026-03-03 11:30')
  const customerId = await w.customer(n)
  const id = await w.treatment(n, '2026-03-03 11:00', { code: 'hyaluronic_filler', doctorUserId: DOCTOR })
  await w.to('2026-03-03 15:00')
  const open = (kind: string) =>
    w
      .collection<Task>('tasks')
      .find({ customerId, kind, closedAt: null as never })
      .sort({ role: 1 })
      .toArray()
  const said = () => w.got(n, 'kf')

  await w.chats(n, '打完玻尿酸可以化妆吗？')
  expect(said().at(-1)?.text).toContain('不能代替医生诊断')
  const before = said().length
  const at = w.now()
  await w.says(n, '打完这边发白发凉，而且越来越痛')
  const late = ({ at: when }: { at: string }) => Date.parse(when) - Number(at)
  const replies = said().slice(before)
  expect(replies).toMatchObject([{ channel: 'kf/send_msg', text: expect.stringContaining('请您保持电话畅通') }])
  expect(replies.map(late).every((ms) => ms >= 0 && ms < 1_000)).toBe(true)
  expect(replies[0]?.text).not.toContain('智能助手')
  for (const member of [DOCTOR, SUPERVISOR]) {
    const cards = w.staffGot(member, 'card').filter(({ payload }) => JSON.stringify(payload).includes('发白发凉'))
    expect([member, cards.length, cards.map(late).every((ms) => ms < 1_000)]).toEqual([member, 1, true])
    expect(JSON.stringify(cards[0]?.payload)).toContain('紧急')
  }
  expect(await open('doctor_contact')).toMatchObject([{ ownerUserId: DOCTOR }])

  const after = (minutes: number) => w.to(new Date(Number(at) + minutes * MINUTE))
  const called = async () => (await open('red_flag')).map(({ role }) => role)
  const rung = () => w.staffGot(DIRECTOR, 'app').filter(({ text }) => text.includes('无人接手')).length
  await after(4)
  expect(await called()).toEqual(['cs_supervisor'])
  await after(5)
  expect(await called()).toEqual(['cs_supervisor', 'department_head'])
  await after(10)
  expect(await called()).toEqual(['cs_supervisor', 'department_head', 'director'])
  await after(16)
  expect(rung()).toBe(1)

  const [doctor] = await open('doctor_contact')
  const { ownerUserId, card } = await w.task(doctor?._id ?? '')
  await w.click(ownerUserId, card, 'take')
  const taken = (await w.collection<CaseRow>('abnormal_cases').findOne({ _id: id })) as CaseRow
  expect(taken.alarms).toMatchObject([{ round: 0, takenBy: DOCTOR }])
  expect(await called()).toEqual([])
  await after(60)
  expect([rung(), await called()]).toEqual([1, []])
  // The customer was told once: neither an article nor a second holding reply came in the meantime.
  expect(said().slice(before)).toHaveLength(1)
})
