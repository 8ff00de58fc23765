/** Calls that nobody took: tried again in other windows and on other days, then somebody else's (domain 5). */
import { addMs, DAY_MS } from '../platform/clock.ts'
import { notFound } from '../platform/errors.ts'
import type { TaskAttempted } from '../tasks/index.ts'
import { type AnswerDeps, LIVE, NO_ANSWERS, recordId } from './answers.ts'
import type { Cases } from './cases/cases.ts'
import { missedOf } from './fire.ts'
import { type FollowFacts, followTasks, unreachedTask } from './follow.ts'
import { windowFacts } from './rows.ts'
import { nextAttempt } from './rules.ts'
import { carriedOf, consultantsOf, treatmentsOf } from './wording.ts'

export type CallDeps = AnswerDeps & { cases: Pick<Cases, 'openAmong'> }

export async function onAttempted(deps: CallDeps, attempted: TaskAttempted, at: Date): Promise<void> {
  const { store, messaging, tasks, staff, customers, treatments, cases } = deps
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
      storeId: step.storeId,
      byUserId: attempted.byUserId,
      byName: members.get(attempted.byUserId)?.name ?? null,
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
  const facts: FollowFacts = {
    contact: people.get(step.customerId),
    treatment,
    also: carriedOf(step, done),
    place,
    at,
    window,
    opening: place.opening,
    consultants: consultantsOf(treatment, customer),
  }
  const isAbnormal = (await cases.openAmong([step.customerId])).size > 0
  const urgent = unreachedTask(treatments, step, facts, { isAbnormal })
  await tasks.open([...followTasks(treatments, step, 'unreachable', facts), ...(urgent ? [urgent] : [])])
}
