/**
 * A process that dies between any two of its writes, at every one of them in turn: another process goes on, and people
 * get what they were promised once.
 */
import { expect, test } from 'vitest'
import { callTaskId } from '../../../src/care/fire.ts'
import { addDays } from '../../../src/platform/calendar.ts'
import { careWorld, clinicTime, dyingAt, HOUR, MINUTE } from './support.ts'

const w = await careWorld({ customers: 400 })
let n = 0
const TABLES = ['inbox', 'event_deliveries', 'tasks', 'care_steps', 'outbox']

// One long window after the other, so that a day has room for many deaths.
for (const id of ['huayan', 'qingyan'])
  await w.store(id, {
    contactWindows: [
      { from: '09:00', to: '14:00' },
      { from: '14:00', to: '20:30' },
    ],
  })
let day = '2026-03-02'
const hour = () => (w.now().getUTCHours() + 8) % 24
/** Nothing is left of earlier customers; late in the day it is the next morning. */
async function clearDesk(): Promise<void> {
  for (const table of TABLES) await w.collection(table).deleteMany({})
  if (hour() >= 10 && hour() < 18) return
  if (hour() >= 18) day = addDays(day, 1)
  await w.to(`${day} 10:00`)
}
const ago = (hours: number) => clinicTime(new Date(w.now().getTime() - hours * HOUR))

/** What a living process does while the dead one's leases still hold. */
async function others(): Promise<void> {
  for (let round = 0; round < 4; round++)
    for (const table of w.app.due) if (TABLES.includes(table.table)) await table.drain(w.now())
}

/**
 * `arrange` brings a fresh customer to the brink and returns what is asked of afterwards; then the process works and dies
 * at its write number 0, 1, 2 … until it gets through.
 */
async function everyDeath(
  arrange: (n: number) => Promise<string>,
  verify: (id: string, n: number) => Promise<void>,
): Promise<void> {
  let deaths = 0
  for (let write = 0; ; write++) {
    await clearDesk()
    const id = await arrange(++n)
    const death = dyingAt(write)
    const died = await w.work().then(
      () => false,
      () => true,
    )
    death.revive()
    if (!died) break
    deaths += 1
    await others()
    w.leasesOver()
    await w.work()
    // Effects that a dead process left behind are looked after a minute later.
    await w.to(new Date(w.now().getTime() + 3 * MINUTE))
    await verify(id, n).catch((error: unknown) => {
      throw new Error(`died before write ${write}: ${error instanceof Error ? error.message : String(error)}`)
    })
  }
  // A scenario without writes would prove nothing.
  expect(deaths).toBeGreaterThan(4)
}

const texts = (customer: number, kind?: 'kf' | 'sms') => w.got(customer, kind).map(({ text }) => text)
const messageIds = (customer: number) => w.got(customer).map(({ messageId }) => messageId)

test('when a treatment is entered', { timeout: 300_000 }, async () => {
  let steps = 0
  await everyDeath(
    async (one) => {
      await w.customer(one)
      // The entry itself is answered; what follows from it is not done yet.
      return w.treatment(one, ago(0.5))
    },
    async (id, one) => {
      const rows = await w.steps(id)
      steps ||= rows.length
      expect(rows).toHaveLength(steps)
      expect(texts(one)).toHaveLength(1)
      const greeting = await w.step(id, 'treatment_call.cs_2h')
      expect(greeting).toMatchObject({ status: 'done', channel: 'sms', messageIds: messageIds(one) })
      expect(await w.collection('care_plans').countDocuments({ _id: id as never })).toBe(1)
    },
  )
  expect(steps).toBe(17)
})

/** Makes a planned step due now; it is inside the contact windows. */
const dueNow = (id: string, step: string) =>
  w.collection('care_steps').updateOne({ _id: `${id}.${step}` as never }, { $set: { dueAt: w.now() } })

test('when a message falls due', { timeout: 300_000 }, async () => {
  await everyDeath(
    async (one) => {
      await w.customer(one, { storeIds: ['qingyan'] })
      const id = await w.treatment(one, ago(2.5), { storeId: 'qingyan', code: 'salon_care' })
      await w.work()
      await dueNow(id, 'base.guidance_day1')
      return id
    },
    async (id, one) => {
      expect(texts(one)).toHaveLength(1)
      const step = await w.step(id, 'base.guidance_day1')
      expect(step).toMatchObject({ status: 'done', dueAt: null, messageIds: messageIds(one) })
    },
  )
})

/** Customer `one` with a call that is due now. */
async function withCall(one: number, { undue = false } = {}): Promise<{ id: string; step: string; task: string }> {
  await w.customer(one)
  const id = await w.treatment(one, ago(2.5))
  await w.work()
  if (!undue) await dueNow(id, 'treatment_call.consultant_day1')
  const step = `${id}.treatment_call.consultant_day1`
  return { id, step, task: callTaskId(step) }
}

test('when a call falls due', { timeout: 300_000 }, async () => {
  await everyDeath(
    async (one) => (await withCall(one)).id,
    async (id, one) => {
      // The announcing message, once, and one card that is to come.
      expect(texts(one)).toHaveLength(1)
      const step = await w.step(id, 'treatment_call.consultant_day1')
      expect(step).toMatchObject({ status: 'calling', taskId: callTaskId(step._id), messageIds: messageIds(one) })
      const task = await w.task(callTaskId(step._id))
      expect(task).toMatchObject({ status: 'open', occurrence: 0 })
      const cards = await w.collection('outbox').countDocuments({ 'refs.taskId': task._id })
      expect(cards).toBe(1)
    },
  )
})

/** The call's card is with its owner, who taps `key`; the callback has arrived and nobody has worked on it. */
async function tapped(one: number, key: string): Promise<string> {
  const { id, task } = await withCall(one)
  await w.to(new Date(w.now().getTime() + 11 * MINUTE))
  const { card, ownerUserId } = await w.task(task)
  w.simulator.act({ as: 'staff', id: w.staffOf(ownerUserId).personId, do: 'click', taskId: card, key })
  await w.arrived()
  return id
}

test('when a call was not reached', { timeout: 300_000 }, async () => {
  await everyDeath(
    (one) => tapped(one, 'not_reached'),
    async (id, one) => {
      expect(texts(one).filter((text) => text.includes('未能接通'))).toHaveLength(1)
      const step = await w.step(id, 'treatment_call.consultant_day1')
      expect(step.calls).toHaveLength(1)
      expect([...step.messageIds].sort()).toEqual([...messageIds(one)].sort())
      const contacts = await w.collection('contacts').find({ treatmentId: id }).toArray()
      expect(contacts.map(({ _id }) => _id)).toEqual([`${step._id}#call1`])
      // The second call of the day, in another window, on a second card.
      expect(await w.task(callTaskId(step._id))).toMatchObject({ status: 'open', occurrence: 1 })
    },
  )
})

test('when a call was reached and its form is sent', { timeout: 300_000 }, async () => {
  await everyDeath(
    async (one) => {
      const { id, task } = await withCall(one)
      await w.to(new Date(w.now().getTime() + 11 * MINUTE))
      const { card, ownerUserId } = await w.task(task)
      await w.click(ownerUserId, card, 'done')
      await w.click(ownerUserId, card, 'submit_contact', {
        reached: ['yes'],
        state: ['recovering_well'],
        satisfaction: ['4'],
      })
      await w.click(ownerUserId, card, 'submit_checklist', { checklist: ['reaction', 'care', 'recovery'] })
      w.simulator.act({ as: 'staff', id: w.staffOf(ownerUserId).personId, do: 'say', text: '恢复良好，已提醒防晒' })
      await w.arrived()
      return id
    },
    async (id) => {
      const step = await w.step(id, 'treatment_call.consultant_day1')
      expect(step).toMatchObject({ status: 'done', channel: 'call', dueAt: null, calls: [{ reached: true }] })
      const contacts = await w.collection('contacts').find({ treatmentId: id }).toArray()
      expect(contacts).toMatchObject([{ _id: `${step._id}#reached`, reached: true, satisfaction: 4 }])
      expect(await w.task(callTaskId(step._id))).toMatchObject({ status: 'done' })
    },
  )
})

test('when a treatment is corrected', { timeout: 300_000 }, async () => {
  await everyDeath(
    async (one) => {
      const { id } = await withCall(one, { undue: true })
      await w.api('PUT', `/treatments/${id}`, {
        customerExternalId: `C-${one}`,
        storeId: 'huayan',
        code: 'botulinum',
        endedAt: new Date(w.now().getTime() - 2.5 * HOUR).toISOString(),
      })
      return id
    },
    async (id) => {
      const steps = await w.steps(id)
      expect(steps.filter(({ pathway }) => pathway === 'injection').map(({ status }) => status)).toEqual([
        'planned',
        'planned',
        'planned',
        'planned',
        'planned',
      ])
      expect(await w.step(id, 'treatment_call.cs_day7')).toMatchObject({ mergedInto: `${id}.injection.days7_10` })
      expect((await w.api('GET', `/care-plans/${id}`)).changes).toHaveLength(1)
    },
  )
})

test('when a treatment is cancelled', { timeout: 300_000 }, async () => {
  await everyDeath(
    async (one) => {
      const { id } = await withCall(one)
      await w.work()
      await w.api('POST', `/treatments/${id}/cancel`)
      return id
    },
    async (id) => {
      const step = await w.step(id, 'treatment_call.consultant_day1')
      expect(step).toMatchObject({ status: 'cancelled', reason: 'treatment_cancelled', dueAt: null })
      expect(await w.task(callTaskId(step._id))).toMatchObject({ status: 'cancelled' })
      expect((await w.steps(id)).filter(({ dueAt }) => dueAt !== null)).toEqual([])
      expect((await w.api('GET', `/care-plans/${id}`)).status).toBe('cancelled')
    },
  )
})

test('two processes that plan, fire and send at the same time do each thing once', { timeout: 300_000 }, async () => {
  await clearDesk()
  const other = w.another()
  const ids: [number, string][] = []
  for (let i = 0; i < 20; i++) {
    await w.customer(++n)
    ids.push([n, await w.treatment(n, ago(2.5))])
  }
  const both = async (table: string) => {
    const drains = [w.app, other].map((app) => app.due.find((one) => one.table === table)?.drain(w.now()))
    await Promise.all(drains)
  }
  await both('event_deliveries')
  await w.work()
  await w
    .collection('care_steps')
    .updateMany(
      { step: { $in: ['consultant_day1', 'guidance_day2'] }, status: 'planned' },
      { $set: { dueAt: w.now() } },
    )
  // Firing and sending run into each other on purpose.
  for (let round = 0; round < 6; round++) await Promise.all([both('care_steps'), both('outbox'), both('care_steps')])
  await w.work()
  for (const [one, id] of ids) {
    const steps = await w.steps(id)
    expect(new Set(steps.map(({ _id }) => _id)).size).toBe(steps.length)
    const call = await w.step(id, 'treatment_call.consultant_day1')
    expect([call.status, call.messageIds.length]).toEqual(['calling', 1])
    // Everything that arrived is some step's, once.
    expect([...steps.flatMap((step) => step.messageIds)].sort()).toEqual([...messageIds(one)].sort())
    expect(await w.collection('tasks').countDocuments({ stepIds: call._id })).toBe(1)
  }
})

test('when a customer answers the questions of the first month', { timeout: 300_000 }, async () => {
  await everyDeath(
    async (one) => {
      await w.customer(one, { storeIds: ['qingyan'] })
      await w.chats(one)
      const id = await w.treatment(one, ago(2.5), { storeId: 'qingyan', code: 'salon_care' })
      await w.work()
      await dueNow(id, 'base.effect_month1')
      await w.work()
      const asked = w.got(one, 'kf').find(({ text }) => text.includes('效果'))
      const [best] = (w.got(one, 'kf').at(-1)?.payload.menu ?? []) as { id: string }[]
      expect([asked !== undefined, best?.id]).toEqual([true, expect.stringContaining('effect_5')])
      w.simulator.act({ as: 'customer', id: w.personOf(one).personId, do: 'click', menuId: best?.id })
      await w.arrived()
      return id
    },
    async (id, one) => {
      const contact = await w.collection('contacts').findOne({ _id: `${id}.base.effect_month1#message` as never })
      expect(contact).toMatchObject({ reached: true, effect: 5, satisfaction: null })
      expect(texts(one, 'kf').filter((text) => text.includes('整体服务满意吗'))).toHaveLength(1)
    },
  )
})
