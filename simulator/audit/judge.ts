/** Does the world agree that promises were kept? The ledger is the witness; the server only claims. */
import type { LedgerEntry } from '../ledger.ts'
import { type Carrier, promised } from './by-hand.ts'
import { type Claim, type Evidence, gather } from './evidence.ts'
import {
  type Calendar,
  type Expected,
  expectedOf,
  formerly,
  isAtNight,
  knownAt,
  possibleOf,
  rowOf,
  type Treatment,
  type Window,
} from './expected.ts'
import { doubles, type Found, unclaimed } from './faults.ts'
import { isCapped, overCap, promotionsOf, unasked } from './promotion.ts'
import { related } from './relations.ts'

export type { Claim } from './evidence.ts'

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

/** What the world knows of a person. */
export interface Wishes {
  optedOutAt?: Date
  diedAt?: Date
  /** Agreed to be told of offers; without it nobody may be. */
  consentedAt?: Date
  /** Wants no offers any more. */
  promotionOffAt?: Date
  /** An abnormal case or a complaint was open. */
  trouble?: { from: Date; to?: Date }[]
}

export interface Verdict {
  promises: Promise_[]
  duplicated: Found[]
  /** Messages of steps that came in the quiet hours: kept perhaps, and still wrong. */
  atNight: Found[]
  unclaimed: Found[]
  /** More offers than one person may hear of. */
  overCap: Found[]
  /** Decisions that no colleague was ever asked for, by claim or row. */
  unasked: string[]
  /** Steps of the plan that the table doesn't know. */
  unexpected: string[]
}

/** A late arrival is one within a day; after that it is lost. */
const LATE_MS = 24 * 3_600_000
/** Calls that nobody took before a clinic may say "unreachable": three at least, on three days. */
const VAIN_CALLS = 3
const NOBODY_CLOSED: Calendar = { closed: new Set() }

export function judge(input: {
  treatments: readonly Treatment[]
  calendars: ReadonlyMap<string, Calendar>
  ledger: readonly LedgerEntry[]
  claims: readonly Claim[]
  end: Date
  wishes?: ReadonlyMap<string, Wishes>
}): Verdict {
  const { calendars, ledger, claims, end, wishes = new Map() } = input
  const treatments = related(input.treatments, calendars)
  const treatmentOf = new Map(treatments.map((treatment) => [treatment.externalId, treatment]))
  const personOf = ({ treatmentExternalId }: Claim) => treatmentOf.get(treatmentExternalId ?? '')?.person ?? null
  const evidence = gather(ledger, claims, personOf)
  const promotions = promotionsOf(claims, evidence, treatmentOf)
  const byName = new Map(claims.map((claim) => [`${claim.treatmentExternalId} ${claim.pathway}.${claim.step}`, claim]))
  const byId = new Map(claims.map((claim) => [claim.id, claim]))
  const promises: Promise_[] = []
  for (const treatment of treatments) {
    const calendar = calendars.get(treatment.storeId) ?? NOBODY_CLOSED
    for (const expected of expectedOf(treatment)) {
      const claim = byName.get(`${treatment.externalId} ${expected.pathway}.${expected.step}`) ?? null
      // A merged promise is its target's contact, in its own window.
      const target = claim?.mergedInto ? (byId.get(claim.mergedInto) ?? null) : claim
      const carrier = carrierOf(claim, target)
      const { window, taken, isCancelled } = promised(expected, carrier, treatment, calendar)
      if (window.to > end) continue
      promises.push({
        id: `${treatment.externalId}.${expected.pathway}.${expected.step}`,
        person: treatment.person,
        treatment: treatment.externalId,
        pathway: expected.pathway,
        step: expected.step,
        audience: 'customer',
        from: window.from.toISOString(),
        to: window.to.toISOString(),
        ...outcomeOf({
          treatment,
          expected,
          claim,
          target,
          window,
          before: formerly(treatment).map((was) => ({
            until: was.until,
            window: promised(expected, carrier, was.treatment, calendar).window,
          })),
          taken,
          isCancelled,
          evidence,
          promotions: promotions.get(treatment.person) ?? [],
          wishes: wishes.get(treatment.person) ?? {},
          known: knownAt(expected.row, treatment, calendar),
        }),
        messageIds: target?.messageIds ?? [],
      })
    }
  }
  return {
    promises,
    duplicated: doubles(ledger, claims, evidence, personOf),
    atNight: nightly(claims, evidence, treatmentOf, calendars),
    unclaimed: unclaimed(ledger, claims, evidence),
    overCap: overCap(promotions),
    unasked: unasked({ treatments, calendars, claims: byName, evidence, end, wishes }),
    unexpected: claims
      .filter(({ treatmentExternalId, pathway, step }) => {
        const treatment = treatmentOf.get(treatmentExternalId ?? '')
        return treatment && !possibleOf(treatment).some((one) => one.pathway === pathway && one.step === step)
      })
      .map(({ id }) => id),
  }
}

/** The contact that carries it. */
function carrierOf(claim: Claim | null, target: Claim | null): Carrier | null {
  if (!claim || !target || target === claim) return null
  const { pathway, step, treatmentExternalId } = target
  const row = rowOf(pathway, step)
  return row && { pathway, step, row, isOwn: treatmentExternalId === claim.treatmentExternalId }
}

interface Case {
  treatment: Treatment
  expected: Expected
  claim: Claim | null
  target: Claim | null
  window: Window
  /** Its windows by facts that were put right later, and until when these held. */
  before: { until: Date; window: Window }[]
  /** Why the world itself doesn't expect it any more. */
  taken: string | null
  /** The clinic's people have cancelled it by hand. */
  isCancelled: boolean
  evidence: Evidence
  /** Offers that the person heard of, by time. */
  promotions: readonly Found[]
  wishes: Wishes
  /** When all of it was known. */
  known: Date
}

function outcomeOf(one: Case): { outcome: Outcome; reason: string | null } {
  const { treatment, expected, claim, target, window, evidence } = one
  if (!claim) return { outcome: 'lost', reason: 'not_planned' }
  if (!target) return { outcome: 'lost', reason: 'merged_into_nothing' }
  const { person } = treatment
  // The table says what needs a person; a server that made a message of it has not called.
  const isCall = expected.row.needsPerson || target.action === 'call'
  const arrivals = isCall
    ? evidence.callArrivals(target, person)
    : [...evidence.messages(target, person), ...evidence.handed(target, person)].map(({ at }) => Date.parse(at))
  const [from, to] = [window.from.getTime(), window.to.getTime()]
  if (arrivals.some((at) => at >= from && at < to)) return { outcome: 'kept', reason: null }
  // What was done by the facts of its day was done.
  const stood = ({ until, window: { from, to } }: Case['before'][number], at: number) =>
    at >= from.getTime() && at < Math.min(to.getTime(), until.getTime())
  if (arrivals.some((at) => one.before.some((was) => stood(was, at)))) return { outcome: 'kept', reason: null }
  const reason = target.reason ?? claim.reason
  if (arrivals.some((at) => at >= to && at < to + LATE_MS)) return { outcome: 'late', reason }
  if (isExplained(one)) return { outcome: 'explained', reason }
  // Staff say that it is done, and the world doesn't show how: then it is theirs.
  const handedOver =
    ['delegated', 'calling'].includes(target.status) || target.reason === 'staff_overdue' || Boolean(target.handed)
  const inHand = (until: Date) => evidence.hasCard(target, until)
  const was = one.before.some(({ until, window: { to } }) => inHand(until < to ? until : to))
  if (handedOver && (inHand(window.to) || was)) return { outcome: 'delegated', reason }
  return { outcome: 'lost', reason: reason ?? 'no_evidence' }
}

/** A reason explains only what the world bears out: a server can write any word. */
function isExplained(one: Case): boolean {
  const { treatment, claim, target, window, taken, isCancelled, evidence, promotions, wishes } = one
  const before = (at: Date | undefined) => at !== undefined && at < window.to
  if (claim?.status === 'missed_before_entry') return one.known >= window.lastChance
  // What was over when it was entered is explained, also where the server has another word for it by now.
  if (claim?.status === 'cancelled' && treatment.enteredAt >= window.lastChance) return true
  // A contact that several promises share may be taken away as one: each of them must have the reason for itself.
  if (taken !== null && (claim?.reason === taken || target?.reason === taken)) return true
  if (claim?.reason === 'cancelled_by_hand') return isCancelled
  switch (target?.reason) {
    case 'treatment_cancelled':
      return before(treatment.cancelledAt)
    case 'appointment_over':
      return before(treatment.overAt)
    case 'superseded':
      return before(treatment.correctedAt)
    case 'opted_out':
      return before(wishes.optedOutAt)
    case 'deceased':
      return before(wishes.diedAt)
    case 'bought':
      return before(treatment.boughtAt)
    case 'consultation_closed':
      return before(treatment.closedAt)
    case 'promotion_opted_out':
      return before(wishes.promotionOffAt)
    case 'no_consent':
      return wishes.consentedAt === undefined || wishes.consentedAt > window.from || before(wishes.promotionOffAt)
    case 'frequency_cap':
      return isCapped(promotions, window.to)
    case 'abnormal_open':
    case 'complaint_open':
      return (wishes.trouble ?? []).some(({ from, to }) => from < window.to && (to === undefined || to > window.from))
    case 'unreachable':
      return evidence.calls(target).filter(({ payload }) => payload.outcome !== 'answered').length >= VAIN_CALLS
    default:
      return false
  }
}

function nightly(
  claims: readonly Claim[],
  evidence: Evidence,
  treatmentOf: ReadonlyMap<string, Treatment>,
  calendars: ReadonlyMap<string, Calendar>,
): Found[] {
  return claims.flatMap((claim) => {
    const treatment = treatmentOf.get(claim.treatmentExternalId ?? '')
    const row = rowOf(claim.pathway, claim.step)
    if (!treatment || !row) return []
    const calendar = calendars.get(treatment.storeId) ?? NOBODY_CLOSED
    return evidence
      .messages(claim, treatment.person)
      .filter(({ at }) => isAtNight(new Date(at), row, calendar))
      .map(({ person, text, at }) => ({ person, text, at }))
  })
}
