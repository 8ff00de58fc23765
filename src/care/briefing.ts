/**
 * What a caller should know before dialling: the treatment, who treated, how the last contact went, and that the file holds
 * something to read first. What the file says stays sealed: a card travels through WeCom.
 */
import type { CustomersService } from '../customers/index.ts'
import { DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import type { StaffService } from '../staff/index.ts'
import type { OpenTask } from '../tasks/index.ts'
import type { Treatment, TreatmentsService } from '../treatments/index.ts'
import type { CareStore, ContactRow, StepRow } from './model.ts'
import { type StepFacts, treatmentName } from './wording.ts'

export interface Briefing {
  last: ContactRow | null
  doctor: string | null
}

const STATES: Record<string, string> = {
  recovering_well: '恢复良好',
  mild_reaction: '轻微反应',
  abnormal: '异常反应',
  needs_doctor: '需要医生',
}

/** For each step, in a few commands per call. */
export async function briefingsOf(
  {
    store,
    staff,
    customers,
  }: {
    store: Pick<CareStore, 'lastContact'>
    staff: Pick<StaffService, 'members'>
    customers: Pick<CustomersService, 'idsOfMany'>
  },
  calls: readonly { step: Pick<StepRow, '_id' | 'customerId'>; treatment: Treatment | undefined }[],
): Promise<Map<string, Briefing>> {
  if (calls.length === 0) return new Map()
  const doctors = await staff.members([...new Set(calls.flatMap(({ treatment }) => treatment?.doctorUserId ?? []))])
  const kin = await customers.idsOfMany([...new Set(calls.map(({ step }) => step.customerId))])
  const found = new Map<string, Briefing>()
  // One after the other: a morning's calls at once would be a hundred commands at once.
  for (const { step, treatment } of calls)
    found.set(step._id, {
      last: await store.lastContact(kin.get(step.customerId) ?? [step.customerId]),
      doctor: doctors.get(treatment?.doctorUserId ?? '')?.name ?? null,
    })
  return found
}

/** Facts for a card, the most useful first: a card has room for six, and the customer takes two. */
export function briefing(
  step: Pick<StepRow, 'treatmentId'>,
  facts: StepFacts & { briefing?: Briefing | undefined },
  treatments: Pick<TreatmentsService, 'kind'>,
): OpenTask['facts'] {
  const { contact, treatment, place } = facts
  const { last = null, doctor = null } = facts.briefing ?? {}
  const flags = [contact?.hasAllergies && '过敏史', contact?.hasNotes && '备注'].filter(Boolean)
  const optional = (name: string, value: string | null): OpenTask['facts'] => (value === null ? [] : [{ name, value }])
  return [
    { name: '项目', value: treatmentName(facts, treatments) },
    ...optional('医生', doctor),
    ...optional('上次', last && lastWords(last, place?.timeZone ?? DEFAULT_ZONE)),
    ...optional('注意', flags.length > 0 ? `有${flags.join('和')}，请先查看档案` : null),
    { name: '编号', value: treatment?.externalId ?? step.treatmentId },
  ]
}

function lastWords({ at, state, satisfaction, checklist }: ContactRow, zone: string): string {
  const [, month, day] = dayOf(at, zone).split('-').map(Number)
  return [
    `${month}月${day}日`,
    state === null ? '已联系' : STATES[state],
    satisfaction === null ? '' : `满意度${satisfaction}`,
    checklist?.includes('care_not_followed') ? '医嘱未全做到' : '',
  ]
    .filter(Boolean)
    .join(' ')
}
