/** Messages that a member confirms in WeCom (企业群发): who may be asked, until when, and when one looks again. Pure. */
import { z } from 'zod'
import type { Customer } from '../customers/index.ts'
import { addMs, earliest, MINUTE_MS } from '../platform/clock.ts'
import type { Reason } from '../platform/reasons.ts'
import type { OutboxRow } from './model.ts'
import { awakeUntil, type WindowFacts } from './windows.ts'

/** `config/confirming.yaml`. */
export const ConfirmingFile = z
  .strictObject({
    version: z.int().positive(),
    quota: z.enum(['month', 'week', 'day']),
    remindAfterMinutes: z.array(z.int().min(1).max(720)).max(3),
    giveUpAfterMinutes: z.int().min(5).max(720),
    members: z.int().min(0).max(3),
  })
  .refine(
    ({ remindAfterMinutes: at, giveUpAfterMinutes: end }) =>
      [...at, end].every((minutes, i, all) => i === 0 || minutes > (all[i - 1] ?? 0)),
    { path: ['remindAfterMinutes'], message: 'must grow, and end before giveUpAfterMinutes' },
  )
export type Confirming = z.output<typeof ConfirmingFile>

/** What waits for a member: since when, until when, and how often the member was reminded. */
export interface Confirm {
  askedAt: Date
  until: Date
  reminded: number
  /** Taken back at WeCom for another customer's sake: this one is asked for anew. */
  withdrawn?: boolean
}

/** With less time than this nobody is asked: a card says it more plainly. */
const ROOM_MS = 10 * MINUTE_MS
const FIRST_LOOKS = { every: 5 * MINUTE_MS, for: 20 * MINUTE_MS }
const NEXT_LOOK_MS = 10 * MINUTE_MS

/** What matters for safety, and what answers somebody, goes straight to a person who can call, too. */
export const mayBeConfirmed = ({
  contactClass,
  content,
  handOver,
}: Pick<OutboxRow, 'contactClass' | 'handOver'> & { content: { kind: string; eventCode?: string | null } }): boolean =>
  handOver !== false &&
  content.kind === 'customer' &&
  (content.eventCode ?? null) === null &&
  contactClass !== 'safety' &&
  contactClass !== 'reply'

/** Members who have the customer as a contact and are there, the customer's own consultant first. */
export const membersOf = (
  { ownerUserId, followUserIds, externalUserIds }: Customer,
  isHere: (userId: string) => boolean,
): string[] =>
  externalUserIds.length === 0
    ? []
    : [...followUserIds].sort((a, b) => Number(b === ownerUserId) - Number(a === ownerUserId)).filter(isHere)

/** Until when a member has time; null when there is too little of it left. */
export function confirmUntil(
  { contactClass, notAfter }: Pick<OutboxRow, 'contactClass' | 'notAfter'>,
  window: WindowFacts,
  { giveUpAfterMinutes }: Confirming,
  now: Date,
): Date | null {
  const awake = awakeUntil(now, contactClass, window)
  const until = awake && earliest([addMs(now, giveUpAfterMinutes * MINUTE_MS), notAfter, awake])
  return until && addMs(now, ROOM_MS) <= until ? until : null
}

export interface AskFacts {
  /** Members who have the customer as a contact and are there now, the customer's own consultant first. */
  members: readonly string[]
  /** Members who were asked before. */
  asked: readonly string[]
  /** Of this period, by WeCom's count of days. */
  had: number
  most: number
  until: Date | null
}

/** Whom to ask, or why nobody. */
export function memberFor(
  { members, asked, had, most, until }: AskFacts,
  config: Confirming,
): { userId: string } | { reason: Reason } {
  if (config.members === 0) return { reason: 'channel_off' }
  if (asked.length >= config.members) return { reason: 'not_confirmed' }
  const userId = members.find((one) => !asked.includes(one))
  if (userId === undefined) return { reason: asked.length > 0 ? 'not_confirmed' : 'no_contact_member' }
  if (had >= most) return { reason: 'mass_quota' }
  return until ? { userId } : { reason: 'outside_window' }
}

const reminders = ({ askedAt }: Confirm, { remindAfterMinutes }: Confirming): Date[] =>
  remindAfterMinutes.map((minutes) => addMs(askedAt, minutes * MINUTE_MS))

export function isToRemind(confirm: Confirm, config: Confirming, now: Date): boolean {
  const next = reminders(confirm, config)[confirm.reminded]
  return next !== undefined && next <= now
}

/** Often at first, because most confirm at once; never past a reminder or the end. */
export function lookAgainAt(confirm: Confirm, config: Confirming, now: Date): Date {
  const isFresh = now < addMs(confirm.askedAt, FIRST_LOOKS.for)
  const look = addMs(now, isFresh ? FIRST_LOOKS.every : NEXT_LOOK_MS)
  const marks = [...reminders(confirm, config), confirm.until].filter((at) => at > now)
  return earliest([look, ...marks]) ?? look
}
