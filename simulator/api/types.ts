/** What an API handler gets and gives. Answers are vendor JSON with `errcode`; the HTTP status is always 200. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Callbacks } from '../callbacks.ts'
import type { SimClock } from '../clock.ts'
import type { Counters } from '../counters.ts'
import type { Bus } from '../events.ts'
import type { Ledger } from '../ledger.ts'
import type { Part } from '../multipart.ts'
import type { ReplyCounts } from '../replies.ts'
import type { World } from '../state.ts'
import type { CardBook } from './cards.ts'
import type { ContactWays } from './contact-ways.ts'
import type { CorpTags } from './corp-tags.ts'
import type { Grants } from './grants.ts'
import type { KfAccounts } from './kf-accounts.ts'
import type { KfDesk } from './kf-desk.ts'
import type { Limits } from './limits.ts'
import type { MassBook } from './mass-book.ts'
import type { MediaStore } from './media-store.ts'
import type { MiniChat } from './mini-chat.ts'
import type { Robot } from './robot.ts'
import type { SignIn } from './sign-in.ts'
import type { Tokens } from './tokens.ts'
import type { Transfers } from './transfers.ts'
import type { Welcomes } from './welcomes.ts'

/** What the administrator has allowed the app to do. */
export type Permission = 'contacts' | 'external' | 'kf'

export interface SimContext {
  world: World
  clock: SimClock
  bus: Bus
  counters: Counters
  ledger: Ledger
  callbacks: Callbacks
  tokens: Tokens
  cards: CardBook
  kf: KfDesk
  kfAccounts: KfAccounts
  grants: Grants
  limits: Limits
  media: MediaStore
  tags: CorpTags
  ways: ContactWays
  welcomes: Welcomes
  mass: MassBook
  transfers: Transfers
  signIn: SignIn
  robot: Robot
  miniChat: MiniChat
  /** Replies to callbacks. */
  replies: ReplyCounts
  /** Ids of app messages that were recalled: they are gone from the members' screens. */
  recalled: Set<string>
  /** Whether WeChat pushes `subscribe_msg_sent_event` after each subscription message. */
  sentEvents: boolean
  /** Taken away and given back by `POST /_sim/permissions`. */
  permissions: Record<Permission, boolean>
}

export interface ApiRequest {
  query: URLSearchParams
  /** Parsed JSON body of a POST. */
  body: Record<string, unknown>
  /** The parts of a form. */
  parts: readonly Part[]
  headers: IncomingHttpHeaders
}

/** An answer that is a file. */
export class Bytes {
  readonly status: 200 | 206
  readonly headers: Record<string, string>
  readonly bytes: Buffer
  constructor(status: 200 | 206, headers: Record<string, string>, bytes: Buffer) {
    this.status = status
    this.headers = headers
    this.bytes = bytes
  }
}

export type ApiAnswer = { errcode: number; errmsg: string } & Record<string, unknown>

export interface Api {
  /** `either`: the vendor changed it, and older SDKs still call as before. */
  method: 'GET' | 'POST' | 'either'
  path: string
  /** Which token the call needs; null = none. */
  auth: 'wecom' | 'wechat' | null
  /** Needs no trusted address. */
  isOpen?: boolean
  /** Not counted against the limits of calls. */
  isUnlimited?: boolean
  /** Without it the call answers 48002. */
  permission?: Permission
  /** A form with a file; JSON if not given. */
  takes?: 'form'
  /** Nothing need be said, so that the body may be left out. */
  mayBeEmpty?: boolean
  /** A success without errcode, as the vendor sends it here. */
  bare?: boolean
  /** What a fault at a rate hits or misses; default: the request itself. */
  identities?(request: ApiRequest, context: SimContext): string[]
  handle(request: ApiRequest, context: SimContext): Record<string, unknown> | Bytes
}

export { ApiError, entryOf, isOn, list, pageOf, record, text, whole } from './values.ts'
