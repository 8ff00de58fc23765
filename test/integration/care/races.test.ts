/** A step that somebody cancels in the very instant in which it fires or gets its card: state, messages and cards agree. */
import { expect, test } from 'vitest'
import { callTaskId } from '../../../src/care/fire.ts'
import { addDays } from '../../../src/platform/calendar.ts'
import { careWorld, clinicTime, meanwhile } from './support.ts'

const w = await careWorld({ customers: 30 })
const DOCTOR = 'staff04'
const SUPERVISOR = 'staff05'
const CALL = 'treatment_call.consultant_day1'
const MESSAGE = 'base.guidance_day1'
let day = '2026-03-02'
let n = 0

/** A treatment of the afternoon of a fresh day, and the call of the day after. */
async function treated(more: Record<string, unknown> = {}): Promise<string> {
  for (const table of ['care_steps', 'tasks', 'outbox']) await w.collection(table).deleteMany({})
  day = addDays(clinicTime(w.now()).slice(0, 10), 1)
  await w.to(`${day} 15:00`)
  n += 1
  await w.customer(n, more)
  const id = await w.treatment(n, `${day} 14:30`, more.storeIds ? { storeId: 'qingyan', code: 'salon_care' } : {})
  await w.work()
  return id
}
const cancel = (id: string, name: string, byUserId = DOCTOR) =>
  w.api('POST', `/care-plans/${id}/steps/${id}.${name}/cancel`, { byUserId, reason: '客户出差', requestId: `R-${n}` })
/** The minute in which a step is due, as far as this process is then. */
async function untilDue(id: string, name: string): Promise<void> {
  const { dueAt } = await w.step(id, name)
  await w.to(new Date(Number(dueAt) - 60_000))
  await w.simulator.context.clock.moveTo(dueAt as Date, 5_000)
}
/** Cards of calls that anybody has. */
const open = async (id: string) =>
  (
    await w
      .collection<{ _id: string }>('tasks')
      .find({ treatmentId: id, kind: 'contact_call', closedAt: null })
      .toArray()
  ).map(({ _id }) => _id)
const announced = (id: string) =>
  w.collection('outbox').countDocuments({ 'refs.stepId': `${id}.${CALL}`, 'refs.part': 'prelude', status: 'sent' })
const said = () => w.got(n).length
const notes = () => w.staffGot(SUPERVISOR, 'app').map(({ text }) => text)

test('cancelled between its message and its own row, it says nothing', async () => {
  const id = await treated({ storeIds: ['qingyan'] })
  const before = said()
  await untilDue(id, MESSAGE)
  meanwhile('care_steps', 'bulkWrite', async () => void (await cancel(id, MESSAGE, 'staff08')))
  await w.work()
  await w.to(`${addDays(day, 1)} 20:45`)
  expect(await w.step(id, MESSAGE)).toMatchObject({ status: 'cancelled', reason: 'cancelled_by_hand', dueAt: null })
  expect(said()).toBe(before)
  // Taken back, it comes on its day all the same, once.
  const { plannedOn } = await w.step(id, 'base.guidance_day2')
  expect(plannedOn).toBe(addDays(day, 2))
})

test('a call that is cancelled then has neither card nor announcement; taken back, it has both, once', async () => {
  const id = await treated()
  await untilDue(id, CALL)
  meanwhile('care_steps', 'bulkWrite', async () => void (await cancel(id, CALL)))
  await w.work()
  expect(await w.step(id, CALL)).toMatchObject({ status: 'cancelled', reason: 'cancelled_by_hand', taskId: null })
  expect([await announced(id), await open(id)]).toEqual([0, []])
  await w.api('POST', `/care-plans/${id}/changes/R-${n}/undo`, {
    byUserId: DOCTOR,
    reason: '客户未出差',
    requestId: `U-${n}`,
  })
  // The claim of the firing that came to nothing runs out.
  w.leasesOver()
  await w.to(`${addDays(day, 1)} 20:45`)
  const step = await w.step(id, CALL)
  expect(step).toMatchObject({ status: 'calling', occurrence: 1, taskId: callTaskId(step._id, 1) })
  expect([await announced(id), await open(id)]).toEqual([1, [callTaskId(step._id, 1)]])
})

test('a message that has left in that instant was sent: the step is done', async () => {
  const id = await treated({ storeIds: ['qingyan'] })
  const before = said()
  await untilDue(id, MESSAGE)
  // Another process drains the outbox meanwhile, and its answer comes after the cancelling.
  meanwhile('care_steps', 'bulkWrite', async () => {
    meanwhile('care_steps', 'bulkWrite', async () => void (await cancel(id, MESSAGE, 'staff08')))
    await w
      .another()
      .due.find(({ table }) => table === 'outbox')
      ?.drain(w.now())
  })
  await w.work()
  expect(said()).toBe(before + 1)
  expect(await w.step(id, MESSAGE)).toMatchObject({ status: 'done', reason: null, dueAt: null })
})

test('cancelled while the day is laid out, it has no card; and what got its card meanwhile loses it', async () => {
  const id = await treated()
  await w.to(`${addDays(day, 1)} 08:39`)
  meanwhile('care_steps', 'bulkWrite', async () => void (await cancel(id, CALL)))
  await w.to(`${addDays(day, 1)} 08:41`)
  expect(await w.step(id, CALL)).toMatchObject({ status: 'cancelled', reason: 'cancelled_by_hand' })
  expect(await open(id)).toEqual([])
  // The other way round: the cancelling has read the plan before the card is there.
  const other = await treated()
  await w.to(`${addDays(day, 1)} 08:39`)
  meanwhile('care_steps', 'bulkWrite', () => w.to(`${addDays(day, 1)} 08:41`))
  await cancel(other, CALL)
  await w.work()
  expect(await w.step(other, CALL)).toMatchObject({ status: 'cancelled', reason: 'cancelled_by_hand', taskId: null })
  expect(await open(other)).toEqual([])
})

test('a call that has gone out before the cancelling was written goes on, and the supervisor reads so', async () => {
  const id = await treated()
  await untilDue(id, CALL)
  meanwhile('care_plans', 'updateOne', () => w.work())
  await cancel(id, CALL)
  await w.work()
  const step = await w.step(id, CALL)
  expect(step).toMatchObject({ status: 'calling', taskId: callTaskId(step._id) })
  expect(await open(id)).toEqual([callTaskId(step._id)])
  expect(notes().at(-1)).toContain('已在进行，未作调整')
})
