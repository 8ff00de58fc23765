/** What tasks say to staff, as contacts for the outbox: cards, updates of cards, notes. Pure but for opening sealed words. */

import type { EnqueueContact } from '../messaging/index.ts'
import { addMs, DAY_MS, HOUR_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { hashId } from '../platform/hash.ts'
import { firstChars } from '../platform/text.ts'
import { SCRIPT_CHARS, taskCard, updateOf } from './cards.ts'
import type { Effect, TaskRow } from './model.ts'
import type { Said } from './types.ts'

/** A card that couldn't be delivered for this long has lost its day. */
const CARD_LIFE_MS = DAY_MS
const WORDS_SHOWN = 500
/** A response code can be used so long. */
export const CODE_LIFE_MS = 72 * HOUR_MS
/** The field that words of staff are sealed for, at rest in a task. */
export const WORDS = 'tasks.summary'

/** A message to one member of staff; the key makes it once. Staff have no quiet hours, so the class is `reply`. */
export function toStaff(
  to: { userId: string; storeId: string; key: string; occurrence?: number },
  content: EnqueueContact['content'],
  notBefore: Date,
  more: { lifeMs?: number; taskId?: string } = {},
): EnqueueContact {
  const { userId, storeId, key, occurrence = 0 } = to
  return {
    stepId: key,
    occurrence,
    audience: `staff:${userId}`,
    to: { staffUserId: userId },
    storeId,
    contactClass: 'reply',
    content,
    notBefore,
    notAfter: addMs(notBefore, more.lifeMs ?? CARD_LIFE_MS),
    // Only of cards there is something to remember; of everything else nobody waits to hear.
    refs: more.taskId ? { owner: 'tasks', taskId: more.taskId, occurrence: String(occurrence) } : { owner: 'nobody' },
  }
}

/** Words for one member of staff, as text or as markdown. */
export const noteTo = (to: { userId: string; storeId: string; key: string }, said: Said, at: Date): EnqueueContact =>
  toStaff(
    to,
    {
      kind: 'staff',
      message:
        'text' in said
          ? { msgtype: 'text', text: { content: said.text } }
          : { msgtype: 'markdown', markdown: { content: said.markdown } },
    },
    at,
  )

const note = (row: TaskRow, userId: string, key: string, text: string, at: Date): EnqueueContact =>
  noteTo({ userId, storeId: row.storeId, key: `note:${key}` }, { text }, at)

/** What a customer wrote, to the person who should answer; cut to what a text message holds. */
export function wordsOf(
  to: { userId: string; storeId: string },
  { messageId, salutation, words }: { messageId: string; salutation: string; words: string | null },
  at: Date,
): EnqueueContact {
  const text = words === null ? '（发来了图片、语音或其他内容）' : firstChars(words, WORDS_SHOWN)
  const said = `【客户留言】${salutation}：${text}\n请尽快通过企业微信或电话回复客户。`
  return noteTo({ ...to, key: `words:${messageId}` }, { text: said }, at)
}

/** The card of a task; a text to pass on that the card would cut comes along as a message to copy from. */
export function cardsOf(row: TaskRow, userId: string, occurrence: number, at: Date): EnqueueContact[] {
  const card = toStaff(
    { userId, storeId: row.storeId, key: row._id, occurrence },
    { kind: 'staff', message: taskCard(row, occurrence) },
    at,
    { taskId: row._id },
  )
  const long = row.form === 'confirm' && [...row.script].length > SCRIPT_CHARS
  return long ? [card, note(row, userId, `script:${row._id}:${occurrence}`, row.script, at)] : [card]
}

/** An update is one contact per response code. */
export const updateKey = (responseCode: string): string => `update:${hashId(responseCode)}`

const update = (row: TaskRow, userId: string, responseCode: string, body: Record<string, unknown>, now: Date) =>
  toStaff(
    { userId, storeId: row.storeId, key: updateKey(responseCode) },
    { kind: 'card_update', responseCode, update: body },
    now,
    { lifeMs: CODE_LIFE_MS },
  )

/** What an effect sends; events and not yet delivered cards are somebody else's. */
export function contactsOf(row: TaskRow, effect: Effect, crypto: FieldCrypto, now: Date): EnqueueContact[] {
  switch (effect.kind) {
    case 'update':
      return [update(row, effect.userId, effect.responseCode, updateOf(row, effect.show), now)]
    case 'card':
      return cardsOf(row, effect.userId, effect.occurrence, effect.at)
    case 'note':
      return [
        note(
          row,
          effect.userId,
          effect.key,
          effect.words === undefined ? effect.text : `${effect.text}${crypto.open(WORDS, effect.words)}`,
          now,
        ),
      ]
    case 'withdraw': {
      const { cardCode } = row
      const usable = cardCode?.occurrence === effect.occurrence && addMs(cardCode.at, CODE_LIFE_MS) > now
      return usable
        ? [update(row, effect.userId, cardCode.code, updateOf(row, { card: 'closed', said: effect.said }), now)]
        : []
    }
    case 'event':
      return []
  }
}
