/** Access tokens of both platforms: the same one while it is valid, expiring on business time, revocable. */
import { opaque } from '../chance.ts'
import { ApiError } from './values.ts'

const LIFE_MS = 7_200_000
/** stable_token renews this long before the end. */
const RENEW_MS = 300_000
const FORCE_GAP_MS = 30_000
const FORCE_A_DAY = 20

interface Token {
  value: string
  expiresAt: number
}

export interface Tokens {
  wecom(now: Date): { value: string; expiresIn: number }
  /** `stable`: the isolated stable_token family. */
  wechat(now: Date, family: 'plain' | 'stable', force: boolean): { value: string; expiresIn: number }
  /** @throws ApiError 41001, 40014 or 42001 */
  check(platform: 'wecom' | 'wechat', given: string | null, now: Date): void
  /** Makes every token of the platform invalid, as the vendor may at any time. */
  revoke(platform: 'wecom' | 'wechat'): void
  issued: { wecom: number; wechat: number }
}

export function createTokens(seed: number): Tokens {
  const current = new Map<string, Token>()
  const known = new Map<string, { platform: string; expiresAt: number; revoked: boolean }>()
  const issued = { wecom: 0, wechat: 0 }
  const forced: number[] = []

  function issue(family: string, platform: 'wecom' | 'wechat', now: number): Token {
    issued[platform] += 1
    const token = { value: opaque(110, seed, family, issued[platform]), expiresAt: now + LIFE_MS }
    current.set(family, token)
    known.set(token.value, { platform, expiresAt: token.expiresAt, revoked: false })
    return token
  }
  const valid = (family: string, now: number, margin = 0): Token | null => {
    const token = current.get(family)
    return token && token.expiresAt - margin > now && !known.get(token.value)?.revoked ? token : null
  }
  const answer = (token: Token, now: number) => ({
    value: token.value,
    expiresIn: Math.floor((token.expiresAt - now) / 1000),
  })

  return {
    issued,
    wecom(at) {
      const now = at.getTime()
      return answer(valid('wecom', now) ?? issue('wecom', 'wecom', now), now)
    },
    wechat(at, family, force) {
      const now = at.getTime()
      if (force) {
        const today = forced.filter((one) => one > now - 86_400_000)
        if (today.length >= FORCE_A_DAY || (today.at(-1) ?? 0) > now - FORCE_GAP_MS)
          throw new ApiError(45009, 'reach max api daily quota limit')
        forced.push(now)
        const old = current.get(`wechat ${family}`)
        const entry = old && known.get(old.value)
        if (entry) entry.revoked = true
      }
      const margin = family === 'stable' ? RENEW_MS : 0
      return answer(valid(`wechat ${family}`, now, margin) ?? issue(`wechat ${family}`, 'wechat', now), now)
    },
    check(platform, given, at) {
      if (!given) throw new ApiError(41001, 'access_token missing')
      const token = known.get(given)
      if (!token || token.platform !== platform || token.revoked) throw new ApiError(40014, 'invalid access_token')
      if (token.expiresAt <= at.getTime()) throw new ApiError(42001, 'access_token expired')
    },
    revoke(platform) {
      for (const token of known.values()) if (token.platform === platform) token.revoked = true
      for (const [family] of current) if (family.startsWith(platform)) current.delete(family)
    },
  }
}
