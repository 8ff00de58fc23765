/** What should never happen whatever was promised: the same twice, a message in the night, a message that nobody claims. */
import type { LedgerEntry } from '../ledger.ts'
import { type Claim, type Evidence, isToCustomer, REACHES_CUSTOMER } from './evidence.ts'

const DAY_MS = 24 * 3_600_000
export interface Found {
  person: string
  text: string
  at: string
}
const foundOf = ({ person, text, at }: LedgerEntry): Found => ({ person, text, at })

/** More than a step may say, a step that is said elsewhere and once more by itself, a second talk, or the same words within a day. */
export function doubles(
  ledger: readonly LedgerEntry[],
  claims: readonly Claim[],
  evidence: Evidence,
  personOf: (claim: Claim) => string | null,
): Found[] {
  const found: LedgerEntry[] = []
  const ownerOf = new Map(claims.flatMap(({ id, messageIds }) => messageIds.map((one) => [one, id] as const)))
  for (const claim of claims) {
    const arrived = evidence.messages(claim, personOf(claim) ?? '')
    // A call may announce itself and leave word after the first miss.
    const most = claim.mergedInto !== null ? 0 : claim.action === 'call' ? 2 : 1
    found.push(...arrived.slice(most))
    // Confirmed by one, and passed on by hand as well.
    if (evidence.tapped(claim).length > 0) found.push(...evidence.handed(claim, personOf(claim) ?? ''))
    const talks = evidence.calls(claim).filter(({ payload }) => payload.outcome === 'answered')
    found.push(...talks.slice(1))
  }
  const same = new Map<string, LedgerEntry[]>()
  for (const entry of ledger) {
    if (!REACHES_CUSTOMER.has(entry.kind) || entry.kind === 'sidebar' || !isToCustomer(entry)) continue
    const key = `${entry.person} ${entry.text}`
    same.set(key, [...(same.get(key) ?? []), entry])
  }
  for (const entries of same.values()) {
    const sorted = [...entries].sort((a, b) => (a.at < b.at ? -1 : 1))
    sorted.forEach((entry, i) => {
      const before = sorted[i - 1]
      // Two steps may say the same words: two treatments a day apart have the same first day. One step may not.
      const [a, b] = [ownerOf.get(before?.messageId ?? ''), ownerOf.get(entry.messageId ?? '')]
      if (a !== undefined && b !== undefined && a !== b) return
      // Whoever asks the same again is told the same again.
      if (before && a === undefined && b === undefined && answersOtherWords(before, entry)) return
      if (before && Date.parse(entry.at) - Date.parse(before.at) < DAY_MS) found.push(entry)
    })
  }
  return [...new Set(found)].map(foundOf)
}

/** Questions in a conversation, its last thanks, and the answer to an entry belong to no promise. */
const NO_PROMISE = /请点选|0 到 10|已收到您的反馈/

/** So soon after the customer's words it may be an answer to them. */
const ANSWER_MS = 10 * 60_000
/** An answer and what is asked after it. */
const MOST_ANSWERS = 2
const heardBefore = ({ payload }: LedgerEntry): number => Number(payload.heard ?? 0)

/** In the customer's own conversation, right after words of theirs. */
const isAnswer = (entry: LedgerEntry): boolean =>
  entry.kind === 'kf' &&
  heardBefore(entry) > 0 &&
  Date.parse(entry.at) - Date.parse(String(entry.payload.heardAt)) <= ANSWER_MS

const answersOtherWords = (one: LedgerEntry, other: LedgerEntry): boolean =>
  isAnswer(one) && isAnswer(other) && heardBefore(one) !== heardBefore(other)

/** What belongs to no promise because it answers: the first few after each of the customer's words. */
function answersIn(sent: readonly LedgerEntry[]): Set<LedgerEntry> {
  const given = new Map<string, LedgerEntry[]>()
  for (const entry of sent) {
    if (!isAnswer(entry)) continue
    const key = `${entry.person} ${heardBefore(entry)}`
    given.set(key, [...(given.get(key) ?? []), entry])
  }
  return new Set([...given.values()].flatMap((entries) => entries.slice(0, MOST_ANSWERS)))
}

/** Messages that no claim owns: what was sent after its answer was lost, or what nobody meant to send. */
export function unclaimed(ledger: readonly LedgerEntry[], claims: readonly Claim[], { untold }: Evidence): Found[] {
  const owned = new Set(claims.flatMap(({ messageIds }) => messageIds))
  const sent = ledger.filter(
    ({ kind, messageId, text }) =>
      ['kf', 'subscribe', 'sms', 'email'].includes(kind) && !owned.has(messageId ?? '') && !NO_PROMISE.test(text),
  )
  const answers = answersIn(sent)
  return [...sent.filter((entry) => !answers.has(entry)), ...untold].map(foundOf)
}
