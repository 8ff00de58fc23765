/** Every contact ends in a record (domain 6), and what it found leads to somebody's work: once, by ids of the contact. */
import type { CustomersService } from '../customers/index.ts'
import type { KnowledgeService } from '../knowledge/index.ts'
import type { MessagingService } from '../messaging/index.ts'
import { dailyOpening } from '../platform/calendar.ts'
import { addMs, DAY_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { hashId } from '../platform/hash.ts'
import { REASONS } from '../platform/reasons.ts'
import type { StaffService } from '../staff/index.ts'
import {
  type ContactOutcome,
  FOLLOW_UPS,
  type OpenTask,
  type Remedy,
  type TaskCompleted,
  type TaskKind,
  type TasksService,
} from '../tasks/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import type { Triage } from '../triage/index.ts'
import {
  afterRemedy,
  afterSalesTasks,
  arranged,
  arrangements,
  asksProduct,
  type Departments,
  doctorsWords,
  problemsIn,
  remedyOf,
} from './after-sales.ts'
import { type AnswerDeps, onHanded, recordId } from './answers.ts'
import type { Cases } from './cases/cases.ts'
import { caseIdOf, isAbnormal } from './cases/rules.ts'
import { onDecided } from './consulted.ts'
import { callTaskId } from './fire.ts'
import { type Cause, followTasks } from './follow.ts'
import { callBacks, interestTask, type LeadFacts, whyHeld } from './leads.ts'
import type { CareStore, ContactRow, KnownInterest, StepRow } from './model.ts'
import { type OfferDeps, stopHanded } from './offers.ts'
import { recordWords } from './record-words.ts'
import { tellRemedy } from './remedies.ts'
import { FALLBACK_WINDOW, windowFacts } from './rows.ts'
import { carriedOf, consultantsOf, treatmentsOf } from './wording.ts'

export interface RecordDeps {
  store: CareStore
  cases: Pick<Cases, 'report' | 'spoke' | 'openAmong'>
  tasks: Pick<TasksService, 'open' | 'get' | 'cancel'>
  staff: Pick<StaffService, 'store' | 'members'>
  customers: Pick<CustomersService, 'contacts' | 'idsOf'>
  treatments: Pick<TreatmentsService, 'getMany' | 'kind'>
  messaging: Pick<MessagingService, 'enqueueMany'> & OfferDeps['messaging']
  crypto: FieldCrypto
  triage: Triage
  knowledge: Pick<KnowledgeService, 'sawCase'>
  departments: Departments
}

/** A contact that was made, with what came of it. */
export interface Made {
  contactId: string
  step: StepRow | null
  customerId: string
  treatmentId: string | null
  storeId: string
  byUserId: string
  channel: string
  kind: TaskKind | 'unplanned'
  /** 电话回访, 客户来电 … */
  manner: string
  at: Date
  recordedAt: Date
  outcome: ContactOutcome
  /** What became of a problem with a product, where the contact was about one. */
  remedy?: Remedy
  /** Keyed, of an entry that may be repeated. */
  digest?: string
}

/** Nobody is asked again about an interest that a consultant follows up already. */
const INTEREST_MS = 90 * DAY_MS
const MANNERS: Partial<Record<TaskKind, string>> = {
  contact_call: '电话回访',
  consultant_follow: '咨询师跟进',
  doctor_contact: '医生随访',
  case_follow: '异常随访',
  call_back: '回电',
  survey_low: '问卷回访',
  after_sales: '产品售后处理',
}

/** Writes the record, and opens what it leads to. Safe to repeat. */
export async function conclude(deps: RecordDeps, made: Made): Promise<void> {
  const { store, tasks, staff, customers, treatments, crypto, cases, triage, knowledge, departments } = deps
  const { contactId, step, customerId, treatmentId, storeId, byUserId, outcome, at } = made
  const [done, place, people] = await Promise.all([
    treatments.getMany(step ? treatmentsOf(step) : treatmentId === null ? [] : [treatmentId]),
    staff.store(storeId),
    customers.contacts([customerId]),
  ])
  const treatment = done.get(treatmentId ?? '')
  const contact = people.get(customerId)
  const members = await staff.members(
    [byUserId, treatment?.doctorUserId, treatment?.assistantUserId].filter((one) => one != null),
  )
  const nameOf = (userId: string | null | undefined) => members.get(userId ?? '')?.name ?? null
  const facts: LeadFacts = {
    contact,
    treatment,
    also: step ? carriedOf(step, done) : [],
    place: place ?? undefined,
    at,
    contactId,
    customerId,
    treatmentId,
    storeId,
    window: place ? windowFacts(place) : FALLBACK_WINDOW,
    opening: place?.opening ?? dailyOpening(),
    consultants: consultantsOf(treatment, contact?.customer),
    by: nameOf(byUserId) ?? byUserId,
    words: outcome.summary,
  }
  const { deceased: isGone = false, optOut } = contact?.customer ?? {}
  const found = !isGone && made.kind !== 'doctor_contact' && isAbnormal(outcome.state) ? outcome.state : null
  const interest = await interestOf(deps, made, facts, found !== null)
  // Whoever wants no contact is not followed up either.
  const cause = optOut?.all ? null : causeOf(made, found !== null)
  const arranging = arrangements(treatments, made.remedy, outcome.reached, facts)
  const product = asksProduct(facts, treatments) ? { asksProduct: true } : {}
  const work: OpenTask[] = [
    ...(interest?.taskId === ownInterestTask(contactId) ? [interestTask(treatments, interest, facts)] : []),
    ...callBacks(treatments, outcome, facts).map((task) => ({ ...task, ...product })),
    ...afterSalesTasks(treatments, problemsIn(outcome, found !== null), departments, facts, made.recordedAt),
    ...arranging,
    ...(step && cause ? followTasks(treatments, step, cause, facts) : []),
  ]
  if (found !== null) {
    await cases.report(
      {
        contactId,
        customerId,
        storeId,
        treatmentId,
        stepId: step?._id ?? null,
        byUserId,
        state: found,
        at,
        isJoint: made.kind === 'case_follow',
      },
      doctorsWords(outcome),
    )
    await stopHanded(deps, await customers.idsOf(customerId), 'abnormal_open', made.recordedAt)
    const code = treatment?.code ?? null
    const { signs } = triage({ text: outcome.summary ?? '', treatment: code, day: null })
    await knowledge.sawCase({ caseId: caseIdOf({ customerId, treatmentId }), treatment: code, signs })
  }
  await tasks.open(work)
  const words = recordWords(
    {
      ...facts,
      manner: made.manner,
      outcome,
      remedy: made.remedy ?? null,
      doctor: nameOf(treatment?.doctorUserId),
      assistant: nameOf(treatment?.assistantUserId),
      next: isGone
        ? [REASONS.deceased.zh]
        : nextOf(made, {
            isAbnormal: found !== null,
            interest,
            cause,
            sales: [
              ...arranged(outcome, found !== null, departments),
              ...(made.remedy ? afterRemedy(arranging, facts) : []),
            ],
          }),
    },
    treatments,
  )
  const row: ContactRow = {
    _id: contactId,
    stepIds: step ? [step._id] : [],
    treatmentId,
    customerId,
    storeId,
    byUserId,
    byName: nameOf(byUserId),
    channel: made.channel,
    at,
    answeredAt: outcome.reached ? at : null,
    recordedAt: made.recordedAt,
    reached: outcome.reached,
    state: outcome.state,
    satisfaction: outcome.satisfaction,
    effect: outcome.effect,
    nps: outcome.nps,
    checklist: outcome.checklist,
    interest,
    ...(made.remedy ? { remedy: made.remedy } : {}),
    ...(made.kind === 'unplanned' ? { unplanned: true } : {}),
    ...(made.digest === undefined ? {} : { digest: made.digest }),
    summary: crypto.seal('contacts.summary', words),
  }
  await store.insertContacts([row])
}

const ownInterestTask = (contactId: string): string => `interest_${hashId(contactId)}`

/** The interest, with the consultant's task, or with the reason why there is none. */
async function interestOf(
  { store, customers, cases }: RecordDeps,
  { contactId, customerId, outcome, at }: Made,
  { contact }: LeadFacts,
  isAbnormalNow: boolean,
): Promise<KnownInterest | null> {
  if (outcome.interest === null) return null
  const { code, strength } = outcome.interest
  const ids = await customers.idsOf(customerId)
  const reason = whyHeld({
    isAbnormal: isAbnormalNow || (await cases.openAmong([customerId])).size > 0,
    promotionOff: contact?.customer.optOut.promotion === true || contact?.customer.optOut.all === true,
    isGone: contact?.customer.deceased === true,
  })
  if (reason !== null) return { code, strength, taskId: null, reason }
  const known = await store.interestTask(ids, code, addMs(at, -INTEREST_MS))
  return { code, strength, taskId: known ?? ownInterestTask(contactId), reason: null }
}

/** A call that came to nothing, though somebody answered. What is abnormal goes another way. */
function causeOf({ kind, outcome: { checklist } }: Made, isAbnormalNow: boolean): Cause | null {
  if (kind !== 'contact_call' || isAbnormalNow || checklist === null) return null
  if (checklist.includes('declined')) return 'declined'
  return checklist.includes('silent') ? 'silent' : null
}

function nextOf(
  { outcome: { checklist, followUp } }: Made,
  lead: { isAbnormal: boolean; interest: KnownInterest | null; cause: Cause | null; sales: readonly string[] },
): string[] {
  const { interest } = lead
  return [
    lead.isAbnormal && '医生 24 小时内联系客户',
    followUp && FOLLOW_UPS[followUp],
    checklist?.includes('recheck') && '按约复查',
    interest?.taskId && '咨询师跟进意向',
    interest?.reason && `意向暂不跟进（${REASONS[interest.reason].zh}）`,
    checklist?.includes('ask_consultant') && '咨询师回电',
    checklist?.includes('ask_nurse') && '护士回电',
    lead.cause && '咨询师次日及一个月后跟进',
    ...lead.sales,
  ].filter((one) => typeof one === 'string' && one !== '') as string[]
}

/** A task of a contact is done: its record, and for a call the step that asked for it. */
export async function onCompleted(
  deps: RecordDeps & AnswerDeps,
  { taskId, kind, stepIds, byUserId }: TaskCompleted,
  at: Date,
): Promise<void> {
  const { store, tasks, cases } = deps
  const [step, task] = await Promise.all([stepIds[0] ? store.step(stepIds[0]) : null, tasks.get(taskId)])
  if (!task) return
  if (kind === 'decide_consultation') {
    if (step) await onDecided(deps, step, task, byUserId, at)
    return
  }
  if (kind === 'send_message' || kind === 'check_message') {
    if (step) await onHanded(deps, step, byUserId, at)
    return
  }
  const manner = MANNERS[kind]
  const customerId = step?.customerId ?? task.customerId
  // Tasks from before the forms asked for it may end without an outcome.
  const { outcome } = task
  if (manner === undefined || customerId === null || outcome === null) return
  const calledAt = task.attempts.findLast(({ result }) => result === 'reached')?.at ?? at
  const subject = { customerId, treatmentId: step?.treatmentId ?? task.treatmentId }
  const remedy = remedyOf(task)
  if (remedy !== null) await tellRemedy(deps, task, { customerId, remedy, byUserId, at })
  if (kind === 'doctor_contact') {
    const { reached, followUp } = outcome
    await cases.spoke(caseIdOf(subject), taskId, { reached, followUp, byUserId, at: calledAt })
  }
  await conclude(deps, {
    contactId: step ? `${recordId(step)}#${kind === 'contact_call' ? 'reached' : taskId}` : `task#${taskId}`,
    step,
    ...subject,
    storeId: step?.storeId ?? task.storeId,
    byUserId,
    channel: 'call',
    kind,
    manner,
    at: calledAt,
    recordedAt: at,
    outcome: { ...NOT_ASKED, ...outcome },
    ...(remedy === null ? {} : { remedy }),
  })
  if (!step || taskId !== callTaskId(step._id, step.occurrence)) return
  await store.change([
    {
      id: step._id,
      from: ['calling', 'missed', 'unreachable', 'done'],
      set: { status: 'done', reason: null, channel: 'call', dueAt: null, doneAt: calledAt },
      addToSet: { calls: { byUserId, at: calledAt, reached: true } },
    },
  ])
}

/** Outcomes from before there was a checklist have none. */
const NOT_ASKED = { checklist: null, interest: null, followUp: null }
