import { describe, expect, test } from 'vitest'
import { createAddressOf, networkOf } from '../../../src/platform/address.ts'
import { type ALLOWANCES, createRateLimiter } from '../../../src/platform/rate-limit.ts'

function limiter(maxKeys = 1_000) {
  let ms = Date.UTC(2026, 2, 2)
  const limits = createRateLimiter({ clock: { wall: () => new Date(ms) }, maxKeys })
  const passes = (name: keyof typeof ALLOWANCES, key = 'a') => {
    try {
      limits.take(name, key)
      return true
    } catch {
      return false
    }
  }
  const burst = (name: keyof typeof ALLOWANCES, key = 'a', tries = 5_000) =>
    Array.from({ length: tries }, () => passes(name, key)).filter(Boolean).length
  return { ...limits, passes, burst, later: (by: number) => (ms += by) }
}

describe('one allowance', () => {
  test('may be used at once, grows back evenly, and is never more than full', () => {
    const { burst, passes, later } = limiter()
    expect(burst('public')).toBe(120)
    later(499)
    expect(passes('public')).toBe(false)
    later(1)
    expect(passes('public')).toBe(true)
    expect(passes('public')).toBe(false)
    later(30_000)
    expect(burst('public')).toBe(60)
    later(3_600_000)
    expect(burst('public')).toBe(120)
  })

  test('is refused with the time to wait, and asking does not make it longer', () => {
    const { burst, take, check, later } = limiter()
    burst('refused')
    const refusal = { kind: 'rate_limited', code: 'rate_limited', retryAfterMs: 1_000 }
    for (let i = 0; i < 50; i++) expect(() => check('refused', 'a')).toThrow(expect.objectContaining(refusal))
    expect(() => take('refused', 'a')).toThrow(expect.objectContaining(refusal))
    later(1_000)
    take('refused', 'a')
  })

  test('is noted past its end without a throw, and no deeper than that', () => {
    const { note, check, later } = limiter()
    for (let i = 0; i < 1_000; i++) note('callback', 'a')
    expect(() => check('callback', 'a')).toThrow()
    later(100)
    check('callback', 'a')
  })

  test('of another key or another kind is untouched', () => {
    const { burst } = limiter()
    burst('public', 'a')
    expect(burst('public', 'b')).toBe(120)
    expect(burst('customer', 'a')).toBe(240)
  })

  test('survives a machine clock that is set back', () => {
    const { burst, passes, later } = limiter()
    burst('public')
    later(-86_400_000)
    expect(passes('public')).toBe(false)
    later(60_000)
    expect(burst('public')).toBe(120)
  })
})

describe('memory', () => {
  test('who keeps asking is still known after many strangers', () => {
    const { burst, passes, later } = limiter(1_000)
    burst('public')
    for (let i = 0; i < 400; i++) passes('public', `stranger ${i}`)
    expect(passes('public')).toBe(false)
    later(61_000)
    expect(burst('public')).toBe(120)
  })

  test('a flood of new keys can not fill it', () => {
    const { passes } = limiter(1_000)
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < 300_000; i++) passes('public', `10.${i}`)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024)
  })
})

describe('whose address it is', () => {
  const of = (trusted: string[], peer: string, forwarded?: string) =>
    createAddressOf(trusted)({
      socket: { remoteAddress: peer },
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    } as Parameters<ReturnType<typeof createAddressOf>>[0])

  test('a stranger is who connects, whatever the header says', () => {
    expect(of([], '203.0.113.9')).toBe('203.0.113.9')
    expect(of(['127.0.0.1'], '203.0.113.9', '1.2.3.4')).toBe('203.0.113.9')
    expect(of(['127.0.0.1'], '::ffff:203.0.113.9')).toBe('203.0.113.9')
  })
  test('a trusted proxy is believed, and so is the trusted proxy before it, but nobody before them', () => {
    const proxies = ['127.0.0.1', '10.0.0.0/8']
    expect(of(proxies, '127.0.0.1', '203.0.113.9')).toBe('203.0.113.9')
    expect(of(proxies, '::ffff:127.0.0.1', '6.6.6.6, 203.0.113.9, 10.1.2.3')).toBe('203.0.113.9')
    expect(of(proxies, '10.9.9.9', '6.6.6.6, nonsense')).toBe('10.9.9.9')
    expect(of(proxies, '10.9.9.9', '')).toBe('10.9.9.9')
    expect(of(proxies, '10.9.9.9')).toBe('10.9.9.9')
  })
  test.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0DB8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['1.2.3.4', '1.2.3.4'],
    ['', ''],
  ])('%s counts as %s', (address, network) => expect(networkOf(address)).toBe(network))
})
