/** Which steps are one contact: of one owner role whose windows meet, or riding on what another treatment plans. Pure. */
import type { Day } from '../platform/calendar.ts'
import type { Role } from '../staff/index.ts'
import { actionOf, type Draft } from './drafts.ts'
import type { StepAction, StepKind } from './types.ts'

/** A contact of another plan of the customer that is planned already. */
export interface Host {
  id: string
  /** The step's name in its pathway. */
  step: string
  ownerRole: Role
  kind: StepKind
  action: StepAction
  plannedOn: Day
  /** It may have to wait, and care doesn't wait with it. */
  isPromotion?: boolean
  /** Of an operation that this plan follows: what both plans name alike is one contact, whichever day that is. */
  isFollowed?: boolean
}

export interface Guest {
  draft: Draft
  host: Host
}

/** Two treatments of one visit don't call or write twice: a contact of the same role that lies in the window carries both. */
export function guestOf(draft: Draft, hosts: readonly Host[]): Guest | null {
  if (draft.interval) return null
  const { step, first, last, reason } = draft
  if (isPromotion(step)) return null
  const isReminder = step.kind === 'reminder'
  let best: Host | null = null
  for (const host of hosts) {
    if (host.isPromotion) continue
    if (isReminder !== (host.kind === 'reminder') || (!isReminder && host.kind !== 'contact')) continue
    // Whoever reminds of a session or visit does it for everybody.
    if (!isReminder && host.ownerRole !== step.owner) continue
    if (host.action !== 'call' && actionOf(draft) === 'call') continue
    if (reason === 'further_operation' && host.isFollowed && host.step === step.id) return { draft, host }
    if (!best && host.plannedOn >= first && host.plannedOn <= last) best = host
  }
  return best ? { draft, host: best } : null
}

/** What goes alone otherwise rides on anything that the other treatment plans that day; a reminder has a matter of its own. */
export function rideOf(draft: Draft, hosts: readonly Host[]): Guest | null {
  const host = hosts.find(
    ({ kind, isPromotion: sells, plannedOn }) =>
      kind !== 'reminder' && kind !== 'decision' && !sells && plannedOn >= draft.first && plannedOn <= draft.last,
  )
  return host ? { draft, host } : null
}

/** Care sells nothing and doesn't wait for the caps of what does: neither takes the other along. */
export const isPromotion = (step: { class: string }): boolean => step.class === 'promotion'

interface Group {
  first: Day
  last: Day
  members: Draft[]
}

/** The more specific speaks; of equals the one that keeps its day. */
export const before = (a: Draft, b: Draft): number =>
  b.pathway.specificity - a.pathway.specificity ||
  Number(b.step.neverMoves) - Number(a.step.neverMoves) ||
  (a.id < b.id ? -1 : 1)
const width = ({ first, last }: Draft): number => (last <= first ? 0 : 1)
/** Fixed days first, then by day: what leaves no choice decides where the others go. */
const byWidth = (a: Draft, b: Draft): number =>
  width(a) - width(b) ||
  (a.first === b.first ? 0 : a.first < b.first ? -1 : 1) ||
  (a.last === b.last ? 0 : a.last < b.last ? -1 : 1) ||
  before(a, b)

/** Contacts of one owner role whose windows meet become one: the intersection, in the words of the most specific pathway. */
export function combine(contacts: readonly Draft[]): Draft[] {
  const groups: Group[] = []
  for (const draft of [...contacts].sort(byWidth)) {
    const group = groups.find((one) => meets(one, draft))
    if (!group) {
      groups.push({ first: draft.first, last: draft.last, members: [draft] })
      continue
    }
    if (draft.first > group.first) group.first = draft.first
    if (draft.last < group.last) group.last = draft.last
    group.members.push(draft)
  }
  return groups.map(({ first, last, members }) => {
    if (members.length === 1) return members[0] as Draft
    const target = members.reduce((best, one) => (before(one, best) < 0 ? one : best))
    target.first = first
    target.last = last
    for (const one of members) if (one !== target) target.riders.push(one)
    return target
  })
}

function meets({ first, last, members }: Group, draft: Draft): boolean {
  const host = members[0] as Draft
  // The contacts within two hours are one greeting, whoever owns them.
  if (host.interval || draft.interval) return host.interval !== null && draft.interval !== null
  if (first > draft.last || draft.first > last) return false
  if (isPromotion(host.step) !== isPromotion(draft.step)) return false
  // So is the reminder of one session.
  const isReminder = draft.step.kind === 'reminder'
  if (isReminder || host.step.kind === 'reminder') return isReminder && host.step.kind === 'reminder'
  return host.step.owner === draft.step.owner
}
