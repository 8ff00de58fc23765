/**
 * The care_steps drain. A step that fires writes tasks and outbox rows by deterministic keys, then itself: firing twice is
 * firing once, and a crash in between is repaired by the next claim.
 */
import type { CustomerContact, CustomersService } from '../customers/index.ts'
import type { EnqueueContact, MessagingService } from '../messaging/index.ts'
import type { RowResult } from '../platform/claims.ts'
import type { Clock } from '../platform/clock.ts'
import { hashId } from '../platform/hash.ts'
import type { Random } from '../platform/random.ts'
import type { StaffService, Store } from '../staff/index.ts'
import type { OpenTask, TasksService } from '../tasks/index.ts'
import type { Treatment, TreatmentsService } from '../treatments/index.ts'
import { windowFacts } from './enrol.ts'
import type { GuideBook } from './guides.ts'
import type { CareStore, StepRow } from './model.ts'
import { decide, type Firing } from './rules.ts'
import { varsOf } from './wording.ts'

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
}

const BATCH = 200
export const callTaskId = (stepId: string): string => `call_${hashId(stepId)}`

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

export interface StepFacts {
  contact: CustomerContact | undefined
  treatment: Treatment | undefined
  place: Store | undefined
}

async function fireBatch(deps: FireDeps, steps: readonly StepRow[], now: Date): Promise<Record<string, number>> {
  const { store, messaging, tasks, staff, customers, treatments } = deps
  const customerIds = [...new Set(steps.map(({ customerId }) => customerId))]
  const [contacts, done, stores] = await Promise.all([
    customers.contacts(customerIds),
    treatments.getMany([...new Set(steps.map(({ treatmentId }) => treatmentId))]),
    staff.stores([...new Set(steps.map(({ storeId }) => storeId))]),
  ])
  const counts: Record<string, number> = {}
  const messages: EnqueueContact[] = []
  const calls: OpenTask[] = []
  const results: RowResult[] = []
  for (const step of steps) {
    const place = stores.get(step.storeId)
    const contact = contacts.get(step.customerId)
    const customer = contact?.customer
    const window = { ...(place ? windowFacts(place) : FALLBACK_WINDOW), preferredTime: customer?.preferredTime ?? null }
    const firing = decide(step, customer, window, now)
    const facts: StepFacts = { contact, treatment: done.get(step.treatmentId), place }
    if (firing.do === 'message') messages.push(messageOf(deps, step, facts, now))
    if (firing.do === 'call') {
      messages.push(preludeOf(deps, step, facts, now))
      calls.push(callOf(step, facts, customer?.ownerUserId ?? null, firing))
    }
    results.push({ _id: step._id, claim: step.claim, set: changeOf(step, firing, now) })
    counts[firing.do] = (counts[firing.do] ?? 0) + 1
  }
  await messaging.enqueueMany(messages)
  await tasks.open(calls)
  await store.finish(results)
  return counts
}

const FALLBACK_WINDOW = {
  timeZone: 'Asia/Shanghai',
  contactWindows: [{ from: '11:00', to: '12:30' }],
  quietHours: { from: '21:00', to: '09:00' },
  preferredTime: null,
}

function changeOf(step: StepRow, firing: Firing, now: Date): Record<string, unknown> {
  switch (firing.do) {
    case 'message':
      return { status: 'enqueued', dueAt: null }
    case 'call':
      // Looked at again when the day's contacts must be over.
      return {
        status: 'calling',
        taskId: callTaskId(step._id),
        dueAt: firing.overdueAt < step.windowTo ? firing.overdueAt : step.windowTo,
      }
    case 'wait':
      return { dueAt: firing.at, reason: firing.reason }
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

function messageOf({ guides, treatments }: FireDeps, step: StepRow, facts: StepFacts, now: Date): EnqueueContact {
  return {
    stepId: step._id,
    occurrence: 0,
    audience: 'customer',
    to: { customerId: step.customerId },
    storeId: step.storeId,
    contactClass: step.contactClass,
    content: { kind: 'template', templateKey: step.templateKey, vars: varsOf(step, facts, guides, treatments) },
    notBefore: now,
    notAfter: step.windowTo,
    refs: refsOf(step, 'main'),
  }
}

/** "Message first, then call": who calls, from where, which day it is, and the guidance of that day. */
function preludeOf(deps: FireDeps, step: StepRow, facts: StepFacts, now: Date): EnqueueContact {
  return {
    ...messageOf(deps, step, facts, now),
    audience: 'customer:prelude',
    content: { kind: 'template', templateKey: 'care.prelude', vars: varsOf(step, facts, deps.guides, deps.treatments) },
    refs: refsOf(step, 'prelude'),
  }
}

/** After the first miss: clinic, name, call-back number. */
export function missedOf(
  deps: FireDeps,
  step: StepRow,
  facts: StepFacts,
  staffName: string,
  now: Date,
  notAfter: Date,
): EnqueueContact {
  const vars = { ...varsOf(step, facts, deps.guides, deps.treatments), staff: staffName }
  return {
    ...messageOf(deps, step, facts, now),
    audience: 'customer:missed',
    content: { kind: 'template', templateKey: 'care.missed', vars },
    notAfter,
    refs: refsOf(step, 'missed'),
  }
}

function callOf(
  step: StepRow,
  { contact, treatment }: StepFacts,
  ownerUserId: string | null,
  firing: { openAt: Date; overdueAt: Date },
): OpenTask {
  return {
    id: callTaskId(step._id),
    kind: 'contact_call',
    form: step.asksMonth ? 'contact_month' : 'contact',
    storeId: step.storeId,
    role: step.ownerRole,
    // The customer's own consultant comes first where the step is the consultant's.
    preferredUserIds: [step.ownerRole === 'consultant' ? (treatment?.consultantUserId ?? ownerUserId) : null].filter(
      (one): one is string => one !== null,
    ),
    customerId: step.customerId,
    treatmentId: step.treatmentId,
    stepIds: [step._id],
    title: `${contact?.salutation ?? '客户'} · ${step.title}（第${step.dayNumber}天）`,
    facts: [
      { name: '时限', value: '今日内完成' },
      { name: '编号', value: treatment?.externalId ?? step.treatmentId },
    ],
    script: step.script ?? '',
    openAt: firing.openAt,
    dueAt: firing.overdueAt,
  }
}
