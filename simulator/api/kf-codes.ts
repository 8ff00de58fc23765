/** The one-time codes behind `kf/send_msg_on_event`: what each was given for, and until when it is good. */
import { opaque } from '../chance.ts'
import type { Customer } from '../state.ts'
import { ApiError } from './values.ts'

/** 0 new, 1 assistant, 2 pool, 3 staff, 4 ended or not begun */
export type SessionState = 0 | 1 | 2 | 3 | 4

export interface KfCode {
  customer: Customer
  /** Somebody came in, or the session went into this state. */
  why: 'welcome' | 2 | 3 | 4
}

const SHORT_MS = 20_000
const LONG_MS = 48 * 3_600_000
const LIFE_MS: Record<KfCode['why'], number> = { welcome: SHORT_MS, 2: LONG_MS, 3: LONG_MS, 4: SHORT_MS }

export interface KfCodes {
  issue(code: KfCode, now: number): string
  /** @throws ApiError 40058 for one that is unknown, used or over */
  look(code: string, now: number): KfCode
  use(code: string): void
}

export function createKfCodes(seed: number): KfCodes {
  const codes = new Map<string, KfCode & { until: number; used: boolean }>()
  const counters = new Map<string, number>()
  return {
    issue({ customer, why }, now) {
      const n = (counters.get(customer.personId) ?? 0) + 1
      counters.set(customer.personId, n)
      const code = opaque(40, seed, 'kf code', customer.personId, n)
      codes.set(code, { customer, why, until: now + LIFE_MS[why], used: false })
      return code
    },
    look(code, now) {
      const known = codes.get(code)
      if (!known || known.used || known.until <= now) throw new ApiError(40058, 'invalid parameter: code')
      return known
    },
    use(code) {
      const known = codes.get(code)
      if (known) known.used = true
    },
  }
}
