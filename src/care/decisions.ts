/** A customer who wants no messages at all still has a wound: what concerns safety is decided by a nurse or doctor (domain 4). */
import type { WindowFacts } from '../messaging/index.ts'
import { addDays, dayOf } from '../platform/calendar.ts'
import { hashId } from '../platform/hash.ts'
import type { OpenTask } from '../tasks/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import type { StepRow } from './model.ts'
import type { Firing } from './rules.ts'
import { endOfContacts } from './timing.ts'
import { dayNumber, type StepFacts, treatmentName } from './wording.ts'

export const decisionTaskId = (stepId: string): string => `decide_${hashId(stepId)}`

/** Also where the call was under way: its card has been withdrawn. */
export const needsDecision = (step: Pick<StepRow, 'safety'>, firing: Firing): boolean =>
  firing.do === 'end' && firing.reason === 'opted_out' && step.safety

interface Decision {
  id: string
  role: 'nurse' | 'doctor'
  /** What is to be decided. */
  title: string
  /** Why the step itself doesn't do it. */
  reason: string
  script: string
}

/** A nurse or doctor decides by the evening what becomes of a contact; what comes up after that, by the next one. */
export function decisionTask(
  treatments: Pick<TreatmentsService, 'kind'>,
  step: StepRow,
  facts: StepFacts,
  window: WindowFacts,
  { id, role, title, reason, script }: Decision,
): OpenTask {
  const { contact, treatment, at } = facts
  const evening = endOfContacts(dayOf(at, window.timeZone), window)
  return {
    id,
    kind: 'decide_contact',
    form: 'confirm',
    storeId: step.storeId,
    role,
    preferredUserIds: role === 'doctor' && treatment?.doctorUserId ? [treatment.doctorUserId] : [],
    customerId: step.customerId,
    treatmentId: step.treatmentId,
    stepIds: [],
    title: `${contact?.salutation ?? '客户'} · ${title}（第${dayNumber(facts)}天）`,
    facts: [
      { name: '项目', value: treatmentName(facts, treatments) },
      { name: '原计划', value: step.title },
      { name: '原因', value: reason },
    ],
    script,
    openAt: at,
    dueAt: evening > at ? evening : endOfContacts(addDays(dayOf(at, window.timeZone), 1), window),
  }
}

/** The owner of a surgical step is a nurse already; of anything else the doctor decides. */
export const decisionOf = (
  { treatments }: { treatments: Pick<TreatmentsService, 'kind'> },
  step: StepRow,
  facts: StepFacts,
  window: WindowFacts,
): OpenTask =>
  decisionTask(treatments, step, facts, window, {
    id: decisionTaskId(step._id),
    role: step.ownerRole === 'nurse' ? 'nurse' : 'doctor',
    title: '请决定是否联系',
    reason: '客户不接收任何消息',
    script:
      '客户已选择不接收任何消息，系统不会联系。此项关系到术后安全，请您判断是否需要以及如何联系，并在病历中记录。',
  })
