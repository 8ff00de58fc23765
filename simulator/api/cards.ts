/** Template cards: what may be sent, what a member sees now, clicks and the single-use response codes. */
import { opaque } from '../chance.ts'
import { ApiError, list, record, text } from './types.ts'

const CODE_LIFE_MS = 72 * 3_600_000

export interface Card {
  taskId: string
  userId: string
  messageId: string
  /** The card as the member sees it now, in the vendor's shape. */
  shown: Record<string, unknown>
  /** Buttons greyed out by `button.replace_name`. */
  replacedBy: string | null
  sentAt: Date
  updatedAt: Date
}

export interface CardBook {
  /** @throws ApiError for a card that WeCom would refuse */
  validate(card: Record<string, unknown>): void
  put(card: Card): void
  of(userId: string): Card[]
  find(userId: string, taskId: string): Card | null
  /** A new code for one card and those who see it. */
  issueCode(taskId: string, userIds: readonly string[], now: Date): string
  /** Uses a code up. @throws ApiError 60140 */
  redeem(code: string, now: Date): { taskId: string; userIds: readonly string[] }
  /** Replaces what the member sees. */
  update(card: Card, change: { replaceName?: string; card?: Record<string, unknown> }, now: Date): void
}

export function createCardBook(seed: number): CardBook {
  const cards = new Map<string, Card>()
  const codes = new Map<string, { taskId: string; userIds: readonly string[]; issuedAt: number; used: boolean }>()
  const keyOf = (userId: string, taskId: string) => `${userId.toLowerCase()} ${taskId}`
  let serial = 0
  return {
    validate,
    put: (card) => void cards.set(keyOf(card.userId, card.taskId), card),
    of: (userId) => [...cards.values()].filter((card) => card.userId.toLowerCase() === userId.toLowerCase()),
    find: (userId, taskId) => cards.get(keyOf(userId, taskId)) ?? null,
    issueCode(taskId, userIds, now) {
      serial += 1
      const code = opaque(64, seed, 'response code', serial)
      codes.set(code, { taskId, userIds, issuedAt: now.getTime(), used: false })
      return code
    },
    redeem(code, now) {
      const known = codes.get(code)
      if (!known || known.used || now.getTime() - known.issuedAt > CODE_LIFE_MS)
        throw new ApiError(60140, 'invalid response_code')
      known.used = true
      return known
    },
    update(card, { replaceName, card: next }, now) {
      card.updatedAt = now
      if (next) {
        card.shown = next
        card.replacedBy = text(next.replace_text) || null
      } else {
        card.replacedBy = replaceName ?? null
      }
    },
  }
}

const TASK_ID = /^[0-9A-Za-z_\-@]{1,128}$/

function validate(card: Record<string, unknown>): void {
  const type = text(card.card_type)
  const check = CHECKS[type]
  if (!check) throw new ApiError(42031, 'template_card.card_type invalid')
  if (list(card.horizontal_content_list).length > 6) throw new ApiError(42035, 'horizontal_content_list too long')
  for (const one of list(card.horizontal_content_list))
    if (!text(record(one).keyname)) throw new ApiError(42027, 'horizontal_content_list.keyname missing')
  if (list(card.jump_list).length > 3) throw new ApiError(42042, 'jump_list too long')
  check(card)
}

function requireTask(card: Record<string, unknown>): void {
  if (!TASK_ID.test(text(card.task_id))) throw new ApiError(42014, 'template_card.task_id invalid')
}

function requireTitle(card: Record<string, unknown>): void {
  if (!text(record(card.main_title).title)) throw new ApiError(42033, 'template_card.main_title.title missing')
}

const CHECKS: Record<string, (card: Record<string, unknown>) => void> = {
  text_notice(card) {
    if (!text(record(card.main_title).title) && !text(card.sub_title_text))
      throw new ApiError(42033, 'template_card.main_title.title missing')
    if (![1, 2].includes(Number(record(card.card_action).type)))
      throw new ApiError(42045, 'template_card.card_action invalid')
    if (card.action_menu !== undefined) requireTask(card)
  },
  button_interaction(card) {
    requireTitle(card)
    requireTask(card)
    const buttons = list(card.button_list).map(record)
    if (buttons.length < 1 || buttons.length > 6) throw new ApiError(42038, 'button_list length')
    for (const button of buttons) {
      if (!text(button.text)) throw new ApiError(42038, 'button_list.text missing')
      if (Number(button.type ?? 0) === 0 && !text(button.key)) throw new ApiError(42039, 'button_list.key missing')
    }
    if (new Set(buttons.map((button) => button.key)).size !== buttons.length)
      throw new ApiError(42051, 'button_list.key repeated')
  },
  multiple_interaction(card) {
    requireTitle(card)
    requireTask(card)
    const selects = list(card.select_list).map(record)
    if (selects.length < 1 || selects.length > 3) throw new ApiError(42047, 'select_list length')
    for (const select of selects) {
      if (!text(select.question_key)) throw new ApiError(42043, 'select_list.question_key missing')
      const options = list(select.option_list).map(record)
      if (options.length < 1 || options.length > 10) throw new ApiError(42037, 'option_list length')
      for (const option of options) {
        if (!text(option.id)) throw new ApiError(42040, 'option_list.id missing')
        if (!text(option.text)) throw new ApiError(42041, 'option_list.text missing')
      }
    }
    const submit = record(card.submit_button)
    // An update may leave the button out: then the form is closed.
    if (card.submit_button !== undefined && !text(submit.key)) throw new ApiError(42049, 'submit_button.key missing')
  },
}

/** What the member reads on a card, as one text. */
export function cardText(card: Record<string, unknown>, replacedBy: string | null): string {
  const title = record(card.main_title)
  const facts = list(card.horizontal_content_list).map(
    (one) => `${text(record(one).keyname)}:${text(record(one).value)}`,
  )
  const buttons = list(card.button_list).map((one) => text(record(one).text))
  const selects = list(card.select_list).map((one) => text(record(one).title))
  return [
    text(title.title),
    text(title.desc),
    text(card.sub_title_text),
    ...facts,
    replacedBy === null ? [...buttons, ...selects].map((one) => `[${one}]`).join('') : `(${replacedBy})`,
  ]
    .filter(Boolean)
    .join('\n')
}
