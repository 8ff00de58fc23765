/** Callbacks as WeCom sends them, opened with the vendor's own library. */
import { afterEach, describe, expect, test } from 'vitest'
import { createSimulator } from '../../../simulator/index.ts'
import { callbackServer, type Json, simWorld, tag } from './support.ts'

const { simulator, control, later } = await simWorld()
const { ready, world } = simulator
const server = await callbackServer({ token: ready.callbackToken, aesKey: ready.callbackAesKey })
const [customer] = world.customers
const [member] = world.staff
if (!customer || !member) throw new Error('the world has people')
const say = (text: string) => simulator.act({ as: 'staff', id: member.personId, do: 'say', text })
const contents = (from: number) => server.received.slice(from).map(({ message }) => tag(message, 'Content'))
const settled = () => later(0)

afterEach(async () => {
  await control('DELETE', 'faults')
})

test('the address is verified as the admin console does it', async () => {
  const wrong = await control('POST', 'callback-target', { wecomUrl: `${ready.wecomBase}/nowhere` })
  expect(wrong.body.verification).toMatchObject({ wecom: { ok: false } })
  const gone = await createSimulator()
  await gone.close()
  const nobody = await control('POST', 'callback-target', { wecomUrl: gone.ready.wecomBase })
  expect(nobody.body.verification).toMatchObject({ wecom: { ok: false, detail: 'ECONNREFUSED' } })
  const own = await control('POST', 'callback-target', { wecomUrl: `${server.url}?clinic=1` })
  expect(own.body.verification).toMatchObject({ wecom: { ok: true } })
  const right = await control('POST', 'callback-target', { wecomUrl: server.url })
  expect(right.body.verification).toEqual({ wecom: { ok: true, detail: 'verified' }, wechat: null })
})

describe('a delivery', () => {
  test('is signed, encrypted for the corp, and says who did what', async () => {
    const from = server.received.length
    simulator.act({ as: 'customer', id: customer.personId, do: 'add-contact', userId: member.userId, state: 'poster' })
    await settled()
    const { message, receiveId, raw } = server.received[from] ?? ({} as never)
    expect(receiveId).toBe(ready.corpId)
    expect(tag(raw, 'ToUserName')).toBe(ready.corpId)
    // Contacts are the corp's matter: only what concerns the app itself names the app.
    expect(tag(raw, 'AgentID')).toBeUndefined()
    const fields = ['ToUserName', 'FromUserName', 'MsgType', 'Event', 'ChangeType', 'UserID', 'ExternalUserID', 'State']
    expect(fields.map((name) => tag(message, name))).toEqual([
      ready.corpId,
      'sys',
      'event',
      'change_external_contact',
      'add_external_contact',
      member.userId,
      customer.externalUserId,
      'poster',
    ])
    expect(tag(message, 'CreateTime')).toBe(String(simulator.clock.now().getTime() / 1000))
  })

  test('is padded to blocks of 32 bytes, whatever its length', async () => {
    // The vendor's library takes any padding, other people's SDKs don't.
    const from = server.received.length
    for (let length = 1; length <= 40; length++) say('x'.repeat(length))
    await settled()
    const sizes = server.received.slice(from).map(({ raw }) => Buffer.from(tag(raw, 'Encrypt') ?? '', 'base64').length)
    expect(sizes).toHaveLength(40)
    expect(sizes.filter((size) => size % 32 !== 0)).toEqual([])
  })

  test('names the app where it is the app’s, and writes numbers bare, of 64 bits too', async () => {
    const from = server.received.length
    const { msgId } = say('收到')
    await settled()
    const { raw, message } = server.received[from] ?? ({} as never)
    expect(tag(raw, 'AgentID')).toBe(String(ready.agentId))
    expect(message).toContain(`<MsgId>${msgId}</MsgId><AgentID>${ready.agentId}</AgentID>`)
    expect(message).toMatch(/^<xml><ToUserName>.*<FromUserName>.*<CreateTime>\d{10}<\/CreateTime><MsgType>/)
  })

  test('keeps words with markup whole', async () => {
    const from = server.received.length
    say('<b>a & b</b> ]]> 完')
    await settled()
    expect(server.received[from]?.message).toContain('<![CDATA[<b>a & b</b> ]]]]><![CDATA[> 完]]>')
  })

  test('is tried three times with the same content in a fresh envelope, then lost', async () => {
    const from = server.received.length
    server.answers.push(500, 500)
    say('第三次成功')
    await settled()
    const tries = server.received.slice(from)
    expect(tries).toHaveLength(3)
    expect(new Set(tries.map(({ message }) => message)).size).toBe(1)
    expect(new Set(tries.map(({ query }) => query.get('nonce'))).size).toBe(3)
    const lost = simulator.context.callbacks.counts.lost
    server.answers.push(500, 500, 500)
    say('没人收到')
    await settled()
    expect(simulator.context.callbacks.counts.lost).toBe(lost + 1)
    expect(server.received).toHaveLength(from + 6)
  })

  test('keeps the order of one person across everything that the person does', async () => {
    const from = server.received.length
    const [, other] = world.customers
    const act = (what: string, more: Json = {}) =>
      simulator.act({ as: 'customer', id: other?.personId ?? '', do: what, ...more })
    server.answers.push(500)
    act('add-contact', { userId: member.userId })
    act('enter-kf')
    await settled()
    expect(server.received.slice(from).map(({ message }) => tag(message, 'Event'))).toEqual([
      'change_external_contact',
      'change_external_contact',
      'kf_msg_or_event',
    ])
  })

  test('keeps the order of one person, also behind a slow try', async () => {
    const from = server.received.length
    server.answers.push(500)
    for (const text of ['一', '二', '三']) say(text)
    await settled()
    expect(contents(from)).toEqual(['一', '一', '二', '三'])
  })
})

describe('on demand', () => {
  test('a duplicate is the same content again', async () => {
    await control('POST', 'faults', { path: 'callback', duplicate: true })
    const from = server.received.length
    say('两遍')
    say('一遍')
    await settled()
    expect(contents(from)).toEqual(['两遍', '两遍', '一遍'])
  })

  test('a reordered one comes seconds later, behind the next', async () => {
    await control('POST', 'faults', { path: 'callback', reorder: true })
    const from = server.received.length
    say('先说')
    say('后说')
    await settled()
    expect(contents(from)).toEqual(['后说'])
    await later(10_000)
    expect(contents(from)).toEqual(['后说', '先说'])
  })

  test('one lost before never comes; one whose answer is lost comes again', async () => {
    const from = server.received.length
    const { lost } = simulator.context.callbacks.counts
    await control('POST', 'faults', { path: 'callback', drop: 'before' })
    say('没到')
    await settled()
    expect(contents(from)).toEqual([])
    expect(simulator.context.callbacks.counts.lost).toBe(lost + 1)
    await control('POST', 'faults', { path: 'callback', drop: 'after' })
    say('到两次')
    await settled()
    expect(contents(from)).toEqual(['到两次', '到两次'])
  })

  test('at a rate the same ones are hit in every world of the seed, whatever order they come in', async () => {
    const hits = async (order: (texts: string[]) => string[]) => {
      const other = await createSimulator({
        seed: 9,
        staff: 1,
        clock: 'manual',
        start: new Date('2026-03-02T01:00:00Z'),
      })
      const receiver = await callbackServer({ token: other.ready.callbackToken, aesKey: other.ready.callbackAesKey })
      other.context.callbacks.targets.wecomUrl = receiver.url
      other.faults.add({ path: 'callback', duplicate: true, rate: 0.2 })
      const texts = order(Array.from({ length: 60 }, (_, i) => `第 ${i} 句`))
      for (const text of texts) other.act({ as: 'staff', id: 's01', do: 'say', text })
      await other.clock.moveTo(other.clock.now(), 5_000)
      await other.close()
      const counted = new Map<string | undefined, number>()
      for (const { message } of receiver.received) {
        const text = tag(message, 'Content')
        counted.set(text, (counted.get(text) ?? 0) + 1)
      }
      return [...counted]
        .filter(([, count]) => count === 2)
        .map(([text]) => text)
        .sort()
    }
    const forward = await hits((texts) => texts)
    expect(forward.length).toBeGreaterThan(4)
    expect(forward.length).toBeLessThan(22)
    expect(await hits((texts) => texts.reverse())).toEqual(forward)
  })
})

test('without an address nothing is sent and it counts as lost', async () => {
  await control('POST', 'callback-target', { wecomUrl: '' })
  const from = server.received.length
  const { lost } = simulator.context.callbacks.counts
  say('无人')
  await settled()
  expect(server.received).toHaveLength(from)
  expect((await control('GET', 'stats')).body).toMatchObject({ callbacks: { lost: lost + 1 } } satisfies Json)
})
