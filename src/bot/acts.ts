/** What an answer leads to outside the chat. Every id is the message's own, so that a repeat adds nothing. */

import type { CustomersService } from '../customers/index.ts'
import type { PhotosService } from '../photos/index.ts'
import { addMs, type Clock, HOUR_MS, MINUTE_MS, SECOND_MS } from '../platform/clock.ts'
import { AppError } from '../platform/errors.ts'
import type { Events } from '../platform/events.ts'
import { firstChars } from '../platform/text.ts'
import type { PrivacyService } from '../privacy/index.ts'
import type { Role } from '../staff/index.ts'
import type { TaskKind, TasksService } from '../tasks/index.ts'
import { whenIn } from './facts.ts'
import type { Acts, Heard, OpenSurvey, Reason, TalkFacts } from './types.ts'

export interface ActsDeps {
  customers: Pick<CustomersService, 'get'>
  /** The customer's wish about messages. */
  setOptOut: (customerId: string, optOut: { all?: boolean; promotion?: boolean }) => Promise<void>
  tasks: Pick<TasksService, 'open' | 'showWords'>
  privacy: Pick<PrivacyService, 'granted' | 'decide' | 'consents'>
  photos: Pick<PhotosService, 'keep'>
  /** Of other journeys, by the composition root. */
  complain: (complaint: {
    customerId: string
    submissionId: string
    words: string
    treatmentId: string | null
  }) => Promise<void>
  /** The appointment of the next days that the customer confirmed at `saidAt`; null: it isn't clear which, or none. */
  confirmVisit: (
    customerId: string,
    saidAt: Date,
  ) => Promise<{ startsAt: Date; store: string; timeZone: string } | null>
  openSurvey: (customerId: string) => Promise<OpenSurvey | null>
  events: Events
  clock: Clock
}

/** Somebody who waits in a chat waits minutes. */
const REPLY_MS = 30 * MINUTE_MS
const DANGER_MS = 15 * MINUTE_MS
const BOOKING_MS = 2 * HOUR_MS
/** The answer goes first: a conversation that is a colleague's takes none of ours. */
const HAND_OVER_AFTER_MS = 3 * SECOND_MS

const WHY: Record<Reason, string> = {
  asked: '客户要求人工',
  no_answer: '知识库没有答案',
  not_helped: '客户表示没有帮助',
  unreadable: '语音、视频或文件',
  watch: '轻微不适，请今天询问',
  danger: '疑似异常，请立即查看',
  no_guide: '没有护理要点',
  photo: '照片未能存档',
}
const SCRIPT_CHARS = 150

export const HAND_OVER = 'bot.handed_over'
/** Event `bot.handed_over`. */
export interface HandedOver {
  customerId: string
  messageId: string
  userId: string
}

export function createActs(deps: ActsDeps, opensOf: (facts: TalkFacts) => Date | null): Acts {
  const { customers, setOptOut, tasks, privacy, photos, complain, confirmVisit, openSurvey, events, clock } = deps

  async function open(
    heard: Heard,
    facts: TalkFacts,
    task: { kind: TaskKind; role: Role; title: string; why: string; within: number; atOnce: boolean; inChat: boolean },
  ): Promise<string> {
    const { messageId, text } = heard
    const { customerId, storeId, salutation, treatment } = facts
    const customer = await customers.get(customerId)
    const now = clock.now()
    // In the night nobody is rung up for what can wait until somebody is there.
    const openAt = task.atOnce ? now : (opensOf(facts) ?? now)
    const id = `chat_${messageId}`
    const owners = await tasks.open([
      {
        id,
        kind: task.kind,
        form: 'confirm',
        storeId,
        role: task.role,
        // Who asks for a person is given to somebody who serves the chat; a consultant doesn't.
        preferredUserIds: task.inChat
          ? []
          : [customer?.ownerUserId, ...(customer?.followUserIds ?? [])].filter((one) => one != null),
        customerId,
        treatmentId: treatment?.id ?? null,
        stepIds: [],
        ...(task.atOnce ? { redFlag: true } : {}),
        title: `${salutation} · ${task.title}`,
        facts: [
          { name: '原因', value: task.why },
          ...(treatment ? [{ name: '治疗', value: `${treatment.name} 第${treatment.day}天` }] : []),
        ],
        script: text === '' ? '（图片、语音或其他内容，请在微信客服会话中查看）' : firstChars(text, SCRIPT_CHARS),
        openAt,
        dueAt: addMs(openAt, task.within),
      },
    ])
    return owners.get(id) ?? ''
  }

  return {
    async toPerson(heard, facts, reason) {
      const danger = reason === 'danger'
      const userId = await open(heard, facts, {
        kind: 'chat_reply',
        role: danger ? 'doctor' : 'customer_service',
        title: danger ? '疑似异常，请立即查看' : '微信客服待回复',
        why: WHY[reason],
        within: danger ? DANGER_MS : REPLY_MS,
        atOnce: danger,
        inChat: reason === 'asked',
      })
      const { messageId } = heard
      const { customerId } = facts
      if (reason !== 'asked' || userId === '' || opensOf(facts) !== null) return
      const now = clock.now()
      await events.publish({
        id: `${HAND_OVER}:${messageId}`,
        type: HAND_OVER,
        occurredAt: now,
        notBefore: addMs(now, HAND_OVER_AFTER_MS),
        data: { customerId, messageId, userId } satisfies HandedOver,
      })
    },
    async show({ messageId, kind, text }, { customerId }) {
      await tasks.showWords({ messageId, customerId, words: kind === 'text' ? text : null })
    },
    async booking(heard, facts) {
      await open(heard, facts, {
        kind: 'appointment_wish',
        role: 'consultant',
        title: '想预约，请确认时间',
        why: '客户在微信客服提出',
        within: BOOKING_MS,
        atOnce: false,
        inChat: false,
      })
    },
    async confirmVisit({ at }, { customerId }) {
      const visit = await confirmVisit(customerId, at)
      return visit && { time: whenIn(visit.startsAt, clock.now(), visit.timeZone), store: visit.store }
    },
    complain: ({ messageId, text }, { customerId, treatment }) =>
      complain({ customerId, submissionId: `kf_${messageId}`, words: text, treatmentId: treatment?.id ?? null }),
    async optOut({ customerId }, what) {
      await setOptOut(customerId, what === 'all' ? { all: true, promotion: true } : { promotion: true })
    },
    openSurvey: ({ customerId }) => openSurvey(customerId),
    async photoConsent({ customerId }) {
      if (!(await privacy.granted(customerId, 'service'))) return 'elsewhere'
      return (await privacy.granted(customerId, 'photos_care')) ? 'given' : 'ask'
    },
    async allowPhotos({ customerId }) {
      const document = (await privacy.consents(customerId)).find(({ purpose }) => purpose === 'photos_care')
      if (document) await privacy.decide(customerId, 'photos_care', document.version, true)
    },
    async keepPhoto(messageId, { customerId, treatment }, bytes) {
      try {
        await photos.keep(customerId, { submissionId: `kf_${messageId}`, treatmentId: treatment?.id ?? null, bytes })
        return true
      } catch (error) {
        // What is no picture stays none, however often it is tried.
        if (error instanceof AppError && !error.retryable) return false
        throw error
      }
    },
  }
}
