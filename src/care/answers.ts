/** What came back: settled messages, attempts and outcomes of calls. */
import type { CustomersService } from '../customers/index.ts'
import type { MessagingService, SettledMessage } from '../messaging/index.ts'
import { addDays, addMonths, atTime, dayOf, nextOpenDay } from '../platform/calendar.ts'
import { addMs, DAY_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { notFound } from '../platform/errors.ts'
import { type ContactOutcome, passOnTaskId, type TaskAttempted, type TaskCompleted } from '../tasks/index.ts'
import { windowFacts } from './enrol.ts'
import { callTaskId, type FireDeps, followTaskId, missedOf } from './fire.ts'
import type { AskRow, ContactRow, StepRow } from './model.ts'
import { nextAttempt } from './rules.ts'
import { endOfContacts } from './timing.ts'
import { carriedOf, dayNumber, treatmentName, treatmentsOf } from './wording.ts'

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

/** A step that was taken back from one customer keeps that customer's records. */
const recordId = ({ _id, occurrence }: StepRow): string => (occurrence > 0 ? `${_id}@${occurrence}` : _id)

/** Told by the outbox, batch by batch; safe to hear twice. */
export async function onSettled({ store }: AnswerDeps, batch: readonly SettledMessage[]): Promise<AskRow[]> {
  const main = batch.filter(({ refs }) => refs.part === 'main')
  await store.change(
    batch.flatMap(
      ({
        id: outboxId,
        refs,
        outcome,
        channel,
        reason,
        messageId,
        at,
      }): Parameters<typeof store.change>[0][number][] => {
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
              ...(status === 'delegated' ? { taskId: passOnTaskId(outboxId) } : {}),
            },
            ...(addToSet ? { addToSet } : {}),
          },
        ]
      },
    ),
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
    treatments.getMany(treatmentsOf(step)),
    staff.members([attempted.byUserId]),
  ])
  if (!place) throw notFound('store_not_found', { storeId: step.storeId })
  const customer = await customers.get(step.customerId)
  const window = { ...windowFacts(place), preferredTime: customer?.preferredTime ?? null }
  const treatment = done.get(step.treatmentId)
  await store.insertContacts([
    {
      _id: `${recordId(step)}#call${attempted.attempt}`,
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
    const member = members.get(attempted.byUserId)
    const facts = { contact: people.get(step.customerId), treatment, also: carriedOf(step, done), place, member, at }
    await messaging.enqueueMany([missedOf(deps, step, facts, addMs(at, DAY_MS))])
  }
  const missedAt = [...step.calls.filter((call) => Number(call.at) !== Number(at)).map((call) => call.at), at]
  const next = nextAttempt(missedAt, at, window, place.opening)
  // An attempt after the day was given up is still remembered, but opens nothing again.
  const remember = {
    id: step._id,
    from: LIVE,
    addToSet: { calls: { byUserId: attempted.byUserId, at, reached: false } },
  }
  const from = ['calling'] as const
  if (next.kind === 'again') {
    await tasks.reopen(attempted.taskId, { openAt: next.openAt, dueAt: next.overdueAt })
    await store.change([remember, { id: step._id, from, set: { dueAt: next.overdueAt, reason: 'not_reached' } }])
    return
  }
  await tasks.cancel([attempted.taskId], 'unreachable')
  const set = { status: 'unreachable', reason: 'unreachable', dueAt: null, doneAt: at }
  await store.change([remember, { id: step._id, from, set }])
  // The consultant tries by relation: the next open day, and once more a month later.
  const today = dayOf(at, window.timeZone)
  const days = [nextOpenDay(place.opening, addDays(today, 1)), nextOpenDay(place.opening, addMonths(today, 1))]
  const owner = treatment?.consultantUserId ?? customer?.ownerUserId ?? null
  await tasks.open(
    days.map((day, i) => ({
      id: followTaskId(step._id, i + 1),
      kind: 'consultant_follow' as const,
      form: 'contact' as const,
      storeId: step.storeId,
      role: 'consultant' as const,
      preferredUserIds: owner === null ? [] : [owner],
      customerId: step.customerId,
      treatmentId: step.treatmentId,
      stepIds: [step._id],
      title: `${people.get(step.customerId)?.salutation ?? '客户'} · 多次未接通，请联系`,
      facts: [
        {
          name: '项目',
          value: treatmentName({ contact: undefined, treatment, also: carriedOf(step, done), place, at }, treatments),
        },
        { name: '起因', value: step.title },
      ],
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
  const { store, tasks, crypto, treatments, staff } = deps
  const [stepId] = stepIds
  if (!stepId) return
  const [step, task] = await Promise.all([store.step(stepId), tasks.get(taskId)])
  if (!step || !task) return
  if (kind === 'send_message' || kind === 'check_message') return onHanded(deps, step, byUserId, at)
  if (kind !== 'contact_call' && kind !== 'consultant_follow') return
  const outcome: ContactOutcome = task.outcome ?? { ...NO_ANSWERS, reached: true }
  const calledAt = task.attempts.findLast(({ result }) => result === 'reached')?.at ?? at
  const [done, place] = await Promise.all([treatments.getMany(treatmentsOf(step)), staff.store(step.storeId)])
  const treatment = done.get(step.treatmentId)
  const also = carriedOf(step, done)
  const facts = { contact: undefined, treatment, also, place: place ?? undefined, at: calledAt }
  const doctor = treatment?.doctorUserId ? await staff.member(treatment.doctorUserId) : null
  // What a later reader needs, in one line: which treatment, which day, who treated, what was said.
  const words = [
    `${treatmentName(facts, treatments)}后第${dayNumber(facts)}天回访`,
    doctor ? `主诊 ${doctor.name}` : '',
    outcome.summary ?? '',
  ]
    .filter(Boolean)
    .join('；')
  await store.insertContacts([
    {
      _id: `${recordId(step)}#${kind === 'contact_call' ? 'reached' : taskId}`,
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
  if (taskId !== callTaskId(step._id, step.occurrence)) return
  await store.change([
    {
      id: stepId,
      from: ['calling', 'missed', 'unreachable', 'done'],
      set: { status: 'done', reason: null, channel: 'call', dueAt: null, doneAt: calledAt },
      addToSet: { calls: { byUserId, at: calledAt, reached: true } },
    },
  ])
}

/** A message that no channel could carry was passed on by hand, or found to have arrived. */
async function onHanded({ store }: AnswerDeps, step: StepRow, byUserId: string, at: Date): Promise<void> {
  await store.insertContacts([
    {
      _id: `${recordId(step)}#handed`,
      stepIds: [step._id],
      treatmentId: step.treatmentId,
      customerId: step.customerId,
      byUserId,
      channel: 'staff',
      at,
      ...NO_ANSWERS,
    },
  ])
  await store.change([
    { id: step._id, from: LIVE, set: { handed: { byUserId, at } } },
    { id: step._id, from: ['delegated'], set: { status: 'done', channel: 'staff', doneAt: at } },
  ])
}
