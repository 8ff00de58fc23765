/** Faults on API paths, the taps that crash tests hold requests with, and what a rate hits. */
import { afterEach, describe, expect, test } from 'vitest'
import { createFaults, identityOf } from '../../../simulator/faults.ts'
import { type Json, simWorld } from './support.ts'

const { simulator, wecom, control, later } = await simWorld()
const { ready, world } = simulator
const [member] = world.staff
const send = (content: string) =>
  wecom('/cgi-bin/message/send', {
    touser: member?.userId,
    agentid: ready.agentId,
    msgtype: 'text',
    text: { content },
    enable_duplicate_check: 1,
  })
const arrived = () => simulator.ledger.entries().length
const SEND = '/cgi-bin/message/send'
const fault = (body: Json) => control('POST', 'faults', body)

afterEach(async () => {
  await control('DELETE', 'faults')
  simulator.ledger.clear()
})

describe('by count', () => {
  test('an errcode is answered instead of the effect, that often', async () => {
    await fault({ path: SEND, errcode: -1, times: 2 })
    expect([(await send('a')).errcode, (await send('a')).errcode, (await send('a')).errcode]).toEqual([-1, -1, 0])
    expect(arrived()).toBe(1)
    expect((await control('GET', 'faults')).body.faults).toMatchObject([{ path: SEND, hits: 2 }])
  })

  test('dropped before: no effect; dropped after: the effect without an answer', async () => {
    await fault({ path: SEND, drop: 'before' })
    await expect(send('b')).rejects.toThrow()
    expect(arrived()).toBe(0)
    await fault({ path: SEND, drop: 'after' })
    await expect(send('b')).rejects.toThrow()
    expect(arrived()).toBe(1)
    expect((await send('b')).errcode).toBe(0)
    expect(arrived()).toBe(1)
  })

  test('latency delays the answer; other paths are spared', async () => {
    await fault({ path: SEND, latencyMs: 150 })
    const startedAt = performance.now()
    await wecom('/cgi-bin/agent/get', undefined, { agentid: String(ready.agentId) })
    expect(performance.now() - startedAt).toBeLessThan(140)
    await send('c')
    expect(performance.now() - startedAt).toBeGreaterThan(145)
  })

  test('nonsense is refused', async () => {
    for (const body of [
      {},
      { path: SEND },
      { path: SEND, errcode: 'x' },
      { path: SEND, drop: 'never' },
      { path: SEND, rate: -1 },
    ])
      expect((await fault(body)).status).toBe(400)
  })
})

describe('at a rate', () => {
  const identities = Array.from({ length: 2_000 }, (_, i) =>
    identityOf('POST', new URLSearchParams({ access_token: `t${i}` }), { touser: `u${i}`, text: 'x' }),
  )
  const hitsOf = (seed: number, order: readonly string[]) => {
    const faults = createFaults(seed)
    faults.add({ path: '*', errcode: -1, rate: 0.05 })
    return new Set(order.filter((identity) => faults.meet(SEND, [identity]).length > 0))
  }

  test('about that many are hit, the same for a seed in any order, others for another seed', () => {
    const hits = hitsOf(1, identities)
    expect(hits.size).toBeGreaterThan(60)
    expect(hits.size).toBeLessThan(140)
    expect(hitsOf(1, [...identities].reverse())).toEqual(hits)
    expect(hitsOf(2, identities)).not.toEqual(hits)
  })

  test('a request is itself whatever token it carries and however its fields are ordered', () => {
    const one = identityOf('POST', new URLSearchParams('access_token=a&x=1'), { a: 1, b: { c: [1], token: 't' } })
    expect(identityOf('POST', new URLSearchParams('x=1&access_token=b'), { b: { token: 'u', c: [1] }, a: 1 })).toBe(one)
    expect(identityOf('POST', new URLSearchParams('x=2'), { a: 1, b: { c: [1] } })).not.toBe(one)
  })

  test('a repeat is decided anew, so a retry gets through', () => {
    const faults = createFaults(3)
    faults.add({ path: '*', errcode: -1, rate: 0.5 })
    const outcomes = Array.from({ length: 40 }, () => faults.meet(SEND, ['the same request']).length)
    expect(new Set(outcomes)).toEqual(new Set([0, 1]))
  })

  test('pulls are hit by the messages they bring, not by how often somebody asks', async () => {
    await fault({ path: '/cgi-bin/kf/sync_msg', errcode: -1, rate: 1 })
    const pull = () => wecom('/cgi-bin/kf/sync_msg', { open_kfid: ready.openKfId })
    expect((await pull()).errcode).toBe(0)
    simulator.act({ as: 'customer', id: 'c0001', do: 'say', text: '在吗' })
    expect((await pull()).errcode).toBe(-1)
  })
})

describe('a tap', () => {
  test('sees each stage in order and holds the request there', async () => {
    const stages: string[] = []
    const stop = simulator.tap(({ stage, base, path, body }) => {
      if (path !== SEND) return
      stages.push(`${base} ${stage} ${(body as { text: Json }).text.content} ${arrived()}`)
      return new Promise((done) => setTimeout(done, 20))
    })
    await send('held')
    await new Promise((done) => setTimeout(done, 60))
    stop()
    expect(stages).toEqual(['wecom received held 0', 'wecom acted held 1', 'wecom answered held 1'])
  })

  test('can drop a request before it has an effect, and sees under which name it came', async () => {
    const hosts: string[] = []
    const stop = simulator.tap(({ stage, path, host }) => {
      if (path !== SEND || stage !== 'received') return
      hosts.push(host)
      return 'drop'
    })
    const before = arrived()
    await expect(send('dropped')).rejects.toThrow()
    stop()
    expect(arrived()).toBe(before)
    expect(hosts).toEqual([new URL(ready.wecomBase).host])
  })

  test('time stands while a request is held', async () => {
    let release = () => {}
    const stop = simulator.tap(({ stage, path }) =>
      path === SEND && stage === 'acted' ? new Promise<void>((done) => (release = done)) : undefined,
    )
    const sending = send('slow')
    while (arrived() === 0) await new Promise((done) => setTimeout(done, 5))
    const moved = await control('POST', 'clock', { advance: 60_000, timeoutMs: 100 })
    expect(moved.body.error).toMatchObject({ notIdle: [`request ${SEND}`] })
    release()
    stop()
    await sending
    await later(60_000)
  })
})

describe('the SMS gateway', () => {
  const sms = async (body: Json, key = ready.smsApiKey) => {
    const response = await fetch(ready.smsApiBase, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Json }
  }
  const to = world.customers[0]?.phone

  test('a repeated id is answered as delivered and not delivered again', async () => {
    expect(await sms({ id: 'm1', to, text: '您好' })).toMatchObject({ status: 200, body: { duplicate: false } })
    expect(await sms({ id: 'm1', to, text: '您好' })).toMatchObject({ status: 200, body: { duplicate: true } })
    expect(simulator.ledger.entries()).toMatchObject([{ kind: 'sms', messageId: 'm1', text: '您好' }])
  })

  test('wrong key 401, missing fields 400, unknown number 422, a fault 503', async () => {
    expect((await sms({ id: 'm2', to, text: 'x' }, 'wrong')).status).toBe(401)
    expect((await sms({ id: 'm2', to })).status).toBe(400)
    expect((await sms({ id: 'm2', to: '10000000000', text: 'x' })).status).toBe(422)
    await fault({ path: '/_sim/sms', errcode: -1 })
    expect((await sms({ id: 'm2', to, text: 'x' })).status).toBe(503)
    expect(arrived()).toBe(0)
  })
})
