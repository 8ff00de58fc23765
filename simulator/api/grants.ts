/** What the mini-program's people have allowed, and the codes that their phones hand out. */
import { opaque } from '../chance.ts'
import type { Customer } from '../state.ts'
import { ApiError } from './values.ts'

const CODE_MS = 5 * 60_000

export interface Grants {
  /** Messages that the person still allows of this template. */
  left(openId: string, templateId: string): number
  /** One accept = one message; accepts add up. */
  grant(openId: string, templateId: string): void
  /** The person turned the template off: nothing is left. */
  withdraw(openId: string, templateId: string): void
  take(openId: string, templateId: string): boolean
  loginCode(customer: Customer, now: Date): string
  phoneCode(customer: Customer, now: Date): string
  /** Uses a code up. @throws ApiError 40029 unknown or over, 40163 used */
  redeem(code: string, kind: 'login' | 'phone', now: Date): Customer
  /** When this person last did something in the mini-program. */
  activeAt(openId: string): number | null
  /** By openid: the key of who is signed in; a new sign-in has a new one. */
  sessions: Map<string, string>
}

export function createGrants(seed: number): Grants {
  const counts = new Map<string, number>()
  const codes = new Map<string, { customer: Customer; kind: string; expiresAt: number; used: boolean }>()
  const made = new Map<string, number>()
  const active = new Map<string, number>()
  const keyOf = (openId: string, templateId: string) => `${openId} ${templateId}`
  const left = (openId: string, templateId: string) => counts.get(keyOf(openId, templateId)) ?? 0

  function make(customer: Customer, kind: 'login' | 'phone', now: Date): string {
    const n = (made.get(`${kind} ${customer.personId}`) ?? 0) + 1
    made.set(`${kind} ${customer.personId}`, n)
    active.set(customer.openId, now.getTime())
    const code = opaque(32, seed, kind, customer.personId, n)
    codes.set(code, { customer, kind, expiresAt: now.getTime() + CODE_MS, used: false })
    return code
  }

  return {
    left,
    grant: (openId, templateId) => void counts.set(keyOf(openId, templateId), left(openId, templateId) + 1),
    withdraw: (openId, templateId) => void counts.delete(keyOf(openId, templateId)),
    take(openId, templateId) {
      const before = left(openId, templateId)
      if (before < 1) return false
      counts.set(keyOf(openId, templateId), before - 1)
      return true
    },
    loginCode: (customer, now) => make(customer, 'login', now),
    phoneCode: (customer, now) => make(customer, 'phone', now),
    redeem(code, kind, now) {
      const known = codes.get(code)
      if (!known || known.kind !== kind || known.expiresAt <= now.getTime()) throw new ApiError(40029, 'invalid code')
      if (known.used) throw new ApiError(40163, 'code been used')
      known.used = true
      return known.customer
    },
    activeAt: (openId) => active.get(openId) ?? null,
    sessions: new Map(),
  }
}
