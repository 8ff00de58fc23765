/** What every channel offers to the sender. */
import type { OutboxRow } from './model.ts'

export interface Sent {
  messageId: string | null
  responseCode: string | null
}

export interface ChannelDriver {
  /** How a repeat of the same bytes is treated over there: by our id, by the body for some hours, or sent again. */
  dedupe: 'id' | 'body' | 'none'
  freeze(row: OutboxRow, target: string, n: number): string
  /** `timeoutMs` is machine time. @throws VendorError, Undelivered; any other error leaves it open what became of the bytes */
  send(body: string, timeoutMs: number): Promise<Sent>
  /** The message id that these bytes carry, where the id is ours. */
  idOf(body: string): string | null
  /** What the carrier charges for these bytes once it has taken them, in fen; absent: nothing. */
  costFen?(body: string): number
}

/** A gateway or mail server has said so, or never had the bytes: nothing was delivered. */
export class Undelivered extends Error {
  /** HTTP status or SMTP reply code; null when there was no answer. */
  readonly code: number | null
  /** Worth another try; else this message is refused. */
  readonly busy: boolean
  /** Too many at once: everything on the channel waits. */
  readonly limit: boolean
  constructor(code: number | null, { busy, limit = false }: { busy: boolean; limit?: boolean }, cause?: unknown) {
    super(`not delivered: ${code ?? 'no answer'}`, { cause })
    this.code = code
    this.busy = busy
    this.limit = limit
  }
}
