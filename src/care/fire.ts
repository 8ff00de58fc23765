/**
 * The care_steps drain. A step that fires writes tasks and outbox rows by deterministic keys, then itself: firing twice is
 * firing once, and a crash in between is repaired by the next claim.
 */
import type { CustomersService } from '../customers/index.ts'
import type { EnqueueContact, MessagingService, WindowFacts } from '../messaging/index.ts'
import { dailyOpening, dayOf } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import { hashId } from '../platform/hash.ts'
import type { Random } from '../platform/random.ts'
import type { StaffService } from '../staff/index.ts'
import type { OpenTask, TasksService } from '../tasks/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import { asksProduct } from './after-sales.ts'
import { type Briefing, briefing, briefingsOf } from './briefing.ts'
import type { Cases } from './cases/cases.ts'
import { consultationTaskId, consultationTaskOf } from './consulted.ts'
import { decisionOf, needsDecision } from './decisions.ts'
import type { GuideBook } from './guides.ts'
import type { CareStore, DueStep, StepRow } from './model.ts'
import { withdrawOvertaken } from './overtaken.ts'
import { FALLBACK_WINDOW, windowFacts } from './rows.ts'
import { callTimes, decide, type Firing } from './rules.ts'
import { invitesOf, type SurveyPort } from './surveys.ts'
import { usefulUntil } from './timing.ts'
import { carriedOf, consultantsOf, dayNumber, hasGuide, type StepFacts, treatmentsOf, varsOf } from './wording.ts'

export interface FireDeps {
  store: CareStore
  messaging: MessagingService
  tasks: TasksService
  staff: StaffService
  customers: CustomersService
  treatments: TreatmentsService
  guides: GuideBook
  clock: Clock
  random: Random
  leaseMs: number
  cases: Pick<Cases, 'openAmong'>
  surveys: SurveyPort
}

const BATCH = 200
/** A step that was taken back has a new task: a cancelled one isn't opened again. */
export const callTaskId = (stepId: string, occurrence = 0): string =>
  `call_${occurrence > 0 ? hashId(stepId, occurrence) : hashId(stepId)}`
/** The consultant's task after a call that nobody took: the first, and the one a month later. */
export const followTaskId = (stepId: string, n: number): string => `follow${n}_${hashId(stepId)}`

export function createFiring(deps: FireDeps): (now: Date) => Promise<Record<string, number>> {
  const { store, clock, random, leaseMs } = deps
  return async (now) => {
    const counts: Record<string, number> = {}
    for (;;) {
      const claimed = await store.claim({ now, wall: clock.wall(), limit: BATCH, leaseMs, token: random.id() })
      if (claimed.length === 0) return counts
      for (const [name, count] of Object.entries(await fireBatch(deps, claimed, now)))
        counts[name] = (counts[name] ?? 0) + count
      if (claimed.length < BATCH) return counts
    }
  }
}

async function fireBatch(deps: FireDeps, steps: readonly DueStep[], now: Date): Promise<Record<string, number>> {
  const { store, messaging, tasks, staff, customers, treatments, guides, cases } = deps
  const offers = steps.filter(({ contactClass }) => contactClass === 'promotion')
  const customerIds = [...new Set(steps.map(({ customerId }) => customerId))]
  const [abnormal, contacts, done, stores] = await Promise.all([
    cases.openAmong(offers.map(({ customerId }) => customerId)),
    customers.contacts(customerIds),
    treatments.getMany([...new Set(steps.flatMap(treatmentsOf))]),
    staff.stores([...new Set(steps.map(({ storeId }) => storeId))]),
  ])
  const counts: Record<string, number> = {}
  const fired = steps.map((step) => {
    const place = stores.get(step.storeId)
    const contact = contacts.get(step.customerId)
    const customer = contact?.customer
    const treatment = done.get(step.treatmentId)
    const window = { ...(place ? windowFacts(place) : FALLBACK_WINDOW), preferredTime: customer?.preferredTime ?? null }
    const isAbnormal = abnormal.has(step.customerId)
    const opening = place?.opening ?? dailyOpening()
    const decided = decide(step, { customer, treatment, opening, window, isAbnormal }, now)
    const consultants = consultantsOf(treatment, customer)
    const also = carriedOf(step, done)
    const facts = { contact, treatment, also, place, at: now }
    const isSilent = step.kind === 'guidance' && decided.do === 'message' && !hasGuide(step, facts, guides, treatments)
    const firing: Firing = isSilent ? { do: 'end', status: 'skipped', reason: 'not_approved' } : decided
    counts[firing.do] = (counts[firing.do] ?? 0) + 1
    return { step, firing, window, consultants, facts }
  })
  const briefings = await briefingsOf(
    deps,
    fired.flatMap(({ step, firing, facts: { treatment } }) =>
      // A card that was laid out in the morning has its own.
      firing.do === 'call' && step.taskId === null ? [{ step, treatment }] : [],
    ),
  )
  // Tasks first: the announcing message names who is going to call.
  const opening = fired.map(({ step, firing, facts, consultants, window }): OpenTask[] => {
    if (firing.do === 'call')
      return [callOf(deps, step, { ...facts, briefing: briefings.get(step._id) }, consultants, firing)]
    if (firing.do === 'ask')
      return [consultationTaskOf(deps, step, facts, consultants, { n: 1, openAt: now, dueAt: firing.overdueAt })]
    return needsDecision(step, firing) ? [decisionOf(deps, step, facts, window)] : []
  })
  const owners = await tasks.open(opening.flat())
  const sendersOf = ({ step, consultants }: (typeof fired)[number]): string[] => {
    const caller = owners.get(callTaskId(step._id, step.occurrence))
    return caller ? [caller] : step.ownerRole === 'consultant' ? consultants : []
  }
  const members = await staff.members([...new Set(fired.flatMap(sendersOf))])
  // Nobody writes in the name of somebody who has left.
  const senderOf = (one: (typeof fired)[number]) =>
    sendersOf(one)
      .map((userId) => members.get(userId))
      .find((member) => member?.active)
  const invited = await invitesOf(deps, fired)
  const sending = fired.map((one): EnqueueContact[] => {
    const { step, firing, window } = one
    const facts = { ...one.facts, member: senderOf(one), survey: invited.get(step._id) }
    const until = usefulUntil(step.windowTo, step.contactClass, window)
    if (firing.do === 'message') return [messageOf(deps, step, facts, until)]
    return firing.do === 'call' ? [preludeOf(deps, step, facts, until)] : []
  })
  await messaging.enqueueMany(sending.flat())
  await moveTasks(tasks, fired)
  const written = await store.finish(
    fired.map(({ step, firing, window }) => ({
      _id: step._id,
      claim: step.claim,
      set: changeOf(step, firing, window.timeZone, now),
    })),
  )
  if (written < fired.length) {
    const begun = fired.map(({ step }, i) => ({
      step,
      taskIds: opening[i]?.map(({ id }) => id) ?? [],
      audiences: sending[i]?.map(({ audience }) => audience) ?? [],
    }))
    await withdrawOvertaken(deps, begun, now)
  }
  return counts
}

/** A card that was laid out in the morning comes when the call does, or not at all. */
async function moveTasks(
  tasks: TasksService,
  fired: readonly { step: StepRow; firing: Firing; window: WindowFacts }[],
): Promise<void> {
  const ended: string[] = []
  for (const { step, firing, window } of fired) {
    if (step.taskId === null) continue
    if (firing.do === 'wait' && step.status === 'planned') {
      const { openAt, overdueAt } = callTimes(firing.at, window)
      await tasks.reopen(step.taskId, { openAt, dueAt: overdueAt })
    }
    // What staff left undone stays on their list.
    if (firing.do === 'end' && (step.status === 'planned' || firing.status === 'skipped')) ended.push(step.taskId)
  }
  if (ended.length > 0) await tasks.cancel(ended, 'superseded')
}

function changeOf(step: DueStep, firing: Firing, timeZone: string, now: Date): Record<string, unknown> {
  switch (firing.do) {
    case 'message':
      return { status: 'enqueued', dueAt: null }
    case 'call':
      // Looked at again when the day's contacts must be over.
      return {
        status: 'calling',
        taskId: callTaskId(step._id, step.occurrence),
        dueAt: firing.overdueAt < step.windowTo ? firing.overdueAt : step.windowTo,
      }
    case 'ask':
      // The task has its own deadline; the step ends with the decision.
      return { status: 'calling', taskId: consultationTaskId(step, 1), dueAt: null }
    case 'wait':
      return {
        dueAt: firing.at,
        reason: firing.reason,
        ...(step.status === 'planned' ? { plannedOn: dayOf(firing.at, timeZone) } : {}),
        ...(firing.window ? { windowFrom: firing.window.from, windowTo: firing.window.to } : {}),
      }
    case 'end':
      return { status: firing.status, reason: firing.reason, dueAt: null, doneAt: now }
  }
}

const refsOf = (step: StepRow, part: string) => ({
  owner: 'care',
  stepId: step._id,
  treatmentId: step.treatmentId,
  part,
})

function messageOf(
  { guides, treatments }: Pick<FireDeps, 'guides' | 'treatments'>,
  step: StepRow,
  facts: StepFacts,
  notAfter: Date,
): EnqueueContact {
  return {
    stepId: step._id,
    occurrence: step.occurrence,
    audience: 'customer',
    to: { customerId: step.customerId },
    storeId: step.storeId,
    contactClass: step.contactClass,
    content: { kind: 'template', templateKey: step.templateKey, vars: varsOf(step, facts, guides, treatments) },
    notBefore: facts.at,
    notAfter,
    refs: refsOf(step, 'main'),
  }
}

/** "Message first, then call": who calls, from where, which day it is, and the guidance of that day. */
const preludeOf = (deps: FireDeps, step: StepRow, facts: StepFacts, notAfter: Date): EnqueueContact => ({
  ...messageOf(deps, step, facts, notAfter),
  audience: 'customer:prelude',
  refs: refsOf(step, 'prelude'),
  // Where no channel carries it the call itself is the contact.
  handOver: false,
})

/** The guidance of a call that the customer has made unnecessary: it would have come with the announcing message. */
export const guideMessageOf = (
  deps: Pick<FireDeps, 'guides' | 'treatments'>,
  step: StepRow,
  facts: StepFacts,
  notAfter: Date,
): EnqueueContact => ({
  ...messageOf(deps, step, facts, notAfter),
  audience: 'customer:guide',
  contactClass: 'care',
  content: {
    kind: 'template',
    templateKey: 'care.guidance',
    vars: varsOf(step, facts, deps.guides, deps.treatments),
  },
  refs: refsOf(step, 'guide'),
  handOver: false,
})

/** After the first miss: clinic, name, call-back number. */
export function missedOf(deps: FireDeps, step: StepRow, facts: StepFacts, notAfter: Date): EnqueueContact {
  return {
    ...messageOf(deps, step, facts, notAfter),
    audience: 'customer:missed',
    // It follows the call at once, also where the contact windows have just ended.
    contactClass: 'case_update',
    content: { kind: 'template', templateKey: 'care.missed', vars: varsOf(step, facts, deps.guides, deps.treatments) },
    refs: refsOf(step, 'missed'),
  }
}

/** The card of a call. `consultants`: the customer's own, who come first where the step is the consultant's. */
export function callOf(
  { treatments }: Pick<FireDeps, 'treatments'>,
  step: StepRow,
  facts: StepFacts & { briefing?: Briefing | undefined },
  consultants: string[],
  { openAt, overdueAt }: { openAt: Date; overdueAt: Date },
): OpenTask {
  const { contact } = facts
  return {
    id: callTaskId(step._id, step.occurrence),
    kind: 'contact_call',
    form: step.asksMonth ? 'contact_month' : 'contact',
    storeId: step.storeId,
    role: step.ownerRole,
    preferredUserIds: step.ownerRole === 'consultant' ? consultants : [],
    customerId: step.customerId,
    treatmentId: step.treatmentId,
    stepIds: [step._id],
    title: `${contact?.salutation ?? '客户'} · ${step.title}（第${dayNumber(facts)}天）`,
    facts: briefing(step, facts, treatments),
    script: step.script ?? '',
    ...(asksProduct(facts, treatments) ? { asksProduct: true } : {}),
    openAt,
    dueAt: overdueAt,
  }
}
