/** A message that no channel could carry, or that may be lost, as a task for a person. Pure. */
import type { Customer } from '../customers/index.ts'
import type { MessageNeedsPerson } from '../messaging/index.ts'
import { addDays, atTime, DEFAULT_ZONE, dayOf, type TimeOfDay } from '../platform/calendar.ts'
import { addMs, HOUR_MS } from '../platform/clock.ts'
import { REASONS, type Reason } from '../platform/reasons.ts'
import type { Store } from '../staff/index.ts'
import type { OpenTask } from './types.ts'

/** The task is for the same day, if so much of the day is left. */
const ROOM_MS = 2 * HOUR_MS
const LAST: TimeOfDay = '20:30'
const NEXT_NOON: TimeOfDay = '12:30'

/** Until when it should be passed on: the end of the day's contacts, late in the day the next noon. */
function deadlineOf(now: Date, place: Store | null): Date {
  const zone = place?.timeZone ?? DEFAULT_ZONE
  const day = dayOf(now, zone)
  const last = atTime(day, place?.contactWindows.at(-1)?.to ?? LAST, zone)
  return last >= addMs(now, ROOM_MS) ? last : atTime(addDays(day, 1), place?.contactWindows[0]?.to ?? NEXT_NOON, zone)
}

/** The task of a message that a person passes on, or looks after. */
export const passOnTaskId = (outboxId: string): string => `send_${outboxId}`

/** Until when it would still be the message that was meant; what is no care is not made up for on a later day. */
const LAPSES = { name: '时限', value: '过时自动取消，不必补发' }

/** Own consultant first, then who follows the customer in WeCom, then customer service. One task per message. */
export function passOnTask(
  { outboxId, storeId, unknown, reason, contactClass, refs }: MessageNeedsPerson,
  customer: Customer,
  text: string | null,
  place: Store | null,
  now: Date,
): OpenTask {
  const why = Object.hasOwn(REASONS, reason) ? REASONS[reason as Reason].zh : REASONS.no_channel_left.zh
  const isOffer = contactClass === 'promotion'
  const ask = unknown ? '请核实客户是否收到以下消息，没有收到请补发：' : ''
  const kind = isOffer ? '回访消息' : '护理消息'
  return {
    id: passOnTaskId(outboxId),
    kind: unknown ? 'check_message' : 'send_message',
    form: 'confirm',
    storeId,
    role: 'customer_service',
    preferredUserIds: [...new Set([customer.ownerUserId, ...customer.followUserIds])].filter((one) => one !== null),
    customerId: customer.id,
    treatmentId: refs.treatmentId ?? null,
    stepIds: refs.stepId ? [refs.stepId] : [],
    title: unknown ? `请核实客户是否收到${kind}` : `请代为发送${kind}`,
    facts: [{ name: '原因', value: why }, ...(isOffer && !unknown ? [LAPSES] : [])],
    ...(isOffer && !unknown ? { lapses: true } : {}),
    script: text === null ? '请通过企业微信或电话，把今天的护理要点转告客户。' : `${ask}${text}`,
    openAt: now,
    dueAt: deadlineOf(now, place),
  }
}
