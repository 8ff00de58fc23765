/** The same record written by many at once, as a clinic system does that sends again while it still waits. */
import { describe, expect, test } from 'vitest'
import { apiWorld, enterRecords, KEY } from './support.ts'

const AT_ONCE = 20
const world = await apiWorld()
const known = await enterRecords(world)
const { json, db } = world

/** Sends `AT_ONCE` requests together; the answers by status and code. */
async function together(ask: (i: number) => ReturnType<typeof json>) {
  const answers = await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => ask(i)))
  const counts: Record<string, number> = {}
  for (const { status, body } of answers) {
    const key = [status, (body.error as { code: string } | undefined)?.code].filter(Boolean).join(' ')
    counts[key] = (counts[key] ?? 0) + 1
  }
  return { counts, answers }
}

const customer = { name: '李小明', storeIds: ['huayan'], phone: '13800138001', notes: '对酒精过敏' }
const row = (externalId: string) => db.collection('customers').findOne({ externalId })

describe('at once,', () => {
  test('the same customer twenty times is one customer, and repeating changes nothing', async () => {
    const { counts, answers } = await together(() =>
      json('POST', '/api/v1/customers', { ...customer, externalId: 'R-1' }),
    )
    expect(counts).toEqual({ 200: AT_ONCE })
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    const before = await row('R-1')
    await json('PUT', '/api/v1/customers', { ...customer, externalId: 'R-1' })
    expect(await row('R-1')).toEqual(before)
  })

  test('twenty different names: each is taken, one stays', async () => {
    const { counts } = await together((i) =>
      json('PUT', '/api/v1/customers', { ...customer, externalId: 'R-1', name: `名 ${i}` }),
    )
    expect(counts).toEqual({ 200: AT_ONCE })
    const { body } = await json('GET', '/api/v1/customers?externalId=R-1')
    expect(body.items).toMatchObject([{ name: expect.stringMatching(/^名 \d+$/) }])
  })

  test('one phone number for twenty new customers makes twenty, and tells nobody apart', async () => {
    const { counts, answers } = await together((i) =>
      json('POST', '/api/v1/customers', { ...customer, phone: '13900139001', externalId: `R-p${i}` }),
    )
    expect(counts).toEqual({ 200: AT_ONCE })
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(AT_ONCE)
  })

  test('an appointment moved twenty times stands at one of them', async () => {
    const minute = (i: number) => `2026-03-05T10:${String(i).padStart(2, '0')}:00.000Z`
    const at = { customerExternalId: 'R-1', storeId: 'huayan', code: 'skin_booster', status: 'booked' }
    const { counts } = await together((i) => json('PUT', '/api/v1/appointments/R-a', { ...at, startsAt: minute(i) }))
    expect(counts).toEqual({ 200: AT_ONCE })
    const { body } = await json('GET', '/api/v1/appointments?customerExternalId=R-1')
    expect(body.items).toMatchObject([{ externalId: 'R-a', startsAt: expect.stringMatching(/^2026-03-05T10:/) }])
  })

  test('a treatment corrected and cancelled by twenty is told once of each change', async () => {
    const facts = { customerExternalId: 'HM-1', storeId: 'huayan', code: 'skin_booster' }
    const { counts } = await together((i) =>
      i % 2
        ? json('POST', `/api/v1/treatments/${known.treatmentId}/cancel`)
        : json('PUT', `/api/v1/treatments/${known.treatmentId}`, { ...facts, endedAt: `2026-03-02T0${i % 8}:00:00Z` }),
    )
    expect(Object.keys(counts).filter((key) => key !== '200' && key !== '409 treatment_cancelled')).toEqual([])
    const told = await db.collection('event_deliveries').distinct('event.id', { 'event.type': 'treatment.cancelled' })
    expect(told).toEqual([`treatment.cancelled:${known.treatmentId}`])
    expect((await json('GET', `/api/v1/treatments/${known.treatmentId}`)).body.status).toBe('cancelled')
  })
})

test('a repeated key answers the first answer, whose words are sealed where they wait', async () => {
  const ask = () =>
    world.ask({
      method: 'POST',
      path: '/api/v1/customers',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', 'idempotency-key': 'sealed' },
      body: JSON.stringify({ ...customer, externalId: 'R-sealed' }),
    })
  const first = await ask()
  expect(first.text).toContain(customer.name)
  expect((await ask()).text).toBe(first.text)
  const kept = JSON.stringify(await db.collection('idempotency_keys').find().toArray())
  expect(kept).toMatch(/"answer":"v1\./)
  expect(kept).not.toMatch(/李小明|13800138001|138\*{4}/)
})
