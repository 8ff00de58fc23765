/** Typed readers of stored callbacks: vendor spelling in, the house's words out. */
import { AppError } from '../platform/errors.ts'

type Payload = Record<string, unknown>

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')
const objectOf = (value: unknown): Payload =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Payload) : {}
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value])

function required(payload: Payload, name: string): string {
  const value = textOf(payload[name])
  if (!value) throw new AppError('invalid', 'bad_callback', { missing: name })
  return value
}

export interface CardEvent {
  userId: string
  taskId: string
  eventKey: string
  responseCode: string
  /** question key → chosen option ids */
  selected: Record<string, string[]>
}

export function readCardEvent(payload: Payload): CardEvent {
  const selected: Record<string, string[]> = {}
  for (const item of listOf(objectOf(payload.SelectedItems).SelectedItem).map(objectOf)) {
    selected[textOf(item.QuestionKey)] = listOf(objectOf(item.OptionIds).OptionId).map(textOf)
  }
  return {
    userId: required(payload, 'FromUserName').toLowerCase(),
    taskId: required(payload, 'TaskId'),
    eventKey: required(payload, 'EventKey'),
    responseCode: required(payload, 'ResponseCode'),
    selected,
  }
}

export const readText = (payload: Payload): { userId: string; text: string; msgId: string } => ({
  userId: required(payload, 'FromUserName').toLowerCase(),
  text: textOf(payload.Content),
  msgId: required(payload, 'MsgId'),
})

export const readKfSignal = (payload: Payload): { openKfId: string; token: string | null } => ({
  openKfId: required(payload, 'OpenKfId'),
  token: textOf(payload.Token) || null,
})

export interface ExternalContactEvent {
  /** `half`: the customer added, the member has not yet; `left`: the customer deleted the member. */
  change: 'added' | 'half_added' | 'edited' | 'deleted' | 'left' | 'transfer_failed' | 'other'
  userId: string
  externalUserId: string
  state: string | null
  /** Good for 20 s; absent when there is nothing to welcome. */
  welcomeCode: string | null
  /** Deleted because the customer went to another member. */
  byTransfer: boolean
  failReason: 'customer_refused' | 'customer_limit_exceed' | null
}

const CHANGES = {
  add_external_contact: 'added',
  add_half_external_contact: 'half_added',
  edit_external_contact: 'edited',
  del_external_contact: 'deleted',
  del_follow_user: 'left',
  transfer_fail: 'transfer_failed',
} as const
const FAILURES = ['customer_refused', 'customer_limit_exceed'] as const

export const readExternalContactEvent = (payload: Payload): ExternalContactEvent => ({
  change: CHANGES[textOf(payload.ChangeType) as keyof typeof CHANGES] ?? 'other',
  userId: required(payload, 'UserID').toLowerCase(),
  externalUserId: required(payload, 'ExternalUserID'),
  state: textOf(payload.State) || null,
  welcomeCode: textOf(payload.WelcomeCode) || null,
  byTransfer: textOf(payload.Source) === 'DELETE_BY_TRANSFER',
  failReason: FAILURES.find((reason) => reason === payload.FailReason) ?? null,
})

/** `id` is empty when all groups were put into another order. */
export const readTagEvent = (
  payload: Payload,
): { change: 'create' | 'update' | 'delete' | 'shuffle' | 'other'; id: string | null; isGroup: boolean } => ({
  change:
    (['create', 'update', 'delete', 'shuffle'] as const).find((change) => change === payload.ChangeType) ?? 'other',
  id: textOf(payload.Id) || null,
  isGroup: textOf(payload.TagType) === 'tag_group',
})
