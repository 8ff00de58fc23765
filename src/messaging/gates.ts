/** What must be free before anything is sent: the vendor's rates, a member's minute, the customer's budget on the channel. */
import type { CustomersService } from '../customers/index.ts'
import { addMs, DAY_MS, SECOND_MS } from '../platform/clock.ts'
import type { Reason } from '../platform/reasons.ts'
import { LIMITS, type Rates } from '../wecom/index.ts'
import type { Budgets, GrantChange, SessionChange, Wish } from './budgets.ts'
import type { PromotionCaps } from './caps.ts'
import type { OutboxRow } from './model.ts'
import type { RowChange } from './settle.ts'

/** One claimed row on its way through a batch. */
export interface Work {
  row: OutboxRow
  /** What will be written; null while it may still be sent, and for rows that only wait to be closed. */
  change: RowChange | null
  /** It was `sending` when it was claimed: the bytes may have arrived. */
  resent: boolean
  /** Somebody else took the row over: nothing more is done with it here. */
  lost: boolean
  /** So many places or grants of its channel are left to others. */
  spare: number
  /** `change` is in the database already: the row only waits to be told and closed. */
  recorded: boolean
}

interface GateDeps {
  rates: Rates
  budgets: Budgets
  promotionCaps: PromotionCaps
}

/** A customer's own id, after all merges. */
export type OwnId = (customerId: string) => string

/** Puts the row back until `at`. A resent row keeps its bytes, because they may have arrived. */
function wait(work: Work, at: Date, reason: Reason): void {
  work.change = {
    set: { dueAt: at, reason, ...(work.resent ? {} : { status: 'ready', intent: null }) },
    attempt: null,
    settled: false,
  }
}

const goes = (work: Work): boolean => work.change === null && work.row.intent !== null && !work.lost

function grouped<T>(items: readonly T[], keyOf: (item: T) => string | null): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    if (key !== null) groups.set(key, [...(groups.get(key) ?? []), item])
  }
  return groups
}

/** Lets through what may be sent now; everything else gets the instant at which it is looked at again. */
export async function passGates(
  { rates, budgets, promotionCaps }: GateDeps,
  works: readonly Work[],
  ownId: OwnId,
  now: Date,
): Promise<void> {
  await spareMembers(rates, works, now)
  const channels = grouped(works.filter(goes), ({ row }) => row.intent?.channel ?? null)
  await Promise.all(
    [...channels].map(async ([channel, mine]) => {
      const { ok, retryAt } = await rates.reserve(channel, 'api', mine.length)
      if (!ok) for (const work of mine) wait(work, later(retryAt, now), 'rate_limited')
    }),
  )
  // First of all places: what finds none here must not keep one of a channel.
  await keepCaps(promotionCaps, works, ownId, now)
  await takePlaces(budgets, works, now)
}

const later = (at: Date, now: Date): Date => (at > now ? at : addMs(now, SECOND_MS))

/** One member's share of a batch; the rest follows a minute later. */
const MEMBER_BURST = Math.min(...LIMITS.member.map(({ burst }) => burst))
const MEMBER_PAUSE_MS = 60 * SECOND_MS

/** WeCom drops what one member gets beyond thirty a minute and says nothing: so it is never sent that fast. */
async function spareMembers(rates: Rates, works: readonly Work[], now: Date): Promise<void> {
  const members = grouped(works.filter(goes), ({ row }) => (row.intent?.channel === 'app' ? row.intent.target : null))
  await Promise.all(
    [...members].map(async ([member, mine]) => {
      const first = mine.slice(0, MEMBER_BURST)
      for (const work of mine.slice(MEMBER_BURST)) wait(work, addMs(now, MEMBER_PAUSE_MS), 'rate_limited')
      const { ok, retryAt } = await rates.reserve(member, 'member', first.length)
      if (!ok) for (const work of first) wait(work, later(retryAt, now), 'rate_limited')
    }),
  )
}

const wishOf = ({ row, spare }: Work): Wish => ({ id: row.intent?.target ?? '', key: row.intent?.key ?? '', spare })

/** A resent message has its place already; a fresh one that finds none is decided again, further down the ladder. */
async function takePlaces(budgets: Budgets, works: readonly Work[], now: Date): Promise<void> {
  const fresh = works.filter((work) => goes(work) && !work.resent)
  const on = (channel: string) => fresh.filter(({ row }) => row.intent?.channel === channel)
  const kf = on('kf')
  const subscribe = on('subscribe')
  const [places, grants] = [await budgets.takeKf(kf.map(wishOf)), await budgets.takeGrants(subscribe.map(wishOf))]
  for (const work of kf) if (!places.has(wishOf(work).key)) wait(work, now, 'kf_five_used')
  for (const work of subscribe) if (!grants.has(wishOf(work).key)) wait(work, now, 'no_grant')
}

/** Whoever passes it on by hand has the day for it; then it lapses, and gives its place back. */
const BY_HAND_MS = DAY_MS

/** The caps have the last word, whoever counted before: one of two processes finds no place, and looks again. */
async function keepCaps(caps: PromotionCaps, works: readonly Work[], ownId: OwnId, now: Date): Promise<void> {
  const isHandedOver = ({ change }: Work) => change?.set.outcome === 'delegated'
  const wished = works.flatMap((work) => {
    const { row } = work
    if (row.contactClass !== 'promotion' || !('customerId' in row.to) || !(goes(work) || isHandedOver(work))) return []
    const at = isHandedOver(work) ? addMs(now, BY_HAND_MS) : now
    return [{ work, wish: { customerId: ownId(row.to.customerId), key: row._id, at } }]
  })
  if (wished.length === 0) return
  const held = await caps.take(wished.map(({ wish }) => wish))
  // Bytes that may have arrived are not kept back: their place is taken already.
  for (const { work, wish } of wished) if (!held.has(wish.key) && !work.resent) wait(work, now, 'frequency_cap')
}

/** What ended without being said doesn't count. */
export async function freeCaps(
  { promotionCaps, customers }: Pick<GateDeps, 'promotionCaps'> & { customers: Pick<CustomersService, 'getMany'> },
  rows: readonly Pick<OutboxRow, '_id' | 'to' | 'contactClass'>[],
): Promise<void> {
  const unsaid = rows.flatMap(({ _id: key, to, contactClass }) =>
    contactClass === 'promotion' && 'customerId' in to ? [{ customerId: to.customerId, key }] : [],
  )
  if (unsaid.length === 0) return
  const people = await customers.getMany(unsaid.map(({ customerId }) => customerId))
  await promotionCaps.release(
    unsaid.map(({ customerId, key }) => ({ customerId: people.get(customerId)?.id ?? customerId, key })),
  )
}

/** What the vendor's refusals say about conversations and grants. A refused message gives its place back. */
export async function learnFromRefusals({ budgets }: GateDeps, works: readonly Work[]): Promise<void> {
  const sessions: SessionChange[] = []
  const grants: GrantChange[] = []
  for (const { row, change } of works) {
    const attempt = change?.attempt
    if (!attempt || !row.intent || attempt.result !== 'refused') continue
    const { target: id, key: release } = row.intent
    if (attempt.channel === 'kf') {
      const set = KF_LESSONS[attempt.errcode ?? 0]
      sessions.push({ id, release, ...(set ? { set } : {}) })
    } else if (attempt.channel === 'subscribe') {
      grants.push(attempt.errcode === NOT_SUBSCRIBED ? { id, clear: true } : { id, release })
    }
  }
  await budgets.changeSessions(sessions)
  await budgets.changeGrants(grants)
}

const NOT_SUBSCRIBED = 43101
const KF_LESSONS: Record<number, NonNullable<SessionChange['set']>> = {
  95001: { full: true },
  95002: { lastInboundAt: null },
  95013: { state: 4 },
  95018: { state: 3 },
}
