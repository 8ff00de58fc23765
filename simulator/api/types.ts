/** What an API handler gets and gives. Answers are vendor JSON with `errcode`; the HTTP status is always 200. */
import type { Callbacks } from '../callbacks.ts'
import type { SimClock } from '../clock.ts'
import type { Ledger } from '../ledger.ts'
import type { World } from '../state.ts'
import type { CardBook } from './cards.ts'
import type { KfDesk } from './kf.ts'
import type { Grants } from './subscribe.ts'
import type { Tokens } from './tokens.ts'

export interface SimContext {
  world: World
  clock: SimClock
  ledger: Ledger
  callbacks: Callbacks
  tokens: Tokens
  cards: CardBook
  kf: KfDesk
  grants: Grants
}

export interface ApiRequest {
  query: URLSearchParams
  /** Parsed JSON body of a POST. */
  body: Record<string, unknown>
  /** Request bytes, for the duplicate check. */
  raw: string
}

export type ApiAnswer = { errcode: number; errmsg: string } & Record<string, unknown>

export interface Api {
  method: 'GET' | 'POST'
  path: string
  /** Which token the call needs; null = none. */
  auth: 'wecom' | 'wechat' | null
  handle(request: ApiRequest, context: SimContext): Record<string, unknown>
}

/** Thrown by handlers: becomes `{ errcode, errmsg }`. */
export class ApiError extends Error {
  readonly errcode: number
  readonly fields: Record<string, unknown>
  constructor(errcode: number, errmsg: string, fields: Record<string, unknown> = {}) {
    super(errmsg)
    this.errcode = errcode
    this.fields = fields
  }
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
export const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
export const bytes = (value: string): number => Buffer.byteLength(value)
