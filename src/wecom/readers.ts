/** Typed readers of stored callbacks: vendor spelling in, the house's words out. */
import { AppError } from '../platform/errors.ts'

type Payload = Record<string, unknown>

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
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

export const readExternalContactEvent = (
  payload: Payload,
): { userId: string; externalUserId: string; state: string | null; welcomeCode: string | null } => ({
  userId: required(payload, 'UserID').toLowerCase(),
  externalUserId: required(payload, 'ExternalUserID'),
  state: textOf(payload.State) || null,
  welcomeCode: textOf(payload.WelcomeCode) || null,
})
