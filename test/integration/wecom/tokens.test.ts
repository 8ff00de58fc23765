/** One access token for all processes: fetched once per generation, whatever is revoked, lost, slow or dead. */
import { describe, expect, test } from 'vitest'
import { createSimulator } from '../../../simulator/index.ts'
import { manualClock } from '../../../src/platform/clock.ts'
import { createFieldCrypto, parseFieldKeys } from '../../../src/platform/crypto.ts'
import { vendorRefusal } from '../../../src/wecom/errors.ts'
import { createTokenStore } from '../../../src/wecom/index.ts'
import { testDb } from '../../support/db.ts'
import { TEST_FIELD_KEYS } from '../../support/ports.ts'
import { startCaller } from './processes.ts'

const db = await testDb()
const simulator = await createSimulator({ seed: 2, staff: 3 })
const { ready } = simulator
const settings = {
  apiBase: ready.wecomBase,
  corpId: ready.corpId,
  agentId: ready.agentId,
  agentSecret: ready.agentSecret,
  callbackToken: ready.callbackToken,
  callbackAesKey: ready.callbackAesKey,
  callbackMaxAgeSeconds: 300,
}
const control = (path: string, body: unknown) =>
  fetch(`${ready.wecomBase}/_sim/${path}`, { method: 'POST', body: JSON.stringify(body) })
const tokens = () => db.collection<{ _id: string; generation: number; sealed: string }>('vendor_tokens')
const generation = async () => (await tokens().findOne({ _id: `wecom:${ready.corpId}:${ready.agentId}` }))?.generation
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))
/** How often a token was asked for while `work` ran. */
async function asked(work: () => Promise<unknown>): Promise<number> {
  let count = 0
  const stop = simulator.tap(({ stage, path }) => {
    if (stage === 'received' && path.endsWith('/gettoken')) count += 1
  })
  try {
    await work()
  } finally {
    stop()
  }
  return count
}
const reads = (count: number, atOnce = 16) => ({ do: 'reads', count, atOnce }) as const
const all = (count: number) => ({ ok: count, errors: [] })

describe('two processes', async () => {
  const [one, two] = await Promise.all([startCaller(db.name, settings), startCaller(db.name, settings)])

  test('that start together on an empty database fetch one token', async () => {
    await simulator.faults.add({ path: '/cgi-bin/gettoken', latencyMs: 50, times: 1 })
    const fetched = await asked(async () => {
      const reports = await Promise.all([one.ask(reads(40)), two.ask(reads(40))])
      expect(reports).toEqual([expect.objectContaining(all(40)), expect.objectContaining(all(40))])
    })
    expect([fetched, await generation()]).toEqual([1, 1])
    expect((await tokens().findOne({}))?.sealed).toMatch(/^v1\./)
  })

  test('under load lose no call when the token is revoked, and fetch once per revocation', async () => {
    const REVOCATIONS = 50
    const before = (await generation()) ?? 0
    await control('limits', { perMinute: 1e9, perHour: 1e9 })
    let over = false
    const lost: unknown[] = []
    const rounds = [0, 0]
    const load = async (caller: typeof one, which: number) => {
      let served = 0
      while (!over) {
        const { ok, errors } = await caller.ask(reads(8, 8))
        lost.push(...errors)
        served += ok
        rounds[which] = (rounds[which] ?? 0) + 1
      }
      return served
    }
    /** Both have begun and ended a round since: two revocations during one call may cost that call. */
    const bothPast = async () => {
      const from = [...rounds]
      while (!rounds.every((n, i) => n >= (from[i] ?? 0) + 2) && lost.length === 0) await pause(5)
    }
    const fetched = await asked(async () => {
      const loads = Promise.all([load(one, 0), load(two, 1)])
      for (let i = 1; i <= REVOCATIONS; i++) {
        await control('tokens/revoke', { platform: 'wecom' })
        while ((await generation()) !== before + i && lost.length === 0) await pause(10)
        await bothPast()
      }
      over = true
      for (const served of await loads) expect(served).toBeGreaterThan(100)
    })
    expect(lost).toEqual([])
    expect([fetched, await generation()]).toEqual([REVOCATIONS, before + REVOCATIONS])
  })

  test('wait for a third that dies while it fetches, but not longer than its lease', async () => {
    await tokens().deleteMany({})
    const dying = await startCaller(db.name, settings)
    let held = false
    const stop = simulator.tap(({ stage, path }) => {
      if (held || stage !== 'received' || !path.endsWith('/gettoken')) return
      held = true
      return new Promise((done) => setTimeout(done, 20_000).unref())
    })
    const lost = dying.ask(reads(1)).catch((error: Error) => error.message)
    while (!held) await pause(5)
    dying.child.kill('SIGKILL')
    expect(await lost).toBe('the process ended')
    // Fresh processes, which remember no token.
    const fresh = await Promise.all([startCaller(db.name, settings), startCaller(db.name, settings)])
    const startedAt = performance.now()
    const fetched = await asked(async () => {
      for (const report of await Promise.all(fresh.map((caller) => caller.ask(reads(10)))))
        expect(report).toMatchObject(all(10))
    })
    expect(performance.now() - startedAt).toBeLessThan(11_000)
    stop()
    expect(fetched).toBe(1)
  })
})

describe('a secret that is refused', async () => {
  const wrong = { ...settings, agentId: 7, agentSecret: 'wrong' }

  test('says that a person must mend it and that nothing was sent, and is asked about once', async () => {
    const caller = await startCaller(db.name, wrong)
    const fetched = await asked(async () => {
      for (let round = 0; round < 3; round++) {
        const { ok, errors } = await caller.ask(reads(20))
        expect(ok).toBe(0)
        expect(new Set(errors.map((one) => JSON.stringify(one)))).toEqual(
          new Set([JSON.stringify({ code: 'wecom_40001', action: 'person', executed: 'no' })]),
        )
      }
    })
    expect(fetched).toBe(1)
  })

  test('of another corp says so', async () => {
    const caller = await startCaller(db.name, { ...wrong, corpId: 'ww0000000000000000' })
    const { errors } = await caller.ask(reads(1))
    expect(errors).toEqual([{ code: 'wecom_40013', action: 'person', executed: 'no' }])
  })

  test('is not confused with a vendor who cannot be reached', async () => {
    const caller = await startCaller(db.name, { ...wrong, agentId: 8, apiBase: 'http://127.0.0.1:9' })
    const { errors } = await caller.ask(reads(1))
    expect(errors).toEqual([{ code: 'wecom_unreachable', action: 'retry', executed: 'no' }])
  })
})

describe('a store', () => {
  let names = 0
  /** Stores of several processes with one wall clock that the test moves, and a fetch that the test answers. */
  function stores() {
    names += 1
    const name = `wecom:test:${names}`
    const clock = manualClock('2026-03-02T02:00:00Z')
    let wallMs = Date.now()
    const crypto = createFieldCrypto(parseFieldKeys(TEST_FIELD_KEYS))
    const fetches: ((answer: string | Error) => void)[] = []
    const store = () =>
      createTokenStore({
        db,
        crypto,
        name,
        clock: { now: clock.now, wall: () => new Date(wallMs) },
        fetchToken: () =>
          new Promise((resolve, reject) =>
            fetches.push((answer) =>
              answer instanceof Error ? reject(answer) : resolve({ token: answer, expiresInSeconds: 7_200 }),
            ),
          ),
      })
    const fetching = async (count: number) => {
      while (fetches.length < count) await pause(2)
      return fetches[count - 1] ?? (() => undefined)
    }
    const later = (ms: number) => {
      wallMs += ms
    }
    return { store, fetches, fetching, clock, later }
  }

  test('never hands out a generation again that it saw refused, however the reads interleave', async () => {
    const { store, fetching } = stores()
    const first = store()
    const token = first.get()
    ;(await fetching(1))('one')
    expect(await token).toMatchObject({ value: 'one', generation: 1 })
    const second = store()
    const reading = second.get()
    // Refused while the first read is still under way: whoever asks afterwards must not get what it brings.
    const given = second.invalidate(1)
    const renewed = second.get()
    ;(await fetching(2))('two')
    await Promise.all([reading, given])
    expect(await renewed).toMatchObject({ value: 'two', generation: 2 })
    expect(await first.get()).toMatchObject({ generation: 1 })
    await first.invalidate(1)
    expect(await first.get()).toMatchObject({ value: 'two', generation: 2 })
  })

  test('renews five minutes before the end, by business time', async () => {
    const { store, fetching, fetches, clock } = stores()
    const one = store()
    const token = one.get()
    ;(await fetching(1))('one')
    await token
    clock.advance(7_200_000 - 300_000 - 1)
    expect((await one.get()).value).toBe('one')
    clock.advance(1)
    const next = one.get()
    ;(await fetching(2))('two')
    expect([(await next).value, fetches.length]).toEqual(['two', 2])
  })

  test('whose fetch outlived its lease takes what the next one brought, and frees nobody else’s lease', async () => {
    const { store, fetching, fetches, later } = stores()
    const [slow, quick, third] = [store(), store(), store()]
    const late = slow.get()
    const answerSlow = await fetching(1)
    later(10_000)
    const taken = quick.get()
    const answerQuick = await fetching(2)
    answerSlow(new Error('reset'))
    await expect(late).rejects.toThrow('reset')
    const waiting = third.get()
    await pause(100)
    expect(fetches).toHaveLength(2)
    answerQuick('quick')
    expect(await taken).toMatchObject({ value: 'quick', generation: 1 })
    expect(await waiting).toMatchObject({ value: 'quick', generation: 1 })

    const other = stores()
    const slowly = other.store().get()
    const answer = await other.fetching(1)
    other.later(10_000)
    const quickly = other.store().get()
    ;(await other.fetching(2))('quick')
    await quickly
    answer('slow')
    expect(await slowly).toMatchObject({ value: 'quick', generation: 1 })
  })

  test('tries again at once after a passing failure', async () => {
    const { store, fetching } = stores()
    const one = store()
    const failing = one.get()
    ;(await fetching(1))(new Error('reset'))
    await expect(failing).rejects.toThrow('reset')
    const token = one.get()
    ;(await fetching(2))('one')
    expect((await token).generation).toBe(1)
  })

  test('that may not fetch for a while takes what another has fetched', async () => {
    const { store, fetching, clock } = stores()
    const [stopped, other] = [store(), store()]
    const token = stopped.get()
    ;(await fetching(1))('one')
    await token
    clock.advance(7_200_000)
    const failing = stopped.get()
    // 40001 at gettoken: the secret was replaced.
    ;(await fetching(2))(vendorRefusal('wecom', '/cgi-bin/gettoken', 40_001))
    await expect(failing).rejects.toMatchObject({ code: 'wecom_40001' })
    const renewed = other.get()
    ;(await fetching(3))('two')
    await renewed
    expect(await stopped.get()).toMatchObject({ value: 'two', generation: 2 })
  })
})
