/** Month 1 in chat: effect, satisfaction and NPS, one question after the other. */
import type { CustomersService } from '../customers/index.ts'
import type { EnqueueContact, MessageReceived, MessagingService } from '../messaging/index.ts'
import { addMs, DAY_MS } from '../platform/clock.ts'
import { hashId } from '../platform/hash.ts'
import type { StaffService } from '../staff/index.ts'
import type { TasksService } from '../tasks/index.ts'
import { isAtLeast, type Level } from '../triage/index.ts'
import type { AskRow, CareStore } from './model.ts'
import type { Signals } from './signals/signals.ts'
import { logWritten } from './unplanned.ts'

export interface AskDeps {
  store: CareStore
  messaging: MessagingService
  customers: CustomersService
  staff: Pick<StaffService, 'store' | 'stores'>
  tasks: Pick<TasksService, 'showWords'>
}

const CHOICES = {
  effect: ['不理想', '不太理想', '一般', '比较理想', '非常理想'],
  satisfaction: ['很不满意', '不满意', '一般', '满意', '非常满意'],
} as const
type Question = keyof AskRow['answers']
const ORDER: readonly Question[] = ['effect', 'satisfaction', 'nps']
/** An answer after this is a new conversation. */
const ASK_LIFE_MS = 7 * DAY_MS

const isMenu = (question: AskRow['question']): question is keyof typeof CHOICES => Object.hasOwn(CHOICES, question)
const menuId = (stepId: string, question: string, value: number) =>
  `ask_${hashId(stepId).slice(0, 16)}_${question}_${value}`

/** Opens the questions and sends the first of each. Safe to repeat. */
export async function openAsks(
  { store, messaging, staff }: AskDeps,
  asks: readonly AskRow[],
  now: Date,
): Promise<void> {
  if (asks.length === 0) return
  await store.insertAsks(asks)
  const stores = await staff.stores([...new Set(asks.map(({ storeId }) => storeId))])
  await messaging.enqueueMany(asks.map((ask) => questionOf(ask, stores.get(ask.storeId)?.displayName ?? '', now)))
}

/** The question of an ask, as a message to the customer. Its key has the question, so it is asked once. */
function questionOf(ask: AskRow, store: string, now: Date): EnqueueContact {
  const { question } = ask
  const menu = isMenu(question)
    ? {
        menu: CHOICES[question]
          .map((label, i) => ({ id: menuId(ask._id, question, i + 1), label: `${i + 1} ${label}` }))
          .reverse(),
      }
    : {}
  return {
    stepId: ask._id,
    occurrence: 0,
    audience: `customer:ask:${question}`,
    to: { customerId: ask.customerId },
    storeId: ask.storeId,
    contactClass: 'reply',
    content: { kind: 'template', templateKey: `care.ask_${question}`, vars: { store }, ...menu },
    notBefore: now,
    notAfter: addMs(now, DAY_MS),
    refs: { owner: 'care', stepId: ask._id, treatmentId: ask.treatmentId, part: 'ask' },
    handOver: false,
  }
}

/** Takes on what is no answer to a question of care. Filled by the room of the assistant. */
export interface ConversationPort {
  /** False: there is no assistant, and people read everything. */
  readonly on: boolean
  /** Since when a question of its own waits to which these words are an answer; null: none does. */
  askedSince(customerId: string, text: string): Promise<Date | null>
  /** Once per message. `judged`: what was read of it already, and who has it. */
  take(message: {
    messageId: string
    customerId: string
    at: Date
    judged: { level: Level; handled: boolean; toCaller: boolean } | null
  }): Promise<void>
}

export type HearDeps = AskDeps & { signals: Pick<Signals, 'heard'>; conversation: ConversationPort }

/** An answer to an open question, or words for the assistant or a person. */
export async function onMessage(
  { store, messaging, customers, staff, tasks, signals, conversation }: HearDeps,
  { messageId, customerId }: MessageReceived,
  now: Date,
): Promise<void> {
  const open = (await store.openAsks(await customers.idsOf(customerId)))
    .filter(({ openedAt }) => addMs(openedAt, ASK_LIFE_MS) > now)
    .sort((a, b) => Number(b.openedAt) - Number(a.openedAt))
  const message = await messaging.inbound(messageId)
  if (!message) return
  const isTyped = open.length > 0 && conversation.on && message.menuId === null && message.text !== null
  const askedSince = isTyped ? await conversation.askedSince(customerId, message.text ?? '') : null
  for (const ask of open) {
    const answer = message.recalledAt === null ? answerIn(ask, message.menuId, message.text) : null
    if (!answer) continue
    // A number that is typed answers what was asked last.
    if (askedSince !== null && askedSince >= (ask.askedAt ?? ask.openedAt)) continue
    const { question, value } = answer
    const answers = { ...ask.answers, [question]: value }
    const next = ORDER.find((one) => answers[one] === null) ?? 'done'
    // The ask moves on last: whoever dies before that finds the same answer again, and the next question is asked once.
    await store.changeContact(`${ask._id}#message`, {
      reached: true,
      answeredAt: now,
      recordedAt: now,
      [question]: value,
    })
    const place = await staff.store(ask.storeId)
    await messaging.enqueueMany([questionOf({ ...ask, question: next, answers }, place?.displayName ?? '', now)])
    await store.changeAsk(ask._id, { question: next, askedAt: now, [`answers.${question}`]: value })
    return
  }
  const said = { messageId, customerId, at: message.at }
  if (message.menuId !== null) {
    // A tap on something that the assistant asked.
    if (conversation.on) await conversation.take({ ...said, judged: null })
    return
  }
  // Danger first: whoever reads the words gets them afterwards.
  const { at, text } = message
  const level =
    text === null ? 'none' : await signals.heard({ source: 'kf', sourceId: messageId, customerId, at, text })
  // Taken back before anybody could read it: of what it said only danger counts.
  if (message.recalledAt !== null) return
  // Every message of ours invites an answer: a person reads it, or the assistant answers. What is urgent people read at once.
  const handled = isAtLeast(level, 'watch')
  // The assistant says nothing to somebody who has died; who writes from that phone is heard all the same.
  const isGone = (await customers.get(customerId))?.deceased ?? false
  const onlyToCaller = conversation.on && !handled && !isGone
  const isAboutCall = await tasks.showWords({ messageId, customerId, words: text, onlyToCaller })
  if (!isAboutCall) await logWritten({ store, customers, staff }, customerId, now)
  if (conversation.on) await conversation.take({ ...said, judged: { level, handled, toCaller: isAboutCall } })
}

/**
 * What a tap or a number answers; null when it is something else. A tap names its question, so a second thought about
 * an earlier one counts, too; a number is the NPS, and only while that is asked.
 */
export function answerIn(
  { _id, question }: Pick<AskRow, '_id' | 'question'>,
  tapped: string | null,
  text: string | null,
): { question: Question; value: number } | null {
  for (const one of ORDER.filter(isMenu)) {
    const at = CHOICES[one].findIndex((_, i) => tapped === menuId(_id, one, i + 1))
    if (at >= 0) return { question: one, value: at + 1 }
  }
  if (question !== 'nps' || tapped !== null) return null
  const match = /^(10|[0-9])\s*分?\s*[。.!！]?$/.exec((text ?? '').normalize('NFKC').trim())
  return match ? { question: 'nps', value: Number(match[1]) } : null
}
