/** A complaint over HTTP: kept once, with a number at once, a first owner and an acknowledgement; nobody else's business. */
import { beforeAll, describe, expect, test } from 'vitest'
import { apiWorld, enterRecords } from '../api/support.ts'

const world = await apiWorld()
const { json, db, simulator } = world
let treatmentId = ''
let token = ''
let foreign = ''
beforeAll(async () => {
  const known = await enterRecords(world)
  treatmentId = String(known.treatmentId)
  token = await world.customerToken()
  const other = simulator.world.customers[1]
  const { code } = simulator.act({ as: 'customer', id: other?.personId ?? '', do: 'mp-login' })
  foreign = String((await json('POST', '/api/mp/session', { code }, null)).body.token)
})

let n = 0
const complaint = (more: Record<string, unknown> = {}) => ({
  submissionId: `s-${n++}`,
  kind: 'complaint',
  type: 'service',
  words: '等了一个小时，没有人告诉我原因。',
  demand: '请说明原因',
  treatmentId: null,
  evidence: [],
  mayContact: true,
  ...more,
})
const rows = (name: string, filter: object) => db.collection(name).find(filter).toArray()

describe('a complaint', () => {
  test('has a number at once, a first owner, an acknowledgement, and promises with their times', async () => {
    const body = complaint({ treatmentId })
    const { status, body: filed } = await json('POST', '/api/mp/complaints', body, token)
    expect(status).toBe(200)
    expect(filed).toMatchObject({ status: 'registered', words: body.words, treatmentId })
    expect(filed.number).toMatch(/^TS\d{8}-[0-9A-F]{6}$/)
    const [acknowledged, replied] = filed.promises as { what: string; by: string; keptAt: null }[]
    const since = (at?: string) => Date.parse(at ?? '') - Date.parse(String(filed.createdAt))
    expect([acknowledged?.what, since(acknowledged?.by)]).toEqual(['acknowledged', 3_600_000])
    expect([replied?.what, since(replied?.by)]).toEqual(['replied', 86_400_000])
    const [task] = await rows('tasks', { _id: `complaint_${filed.id}` })
    expect(task).toMatchObject({ kind: 'complaint', storeId: 'huayan', role: 'customer_service' })
    expect(
      await rows('outbox', { 'refs.owner': 'complaints', 'content.templateKey': 'system.complaint_filed' }),
    ).not.toEqual([])
    // At rest nobody reads it.
    expect(JSON.stringify(await rows('complaints', { _id: filed.id }))).not.toContain('等了一个小时')
  })

  test('sent again, also twice at once, is the same one with one task and one message', async () => {
    const body = complaint()
    const before = await db.collection('outbox').countDocuments({ 'refs.owner': 'complaints' })
    const all = await Promise.all(Array.from({ length: 5 }, () => json('POST', '/api/mp/complaints', body, token)))
    expect(new Set(all.map(({ body: { id } }) => id)).size).toBe(1)
    expect(await db.collection('outbox').countDocuments({ 'refs.owner': 'complaints' })).toBe(before + 1)
    expect(await rows('tasks', { _id: `complaint_${all[0]?.body.id}` })).toHaveLength(1)
  })

  test("is found by its owner only; others' treatments and photos can't be named", async () => {
    const { body: filed } = await json('POST', '/api/mp/complaints', complaint(), token)
    const path = `/api/mp/complaints/${filed.id}`
    expect((await json('GET', path, undefined, token)).status).toBe(200)
    expect((await json('GET', path, undefined, foreign)).body.error).toMatchObject({ code: 'complaint_not_found' })
    expect((await json('POST', `${path}/withdraw`, undefined, foreign)).status).toBe(404)
    const named = await json('POST', '/api/mp/complaints', complaint({ treatmentId }), foreign)
    expect(named.body.error).toMatchObject({ code: 'treatment_not_found' })
    const shown = await json('POST', '/api/mp/complaints', complaint({ evidence: ['somebody-s-photo'] }), token)
    expect(shown.body.error).toMatchObject({ code: 'photo_not_found' })
    const { body: list } = await json('GET', '/api/mp/complaints', undefined, foreign)
    expect(list.items).toEqual([])
  })

  test('is withdrawn once, and rated only when it is over', async () => {
    const { body: filed } = await json('POST', '/api/mp/complaints', complaint({ kind: 'opinion', type: null }), token)
    expect(filed.number).toMatch(/^YJ/)
    const path = `/api/mp/complaints/${filed.id}`
    const rate = () => json('POST', `${path}/rate`, { stars: 4, words: null }, token)
    expect((await rate()).body.error).toMatchObject({ code: 'complaint_not_now' })
    expect((await json('POST', `${path}/accept`, undefined, token)).body.error).toMatchObject({
      code: 'complaint_not_now',
    })
    const withdrawn = await json('POST', `${path}/withdraw`, undefined, token)
    expect(withdrawn.body.status).toBe('withdrawn')
    const again = await json('POST', `${path}/withdraw`, undefined, token)
    expect((again.body.history as unknown[]).length).toBe(2)
    expect((await rate()).body).toMatchObject({ stars: 4 })
    expect(((await rate()).body.history as unknown[]).length).toBe(3)
    // An answer that was lost on its way is asked for again, in the same words.
    const rateInWords = () => json('POST', `${path}/rate`, { stars: 2, words: '处理得太慢' }, token)
    await Promise.all([rateInWords(), rateInWords()])
    expect(((await rateInWords()).body.history as unknown[]).length).toBe(4)
  })

  test('that is taken back is nobody’s work any more', async () => {
    const { body: filed } = await json('POST', '/api/mp/complaints', complaint(), token)
    const withdraw = () => json('POST', `/api/mp/complaints/${filed.id}/withdraw`, undefined, token)
    await withdraw()
    await withdraw()
    expect(await rows('tasks', { _id: `complaint_${filed.id}` })).toMatchObject([{ status: 'cancelled' }])
  })

  test('is answered by the clinic, objected to, answered again and accepted; the customer hears of each answer once', async () => {
    const { body: filed } = await json('POST', '/api/mp/complaints', complaint(), token)
    const path = `/api/mp/complaints/${filed.id}`
    const reply = (words: string) => json('POST', `/api/v1/complaints/${filed.id}/reply`, { words })
    const letters = () => db.collection('outbox').countDocuments({ 'content.templateKey': 'system.complaint_replied' })
    const first = await reply('已经向您致歉。')
    expect(first.body).toMatchObject({
      status: 'replied',
      promises: [{ keptAt: expect.any(String) }, { keptAt: expect.any(String) }],
    })
    // The same again, also twice at once, is the same answer; another one has to wait for the customer.
    await Promise.all([reply('已经向您致歉。'), reply('已经向您致歉。')])
    expect(((await reply('已经向您致歉。')).body.history as unknown[]).length).toBe(2)
    expect((await reply('另一个答复')).body.error).toMatchObject({ code: 'complaint_not_now' })
    expect(await letters()).toBe(1)
    const objected = await json('POST', `${path}/object`, { words: '没有说明原因' }, token)
    expect(objected.body).toMatchObject({ status: 'objected' })
    // The supervisor reads why, once for each objection.
    expect((await json('POST', `${path}/object`, { words: '没有说明原因' }, token)).status).toBe(200)
    const asked = await rows('tasks', { _id: { $in: [1, 2].map((i) => `complaint_${filed.id}_${i}`) } })
    expect(asked.map(({ role, title }) => [role, title])).toEqual([
      ['cs_supervisor', expect.stringContaining('有异议')],
    ])
    expect((await reply('当天设备检修，没有提前告知您。')).status).toBe(200)
    expect(await letters()).toBe(2)
    const accepted = await json('POST', `${path}/accept`, undefined, token)
    expect(accepted.body).toMatchObject({ status: 'accepted' })
    const history = accepted.body.history as { what: string; by: string; words: string | null }[]
    expect(history.map(({ what, by }) => `${what} ${by}`)).toEqual([
      'registered customer',
      'replied clinic',
      'objected customer',
      'replied clinic',
      'accepted customer',
    ])
    expect(history[3]?.words).toBe('当天设备检修，没有提前告知您。')
    expect((await reply('再来一次')).body.error).toMatchObject({ code: 'complaint_not_now' })
    expect((await json('POST', '/api/v1/complaints/nobody/reply', { words: '答复' })).status).toBe(404)
    // At rest nobody reads it.
    expect(JSON.stringify(await rows('complaints', { _id: filed.id }))).not.toContain('设备检修')
  })

  test('comes as often as anybody has something to say, not as a flood', async () => {
    const first = complaint()
    const send = (body: object) => json('POST', '/api/mp/complaints', body, foreign)
    expect((await send(first)).status).toBe(200)
    for (let i = 1; i < 20; i++) expect((await send(complaint())).status).toBe(200)
    const { status, body, headers } = await send(complaint())
    expect([status, body.error]).toEqual([429, expect.objectContaining({ code: 'too_many_today' })])
    expect(headers['retry-after']).toBeUndefined()
    expect((await send(first)).status).toBe(200)
    expect((await json('POST', '/api/mp/complaints', complaint(), token)).status).toBe(200)
  })

  test('lists come in pages, the newest first, whatever it is', async () => {
    const filed: unknown[] = []
    for (const kind of ['complaint', 'opinion', 'complaint'])
      filed.unshift((await json('POST', '/api/mp/complaints', complaint({ kind }), token)).body.id)
    const ids: string[] = []
    let cursor = ''
    do {
      const { body } = await json('GET', `/api/mp/complaints?limit=2${cursor}`, undefined, token)
      ids.push(...(body.items as { id: string }[]).map(({ id }) => id))
      cursor = body.nextCursor ? `&cursor=${body.nextCursor}` : ''
    } while (cursor)
    expect(ids.length).toBeGreaterThanOrEqual(7)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.slice(0, 3)).toEqual(filed)
  })
})
