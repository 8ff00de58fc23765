/** What nobody signed leads to nobody: everything that is kept and logged is looked through. */
import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createLog } from '../../../src/platform/log.ts'
import type { AnonymousRow } from '../../../src/surveys/model.ts'
import { careWorld } from '../care/support.ts'

const lines: string[] = []
const log = createLog({
  level: 'trace',
  destination: new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk))
      done()
    },
  }),
})
const world = await careWorld({ log, start: '2026-03-02 10:37' })
const HOUR_MS = 3_600_000

/** Every row of every collection, by collection and id. */
async function everything(): Promise<Map<string, string>> {
  const all = new Map<string, string>()
  for (const { name } of (await world.db.db?.listCollections().toArray()) ?? [])
    for (const row of await world.db.collection(name).find().toArray())
      all.set(`${name} ${String(row._id)}`, JSON.stringify(row))
  return all
}
const OPINION = {
  'opinion_box.about': 'privacy',
  'opinion_box.satisfaction': 1,
  'opinion_box.words': '换药室的帘子没有拉上',
}
const send = (submissionId: string, answers: object, headers: Record<string, string> = {}, survey = 'opinion_box') =>
  fetch(`${world.address}/api/mp/open-surveys/${survey}/submit`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ submissionId, answers, storeId: 'huayan' }),
  })

describe('an opinion of a customer who is signed in', () => {
  test('is kept with nothing that leads to her, and leaves no line in the log', async () => {
    await world.customer(0)
    const token = await world.signIn(0)
    const { openId, unionId, phone, name, externalUserId, personId } = world.personOf(0)
    await world.work()
    const before = await everything()
    const logged = lines.length
    const headers = {
      authorization: `Bearer ${token}`,
      'x-request-id': 'request-of-the-customer',
      'x-forwarded-for': '203.0.113.77',
      'user-agent': 'MicroMessenger of one person',
      'idempotency-key': 'key-of-one-person',
      cookie: 'visit=of-one-person',
    }
    const submissionId = 'tapped-by-one-person-0001'
    expect((await fetch(`${world.address}/api/mp/open-surveys/opinion_box`, { headers })).status).toBe(200)
    expect((await send(submissionId, { ...OPINION, 'opinion_box.satisfaction': 9 }, headers)).status).toBe(400)
    expect((await send(submissionId, OPINION, headers)).status).toBe(200)
    expect((await send(submissionId, OPINION, headers)).status).toBe(200)
    const after = await everything()
    const fresh = [...after].filter(([key, row]) => before.get(key) !== row)
    // One row of one collection, however often it was tapped, and nothing else has changed.
    expect(fresh.map(([key]) => key.split(' ')[0])).toEqual(['survey_anonymous_answers'])
    const [[key = '', text = ''] = []] = fresh
    const traces = [
      openId,
      unionId,
      phone,
      name,
      externalUserId,
      personId,
      token,
      submissionId,
      '203.0.113.77',
      'request-of',
      'Messenger',
      'of-one-person',
      '10:37',
    ]
    for (const trace of traces) if (trace) expect([trace, `${key}${text}`.includes(trace)]).toEqual([trace, false])
    expect(text).not.toContain('帘子')
    expect(lines.slice(logged)).toEqual([])
    const row = JSON.parse(text) as AnonymousRow
    expect(Object.keys(row).sort()).toEqual(['_id', 'hour', 'index', 'low', 'sealed', 'storeId', 'surveys', 'values'])
    // An id of the database's own making would tell the second.
    expect(row._id).toMatch(/^[0-9a-f]{64}$/)
    expect(text).not.toMatch(/"[0-9a-f]{24}"/)
    expect(row.hour).toBe('2026-03-02T02:00:00.000Z')
    for (const [instant] of text.matchAll(/\d{4}-\d\d-\d\dT[^"]*/g)) expect(Date.parse(instant) % HOUR_MS).toBe(0)
  })
  test('reaches the store manager the next morning, by its number and not by its minute', async () => {
    await send('somebody-else-altogether', { ...OPINION, 'opinion_box.about': 'price', 'opinion_box.satisfaction': 4 })
    await world.to('2026-03-03 09:30')
    const lists = world.simulator.ledger
      .entries()
      .filter(({ text }) => text.includes('匿名意见'))
      .map(({ text, at }) => [text.replace(/（编号.*/s, '').trim(), at.slice(11, 16)])
    expect(lists).toEqual([[expect.stringContaining('昨日匿名意见 2 份'), '01:10']])
    expect(lists[0]?.[0]).toContain('匿名意见箱 2 份，其中 1 份请尽快查看')
  })
  test('is read by clinic systems with its hour and its words, and counted', async () => {
    const { items } = await world.api('GET', '/surveys/opinion_box/answers')
    const words = (items as { at: string; words: { text: string }[] }[]).flatMap((one) =>
      one.words.map(({ text }) => text),
    )
    expect(words.sort()).toEqual(['换药室的帘子没有拉上', '换药室的帘子没有拉上'])
    const results = (await world.api('GET', '/surveys/results')).items as {
      surveyId: string
      answered: number
      invited: number
    }[]
    expect(results.find(({ surveyId }) => surveyId === 'opinion_box')).toMatchObject({ answered: 2, invited: 0 })
  })
})

test('what is not anonymous is open to nobody without a name', async () => {
  const { code, status } = await world.mp(null, 'GET', '/open-surveys/visit_card')
  expect([status, code]).toEqual([404, 'survey_not_found'])
  expect((await world.mp(null, 'GET', '/open-surveys/staff_suggestion')).status).toBe(200)
})
