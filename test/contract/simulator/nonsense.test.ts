/** Controls that make no sense are refused with a reason: a test that waits for what never comes learns nothing. */
import { describe, expect, test } from 'vitest'
import { actsOf } from '../../../simulator/acts.ts'
import { type Json, simWorld } from './support.ts'

const { simulator, wecom, control } = await simWorld()
const { ready, world, context } = simulator
const [customer] = world.customers
const [member] = world.staff
if (!customer || !member) throw new Error('the world has people')

async function refused(path: string, body: unknown, status = 400): Promise<void> {
  const answer = await control('POST', path, body)
  expect([body, answer.status]).toEqual([body, status])
  expect(answer.body.error).toMatchObject({ code: expect.any(String), message: expect.any(String) })
}

test('a body that is no JSON', async () => {
  for (const path of ['act', 'clock', 'reset']) {
    const response = await fetch(`${ready.wecomBase}/_sim/${path}`, { method: 'POST', body: '{"advance":' })
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'invalid_json' } }])
  }
})

describe('the clock', () => {
  test('never leaves the calendar, whatever it is told', async () => {
    const before = (await control('GET', 'clock')).body.now
    const moves: Json[] = [
      { advance: 1e300 },
      { advance: 'P9999999D' },
      { advance: '99999999999d' },
      { to: '+275760-09-13T00:00:00Z' },
      { to: 1_772_416_800_000 },
      { advance: 1, to: '2026-03-03T00:00:00Z' },
      { advance: '1 hour' },
      { advance: '-1h' },
      { advance: 1, timeoutMs: 'soon' },
      { advance: 1, timeoutMs: -1 },
      {},
    ]
    for (const move of moves) await refused('clock', move)
    await refused('clock', { advance: -1 }, 409)
    expect((await control('GET', 'clock')).body.now).toBe(before)
  })

  test('takes milliseconds, units, ISO durations, and no time at all', async () => {
    const start = simulator.clock.now().getTime()
    for (const advance of [1_000, '1000ms', '1s', '1m', 'PT1M', 0]) {
      expect((await control('POST', 'clock', { advance, timeoutMs: 0 })).status).toBe(200)
    }
    expect(simulator.clock.now().getTime() - start).toBe(3_000 + 2 * 60_000)
  })
})

describe('a fault', () => {
  test.each<[string, Json]>([
    ['on a path that is none', { path: '/cgi-bin/nowhere', errcode: -1 }],
    ['on an end that several paths have', { path: 'list', errcode: -1 }],
    ['with the errcode of success', { path: '*', errcode: 0 }],
    ['that is never met', { path: '*', errcode: -1, times: 0 }],
    ['above every rate', { path: '*', errcode: -1, rate: 2 }],
    ['whose duplicate is a word', { path: 'callback', duplicate: 'yes' }],
    ['of an errcode on a callback', { path: 'callback', errcode: -1 }],
    ['of a duplicate on an API', { path: '*', duplicate: true }],
    ['of nothing', { path: '*', rate: 0.5 }],
    ['of nothing, said at length', { path: 'callback', duplicate: false }],
  ])('%s', async (_, body) => {
    await refused('faults', body)
    expect((await control('GET', 'faults')).body).toMatchObject({ faults: [] })
  })

  test('is found by the end of its path', async () => {
    const { body } = await control('POST', 'faults', { path: 'kf/send_msg', errcode: 45009 })
    expect(body.path).toBe('/cgi-bin/kf/send_msg')
    expect((await wecom('/cgi-bin/kf/send_msg', {})).errcode).toBe(45009)
    const sms = await control('POST', 'faults', { path: 'sms', drop: 'after' })
    expect(sms.body.path).toBe('/_sim/sms')
    await control('DELETE', 'faults')
  })
})

test('an address that is none, and nothing is changed then', async () => {
  await control('POST', 'callback-target', { appUrl: 'http://127.0.0.1:1' })
  for (const wecomUrl of ['nowhere', 5, 'ftp://a.cn/', 'http://']) await refused('callback-target', { wecomUrl })
  expect((await control('GET', 'callback-target')).body).toMatchObject({ wecomUrl: null, appUrl: 'http://127.0.0.1:1' })
  expect((await control('POST', 'callback-target', { appUrl: null })).body.appUrl).toBeNull()
})

test('a permission, limit or platform that is none', async () => {
  await refused('permissions', { kf: 'no' })
  await refused('permissions', { photos: false })
  await refused('limits', { perMinute: 0 })
  await refused('limits', { perMinute: 5, perHour: 'many' })
  await refused('tokens/revoke', {})
  expect((await control('POST', 'limits', {})).body).toEqual({ perMinute: 10_000, perHour: 150_000, concurrent: null })
})

describe('an act', () => {
  const question = (question_key: string, ids: string[]) => ({
    question_key,
    option_list: ids.map((id) => ({ id, text: id })),
  })
  const card = {
    card_type: 'multiple_interaction',
    main_title: { title: '结果' },
    select_list: [question('reached', ['yes', 'no'])],
    submit_button: { key: 'submit' },
    task_id: 'form',
  }

  test('a choice said in a word is not taken for its opposite', async () => {
    const as = { as: 'customer', id: customer.personId }
    const templateId = world.templates[0]?.priTmplId
    await refused('act', { ...as, do: 'mp-subscribe', templateId, accept: 'reject' })
    await refused('act', { ...as, do: 'block-kf', blocked: 'no' })
    await refused('act', { ...as, do: 'send-photo', base64: '***' })
    expect(context.grants.left(customer.openId, templateId ?? '')).toBe(0)
  })

  test('answers that the card does not ask for', async () => {
    const body = { touser: member.userId, agentid: ready.agentId, msgtype: 'template_card', template_card: card }
    expect((await wecom('/cgi-bin/message/send', body)).errcode).toBe(0)
    const tap = { as: 'staff', id: member.personId, do: 'click', taskId: 'form', key: 'submit' }
    for (const selected of [
      { satisfaction: 'yes' },
      { reached: 'perhaps' },
      { reached: ['yes', 'no'] },
      [{ questionKey: 'reached', optionIds: ['no'] }],
      'no',
    ])
      await refused('act', { ...tap, selected })
    expect((await control('POST', 'act', { ...tap, selected: { reached: 'no' } })).status).toBe(200)
  })

  test('each one is in the document with its fields, and the document has no other', async () => {
    const { paths } = (await control('GET', 'openapi.json')).body as {
      paths: Record<
        string,
        { post: { requestBody: { content: { 'application/json': { schema: { oneOf: Json[] } } } } } }
      >
    }
    const schemas = paths['/_sim/act']?.post.requestBody.content['application/json'].schema.oneOf ?? []
    const named = schemas.map(({ properties }) => {
      const { as, do: what } = properties as Record<'as' | 'do', { enum: string[] }>
      return `${as.enum[0]} ${what.enum[0]}`
    })
    const acts = actsOf(context)
    const customers = Object.keys(acts.customer).map((name) => `customer ${name}`)
    const staff = Object.keys(acts.staff).map((name) => `staff ${name}`)
    expect(named.sort()).toEqual([...customers, ...staff].sort())
  })
})
