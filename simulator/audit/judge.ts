/** Does the world agree that promises were kept? The ledger is the witness; the server only claims. */
import type { LedgerEntry } from '../ledger.ts'
import { type Calendar, type Expected, expectedOf, type Treatment } from './expected.ts'

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
}

export type Outcome = 'kept' | 'late' | 'delegated' | 'explained' | 'lost'

export interface Promise_ {
  id: string
  person: string
  treatment: string
  pathway: string
  step: string
  audience: 'customer'
  from: string
  to: string
  outcome: Outcome
  reason: string | null
  messageIds: string[]
}

export interface Verdict {
  promises: Promise_[]
  duplicated: { person: string; text: string; at: string }[]
  /** Steps of the plan that the table doesn't know. */
  unexpected: string[]
}

/** Reasons that explain a promise that was rightly not kept. Anything else is lost. */
const EXPLANATIONS = new Set([
  'missed_before_entry',
  'opted_out',
  'promotion_opted_out',
  'deceased',
  'treatment_cancelled',
  'superseded',
  'covered_in_hospital',
  'satisfied_by_contact',
  'late',
  'quiet_hours',
  'unreachable',
])
/** A late arrival is one within a day; after that it is lost. */
const LATE_MS = 24 * 3_600_000
/** The server records a call when the button is tapped, minutes after the phone rang. */
const CALL_SLACK_MS = 60 * 60_000
const REACHES_CUSTOMER = new Set(['kf', 'welcome', 'subscribe', 'sms', 'email', 'sidebar', 'mass'])

interface Evidence {
  byMessageId: Map<string, LedgerEntry>
  calls: Map<string, LedgerEntry[]>
  cards: LedgerEntry[]
}

export function judge(input: {
  treatments: readonly Treatment[]
  calendars: ReadonlyMap<string, Calendar>
  ledger: readonly LedgerEntry[]
  claims: readonly Claim[]
  end: Date
}): Verdict {
  const { treatments, calendars, ledger, claims, end } = input
  const evidence: Evidence = {
    byMessageId: new Map(
      ledger
        .filter(({ kind, messageId }) => messageId !== null && REACHES_CUSTOMER.has(kind))
        .map((entry) => [entry.messageId as string, entry]),
    ),
    calls: groupBy(
      ledger.filter(({ kind }) => kind === 'call'),
      ({ person }) => person,
    ),
    cards: ledger.filter(({ kind }) => kind === 'card'),
  }
  const claimOf = new Map(claims.map((claim) => [`${claim.treatmentExternalId} ${claim.pathway}.${claim.step}`, claim]))
  const claimById = new Map(claims.map((claim) => [claim.id, claim]))
  const promises: Promise_[] = []
  const known = new Set<string>()
  for (const treatment of treatments) {
    const expected = expectedOf(treatment, calendars.get(treatment.storeId) ?? { closed: new Set() })
    const windows = new Map(expected.map((one) => [`${one.pathway}.${one.step}`, one]))
    for (const one of expected) {
      const name = `${treatment.externalId} ${one.pathway}.${one.step}`
      known.add(name)
      const claim = claimOf.get(name) ?? null
      const target = claim?.mergedInto ? (claimById.get(claim.mergedInto) ?? null) : claim
      // A merged promise is its target's contact, in its target's window.
      const window = target && target !== claim ? (windows.get(`${target.pathway}.${target.step}`) ?? one) : one
      const movedLater = window.to > one.to ? window : one
      if (movedLater.to > end) continue
      promises.push({
        id: `${treatment.externalId}.${one.pathway}.${one.step}`,
        person: treatment.person,
        treatment: treatment.externalId,
        pathway: one.pathway,
        step: one.step,
        audience: 'customer',
        from: window.from.toISOString(),
        to: window.to.toISOString(),
        ...outcomeOf(treatment.person, target, window, evidence),
        messageIds: target?.messageIds ?? [],
      })
    }
  }
  return {
    promises,
    duplicated: doubles(ledger, claims, evidence),
    unexpected: claims
      .filter(
        (claim) =>
          claim.treatmentExternalId !== null &&
          !known.has(`${claim.treatmentExternalId} ${claim.pathway}.${claim.step}`),
      )
      .map(({ id }) => id),
  }
}

function outcomeOf(
  person: string,
  claim: Claim | null,
  window: Pick<Expected, 'from' | 'to'>,
  evidence: Evidence,
): { outcome: Outcome; reason: string | null } {
  if (!claim) return { outcome: 'lost', reason: 'not_planned' }
  if (claim.status === 'missed_before_entry') return { outcome: 'explained', reason: 'missed_before_entry' }
  const arrivals =
    claim.action === 'call'
      ? callArrivals(person, claim, evidence)
      : claim.messageIds.flatMap((id) =>
          evidence.byMessageId.get(id)?.person === person ? [Date.parse(evidence.byMessageId.get(id)?.at ?? '')] : [],
        )
  if (arrivals.some((at) => at >= window.from.getTime() && at < window.to.getTime()))
    return { outcome: 'kept', reason: null }
  if (arrivals.some((at) => at >= window.to.getTime() && at < window.to.getTime() + LATE_MS))
    return { outcome: 'late', reason: claim.reason }
  if (claim.status === 'delegated' || claim.reason === 'staff_overdue' || claim.status === 'calling') {
    return evidence.cards.length > 0
      ? { outcome: 'delegated', reason: claim.reason }
      : { outcome: 'lost', reason: claim.reason }
  }
  if (claim.reason !== null && EXPLANATIONS.has(claim.reason)) return { outcome: 'explained', reason: claim.reason }
  return { outcome: 'lost', reason: claim.reason ?? 'no_evidence' }
}

/** Instants at which the call promise was kept: an answered call, or an attempt followed by a message. */
function callArrivals(person: string, claim: Claim, { calls, byMessageId }: Evidence): number[] {
  const rung = calls.get(person) ?? []
  return claim.calls.flatMap(({ byUserId, at, reached }) => {
    const recorded = Date.parse(at)
    // Somebody may call one person about two things within minutes: the nearest call with the claimed result counts.
    const [call] = rung
      .filter(
        ({ payload }) =>
          String(payload.by ?? '').toLowerCase() === byUserId && (payload.outcome === 'answered') === reached,
      )
      .sort((a, b) => Math.abs(Date.parse(a.at) - recorded) - Math.abs(Date.parse(b.at) - recorded))
      .filter((entry) => Math.abs(Date.parse(entry.at) - recorded) <= CALL_SLACK_MS)
    if (!call) return []
    const rang = Date.parse(call.at)
    if (call.payload.outcome === 'answered') return [rang]
    const after = claim.messageIds.some((id) => {
      const entry = byMessageId.get(id)
      return entry !== undefined && entry.person === person && Date.parse(entry.at) >= rang
    })
    return after ? [rang] : []
  })
}

/** Twice the same: more messages than a step may send, or the same words to one person within a day. */
function doubles(
  ledger: readonly LedgerEntry[],
  claims: readonly Claim[],
  { byMessageId }: Evidence,
): Verdict['duplicated'] {
  const found: Verdict['duplicated'] = []
  const ownerOf = new Map(
    claims.flatMap(({ id, messageIds }) => messageIds.map((messageId) => [messageId, id] as const)),
  )
  for (const { messageIds, action } of claims) {
    const arrived = messageIds
      .map((id) => byMessageId.get(id))
      .filter((entry): entry is LedgerEntry => entry !== undefined)
    // A call may announce itself and leave word after the first miss.
    for (const entry of arrived.slice(action === 'call' ? 2 : 1))
      found.push({ person: entry.person, text: entry.text, at: entry.at })
  }
  for (const entries of groupBy(
    ledger.filter(({ kind }) => REACHES_CUSTOMER.has(kind) && kind !== 'sidebar'),
    ({ person, text }) => `${person} ${text}`,
  ).values()) {
    const sorted = [...entries].sort((a, b) => (a.at < b.at ? -1 : 1))
    sorted.forEach((entry, i) => {
      const before = sorted[i - 1]
      // Two steps may say the same words: two treatments a day apart have the same first day. One step may not.
      const [a, b] = [ownerOf.get(before?.messageId ?? ''), ownerOf.get(entry.messageId ?? '')]
      if (a !== undefined && b !== undefined && a !== b) return
      if (before && Date.parse(entry.at) - Date.parse(before.at) < LATE_MS)
        found.push({ person: entry.person, text: entry.text, at: entry.at })
    })
  }
  return found
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
