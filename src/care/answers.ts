/** What became of messages: sent, handed over, passed on by a person. */
import type { CustomersService } from '../customers/index.ts'
import type { MessagingService, SettledMessage } from '../messaging/index.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { passOnTaskId } from '../tasks/index.ts'
import type { FireDeps } from './fire.ts'
import type { AskRow, ContactRow, StepRow } from './model.ts'

export type AnswerDeps = FireDeps & { crypto: FieldCrypto; customers: CustomersService; messaging: MessagingService }

// `planned` too: the outbox may be quicker than the process that is still writing down that the step has fired.
export const LIVE: readonly StepRow['status'][] = [
  'planned',
  'enqueued',
  'calling',
  'done',
  'delegated',
  'missed',
  'unreachable',
]
export const NO_ANSWERS = {
  answeredAt: null,
  reached: null,
  state: null,
  satisfaction: null,
  effect: null,
  nps: null,
  summary: null,
} as const

/** A step that was taken back from one customer keeps that customer's records. */
export const recordId = ({ _id, occurrence }: StepRow): string => (occurrence > 0 ? `${_id}@${occurrence}` : _id)

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
        byUserId,
      }): Parameters<typeof store.change>[0][number][] => {
        const { stepId: id, part } = refs
        // The questions of a conversation are replies, not the contact that was promised.
        if (!id || part === 'ask') return []
        const addToSet = messageId ? { messageIds: messageId } : undefined
        const confirmed = outcome === 'sent' && byUserId ? { confirmed: { byUserId, at } } : null
        // A member's tap may have said, too, that a call was in vain: it is all that shows who told the customer.
        if (part !== 'main')
          return addToSet ? [{ id, from: LIVE, addToSet, ...(confirmed ? { set: confirmed } : {}) }] : []
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
            // What had left when somebody cancelled it has happened.
            from: [
              'planned',
              'enqueued',
              'done',
              ...(status === 'done' || status === 'delegated' ? (['cancelled'] as const) : []),
            ],
            // Without its token a worker that is still firing the step, or comes back late, writes nothing over this.
            set: {
              status,
              reason: outcome === 'sent' ? null : reason,
              channel,
              doneAt: at,
              dueAt: null,
              'claim.token': '',
              ...confirmed,
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
    sent.flatMap(({ refs, channel, at, byUserId }): ContactRow[] => {
      const step = steps.get(refs.stepId ?? '')
      return step
        ? [
            {
              _id: `${step._id}#message`,
              stepIds: [step._id],
              treatmentId: step.treatmentId,
              customerId: step.customerId,
              storeId: step.storeId,
              byUserId,
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

/** An offer that no channel could carry, and nobody passed on in its day. */
export async function onLapsed({ store, messaging }: AnswerDeps, stepId: string): Promise<void> {
  const step = await store.step(stepId)
  if (step?.status !== 'delegated') return
  await messaging.unsaid(messaging.outboxId(step._id, step.occurrence, 'customer'))
  await store.change([{ id: step._id, from: ['delegated'], set: { status: 'missed', reason: 'staff_overdue' } }])
}

/** A message that no channel could carry was passed on by hand, or found to have arrived. */
export async function onHanded({ store }: AnswerDeps, step: StepRow, byUserId: string, at: Date): Promise<void> {
  await store.insertContacts([
    {
      _id: `${recordId(step)}#handed`,
      stepIds: [step._id],
      treatmentId: step.treatmentId,
      customerId: step.customerId,
      storeId: step.storeId,
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
