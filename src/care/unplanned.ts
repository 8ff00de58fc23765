/**
 * The customer contacts us first (domain 4): logged as an unplanned contact, with all that a contact leads to. A call that
 * covered the checklist is the call that a step of that day promised: the step is done, and nobody calls a second time.
 */
import { z } from 'zod'
import type { Customer, CustomersService } from '../customers/index.ts'
import type { MessagingService } from '../messaging/index.ts'
import { DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import { addMs, type Clock, DAY_MS, HOUR_MS, MINUTE_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { conflict, invalid, notFound } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import { ExternalId, Id, InstantString, NoteText } from '../platform/views.ts'
import type { StaffMember, StaffService, Store } from '../staff/index.ts'
import { CHECKLIST_ITEMS, covers, STRENGTH_NAMES } from '../tasks/index.ts'
import { type TreatmentsService, treatmentIdOf } from '../treatments/index.ts'
import { NO_ANSWERS } from './answers.ts'
import { callTaskId, type FireDeps, guideMessageOf } from './fire.ts'
import type { CareStore, ContactRow, StepRow } from './model.ts'
import { CONTACT_STATES } from './past.ts'
import { conclude, type RecordDeps } from './records.ts'
import { carriedOf, hasGuide, treatmentsOf } from './wording.ts'

const CHANNELS = {
  call: '客户来电',
  kf: '客户微信咨询',
  wechat: '客户微信咨询',
  visit: '客户到店沟通',
  other: '客户来访',
} as const
const Score = z.int().min(1).max(5).nullable().default(null)

export const ContactBody = z
  .strictObject({
    /** The clinic's number of the contact: the key of idempotent entry. */
    externalId: ExternalId,
    customerId: Id.optional(),
    customerExternalId: ExternalId.optional(),
    /** Which treatment it was about, where it was about one. */
    treatmentExternalId: ExternalId.nullable().default(null),
    storeId: Id,
    /** Who spoke with the customer. */
    byUserId: Id,
    channel: z.enum(Object.keys(CHANNELS) as [keyof typeof CHANNELS]).default('call'),
    at: InstantString,
    state: z.enum(CONTACT_STATES).nullable().default(null),
    satisfaction: Score,
    effect: Score,
    nps: z.int().min(0).max(10).nullable().default(null),
    /** What was covered and what came out of it. */
    checklist: z.array(z.enum(CHECKLIST_ITEMS)).max(CHECKLIST_ITEMS.length).default([]),
    interest: z
      .strictObject({ code: z.string().min(1).max(40), strength: z.enum(STRENGTH_NAMES) })
      .nullable()
      .default(null),
    summary: NoteText(2_000).nullable().default(null),
  })
  .refine(({ customerId, customerExternalId }) => (customerId === undefined) !== (customerExternalId === undefined), {
    path: ['customerId'],
    message: 'exactly one of customerId and customerExternalId is needed',
  })
export type UnplannedContact = z.output<typeof ContactBody>

export interface UnplannedDeps extends RecordDeps {
  store: CareStore
  staff: RecordDeps['staff'] & Pick<StaffService, 'member'>
  customers: RecordDeps['customers'] & Pick<CustomersService, 'get' | 'findByIdentity'>
  messaging: RecordDeps['messaging'] & Pick<MessagingService, 'text'>
  guides: FireDeps['guides']
  treatments: TreatmentsService
  crypto: FieldCrypto
  clock: Clock
}

// Clocks of two systems differ a little; a contact of tomorrow is a plan, not a record.
const MAX_AHEAD_MS = 10 * MINUTE_MS
/** What is older opens no work any more: it comes by file, with the history. */
const MAX_AGE_MS = 30 * DAY_MS

/**
 * Keeps the contact; the same entry again gives the same record and nothing else.
 *
 * @throws AppError conflict/external_id_conflict: the number is taken by other facts
 * @throws AppError not_found: customer, store, staff, treatment; invalid/unknown_treatment_code, invalid/past_contact_in_future,
 *   invalid/contact_too_old
 */
export async function recordUnplanned(deps: UnplannedDeps, said: UnplannedContact): Promise<ContactRow> {
  const { store, crypto, clock } = deps
  const contactId = `in_${hashId('contact', said.externalId)}`
  const digest = crypto.blindIndex('contacts.digest', JSON.stringify(said))
  const known = await store.contacts([contactId])
  if (known[0]) return same(known[0], digest)
  const { customer, place, member, treatmentId } = await resolved(deps, said)
  const now = clock.now()
  const step = await satisfied(deps, said, { customer, place, member, treatmentId })
  await conclude(deps, {
    contactId,
    step,
    customerId: customer.id,
    treatmentId: step?.treatmentId ?? treatmentId,
    storeId: place.id,
    byUserId: member.userId,
    channel: said.channel,
    kind: 'unplanned',
    manner: CHANNELS[said.channel],
    at: said.at,
    recordedAt: now,
    digest,
    outcome: {
      reached: true,
      state: said.state,
      satisfaction: said.satisfaction,
      effect: said.effect,
      nps: said.nps,
      checklist: CHECKLIST_ITEMS.filter((item) => said.checklist.includes(item)),
      interest: said.interest,
      followUp: null,
      summary: said.summary,
    },
  })
  const [row] = await store.contacts([contactId])
  if (!row) throw notFound('not_found', { contactId })
  return same(row, digest)
}

function same(row: ContactRow, digest: string): ContactRow {
  if (row.digest !== digest) throw conflict('external_id_conflict', { contactId: row._id })
  return row
}

async function resolved(
  { staff, customers, treatments, clock }: UnplannedDeps,
  { customerId, customerExternalId = '', treatmentExternalId, storeId, byUserId, at, interest }: UnplannedContact,
) {
  if (at > addMs(clock.now(), MAX_AHEAD_MS)) throw invalid('past_contact_in_future')
  if (at < addMs(clock.now(), -MAX_AGE_MS)) throw invalid('contact_too_old')
  if (interest && !treatments.kind(interest.code)) throw invalid('unknown_treatment_code', { code: interest.code })
  const [place, member, customer] = await Promise.all([
    staff.store(storeId),
    staff.member(byUserId.toLowerCase()),
    customerId === undefined ? customers.findByIdentity('external_id', customerExternalId) : customers.get(customerId),
  ])
  if (!place) throw notFound('store_not_found', { storeId })
  if (!member) throw notFound('staff_not_found', { userId: byUserId })
  if (!customer) throw notFound('customer_not_found', { customerId, customerExternalId })
  if (treatmentExternalId === null) return { place, member, customer, treatmentId: null }
  const treatment = await treatments.get(treatmentIdOf(treatmentExternalId))
  const isTheirs = treatment && (await customers.idsOf(customer.id)).includes(treatment.customerId)
  if (!isTheirs) throw notFound('treatment_not_found', { treatmentExternalId })
  return { place, member, customer, treatmentId: treatment.id }
}

/** What is said within this time after a contact of ours answers it. */
const ANSWERS_MS = 48 * HOUR_MS

/** The customer has written to us without having been asked: one record a day. Safe to repeat. */
export async function logWritten(
  {
    store,
    customers,
    staff,
  }: {
    store: Pick<CareStore, 'contactedSince' | 'insertContacts'>
    customers: Pick<CustomersService, 'get' | 'idsOf'>
    staff: Pick<StaffService, 'store'>
  },
  customerId: string,
  now: Date,
): Promise<void> {
  const customer = await customers.get(customerId)
  const [storeId] = customer?.storeIds ?? []
  // Who isn't known to any store yet has had no treatment.
  if (!customer || storeId === undefined) return
  if (await store.contactedSince(await customers.idsOf(customer.id), addMs(now, -ANSWERS_MS))) return
  const day = dayOf(now, (await staff.store(storeId))?.timeZone ?? DEFAULT_ZONE)
  await store.insertContacts([
    {
      _id: `in_${hashId('written', customer.id, day)}`,
      stepIds: [],
      treatmentId: null,
      customerId: customer.id,
      storeId,
      byUserId: null,
      channel: 'kf',
      at: now,
      ...NO_ANSWERS,
      unplanned: true,
    },
  ])
}

interface Who {
  customer: Customer
  place: Store
  member: StaffMember
  treatmentId: string | null
}

/** The call of that day that this one stands for, now done; null where there is none. Safe to repeat. */
async function satisfied(deps: UnplannedDeps, said: UnplannedContact, who: Who): Promise<StepRow | null> {
  // Only a call is what a call promised; written or spoken in the store it is logged, and the call goes on.
  if (said.channel !== 'call' || !covers(said.checklist)) return null
  const { store, customers } = deps
  const { at } = said
  const call = { byUserId: who.member.userId, at, reached: true }
  const plans = who.treatmentId
    ? [who.treatmentId]
    : (await store.plansOfCustomers(await customers.idsOf(who.customer.id)))
        .filter(({ status }) => status === 'active')
        .map(({ _id }) => _id)
  const steps = (await Promise.all(plans.map((id) => store.stepsOf(id)))).flat()
  const taken = steps.find(
    ({ reason, calls }) =>
      reason === 'satisfied_by_contact' && calls.some((one) => Number(one.at) === Number(at) && one.reached),
  )
  if (taken) {
    // Whoever had begun this may have died before the rest.
    await relieve(deps, taken, who, deps.clock.now())
    return taken
  }
  const due = []
  for (const step of steps) if (isDueOn(step, at, who.place) && (await mayMake(deps, step, who.member))) due.push(step)
  const [first] = due.sort((a, b) => Number(a.windowTo) - Number(b.windowTo) || (a._id < b._id ? -1 : 1))
  if (!first) return null
  await store.change([
    {
      id: first._id,
      from: ['planned', 'calling'],
      set: {
        status: 'done',
        reason: 'satisfied_by_contact',
        channel: 'call',
        doneAt: at,
        dueAt: null,
        // Whoever is firing it in this moment writes nothing over this.
        'claim.token': '',
      },
      addToSet: { calls: call },
    },
  ])
  const step = await store.step(first._id)
  // Somebody was quicker: that contact stands, and this one is a record of its own.
  if (step?.reason !== 'satisfied_by_contact') return null
  const planned = first.status === 'planned' ? first.dueAt : null
  await relieve(deps, step, who, planned ?? deps.clock.now())
  return step
}

/** Nobody calls any more; what the announcement would have brought along comes at its time. Safe to repeat. */
async function relieve(deps: UnplannedDeps, step: StepRow, who: Who, guideAt: Date): Promise<void> {
  const { tasks, messaging } = deps
  await tasks.cancel([callTaskId(step._id, step.occurrence)], 'satisfied_by_contact')
  const prelude = messaging.outboxId(step._id, step.occurrence, 'customer:prelude')
  const gone = await messaging.cancel([prelude], 'satisfied_by_contact')
  if (gone.length > 0 || (await messaging.text(prelude)) === null) await sendGuide(deps, step, who, guideAt)
}

/** A call of that day, or one that is still being tried inside its window. */
function isDueOn(step: StepRow, at: Date, { timeZone }: Store): boolean {
  const { action, kind, status, mergedInto, windowFrom, windowTo, plannedOn } = step
  const isOpen = action === 'call' && kind === 'contact' && mergedInto === null
  if (!isOpen || windowFrom === null || windowTo === null || at < windowFrom || at >= windowTo) return false
  return status === 'calling' || (status === 'planned' && plannedOn === dayOf(at, timeZone))
}

/** Somebody of the role that promised it, or whoever stands in for it. */
async function mayMake({ tasks }: UnplannedDeps, step: StepRow, { roles, userId }: StaffMember): Promise<boolean> {
  if (roles.includes(step.ownerRole)) return true
  return (await tasks.get(callTaskId(step._id, step.occurrence)))?.ownerUserId === userId
}

/** What the announcing message would have brought along still comes, at its own time. */
async function sendGuide(deps: UnplannedDeps, step: StepRow, { place }: Who, notBefore: Date): Promise<void> {
  const { customers, treatments, guides, messaging } = deps
  if (step.windowTo === null) return
  const [contacts, done] = await Promise.all([
    customers.contacts([step.customerId]),
    treatments.getMany(treatmentsOf(step)),
  ])
  const facts = {
    contact: contacts.get(step.customerId),
    treatment: done.get(step.treatmentId),
    also: carriedOf(step, done),
    place,
    at: notBefore,
  }
  if (!hasGuide(step, facts, guides, treatments)) return
  await messaging.enqueueMany([guideMessageOf({ guides, treatments }, step, facts, step.windowTo)])
}
