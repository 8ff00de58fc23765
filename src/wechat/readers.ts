/** Typed readers of stored mini-program pushes. */

export interface SubscribeEvent {
  openId: string
  templateId: string
  /** popup: the customer chose; change: switched off later; sent: the platform's late word on a message. */
  kind: 'popup' | 'change' | 'sent'
  accepted: boolean
  /** For `sent`. */
  messageId: string | null
  delivered: boolean
}

const KINDS = {
  subscribe_msg_popup_event: ['popup', 'SubscribeMsgPopupEvent'],
  subscribe_msg_change_event: ['change', 'SubscribeMsgChangeEvent'],
  subscribe_msg_sent_event: ['sent', 'SubscribeMsgSentEvent'],
} as const
export const SUBSCRIBE_EVENTS = Object.keys(KINDS) as (keyof typeof KINDS)[]

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')
const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

/** One entry or several: JSON has an object for one and an array for more; XML wraps them in a tag of its own. */
export function readSubscribeEvents(payload: Record<string, unknown>): SubscribeEvent[] {
  const known = KINDS[textOf(payload.Event) as keyof typeof KINDS]
  if (!known) return []
  const [kind, wrapper] = known
  const list = payload.List ?? objectOf(payload[wrapper]).List
  const entries = (Array.isArray(list) ? list : list === undefined ? [] : [list]).map(objectOf)
  return entries.map((entry) => ({
    openId: textOf(payload.FromUserName),
    templateId: textOf(entry.TemplateId),
    kind,
    accepted: textOf(entry.SubscribeStatusString) === 'accept',
    messageId: textOf(entry.MsgID) || null,
    delivered: textOf(entry.ErrorStatus) === 'success' || textOf(entry.ErrorCode) === '0',
  }))
}
