/** What came back: settled messages, attempts and outcomes of calls, and month-1 answers in chat. */
import type { CustomersService } from '../customers/index.ts'
import type { EnqueueContact, MessageReceived, MessagingService, SettledMessage } from '../messaging/index.ts'
import { addDays, addMonths, atTime, dayOf, nextOpenDay } from '../platform/calendar.ts'
import { addMs, DAY_MS, HOUR_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { notFound } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import type { ContactOutcome, TaskAttempted, TaskCompleted } from '../tasks/index.ts'
import { windowFacts } from './enrol.ts'
import { callTaskId, type FireDeps, missedOf } from './fire.ts'
import type { AskRow, ContactRow, StepRow } from './model.ts'
import { endOfContacts, nextAttempt } from './rules.ts'

export type AnswerDeps = FireDeps & { crypto: FieldCrypto; customers: CustomersService; messaging: MessagingService }

// `planned` too: the outbox may be quicker than the process that is still writing down that the step has fired.
const LIVE: readonly StepRow['status'][] = [
  'planned',
  'enqueued',
  'calling',
  'done',
  'delegated',
  'missed',
  'unreachable',
]
const NO_ANSWERS = { reached: null, state: null, satisfaction: null, effect: null, nps: null, summary: null } as const

/** Told by the outbox, batch by batch; safe to hear twice. */
export async function onSettled({ store }: AnswerDeps, batch: readonly SettledMessage[]): Promise<AskRow[]> {
  const main = batch.filter(({ refs }) => refs.part === 'main')
  await store.change(
    batch.flatMap(({ refs, outcome, channel, reason, messageId, at }): Parameters<typeof store.change>[0][number][] => {
      const { stepId: id, part } = refs
      // The questions of a conversation are replies, not the contact that was promised.
      if (!id || part === 'ask') return []
      const addToSet = messageId ? { messageIds: messageId } : undefined
      if (part !== 'main') return addToSet ? [{ id, from: LIVE, addToSet }] : []
      const status: StepRow['status'] =
        outcome === 'sent'
          ? 'done'
          : outcome === 'delegated' || outcome === 'unknown'
            ? 'delegated'
            : outcome === 'cancelled'
              ? 'skipped'
              : 'missed'
      return [
        {
          id,
          from: ['planned', 'enqueued', 'done'] as const,
          // Without its token a worker that is still firing the step, or comes back late, writes nothing over this.
          set: {
            status,
            reason: outcome === 'sent' ? null : reason,
            channel,
            doneAt: at,
            dueAt: null,
            'claim.token': '',
          },
          ...(addToSet ? { addToSet } : {}),
        },
      ]
    }),
  )
  const sent = main.filter(({ outcome, refs }) => outcome === 'sent' && refs.stepId)
  if (sent.length === 0) return []
  const steps = new Map((await store.steps(sent.map(({ refs }) => refs.stepId ?? ''))).map((step) => [step._id, step]))
  await store.insertContacts(
    sent.flatMap(({ refs, channel, at }): ContactRow[] => {
      const step = steps.get(refs.stepId ?? '')
      return step
        ? [
            {
              _id: `${step._id}#message`,
              stepIds: [step._id],
              treatmentId: step.treatmentId,
              customerId: step.customerId,
              byUserId: null,
              channel: channel ?? 'kf',
              at,
              ...NO_ANSWERS,
            },
          ]
        : []
    }),
  )
  // A month-1 message that went by chat goes on with its questions.
  return sent.flatMap(({ refs, channel, at }): AskRow[] => {
    const step = steps.get(refs.stepId ?? '')
    return step?.asksMonth && channel === 'kf'
      ? [
          {
            _id: step._id,
            customerId: step.customerId,
            storeId: step.storeId,
            treatmentId: step.treatmentId,
            question: 'effect',
            answers: { effect: null, satisfaction: null, nps: null },
            openedAt: at,
          },
        ]
      : []
  })
}

export async function onAttempted(deps: AnswerDeps, attempted: TaskAttempted, at: Date): Promise<void> {
  const { store, messaging, tasks, staff, customers, treatments } = deps
  const step = await store.step(attempted.stepIds[0] ?? '')
  if (!step || attempted.kind !== 'contact_call') return
  const [place, people, done, members] = await Promise.all([
    staff.store(step.storeId),
    customers.contacts([step.customerId]),
    treatments.getMany([step.treatmentId]),
    staff.members([attempted.byUserId]),
  ])
  if (!place) throw notFound('store_not_found', { storeId: step.storeId })
  const customer = people.get(step.customerId)?.customer
  const window = { ...windowFacts(place), preferredTime: customer?.preferredTime ?? null }
  await store.insertContacts([
    {
      _id: `${step._id}#call${attempted.attempt}`,
      stepIds: [step._id],
      treatmentId: step.treatmentId,
      customerId: step.customerId,
      byUserId: attempted.byUserId,
      channel: 'call',
      at,
      ...NO_ANSWERS,
      reached: false,
    },
  ])
  if (attempted.attempt === 1) {
    const facts = { contact: people.get(step.customerId), treatment: done.get(step.treatmentId), place }
    await messaging.enqueueMany([
      missedOf(deps, step, facts, members.get(attempted.byUserId)?.name ?? '客服', at, addMs(at, DAY_MS)),
    ])
  }
  const call = { byUserId: attempted.byUserId, at, reached: false }
  const next = nextAttempt(attempted.attempt, at, window, place.opening)
  if (next.kind === 'again') {
    await tasks.reopen(attempted.taskId, { openAt: next.openAt, dueAt: next.overdueAt })
    await store.change([
      {
        id: step._id,
        from: ['calling'],
        set: { dueAt: next.overdueAt, reason: 'not_reached' },
        addToSet: { calls: call },
      },
    ])
    return
  }
  await tasks.cancel([attempted.taskId], 'unreachable')
  await store.change([
    {
      id: step._id,
      from: ['calling'],
      set: { status: 'unreachable', reason: 'unreachable', dueAt: null, doneAt: at },
      addToSet: { calls: call },
    },
  ])
  // The consultant tries by relation: the next open day, and once more a month later.
  const today = dayOf(at, window.timeZone)
  const days = [nextOpenDay(place.opening, addDays(today, 1)), nextOpenDay(place.opening, addMonths(today, 1))]
  await tasks.open(
    days.map((day, i) => ({
      id: `follow${i + 1}_${hashId(step._id)}`,
      kind: 'consultant_follow' as const,
      form: 'contact' as const,
      storeId: step.storeId,
      role: 'consultant' as const,
      preferredUserIds: [done.get(step.treatmentId)?.consultantUserId ?? customer?.ownerUserId ?? null].filter(
        (one): one is string => one !== null,
      ),
      customerId: step.customerId,
      treatmentId: step.treatmentId,
      stepIds: [step._id],
      title: `${people.get(step.customerId)?.salutation ?? '客户'} · 多次未接通，请联系`,
      facts: [{ name: '起因', value: step.title }],
      script: '客服多次未能接通，请以您与客户熟悉的方式联系，了解恢复情况并约定方便的时间。',
      openAt: atTime(day, window.contactWindows[0]?.from ?? '11:00', window.timeZone),
      dueAt: endOfContacts(day, window),
    })),
  )
}

export async function onCompleted(
  deps: AnswerDeps,
  { taskId, kind, stepIds, byUserId }: TaskCompleted,
  at: Date,
): Promise<void> {
  const { store, tasks, crypto, treatments } = deps
  const [stepId] = stepIds
  if (!stepId || (kind !== 'contact_call' && kind !== 'consultant_follow')) return
  const [step, task] = await Promise.all([store.step(stepId), tasks.get(taskId)])
  if (!step || !task) return
  const outcome: ContactOutcome = task.outcome ?? {
    reached: true,
    state: null,
    satisfaction: null,
    effect: null,
    nps: null,
    summary: null,
  }
  const treatment = await treatments.get(step.treatmentId)
  const name = treatment ? (treatments.kind(treatment.code)?.name ?? '') : ''
  // What a later reader needs, in one line: which treatment, which day, who treated, what was said.
  const words = [
    `${name}术后第${step.dayNumber}天回访`,
    treatment?.doctorUserId ? `主诊 ${treatment.doctorUserId}` : '',
    outcome.summary ?? '',
  ]
    .filter(Boolean)
    .join('；')
  const calledAt = task.attempts.findLast(({ result }) => result === 'reached')?.at ?? at
  await store.insertContacts([
    {
      _id: `${stepId}#${kind === 'contact_call' ? 'reached' : taskId}`,
      stepIds: [stepId],
      treatmentId: step.treatmentId,
      customerId: step.customerId,
      byUserId,
      channel: 'call',
      at: calledAt,
      reached: outcome.reached,
      state: outcome.state,
      satisfaction: outcome.satisfaction,
      effect: outcome.effect,
      nps: outcome.nps,
      summary: crypto.seal('contacts.summary', words),
    },
  ])
  if (taskId !== callTaskId(stepId)) return
  await store.change([
    {
      id: stepId,
      from: ['calling', 'missed', 'unreachable', 'done'],
      set: { status: 'done', reason: null, channel: 'call', dueAt: null, doneAt: calledAt },
      addToSet: { calls: { byUserId, at: calledAt, reached: true } },
    },
  ])
}

// ---- month 1 in chat -------------------------------------------------------------------------------------------------

const CHOICES = {
  effect: ['不理想', '不太理想', '一般', '比较理想', '非常理想'],
  satisfaction: ['很不满意', '不满意', '一般', '满意', '非常满意'],
} as const
const NEXT = { effect: 'satisfaction', satisfaction: 'nps', nps: 'done' } as const
/** An answer after this is a new conversation. */
const ASK_LIFE_MS = 7 * DAY_MS

const menuId = (stepId: string, question: string, value: number) =>
  `ask_${hashId(stepId).slice(0, 16)}_${question}_${value}`

/** The question of an ask, as a message to the customer. Its key has the question, so it is asked once. */
export function questionOf(ask: AskRow, store: string, now: Date): EnqueueContact {
  const { question } = ask
  const menu =
    question === 'effect' || question === 'satisfaction'
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
    notAfter: addMs(now, HOUR_MS * 24),
    refs: { owner: 'care', stepId: ask._id, treatmentId: ask.treatmentId, part: 'ask' },
  }
}

export async function onMessage(
  { store, messaging, customers, staff }: AnswerDeps,
  { messageId, customerId }: MessageReceived,
  now: Date,
): Promise<void> {
  const ids = await customers.idsOf(customerId)
  const open = (await store.openAsks(ids))
    .filter(({ openedAt }) => addMs(openedAt, ASK_LIFE_MS) > now)
    .sort((a, b) => Number(b.openedAt) - Number(a.openedAt))
  const message = await messaging.inbound(messageId)
  if (!message) return
  for (const ask of open) {
    const value = answerIn(ask, message.menuId, message.text)
    if (value === null || ask.question === 'done') continue
    const answers = { ...ask.answers, [ask.question]: value }
    const next = NEXT[ask.question]
    // The answer is in the record before the ask moves on.
    await store.changeContact(`${ask._id}#message`, { reached: true, [ask.question]: value })
    await store.changeAsk(ask._id, ask.question, { question: next, answers })
    await messaging.enqueueMany([
      questionOf({ ...ask, question: next, answers }, (await staff.store(ask.storeId))?.displayName ?? '', now),
    ])
    return
  }
}

/** The value that a tap or a number means for the open question; null when it answers something else. */
export function answerIn(
  { _id, question }: Pick<AskRow, '_id' | 'question'>,
  tapped: string | null,
  text: string | null,
): number | null {
  if (question === 'nps') {
    const match = /^\s*(10|[0-9])\s*分?\s*[。.!！]?\s*$/.exec(text ?? '')
    return match && tapped === null ? Number(match[1]) : null
  }
  for (let value = 1; value <= 5; value++) if (tapped === menuId(_id, question, value)) return value
  return null
}
