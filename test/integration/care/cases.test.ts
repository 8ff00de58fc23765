/** An abnormal case from the contact that finds it until the doctor says that it is resolved. */
import { expect, test } from 'vitest'
import type { CaseRow } from '../../../src/care/cases/model.ts'
import { callTaskId } from '../../../src/care/fire.ts'
import { addDays, dailyOpening } from '../../../src/platform/calendar.ts'
import { careWorld, clinicTime, HOUR, MINUTE } from './support.ts'

const w = await careWorld({ customers: 30 })
interface Task {
  _id: string
  kind: string
  role: string
  ownerUserId: string
  status: string
  openAt: Date
  deadlineAt: Date
}
let today = '2026-03-02'
let n = 0
/** On the day after the treatment the consultant finds something abnormal. */
async function found(state = 'abnormal', words = '面部出现水泡') {
  for (const table of ['care_steps', 'tasks', 'outbox', 'abnormal_cases']) await w.collection(table).deleteMany({})
  today = addDays(clinicTime(w.now()).slice(0, 10), 1)
  await w.to(`${today} 15:00`)
  n += 1
  const customerId = await w.customer(n)
  const id = await w.treatment(n, `${today} 14:50`, { consultantUserId: 'staff12', doctorUserId: 'staff04' })
  await w.to(`${addDays(today, 1)} 12:00`)
  await contact((await w.task(callTaskId(`${id}.treatment_call.consultant_day1`)))._id, state, words)
  return { id, customerId }
}
async function contact(taskId: string, state: string, words: string) {
  const { ownerUserId, card } = await w.task(taskId)
  await w.click(ownerUserId, card, 'done')
  await w.click(ownerUserId, card, 'submit_contact', { reached: ['yes'], state: [state], satisfaction: ['3'] })
  await w.click(ownerUserId, card, 'submit_checklist', { checklist: ['reaction'] })
  await w.tell(ownerUserId, words)
}
const doctorSays = async (taskId: string, followUp: string) => {
  const { ownerUserId, card } = await w.task(taskId)
  await w.click(ownerUserId, card, 'done')
  await w.click(ownerUserId, card, 'submit_doctor', { reached: ['yes'], state: ['abnormal'], followUp: [followUp] })
  await w.tell(ownerUserId, '已面诊')
}
const openTasks = (kind: string) =>
  w
    .collection<Task>('tasks')
    .find({ kind, closedAt: null as never })
    .sort({ openAt: 1 })
    .toArray()
async function only(kind: string): Promise<Task> {
  const [one, ...others] = await openTasks(kind)
  if (!one || others.length > 0) throw new Error(`${others.length + (one ? 1 : 0)} tasks of ${kind}`)
  return one
}
const caseOf = async (id: string): Promise<CaseRow> => {
  const row = await w.collection<CaseRow>('abnormal_cases').findOne({ _id: id })
  if (!row) throw new Error('no case')
  return row
}
const told = (userId: string, part: string) =>
  w
    .staffGot(userId, 'app')
    .filter(({ text, at }) => text.includes(part) && clinicTime(new Date(at)) >= `${addDays(today, 1)} 00:00`).length

test('the treating doctor has a day; department head and consultant are told; there is one case however often it is found', async () => {
  const { id, customerId } = await found()
  const doctor = await only('doctor_contact')
  expect(doctor.ownerUserId).toBe('staff04')
  const at = (await caseOf(id)).openedAt
  expect(Number(doctor.deadlineAt) - Number(at)).toBe(24 * HOUR)
  expect(told('staff12', '异常情况')).toBe(1)
  // In this clinic the doctor stands in for the head of the department, and has the card.
  expect(told('staff04', '异常情况')).toBe(0)
  await w.to(`${addDays(today, 1)} 15:00`)
  // A second contact of the day finds it again.
  await w
    .collection('care_steps')
    .updateOne({ _id: `${id}.treatment_call.cs_day3` as never }, { $set: { dueAt: w.now() } })
  await w.work()
  await w.to(new Date(w.now().getTime() + 11 * MINUTE))
  await contact(callTaskId(`${id}.treatment_call.cs_day3`), 'needs_doctor', '水泡变大')
  expect(await w.collection('abnormal_cases').countDocuments({})).toBe(1)
  expect((await caseOf(id)).reports.map(({ state }) => state)).toEqual(['abnormal', 'needs_doctor'])
  expect(await w.collection('tasks').countDocuments({ kind: 'doctor_contact' })).toBe(1)
  const { items } = (await w.api('GET', `/abnormal-cases?customerId=${customerId}&status=open`)) as {
    items: { id: string }[]
  }
  expect(items.map((one) => one.id)).toEqual([id])
  expect(await w.api('GET', `/abnormal-cases/${id}`)).toMatchObject({ status: 'open', round: 0, escalated: 0 })
})

test('doctor and customer service call again at the doctor’s interval, round by round, until it is resolved', async () => {
  const { id } = await found()
  await doctorSays((await only('doctor_contact'))._id, '2')
  expect(await caseOf(id)).toMatchObject({ everyDays: 2, status: 'open', contactedAt: expect.any(Date) })
  expect(await openTasks('case_follow')).toEqual([])
  await w.to(`${addDays(today, 3)} 11:00`)
  const [joint, doctor] = [await only('case_follow'), await only('doctor_contact')]
  expect([joint, doctor].map(({ openAt, deadlineAt }) => [clinicTime(openAt), clinicTime(deadlineAt)])).toEqual([
    [`${addDays(today, 3)} 11:00`, `${addDays(today, 3)} 20:30`],
    [`${addDays(today, 3)} 14:30`, `${addDays(today, 3)} 20:30`],
  ])
  expect([joint.role, doctor.ownerUserId]).toEqual(['customer_service', 'staff04'])
  // Still abnormal is no news in the joint follow-up: no further round, no further note.
  await contact(joint._id, 'abnormal', '水泡渐消')
  expect(await caseOf(id)).toMatchObject({ round: 1 })
  await w.to(`${addDays(today, 3)} 15:00`)
  await doctorSays(doctor._id, 'resolved')
  expect(await caseOf(id)).toMatchObject({ status: 'resolved', resolvedBy: 'staff04', dueAt: null })
  expect(told('staff12', '异常已解决')).toBe(1)
  await w.to(`${addDays(today, 12)} 12:00`)
  expect(await openTasks('case_follow')).toEqual([])
  expect(await openTasks('doctor_contact')).toEqual([])
  expect(await openTasks('case_escalation')).toEqual([])
})

test('a doctor whom nobody answers tries again the same day, and the day that the customer was promised stays', async () => {
  const { id } = await found()
  const first = await only('doctor_contact')
  await w.click('staff04', (await w.task(first._id)).card, 'not_reached')
  const again = await only('doctor_contact')
  expect(again._id).not.toBe(first._id)
  expect(clinicTime(again.openAt)).toBe(`${addDays(today, 1)} 14:30`)
  expect(await caseOf(id)).toMatchObject({ tries: 1, round: 0, contactedAt: null, dueBy: (await caseOf(id)).dueBy })
})

test('a closed day moves nothing of a case: the doctor’s second try and the joint round are on it', async () => {
  const { id } = await found()
  // On the evening of the first day all of the next three are closed.
  await w.to(`${addDays(today, 1)} 19:45`)
  const closed = [2, 3, 4].map((days) => ({ on: addDays(today, days), spans: [], reason: '台风' }))
  await w.store('huayan', { opening: { ...dailyOpening(), exceptions: closed } })
  await w.click('staff04', (await w.task((await only('doctor_contact'))._id)).card, 'not_reached')
  const again = await only('doctor_contact')
  expect([again.openAt, again.deadlineAt].map(clinicTime)).toEqual([
    `${addDays(today, 2)} 11:00`,
    `${addDays(today, 2)} 20:30`,
  ])
  const cards = () => w.staffGot('staff04', 'card').filter(({ text }) => text.includes('请医生联系')).length
  await w.to(`${addDays(today, 2)} 10:59`)
  const before = cards()
  await w.to(`${addDays(today, 2)} 11:00`)
  expect(cards()).toBe(before + 1)
  await doctorSays(again._id, '1')
  await w.to(`${addDays(today, 3)} 11:00`)
  expect(clinicTime((await only('case_follow')).openAt)).toBe(`${addDays(today, 3)} 11:00`)
  const third = await only('doctor_contact')
  expect(clinicTime(third.openAt)).toBe(`${addDays(today, 3)} 14:30`)
  // Whom nobody answered in the afternoon tries once more that evening.
  await w.to(`${addDays(today, 3)} 16:00`)
  await w.click('staff04', (await w.task(third._id)).card, 'not_reached')
  expect(clinicTime((await only('doctor_contact')).openAt)).toBe(`${addDays(today, 3)} 19:30`)
  expect(await caseOf(id)).toMatchObject({ status: 'open', round: 1, tries: 1 })
  await w.store('huayan')
})

test('nobody answers while a case is open: the doctor decides what else is tried, besides the consultant’s two tasks', async () => {
  const { id } = await found()
  await w.to(`${addDays(today, 3)} 12:30`)
  const taskId = callTaskId(`${id}.treatment_call.cs_day3`)
  const step = () => w.step(id, 'treatment_call.cs_day3')
  // By itself this call is none of a nurse's or doctor's.
  expect(await step()).toMatchObject({ status: 'calling', safety: false, ownerRole: 'customer_service' })
  for (let i = 0; i < 10 && (await step()).status === 'calling'; i++) {
    const { ownerUserId, card, openAt } = (await w.task(taskId)) as unknown as Task & { card: string }
    await w.to(new Date(Math.max(Number(openAt), Number(w.now())) + 5 * MINUTE))
    await w.click(ownerUserId, card, 'not_reached')
  }
  expect(await step()).toMatchObject({ status: 'unreachable' })
  const decide = (await only('decide_contact')) as Task & { script: string }
  expect(decide).toMatchObject({
    role: 'doctor',
    ownerUserId: 'staff04',
    title: expect.stringContaining('请决定如何联系'),
  })
  expect(w.crypto.open('tasks.script', decide.script)).toContain('客户有尚未解决的异常情况')
  expect(await openTasks('consultant_follow')).toHaveLength(2)
})

test('a doctor who does not call: the supervisor when the day is over, the director a day later, each once', async () => {
  const { id } = await found()
  const { dueBy } = await caseOf(id)
  await w.to(new Date(dueBy.getTime() - MINUTE))
  expect(await openTasks('case_escalation')).toEqual([])
  await w.to(dueBy)
  const supervisor = await only('case_escalation')
  expect(supervisor.role).toBe('cs_supervisor')
  await w.to(new Date(dueBy.getTime() + 24 * HOUR - MINUTE))
  expect(await openTasks('case_escalation')).toHaveLength(1)
  await w.to(new Date(dueBy.getTime() + 24 * HOUR))
  const roles = (await openTasks('case_escalation')).map(({ role }) => role)
  expect(roles.sort()).toEqual(['cs_supervisor', 'director'])
  await w.to(new Date(dueBy.getTime() + 100 * HOUR))
  expect(await w.collection('tasks').countDocuments({ kind: 'case_escalation' })).toBe(2)
  // Late, but done: whoever was asked to see to it needs not.
  await doctorSays((await only('doctor_contact'))._id, '1')
  expect(await openTasks('case_escalation')).toEqual([])
  expect(await caseOf(id)).toMatchObject({ escalated: 2, status: 'open' })
})

test('what was resolved and comes back is the same case, opened again with a day for the doctor', async () => {
  const { id } = await found()
  await doctorSays((await only('doctor_contact'))._id, 'resolved')
  await w.to(`${addDays(today, 3)} 18:00`)
  await contact(callTaskId(`${id}.treatment_call.cs_day3`), 'abnormal', '又出现红肿')
  const row = await caseOf(id)
  expect(row).toMatchObject({ status: 'open', round: 1, resolvedAt: null, escalated: 0 })
  expect(Number(row.dueBy) - Number(row.openedAt)).toBe(24 * HOUR)
  expect((await only('doctor_contact')).ownerUserId).toBe('staff04')
})

test('a treatment that was entered by mistake has no case; after a death nobody follows up', async () => {
  const { id } = await found()
  await w.api('POST', `/treatments/${id}/cancel`)
  await w.work()
  expect(await caseOf(id)).toMatchObject({ status: 'closed', reason: 'treatment_cancelled', dueAt: null })
  expect(await openTasks('doctor_contact')).toEqual([])
  const other = await found()
  await w.api('PATCH', `/customers/${other.customerId}`, { deceased: true })
  await w.work()
  expect(await caseOf(other.id)).toMatchObject({ status: 'closed', reason: 'deceased', dueAt: null })
  expect(await openTasks('doctor_contact')).toEqual([])
})

test('what a colleague writes down of a case is held against the knowledge, too', async () => {
  await w.collection('knowledge_gaps').deleteMany({})
  // Of blisters after this treatment articles speak, of a rash none does.
  await found()
  await found('abnormal', '面部出了一片皮疹')
  const { items } = (await w.api('GET', '/knowledge/gaps?owner=doctor')) as { items: object[] }
  expect(items).toMatchObject([{ kind: 'case', sample: '光子嫩肤：皮疹', count: 1 }])
})
