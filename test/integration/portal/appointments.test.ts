/** A customer answers an appointment in the mini-program: what is kept, who is asked to call, and what ends it. */
import { expect, test } from 'vitest'
import type { AppointmentRow } from '../../../src/treatments/model.ts'
import { at, careWorld, HOUR, meanwhile } from '../care/support.ts'

const world = await careWorld({ pathways: ['appointment'] })
const { mp } = world
const STARTS = '2026-03-12 10:00'
const iso = (text: string) => at(text).toISOString()
let serial = 0

/** Somebody known with one appointment, signed in. */
async function booked(n: number, startsAt = STARTS) {
  serial += 1
  const externalId = `A-${serial}`
  const customerId = await world.customer(n)
  const put = (more: Record<string, unknown> = {}) =>
    world.api('PUT', `/appointments/${externalId}`, {
      ...{ customerExternalId: `C-${n}`, storeId: 'huayan', code: 'ipl', startsAt: iso(startsAt), status: 'booked' },
      ...more,
    })
  const id = String((await put()).id)
  const token = await world.signIn(n)
  const home = async () => (await mp(token, 'GET', '/home')).body.appointment as Record<string, unknown> | null
  const answer = (answer: string, more: Record<string, unknown> = {}, who = token) =>
    mp(who, 'POST', `/appointments/${id}/answer`, { answer, startsAt: iso(startsAt), ...more })
  return { id, externalId, customerId, token, put, home, answer }
}
const row = (id: string) => world.collection<AppointmentRow>('appointments').findOne({ _id: id })
const tasks = (customerId: string) =>
  world
    .collection<{ _id: string; kind: string; status: string; role: string; title: string; script: string }>('tasks')
    .find({ customerId, kind: 'appointment_move' })
    .sort({ _id: 1 })
    .toArray()
const states = async (customerId: string) => (await tasks(customerId)).map(({ status }) => status)
const told = (id: string, type: string) =>
  world.collection('event_deliveries').countDocuments({ 'event.type': type, 'event.data.appointmentId': id } as never)
/** The front desk has called and says so; a member gets no more cards in a minute than WeCom delivers. */
async function called(customerId: string) {
  await later()
  const open = (await tasks(customerId)).find(({ status }) => status === 'open')
  const { ownerUserId, card } = await world.task(String(open?._id))
  await world.click(ownerUserId, card, 'done')
}
const later = () => world.to(new Date(Number(world.now()) + HOUR / 60))
/** As the clinic's own system lists it. */
const listed = async (externalId: string) =>
  ((await world.api('GET', `/appointments?externalId=${externalId}`)).items as Record<string, unknown>[])[0]

test('who says to come has said so: on the first page, to the clinic, and once', async () => {
  const { id, externalId, customerId, home, answer, put } = await booked(0)
  expect(await home()).toMatchObject({ id, startsAt: iso(STARTS), answer: null })
  expect((await listed(externalId))?.answer).toBeNull()
  expect((await answer('confirmed')).body).toMatchObject({ id, answer: 'confirmed' })
  const kept = await row(id)
  expect((await answer('confirmed')).status).toBe(200)
  // What the clinic's system says every night is no news, and takes nothing away.
  await put()
  await world.work()
  expect(await row(id)).toEqual({ ...kept, pending: [], announceAt: null })
  expect(await home()).toMatchObject({ answer: 'confirmed' })
  expect((await listed(externalId))?.answer).toMatchObject({ what: 'confirmed', at: expect.any(String) })
  expect([await states(customerId), await told(id, 'appointment.answered')]).toEqual([[], 1])
})

test('who would rather come at another time is called by the front desk, which reads the wish', async () => {
  const { id, externalId, customerId, token, home, answer } = await booked(1)
  expect((await answer('move', { wish: '周六下午都可以' })).body).toMatchObject({ answer: 'move' })
  await world.work()
  const [task, ...more] = await tasks(customerId)
  expect(more).toEqual([])
  expect(task).toMatchObject({ status: 'open', role: 'front_desk', title: expect.stringContaining('客户希望改期') })
  const { ownerUserId } = await world.task(String(task?._id))
  const card = JSON.stringify(world.staffGot(ownerUserId, 'card').at(-1)?.payload)
  for (const words of ['客户希望改期', '3月12日 10:00', '周六下午都可以']) expect(card).toContain(words)
  expect(await home()).toMatchObject({ answer: 'move' })
  expect(JSON.stringify([await row(id), task])).not.toContain('周六')
  const { parts } = (await mp(token, 'GET', '/my-data')).body as { parts: { name: string; content: unknown }[] }
  expect(parts.find(({ name }) => name === 'appointments')?.content).toMatchObject([
    { answer: 'move', wish: '周六下午都可以', answeredAt: expect.any(String) },
  ])
  // The clinic's list has no words of customers, as it has no notes.
  expect((await listed(externalId))?.answer).toEqual({ what: 'move', at: expect.any(String) })
})

test('an appointment that is moved has no answer, and nobody is asked to call any more', async () => {
  const { id, customerId, home, answer, put } = await booked(2)
  await answer('move')
  await world.work()
  expect(await states(customerId)).toEqual(['open'])
  await put({ startsAt: iso('2026-03-14 15:00') })
  await world.work()
  expect(await states(customerId)).toEqual(['cancelled'])
  expect(await home()).toMatchObject({ startsAt: iso('2026-03-14 15:00'), answer: null })
  expect((await answer('confirmed')).code).toBe('appointment_moved')
  // Back where it was it is a further decision of the clinic, and to be answered anew.
  await put()
  expect(await home()).toMatchObject({ startsAt: iso(STARTS), answer: null })
  expect((await answer('move')).status).toBe(200)
  await world.work()
  expect([await states(customerId), (await row(id))?.moves?.length]).toEqual([['cancelled', 'open'], 2])
})

test('the call is needless when it is cancelled, and when the customer comes after all', async () => {
  const off = await booked(3)
  await off.answer('move')
  await world.work()
  await off.put({ status: 'cancelled' })
  const after = await booked(4)
  await after.answer('move')
  await world.work()
  expect(await states(after.customerId)).toEqual(['open'])
  expect((await after.answer('confirmed')).body).toMatchObject({ answer: 'confirmed' })
  await world.work()
  expect([await states(off.customerId), await states(after.customerId)]).toEqual([['cancelled'], ['cancelled']])
  // And wanted once more when the customer thinks better of it.
  await after.answer('move')
  await world.work()
  expect(await states(after.customerId)).toEqual(['cancelled', 'open'])
})

test('said twenty times at once it is one answer, one event and one call', async () => {
  const { id, customerId, answer } = await booked(5)
  const answers = await Promise.all(Array.from({ length: 20 }, () => answer('move', { wish: '下周' })))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  await world.work()
  expect([await states(customerId), (await row(id))?.moves?.length]).toEqual([['open'], 1])
  expect(await told(id, 'appointment.answered')).toBe(1)
})

test('who comes after all, in the moment in which the call is asked for, is not called', async () => {
  const { customerId, answer } = await booked(6)
  // What is told of the booking looks, too.
  await world.work()
  await answer('move')
  const other = world.another()
  meanwhile('tasks', 'insertMany', async () => {
    await answer('confirmed')
    // Another process has heard of it before this one has opened what is needless by now.
    await other.due.find(({ table }) => table === 'event_deliveries')?.drain(world.now())
  })
  await world.work()
  expect(await states(customerId)).toEqual(['cancelled'])
})

test('who wants no messages is called all the same: it was the customer who asked', async () => {
  const { customerId, answer } = await booked(10)
  await answer('move')
  await world.work()
  await world.api('PATCH', `/customers/${customerId}`, { optOut: { all: true, promotion: true } })
  await world.work()
  expect(await states(customerId)).toEqual(['open'])
  // Asked for afterwards, it is no different.
  const after = await booked(11)
  await world.api('PATCH', `/customers/${after.customerId}`, { optOut: { all: true, promotion: true } })
  await after.answer('move')
  await world.work()
  expect(await states(after.customerId)).toEqual(['open'])
})

test('an appointment that is given to somebody else at the same time takes the call along, and the answer', async () => {
  const { id, customerId, answer, put } = await booked(12, '2026-03-12 11:00')
  const other = await booked(13)
  await answer('move', { wish: '周日' })
  await world.work()
  expect(await states(customerId)).toEqual(['open'])
  await put({ customerExternalId: 'C-13' })
  await world.work()
  expect([await states(customerId), (await row(id))?.answer]).toEqual([['cancelled'], null])
  // The new customer's own wish is a call of its own.
  expect((await answer('move', {}, other.token)).status).toBe(200)
  await world.work()
  expect([await states(customerId), await states(other.customerId)]).toEqual([['cancelled'], ['open']])
})

test('a wish that is said once more after the call is a further call', async () => {
  const { id, customerId, home, answer } = await booked(14, '2026-03-12 16:00')
  await answer('move', { wish: '周六' })
  await world.work()
  expect(await home()).toMatchObject({ answer: 'move' })
  await called(customerId)
  // No call is promised any more, and either answer can be given.
  expect([await states(customerId), (await home())?.answer]).toEqual([['done'], null])
  await later()
  expect((await answer('move', { wish: '周六' })).body).toMatchObject({ answer: 'move' })
  expect((await answer('move', { wish: '周六' })).status).toBe(200)
  await world.work()
  expect([await states(customerId), (await row(id))?.moves?.length]).toEqual([['done', 'open'], 2])
  await called(customerId)
  expect([await states(customerId), await told(id, 'appointment.answered')]).toEqual([['done', 'done'], 2])
})

test('said once more before the end of the call has been heard of, it is a further call, and one before that is none', async () => {
  const { id, customerId, answer } = await booked(15)
  await answer('move', { wish: '周六' })
  await world.work()
  await later()
  await answer('move', { wish: '周六' })
  const { simulator, app } = world
  const [open] = await tasks(customerId)
  const { ownerUserId, card } = await world.task(String(open?._id))
  const click = { do: 'click', taskId: card, key: 'done', selected: {} }
  simulator.act({ as: 'staff', id: world.staffOf(ownerUserId).personId, ...click })
  // The click arrives and ends the task; what it tells is delivered later.
  await world.arrived()
  const isEvents = ({ table }: { table: string }) => table === 'event_deliveries'
  for (let i = 0; i < 3; i++) for (const one of app.due) if (!isEvents(one)) await one.drain(world.now())
  expect(await states(customerId)).toEqual(['done'])
  expect((await row(id))?.answer?.isHeard).toBeUndefined()
  await simulator.context.clock.moveTo(new Date(Number(world.now()) + HOUR / 60), 5_000)
  expect((await answer('move', { wish: '周六' })).status).toBe(200)
  await world.work()
  expect(await states(customerId)).toEqual(['done', 'open'])
  // Delivered once more it adds nothing.
  const deliveries = world.collection<{ _id: string }>('event_deliveries')
  for (const { _id } of await deliveries.find({ 'event.type': 'task.completed' } as never).toArray())
    await deliveries.updateOne({ _id }, { $set: { status: 'pending', dueAt: world.now() } } as never)
  await world.work()
  expect([await states(customerId), (await row(id))?.moves?.length]).toEqual([['done', 'open'], 2])
})

test("somebody else's appointment is found by nobody, and one that is over has no answer", async () => {
  const { id, customerId, answer, put } = await booked(7)
  const stranger = await booked(8, '2026-03-02 18:00')
  expect((await answer('move', {}, stranger.token)).code).toBe('appointment_not_found')
  expect((await mp(stranger.token, 'POST', '/appointments/nobody/answer', said('confirmed'))).code).toBe(
    'appointment_not_found',
  )
  await put({ status: 'cancelled' })
  expect((await answer('confirmed')).code).toBe('appointment_over')
  await world.to('2026-03-02 18:00')
  const late = await stranger.answer('move')
  expect([late.status, late.code]).toEqual([409, 'appointment_over'])
  expect([(await row(id))?.answer, await states(customerId), await states(stranger.customerId)]).toEqual([null, [], []])
})
const said = (answer: string) => ({ answer, startsAt: iso(STARTS) })

test('asked again and again, it is the telephone’s turn', async () => {
  const { customerId, answer } = await booked(9)
  for (let i = 0; i < 5; i++) expect((await answer('move', { wish: `第 ${i} 次` })).status).toBe(200)
  expect((await answer('move', { wish: '又一次' })).code).toBe('appointment_asked_often')
  // The last one may be said again.
  expect((await answer('move', { wish: '第 4 次' })).status).toBe(200)
  await world.work()
  expect((await states(customerId)).filter((state) => state === 'open')).toHaveLength(1)
})
