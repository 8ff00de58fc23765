/** The words that fill a template: who, what, which day, and the guide of that day. */
import type { TreatmentsService } from '../treatments/index.ts'
import type { StepFacts } from './fire.ts'
import type { GuideBook } from './guides.ts'
import type { StepRow } from './model.ts'

const SENDERS: Partial<Record<StepRow['ownerRole'], string>> = {
  consultant: '咨询师',
  customer_service: '客服',
  nurse: '护士',
  front_desk: '前台',
  beautician: '美容师',
  operations: '客服',
}

/** Every variable of the house has a value, so that no template can fail on a customer. */
export function varsOf(
  step: StepRow,
  { contact, treatment, place }: StepFacts,
  guides: GuideBook,
  treatments: Pick<TreatmentsService, 'kind'>,
): Record<string, string> {
  const kind = treatment ? treatments.kind(treatment.code) : null
  const guide = kind && step.guideDay !== null ? guides.find(kind.code, kind.category, step.guideDay) : null
  return {
    salutation: contact?.salutation ?? '您好',
    store: place?.displayName ?? '我们',
    sender: `${place?.displayName ?? ''}${SENDERS[step.ownerRole] ?? '客服'}`,
    staff: SENDERS[step.ownerRole] ?? '客服',
    treatment: kind?.name ?? '治疗',
    title: step.title,
    day: String(step.dayNumber),
    phone: place?.callbackPhone ?? '',
    emergency: place?.emergencyPhone ?? place?.callbackPhone ?? '',
    doctor: '医生',
    time: step.plannedOn,
    guide: guide ? `\n${guide.text}` : '',
    brief: guide?.brief ?? '',
    text: '',
  }
}
