/** The customer contacts us first: the contact is logged, may do the call of the day, and is entered once. */
import { expect, test } from 'vitest'
import { callTaskId } from '../../../src/care/fire.ts'
import { addDays } from '../../../src/platform/calendar.ts'
import { at, careWorld, clinicTime, dyingAt, HOUR } from './support.ts'

const w = await careWorld({ customers: 40 })
const COVERED = ['reaction', 'care', 'recovery']
let today = '2026-03-02'
let n = 0
/** Ten in the morning of the day on which customer service calls. */
async function dayThree(people = 1) {
  for (const table of ['care_steps', 'tasks', 'outbox']) await w.collection(table).deleteMany({})
  today = addDays(clinicTime(w.now()).slice(0, 10), 1)
  await w.to(`${today} 15:00`)
  const ids: string[] = []
  for (let i = 0; i < people; i++) {
    n += 1
    await w.customer(n)
    ids.push(await w.treatment(n, `${today} 14:50`, { consultantUserId: 'staff12', doctorUserId: 'staff04' }))
  }
  today = addDays(today, 3)
  await w.to(`${today} 10:00`)
  return { id: ids[0] ?? '', ids }
}
let serial = 0
const phoned = (more: Record<string, unknown> = {}) => {
  serial += 1
  return {
    externalId: `IN-${serial}`,
    customerExternalId: `C-${n}`,
    storeId: 'huayan',
    byUserId: 'staff01',
    at: w.now().toISOString(),
    state: 'recovering_well',
    satisfaction: 5,
    checklist: COVERED,
    ...more,
  }
}
const enter = (body: Record<string, unknown>) => w.api('POST', '/contacts', body)
const CALL = 'treatment_call.cs_day3'

test('a call that covered the checklist does the call of the day: the card is withdrawn, nobody is announced, the guide still comes', async () => {
  const { id } = await dayThree()
  expect(await w.task(callTaskId(`${id}.${CALL}`))).toMatchObject({ status: 'open' })
  const contact = await enter(phoned({ summary: '来电问洗护' }))
  expect(contact).toMatchObject({ unplanned: true, stepIds: [`${id}.${CALL}`], treatmentId: id, channel: 'call' })
  await w.work()
  expect(await w.step(id, CALL)).toMatchObject({
    status: 'done',
    reason: 'satisfied_by_contact',
    calls: [{ byUserId: 'staff01', at: w.now(), reached: true }],
  })
  expect((await w.task(callTaskId(`${id}.${CALL}`))).status).toBe('cancelled')
  await w.to(`${today} 21:00`)
  const words = w.got(n).filter(({ at: when }) => new Date(when) >= at(`${today} 00:00`))
  // No announcement of a call; what it would have brought along comes once.
  expect(words.filter(({ text }) => text.includes('方便')).length).toBe(0)
  expect(words.length).toBeLessThanOrEqual(1)
  const record = await w.collection<{ _id: string; summary: string }>('contacts').findOne({ _id: String(contact.id) })
  const summary = w.crypto.open('contacts.summary', record?.summary ?? '')
  expect(summary).toMatch(/^光子嫩肤后第3天客户来电；.*补充：来电问洗护；记录人 /)
  expect(JSON.stringify(contact)).not.toContain('洗护')
  // The promise: the auditor finds the answered call of that day among the claims.
  const claims = (await w.api('GET', `/care-plans/${id}`)).steps as { id: string; calls: { reached: boolean }[] }[]
  expect(claims.find((one) => one.id === `${id}.${CALL}`)?.calls).toMatchObject([{ reached: true }])
})

test('a call that did not cover it is logged, and the clinic still calls', async () => {
  const { id } = await dayThree()
  const contact = await enter(phoned({ checklist: ['recovery'] }))
  expect(contact).toMatchObject({ unplanned: true, stepIds: [] })
  expect((await w.step(id, CALL)).status).toBe('planned')
})

test.each([
  ['somebody of another role', { byUserId: 'staff06' }],
  ['a talk in the store', { channel: 'visit' }],
  ['a call of the day before', { at: new Date(Date.parse('2026-03-01T03:00:00Z')).toISOString() }],
])('%s does not do the call of customer service', async (_, more) => {
  const { id } = await dayThree()
  expect((await enter(phoned(more))).stepIds).toEqual([])
  expect((await w.step(id, CALL)).status).toBe('planned')
})

test('while the call is being tried in vain, the customer’s own call ends the trying', async () => {
  const { id } = await dayThree()
  await w.to(`${today} 18:00`)
  const { ownerUserId, card, status } = await w.task(callTaskId(`${id}.${CALL}`))
  expect([status, (await w.step(id, CALL)).status]).toEqual(['open', 'calling'])
  await w.click(ownerUserId, card, 'not_reached')
  await enter(phoned({ byUserId: ownerUserId }))
  await w.work()
  expect(await w.step(id, CALL)).toMatchObject({ status: 'done', reason: 'satisfied_by_contact' })
  await w.to(`${addDays(today, 3)} 12:00`)
  expect((await w.task(callTaskId(`${id}.${CALL}`))).status).toBe('cancelled')
  expect(await w.step(id, CALL)).toMatchObject({ status: 'done', reason: 'satisfied_by_contact' })
})

test('the same number again is the same contact and does nothing; other facts under it are refused', async () => {
  const { id } = await dayThree()
  const body = phoned({ checklist: [...COVERED, 'interest'], interest: { code: 'rf', strength: 'some' } })
  const first = await enter(body)
  expect(first.interest).toMatchObject({ code: 'rf', reason: null })
  await w.work()
  const again = await enter(body)
  expect(again).toEqual(first)
  expect(await w.collection('tasks').countDocuments({ kind: 'consultant_follow' })).toBe(1)
  expect((await w.step(id, CALL)).calls).toHaveLength(1)
  await expect(enter({ ...body, satisfaction: 1 })).rejects.toThrow('external_id_conflict')
})

/** More than there are writes on the way. */
const DEATHS = 16
test('a process that dies anywhere on the way: the clinic’s repeat withdraws the card, and the guide still comes once', async () => {
  const first = await dayThree(DEATHS)
  for (let write = 0; ; write++) {
    const customer = n - DEATHS + 1 + write
    const id = first.ids[write] ?? ''
    const body = phoned({ customerExternalId: `C-${customer}` })
    const death = dyingAt(write)
    const hasDied = await enter(body).then(
      () => false,
      () => true,
    )
    death.revive()
    await enter(body)
    await w.work()
    expect((await w.task(callTaskId(`${id}.${CALL}`))).status, `write ${write}`).toBe('cancelled')
    expect(await w.step(id, CALL)).toMatchObject({ status: 'done', reason: 'satisfied_by_contact' })
    const guides = { 'refs.part': 'guide', 'refs.stepId': `${id}.${CALL}` }
    expect(await w.collection('outbox').countDocuments(guides), `write ${write}`).toBe(1)
    if (!hasDied) return expect(write).toBeGreaterThan(3)
  }
})

test('what it says opens what any contact would: an abnormal state goes to the doctor', async () => {
  const { id } = await dayThree()
  await enter(phoned({ state: 'abnormal', treatmentExternalId: null, checklist: ['reaction'], summary: '红肿加重' }))
  await w.work()
  // About no treatment: the case is the customer's.
  const { items } = (await w.api('GET', '/abnormal-cases?status=open')) as { items: { treatmentId: string | null }[] }
  expect(items.at(-1)?.treatmentId).toBeNull()
  expect(await w.collection('tasks').countDocuments({ kind: 'doctor_contact' })).toBe(1)
  expect((await w.step(id, CALL)).status).toBe('planned')
})

test.each([
  ['customer_not_found', { customerExternalId: 'nobody' }],
  ['store_not_found', { storeId: 'nowhere' }],
  ['staff_not_found', { byUserId: 'nobody' }],
  ['treatment_not_found', { treatmentExternalId: 'T-none' }],
  ['unknown_treatment_code', { interest: { code: 'magic', strength: 'some' } }],
  ['past_contact_in_future', { at: '2030-01-01T00:00:00Z' }],
  ['contact_too_old', { at: '2026-01-01T00:00:00Z' }],
  ['invalid_request', { checklist: ['nonsense'] }],
  ['invalid_request', { customerId: 'both' }],
  ['invalid_request', { satisfaction: 6 }],
])('bad input: %s', async (code, more) => {
  await expect(enter(phoned(more))).rejects.toThrow(code)
})

test('somebody else’s treatment is not found', async () => {
  await dayThree()
  const [other] = ((await w.api('GET', '/treatments?limit=1')) as { items: { externalId: string }[] }).items
  await expect(enter(phoned({ treatmentExternalId: other?.externalId }))).rejects.toThrow('treatment_not_found')
})

test('a message that nothing of ours asked for is logged once a day; an answer to us is not', async () => {
  await dayThree()
  await w.chats(n, '请问可以化妆吗')
  await w.says(n, '还有，可以运动吗')
  const logged = () => w.collection('contacts').countDocuments({ unplanned: true, channel: 'kf', byUserId: null })
  const before = await logged()
  // Two days after the greeting: within 48 hours of the consultant's call nothing is logged, later one a day.
  await w.to(new Date(w.now().getTime() + 60 * HOUR))
  await w.collection('contacts').updateMany({}, { $set: { at: at('2026-01-01 10:00') } })
  await w.collection('tasks').deleteMany({})
  await w.says(n, '想问问恢复期')
  await w.says(n, '再问一句')
  expect((await logged()) - before).toBe(1)
})
