/** Template cards as members see them now, and the single-use response codes that change them. */
import { opaque } from '../chance.ts'
import { checkCard } from './card-checks.ts'
import { ApiError, list, record, text } from './values.ts'

const CODE_LIFE_MS = 72 * 3_600_000

export interface Card {
  taskId: string
  userId: string
  messageId: string
  /** The card as the member sees it now, in the vendor's shape. */
  shown: Record<string, unknown>
  /** Grey text instead of the buttons: `button.replace_name` or the new card's `replace_text`. */
  replacedBy: string | null
  sentAt: Date
  updatedAt: Date
}

export interface CodeState {
  issuedAt: Date
  used: boolean
}

export interface CardBook {
  /** @throws ApiError for a card that WeCom would refuse, or a task id that another message has */
  checkNew(card: Record<string, unknown>): void
  put(card: Card): void
  of(userId: string): Card[]
  /** All members' copies of one card. */
  copies(taskId: string): Card[]
  find(userId: string, taskId: string): Card | null
  /** A new code for one card. */
  issueCode(taskId: string, now: Date): string
  /** Uses a code up. @throws ApiError 60140 */
  redeem(code: string, now: Date): { taskId: string }
  /** The codes given out for a card, oldest first. */
  codesOf(taskId: string): CodeState[]
  /** Replaces what the member sees. */
  update(card: Card, change: { replaceName?: string; card?: Record<string, unknown> }, now: Date): void
}

export function createCardBook(seed: number): CardBook {
  const cards = new Map<string, Map<string, Card>>()
  const members = new Map<string, Card[]>()
  const codes = new Map<string, CodeState & { taskId: string }>()
  const issued = new Map<string, string[]>()
  const keyOf = (userId: string) => userId.toLowerCase()
  return {
    checkNew(card) {
      checkCard(card)
      if (issued.has(text(card.task_id))) throw new ApiError(42014, 'template_card.task_id repeated')
    },
    put(card) {
      const copies = cards.get(card.taskId) ?? new Map<string, Card>()
      cards.set(card.taskId, copies.set(keyOf(card.userId), card))
      members.set(keyOf(card.userId), [...(members.get(keyOf(card.userId)) ?? []), card])
    },
    of: (userId) => members.get(keyOf(userId)) ?? [],
    copies: (taskId) => [...(cards.get(taskId)?.values() ?? [])],
    find: (userId, taskId) => cards.get(taskId)?.get(keyOf(userId)) ?? null,
    issueCode(taskId, now) {
      const earlier = issued.get(taskId) ?? []
      const code = opaque(64, seed, 'response code', taskId, earlier.length)
      issued.set(taskId, [...earlier, code])
      codes.set(code, { taskId, issuedAt: now, used: false })
      return code
    },
    redeem(code, now) {
      const known = codes.get(code)
      if (!known || known.used || now.getTime() - known.issuedAt.getTime() > CODE_LIFE_MS)
        throw new ApiError(60140, 'invalid response_code')
      known.used = true
      return known
    },
    codesOf: (taskId) =>
      (issued.get(taskId) ?? []).flatMap((code) => {
        const known = codes.get(code)
        return known ? [{ issuedAt: known.issuedAt, used: known.used }] : []
      }),
    update(card, { replaceName, card: next }, now) {
      card.updatedAt = now
      if (next) card.shown = next
      card.replacedBy = next ? text(next.replace_text) || null : (replaceName ?? null)
    },
  }
}

/** What the member reads on a card, as one text. */
export function cardText(card: Record<string, unknown>, replacedBy: string | null): string {
  const { title, desc } = record(card.main_title)
  const facts = list(card.horizontal_content_list).map(record)
  const rows = list(card.vertical_content_list).map(record)
  const buttons = list(card.button_list).map((one) => text(record(one).text))
  const questions = [record(card.button_selection), ...list(card.select_list).map(record)].map((one) => text(one.title))
  const taps = [...buttons, ...questions].filter(Boolean).map((one) => `[${one}]`)
  return [
    text(title),
    text(desc),
    text(record(card.emphasis_content).title),
    text(card.sub_title_text),
    text(record(card.quote_area).quote_text),
    ...rows.map((row) => [text(row.title), text(row.desc)].filter(Boolean).join(' ')),
    ...facts.map((fact) => `${text(fact.keyname)}:${text(fact.value)}`),
    replacedBy === null ? taps.join('') : `(${replacedBy})`,
  ]
    .filter(Boolean)
    .join('\n')
}
