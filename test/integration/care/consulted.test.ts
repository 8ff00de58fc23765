/** People who asked and have not bought (domain 3): a message a month, then the consultant decides; buying ends it. */
import { expect, test } from 'vitest'
import { consultationTaskId } from '../../../src/care/consulted.ts'
import { addDays, addMonths } from '../../../src/platform/calendar.ts'
import { careWorld, clinicTime } from './support.ts'

const w = await careWorld({ customers: 30, pathways: 'all' })
let today = '2026-03-02'
let n = 0
/** Every test has a customer of its own, who has agreed to hear of offers, and begins on an afternoon. */
async function afternoon(more: Record<string, unknown> = {}): Promise<number> {
  for (const table of ['care_steps', 'care_plans', 'tasks', 'outbox']) await w.collection(table).deleteMany({})
  today = addDays(clinicTime(w.now()).slice(0, 10), 1)
  await w.to(`${today} 15:00`)
  n += 1
  await w.customer(n, { promotionConsent: true, ...more })
  return n
}
const month = (count: number) => addMonths(today, count)
const instant = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`).toISOString()
async function consulted(one: number, more: Record<string, unknown> = {}): Promise<string> {
  const body = {
    externalId: `Q-${one}`,
    customerExternalId: `C-${one}`,
    storeId: 'huayan',
    consultedAt: instant(`${today} 14:00`),
    topics: ['picosecond', 'ipl'],
    outcome: 'open',
    ...more,
  }
  const { id } = await w.api('POST', '/consultations', body)
  await w.work()
  return String(id)
}
/** Nothing of interest in between: the days are not lived one by one. */
async function evening(day: string): Promise<void> {
  await w.simulator.context.clock.moveTo(new Date(instant(`${day} 10:00`)), 5_000)
  await w.to(`${day} 20:40`)
}
async function evenings(months: number): Promise<void> {
  for (let i = 1; i <= months; i++) await evening(month(i))
}
const fate = async (id: string, step: string) => {
  const { plannedOn, status, reason } = await w.step(id, `consulted.${step}`)
  return [plannedOn, status, reason].filter(Boolean).join(' ')
}
const fates = async (id: string) =>
  Object.fromEntries(
    await Promise.all(['month1', 'month2', 'month3', 'decision'].map(async (step) => [step, await fate(id, step)])),
  )
const offers = (one: number) => w.got(one, 'sms').filter(({ text }) => text.includes('咨询'))
const decision = async (id: string, nth = 1) => w.task(consultationTaskId(await w.step(id, 'consulted.decision'), nth))
const decide = async (id: string, nth: number, choice: string) => {
  const { ownerUserId, card } = await decision(id, nth)
  await w.click(ownerUserId, card, 'done')
  await w.click(ownerUserId, card, 'submit_choice', { choice: [choice], why: ['price'] })
}

test('three messages a month apart in the contact windows, then the consultant decides; who closes ends it, with a reason', async () => {
  const one = await afternoon()
  const id = await consulted(one)
  expect(await fates(id)).toEqual({
    month1: `${month(1)} planned`,
    month2: `${month(2)} planned`,
    month3: `${month(3)} planned`,
    decision: `${month(4)} planned`,
  })
  await evenings(3)
  expect(offers(one).map(({ at }) => clinicTime(new Date(at)).slice(0, 10))).toEqual([month(1), month(2), month(3)])
  expect(offers(one)[0]?.text).toContain('皮秒')
  await evening(month(4))
  const task = await decision(id)
  expect(task).toMatchObject({
    status: 'open',
    kind: 'decide_consultation',
    role: 'consultant',
    customerId: expect.any(String),
  })
  expect(w.staffGot(task.ownerUserId, 'card').some(({ text }) => text.includes('是否继续跟进'))).toBe(true)
  expect(await fate(id, 'decision')).toBe(`${month(4)} calling`)
  await decide(id, 1, 'close')
  expect(await decision(id)).toMatchObject({ status: 'done', decision: { choice: 'close', reason: 'price' } })
  expect(await fate(id, 'decision')).toBe(`${month(4)} done`)
  const { items } = (await w.api('GET', `/consultations?externalId=Q-${one}`)) as { items: unknown[] }
  expect(items).toMatchObject([
    { outcome: 'closed', decisions: [{ choice: 'close', reason: 'price', byUserId: task.ownerUserId }] },
  ])
  expect(await w.api('GET', `/care-plans/${id}`)).toMatchObject({ status: 'cancelled' })
  // The clinic's system says again what it said: that opens nothing.
  await consulted(one)
  expect(await w.api('GET', `/care-plans/${id}`)).toMatchObject({ status: 'cancelled' })
})

test('who goes on is asked again a month later, and buying takes the question back', async () => {
  const one = await afternoon()
  const id = await consulted(one)
  await evenings(4)
  const day = clinicTime(w.now()).slice(0, 10)
  await decide(id, 1, 'continue')
  const again = await decision(id, 2)
  expect(again).toMatchObject({ status: 'open' })
  expect(clinicTime((again as unknown as { openAt: Date }).openAt)).toBe(`${addMonths(day, 1)} 11:00`)
  expect(offers(one)).toHaveLength(3)
  await w.treatment(one, `${day} 20:00`, { code: 'picosecond' })
  await w.work()
  expect(await w.task(again._id)).toMatchObject({ status: 'cancelled' })
  expect(await fate(id, 'decision')).toBe(`${month(4)} cancelled bought`)
})

test('a treatment after it ends it; what was before it does not; one that is taken back lets it go on', async () => {
  const one = await afternoon()
  await w.treatment(one, `${addDays(today, -3)} 14:30`, { code: 'ipl' })
  const id = await consulted(one)
  await evening(month(1))
  expect(await fate(id, 'month1')).toBe(`${month(1)} done`)
  const treated = await w.treatment(one, `${month(1)} 20:30`, { code: 'rf' })
  await w.work()
  expect(await fates(id)).toMatchObject({
    month1: `${month(1)} done`,
    month2: `${month(2)} cancelled bought`,
    decision: `${month(4)} cancelled bought`,
  })
  await w.api('POST', `/treatments/${treated}/cancel`)
  await w.work()
  expect(await fate(id, 'month2')).toBe(`${month(2)} planned`)
  // History names what moved it.
  const { changes } = (await w.api('GET', `/care-plans/${id}`)) as { changes: { cause: string }[] }
  expect(changes.at(-1)?.cause).toBe('treatment.cancelled')
})

test('a purchase ends it, and so does the clinic that says bought or closed; said to be open again, it goes on', async () => {
  const one = await afternoon()
  const id = await consulted(one)
  await consulted(one, { outcome: 'closed' })
  expect(await fate(id, 'month1')).toBe(`${month(1)} cancelled consultation_closed`)
  await consulted(one)
  expect(await fate(id, 'month1')).toBe(`${month(1)} planned`)
  await consulted(one, { outcome: 'bought' })
  expect(await fate(id, 'month1')).toBe(`${month(1)} cancelled bought`)
  await consulted(one)
  await w.api('POST', '/purchases', {
    externalId: `P-${one}`,
    customerExternalId: `C-${one}`,
    storeId: 'huayan',
    paidAt: instant(`${today} 14:30`),
    amountFen: 100,
    items: [{ name: '储值', quantity: 1, amountFen: 100 }],
  })
  await w.work()
  expect(await fate(id, 'month1')).toBe(`${month(1)} cancelled bought`)
  await evening(month(1))
  expect(offers(one)).toEqual([])
})

test('a corrected day moves what is to come; without consent nothing is sent, and the plan says why', async () => {
  const one = await afternoon({ promotionConsent: false })
  const id = await consulted(one)
  await consulted(one, { consultedAt: instant(`${addDays(today, -10)} 14:00`) })
  expect(await fate(id, 'month2')).toBe(`${addMonths(addDays(today, -10), 2)} planned`)
  await evening(addMonths(addDays(today, -10), 1))
  expect(offers(one)).toEqual([])
  expect(await fate(id, 'month1')).toContain('skipped no_consent')
})

test('two consultations at once share the caps: the second waits inside its week, and where that is too short says so', async () => {
  const one = await afternoon()
  const first = await consulted(one)
  const second = await consulted(one, { externalId: `Q-${one}-2`, topics: ['rf'] })
  await evening(month(1))
  await evening(addDays(month(1), 8))
  expect(offers(one)).toHaveLength(1)
  const ends = [await fate(first, 'month1'), await fate(second, 'month1')].sort()
  expect(ends).toEqual([`${month(1)} done`, `${month(1)} missed frequency_cap`])
})

/** A customer whom only a person can reach, and the card that asks for it. */
async function handed() {
  const one = await afternoon({ phone: undefined })
  const id = await consulted(one)
  await evening(addDays(month(1), -1))
  await w.to(`${month(1)} 18:00`)
  const card = await w.collection<{ _id: string; status: string }>('tasks').findOne({ kind: 'send_message' })
  expect(card?.status).toBe('open')
  const cardNow = async () => (await w.task(card?._id ?? '')).status
  return { one, id, card: card?._id ?? '', cardNow }
}
const capsOf = async () =>
  (await w.collection<{ _id: string; spent: unknown[] }>('promotion_caps').find().toArray()).at(-1)

test('an offer for a person to pass on lapses with its day: nobody makes up for it, and it does not count', async () => {
  const { id, cardNow } = await handed()
  expect((await capsOf())?.spent).toHaveLength(1)
  await w.to(`${month(1)} 20:31`)
  expect(await cardNow()).toBe('cancelled')
  expect(await fate(id, 'month1')).toBe(`${month(1)} missed staff_overdue`)
  expect((await capsOf())?.spent).toEqual([])
})

test('passed on in its day, it counts', async () => {
  const { id, card } = await handed()
  const { ownerUserId, card: shown } = await w.task(card)
  await w.click(ownerUserId, shown, 'done')
  await w.to(`${month(1)} 20:31`)
  expect(await fate(id, 'month1')).toContain('done')
  expect((await capsOf())?.spent).toHaveLength(1)
})

test.each([
  ['promotion_opted_out', (one: number) => w.customer(one, { phone: undefined, optOut: { promotion: true } })],
  [
    'abnormal_open',
    (one: number) =>
      w.api('POST', '/contacts', {
        externalId: `A-${one}`,
        customerExternalId: `C-${one}`,
        storeId: 'huayan',
        state: 'abnormal',
        byUserId: w.simulator.world.staff.find((each) => each.position.includes('客服'))?.userId,
        at: w.now().toISOString(),
      }),
  ],
  ['abnormal_open', (one: number) => w.chats(one, '脸上起了水泡，还流脓了')],
] as const)('%s: the card that asks somebody to pass an offer on is withdrawn', async (reason, happens) => {
  const { one, id, cardNow } = await handed()
  await happens(one)
  await w.work()
  expect(await cardNow()).toBe('cancelled')
  expect(await fate(id, 'month1')).toBe(`${month(1)} skipped ${reason}`)
  expect((await capsOf())?.spent).toEqual([])
})

test('whoever wants no contact at all leaves the consultant nothing to decide', async () => {
  const one = await afternoon()
  const id = await consulted(one)
  await evenings(4)
  const asked = await decision(id)
  expect(asked.status).toBe('open')
  await w.customer(one, { optOut: { all: true } })
  await w.work()
  expect((await w.task(asked._id)).status).toBe('cancelled')
  expect(await fate(id, 'decision')).toContain('cancelled opted_out')
})

test('while an abnormal case is open no offer goes; the doctor says that it is resolved, and the offer of the week goes', async () => {
  const one = await afternoon()
  const id = await consulted(one)
  const staffOf = (position: string) => w.simulator.world.staff.find((each) => each.position.includes(position))?.userId
  const report = { externalId: `K-${one}`, customerExternalId: `C-${one}`, storeId: 'huayan', state: 'abnormal' }
  await evening(addDays(month(1), -1))
  await w.api('POST', '/contacts', { ...report, byUserId: staffOf('客服'), at: w.now().toISOString() })
  await w.work()
  await evening(month(1))
  expect(offers(one)).toEqual([])
  expect(await fate(id, 'month1')).not.toContain('done')
  const card = await w.collection('tasks').findOne({ kind: 'doctor_contact', closedAt: null as never })
  const doctor = await w.task(String(card?._id))
  await w.click(doctor.ownerUserId, doctor.card, 'done')
  const said = { reached: ['yes'], state: ['abnormal'], followUp: ['resolved'] }
  await w.click(doctor.ownerUserId, doctor.card, 'submit_doctor', said)
  await w.tell(doctor.ownerUserId, '已面诊，无需处理')
  await evening(addDays(month(1), 2))
  expect(offers(one)).toHaveLength(1)
  expect(await fate(id, 'month1')).toContain('done')
})
