import { addDays, addMonths, atTime, dayOf, nextOpenDay } from '../platform/calendar.ts'
import { addMs, DAY_MS } from '../platform/clock.ts'
import { notFound } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import type { ContactOutcome, OpenTask, TaskAttempted, TaskCompleted } from '../tasks/index.ts'
import { type AnswerDeps, LIVE, NO_ANSWERS, onHanded, recordId } from './answers.ts'
import { onDecided } from './consulted.ts'
import { callTaskId, followTaskId, missedOf } from './fire.ts'
import type { StepRow } from './model.ts'
import { windowFacts } from './rows.ts'
import { nextAttempt } from './rules.ts'
import { endOfContacts } from './timing.ts'
import { carriedOf, consultantsOf, dayNumber, type StepFacts, treatmentName, treatmentsOf } from './wording.ts'

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
      storeId: step.storeId,
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
  await tasks.open(
    days.map((day, i) => ({
      id: followTaskId(step._id, i + 1),
      kind: 'consultant_follow' as const,
      form: 'contact' as const,
      storeId: step.storeId,
      role: 'consultant' as const,
      preferredUserIds: consultantsOf(treatment, customer),
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
  const { store, tasks, crypto, treatments, staff, customers } = deps
  const [stepId] = stepIds
  if (!stepId) return
  const [step, task] = await Promise.all([store.step(stepId), tasks.get(taskId)])
  if (!step || !task) return
  if (kind === 'decide_consultation') return onDecided(deps, step, task, byUserId, at)
  if (kind === 'send_message' || kind === 'check_message') return onHanded(deps, step, byUserId, at)
  if (kind !== 'contact_call' && kind !== 'consultant_follow' && kind !== 'doctor_contact') return
  const outcome: ContactOutcome = task.outcome ?? { ...NO_ANSWERS, reached: true }
  const calledAt = task.attempts.findLast(({ result }) => result === 'reached')?.at ?? at
  const [done, place, customer] = await Promise.all([
    treatments.getMany(treatmentsOf(step)),
    staff.store(step.storeId),
    customers.contacts([step.customerId]),
  ])
  const treatment = done.get(step.treatmentId)
  const also = carriedOf(step, done)
  const contact = customer.get(step.customerId)
  const facts = { contact, treatment, also, place: place ?? undefined, at: calledAt }
  const people = await staff.members([byUserId, treatment?.doctorUserId].filter((one) => one != null))
  // What a later reader needs, in one line: which treatment, which day, who treated, what was said.
  const doctor = people.get(treatment?.doctorUserId ?? '')
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
      storeId: step.storeId,
      byUserId,
      channel: 'call',
      at: calledAt,
      answeredAt: outcome.reached ? calledAt : null,
      reached: outcome.reached,
      state: outcome.state,
      satisfaction: outcome.satisfaction,
      effect: outcome.effect,
      nps: outcome.nps,
      summary: crypto.seal('contacts.summary', words),
    },
  ])
  if (kind !== 'doctor_contact' && BY_DOCTOR[outcome.state ?? ''])
    await tasks.open([
      doctorTask(step, facts, taskId, {
        outcome,
        by: people.get(byUserId)?.name ?? '',
        kind: treatmentName(facts, treatments),
      }),
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

/** What the form calls it when somebody on the phone can't solve it: the treating doctor takes over within a day (domain 6). */
const BY_DOCTOR: Record<string, string> = { abnormal: '异常反应', needs_doctor: '需要医生' }

function doctorTask(
  step: StepRow,
  { contact, treatment, at }: StepFacts,
  taskId: string,
  said: { outcome: ContactOutcome; by: string; kind: string },
): OpenTask {
  const state = BY_DOCTOR[said.outcome.state ?? ''] ?? ''
  return {
    id: `doctor_${hashId(taskId)}`,
    kind: 'doctor_contact',
    form: 'contact',
    storeId: step.storeId,
    role: 'doctor',
    preferredUserIds: treatment?.doctorUserId ? [treatment.doctorUserId] : [],
    redFlag: true,
    customerId: step.customerId,
    treatmentId: step.treatmentId,
    stepIds: [step._id],
    title: `${contact?.salutation ?? '客户'} · 请医生联系（${state}）`,
    facts: [
      { name: '项目', value: said.kind },
      { name: '回访', value: `${step.title} ${said.by}` },
      { name: '时限', value: '24小时内联系客户' },
    ],
    script: said.outcome.summary ?? '回访时客户反映异常，请尽快联系客户，了解情况并给出处理意见。',
    openAt: at,
    dueAt: addMs(at, DAY_MS),
  }
}
