/** What the ledger shows for a claim: messages by their ids; calls, messages by hand and mass messages by person, staff member and time. */
import type { LedgerEntry } from '../ledger.ts'

/** What the server says of one step. */
export interface Claim {
  id: string
  treatmentExternalId: string | null
  pathway: string
  step: string
  status: string
  reason: string | null
  mergedInto: string | null
  action: string
  messageIds: string[]
  calls: { byUserId: string; at: string; reached: boolean }[]
  taskId?: string | null
  handed?: { byUserId: string; at: string } | null
  /** A member tapped to send it to this customer, and perhaps to others. */
  confirmed?: { byUserId: string; at: string } | null
}

/** The server records what staff did when the button is tapped, minutes after it. */
const SLACK_MS = 60 * 60_000
export const REACHES_CUSTOMER: ReadonlySet<string> = new Set([
  'kf',
  'welcome',
  'subscribe',
  'sms',
  'email',
  'sidebar',
  'mass',
])
/** What a message after a missed call says, whatever its channel. */
const CALLED_IN_VAIN = /未能?接通/

export interface Evidence {
  /** Messages of the claim that this person got, also by a member's tap. */
  messages(claim: Claim, person: string): LedgerEntry[]
  /** Of these the ones that a member tapped to send: each ledger entry stands for one claim only. */
  tapped(claim: Claim): LedgerEntry[]
  /** What customers got by a tap that no claim answers for. */
  untold: LedgerEntry[]
  /** Messages that a member of staff passed on by hand. */
  handed(claim: Claim, person: string): LedgerEntry[]
  /** The calls of the claim that really rang: each ledger entry stands for one claim only. */
  calls(claim: Claim): LedgerEntry[]
  /** When a promise of a call was kept: an answered call, or an attempt with the message after it. */
  callArrivals(claim: Claim, person: string): number[]
  /** Whether the claim's card came into a hand before `until`. */
  hasCard(claim: Claim, until: Date): boolean
}

/** What the member's own client shows of a mass message has no sender. */
export const isToCustomer = ({ kind, payload }: LedgerEntry): boolean => kind !== 'mass' || payload.by !== undefined

const timeOf = ({ at }: LedgerEntry): number => Date.parse(at)

export function gather(
  ledger: readonly LedgerEntry[],
  claims: readonly Claim[],
  personOf: (claim: Claim) => string | null,
): Evidence {
  const byMessageId = new Map(
    ledger
      // One mass message has one id, however many people get it.
      .filter(({ kind, messageId }) => messageId !== null && kind !== 'mass' && REACHES_CUSTOMER.has(kind))
      .map((entry) => [entry.messageId as string, entry]),
  )
  const byHand = ledger.filter(({ kind }) => kind === 'sidebar')
  const cards = new Map<string, number>()
  for (const entry of ledger) {
    if (entry.kind !== 'card') continue
    const card = (entry.payload.card ?? {}) as { task_id?: unknown }
    // The last number tells the cards of one task apart.
    const task = String(card.task_id ?? '').replace(/-\d+$/, '')
    cards.set(task, Math.min(cards.get(task) ?? Number.POSITIVE_INFINITY, timeOf(entry)))
  }
  const rang = matchCalls(ledger, claims, personOf)
  const taps = ledger.filter((entry) => entry.kind === 'mass' && isToCustomer(entry))
  const tappedBy = matchTaps(taps, claims, personOf)
  const told = new Set([...tappedBy.values()].flat())

  const tapped: Evidence['tapped'] = ({ id }) => tappedBy.get(id) ?? []
  const messages: Evidence['messages'] = (claim, person) => [
    ...claim.messageIds.flatMap((id) => {
      const entry = byMessageId.get(id)
      return entry?.person === person ? [entry] : []
    }),
    ...tapped(claim),
  ]
  const handed: Evidence['handed'] = ({ handed: by }, person) =>
    by
      ? byHand.filter(
          (entry) =>
            entry.person === person &&
            String(entry.payload.by ?? '').toLowerCase() === by.byUserId &&
            Math.abs(timeOf(entry) - Date.parse(by.at)) <= SLACK_MS,
        )
      : []
  const calls: Evidence['calls'] = (claim) => rang.get(claim.id) ?? []
  return {
    messages,
    tapped,
    untold: taps.filter((entry) => !told.has(entry)),
    handed,
    calls,
    callArrivals(claim, person) {
      const words = [...messages(claim, person), ...handed(claim, person)].filter(({ text }) =>
        CALLED_IN_VAIN.test(text),
      )
      return calls(claim).flatMap((call) => {
        if (call.payload.outcome === 'answered') return [timeOf(call)]
        return words.some((entry) => timeOf(entry) >= timeOf(call)) ? [timeOf(call)] : []
      })
    },
    hasCard: ({ taskId }, until) => (cards.get(taskId ?? '') ?? Number.POSITIVE_INFINITY) < until.getTime(),
  }
}

/** Somebody may call one person about two things within minutes: nearest pairs first, and no call counts twice. */
function matchCalls(
  ledger: readonly LedgerEntry[],
  claims: readonly Claim[],
  personOf: (claim: Claim) => string | null,
): Map<string, LedgerEntry[]> {
  const keyOf = (person: string, by: string, answered: boolean) => `${person} ${by.toLowerCase()} ${answered}`
  const rang = new Map<string, LedgerEntry[]>()
  for (const entry of ledger) {
    if (entry.kind !== 'call') continue
    const key = keyOf(entry.person, String(entry.payload.by ?? ''), entry.payload.outcome === 'answered')
    rang.set(key, [...(rang.get(key) ?? []), entry])
  }
  const pairs = claims.flatMap((claim) =>
    claim.calls.flatMap((call) =>
      (rang.get(keyOf(personOf(claim) ?? '', call.byUserId, call.reached)) ?? []).map((entry) => ({
        claim,
        what: call,
        entry,
        apart: Math.abs(timeOf(entry) - Date.parse(call.at)),
      })),
    ),
  )
  return nearest(pairs)
}

function matchTaps(
  taps: readonly LedgerEntry[],
  claims: readonly Claim[],
  personOf: (claim: Claim) => string | null,
): Map<string, LedgerEntry[]> {
  const pairs = claims.flatMap((claim) => {
    const { confirmed } = claim
    const person = personOf(claim)
    if (!confirmed) return []
    return taps
      .filter((entry) => entry.person === person && String(entry.payload.by).toLowerCase() === confirmed.byUserId)
      .map((entry) => ({ claim, what: confirmed, entry, apart: Math.abs(timeOf(entry) - Date.parse(confirmed.at)) }))
  })
  return nearest(pairs)
}

/** Nearest first; what was said and what happened stand for each other once. */
function nearest(
  pairs: { claim: Claim; what: object; entry: LedgerEntry; apart: number }[],
): Map<string, LedgerEntry[]> {
  const found = new Map<string, LedgerEntry[]>()
  const used = new Set<object>()
  for (const { claim, what, entry, apart } of pairs.sort((a, b) => a.apart - b.apart)) {
    if (apart > SLACK_MS || used.has(what) || used.has(entry)) continue
    used.add(what).add(entry)
    found.set(claim.id, [...(found.get(claim.id) ?? []), entry])
  }
  return found
}
