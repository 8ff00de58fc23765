/** Everything that reached a person in the simulated world, in order of arrival. */
import { createHash } from 'node:crypto'

export const LEDGER_KINDS = [
  'kf',
  'welcome',
  'subscribe',
  'mass',
  'sms',
  'email',
  'call',
  'sidebar',
  'app',
  'card',
  'card-update',
  'robot',
] as const
export type LedgerKind = (typeof LEDGER_KINDS)[number]

export interface LedgerEntry {
  at: string
  /** personId of whom it reached. */
  person: string
  kind: LedgerKind
  messageId: string | null
  /** The API or driver that carried it, e.g. `kf/send_msg`. */
  channel: string
  payload: Record<string, unknown>
  /** What the person reads. */
  text: string
}

export interface Ledger {
  add(entry: LedgerEntry): void
  entries(): readonly LedgerEntry[]
  onEntry(listener: (entry: LedgerEntry) => void): void
  /** Forgets the entries and who listened. */
  clear(): void
}

export function createLedger(onEvery: (entry: LedgerEntry) => void = () => undefined): Ledger {
  let entries: LedgerEntry[] = []
  let listeners: ((entry: LedgerEntry) => void)[] = []
  return {
    add(entry) {
      entries.push(entry)
      onEvery(entry)
      for (const listener of listeners) listener(entry)
    },
    entries: () => entries,
    onEntry: (listener) => {
      listeners.push(listener)
    },
    clear: () => {
      entries = []
      listeners = []
    },
  }
}

// Long runs of letters and digits are tokens, codes and ids: two runs may give different ones for the same event.
const TOKEN = /[A-Za-z0-9_-]{20,}/g
const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** One number for a whole run: sorted by (at, person, kind, text), tokens as `<t>`. */
export function ledgerSha256(entries: readonly LedgerEntry[]): string {
  const lines = entries
    .map(({ at, person, kind, text }) => JSON.stringify([at, person, kind, text.replace(TOKEN, '<t>')]))
    .sort(order)
  const hash = createHash('sha256')
  for (const line of lines) hash.update(`${line}\n`)
  return hash.digest('hex')
}
