/** What the puppet needs of the house: stored messages in, the outbox out. Filled by the composition root. */
import type { Readable } from 'node:stream'

export type FileKind = 'image' | 'voice' | 'video' | 'file'

/** A message of either direction, as it is stored. */
export interface LineMessage {
  id: string
  /** The customer's own id. */
  customerId: string
  direction: 'in' | 'out'
  at: Date
  /** The vendor's `msgtype`. */
  type: string
  text: string | null
  mediaId: string | null
  /** The vendor's body of kinds that are neither text nor file. */
  content: Record<string, unknown> | null
}

export type LineContent =
  | { kind: 'text'; text: string; menu: { id: string; label: string }[] }
  | { kind: 'media'; type: FileKind; mediaId: string }
  | { kind: 'link'; title: string; description: string; url: string; thumbMediaId: string }
  | { kind: 'mini_program'; appId: string; title: string; page: string; thumbMediaId: string }
  | { kind: 'location'; name: string; address: string; latitude: number; longitude: number }

/** Where a message of ours comes from: the same key again is the same message. */
export interface LineKey {
  /** The message that it answers; null where nobody has asked. */
  answers: string | null
  /** 0 is the first answer to it. */
  n: number
}

export interface LineFile {
  name: string
  contentType: string
  bytes: Buffer
}

export interface Line {
  /** The account's id: the puppet's own. */
  accountId: string
  message(id: string): Promise<LineMessage | null>
  contact(customerId: string): Promise<{ id: string; name: string } | null>
  /** Into the outbox, once per key. Returns the message's id. */
  send(customerId: string, content: LineContent, key: LineKey): Promise<string>
  /** Whether it has not left, and now never will. */
  recall(messageId: string): Promise<boolean>
  download(mediaId: string): Promise<{ name: string; stream: Readable }>
  /** Returns the id of an upload, which lives for three days. */
  upload(kind: FileKind, file: LineFile): Promise<string>
}
