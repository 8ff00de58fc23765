/**
 * What a consultant gets when the contact came to nothing: not reached at all, reached but silent, or the next visit declined.
 * Twice: on the next open day, and a month later (domain 5). Pure.
 */
import type { WindowFacts } from '../messaging/index.ts'
import { addDays, addMonths, atTime, dayOf, nextOpenDay, type Opening } from '../platform/calendar.ts'
import { hashId } from '../platform/hash.ts'
import type { OpenTask } from '../tasks/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import { decisionTask } from './decisions.ts'
import { followTaskId } from './fire.ts'
import type { StepRow } from './model.ts'
import { endOfContacts } from './timing.ts'
import { type StepFacts, treatmentName } from './wording.ts'

export type Cause = 'unreachable' | 'silent' | 'declined'

const WORDS: Record<Cause, { title: string; script: string }> = {
  unreachable: {
    title: '多次未接通，请联系',
    script: '客服多次未能接通，请以您与客户熟悉的方式联系，了解恢复情况并约定方便的时间。',
  },
  silent: {
    title: '接通但未深谈，请跟进',
    script: '回访已接通，但客户不愿多谈。请以您与客户熟悉的方式联系，关心恢复情况，了解是否有顾虑。',
  },
  declined: {
    title: '暂不复查或下次治疗，请跟进',
    script: '客户暂不安排复查或下次治疗。请了解原因，说明复查对恢复的意义，尊重客户的决定，约定方便的时间。',
  },
}

export interface FollowFacts extends StepFacts {
  window: WindowFacts
  opening: Opening
  /** The customer's own consultants, who come first. */
  consultants: string[]
}

type Kinds = Pick<TreatmentsService, 'kind'>

export function followTasks(treatments: Kinds, step: StepRow, cause: Cause, facts: FollowFacts): OpenTask[] {
  const { contact, window, opening, consultants, at } = facts
  const today = dayOf(at, window.timeZone)
  const days = [nextOpenDay(opening, addDays(today, 1)), nextOpenDay(opening, addMonths(today, 1))]
  const { title, script } = WORDS[cause]
  return days.map((day, i) => ({
    id: followTaskId(step._id, i + 1),
    kind: 'consultant_follow',
    form: 'contact',
    storeId: step.storeId,
    role: 'consultant',
    preferredUserIds: consultants,
    customerId: step.customerId,
    treatmentId: step.treatmentId,
    stepIds: [step._id],
    title: `${contact?.salutation ?? '客户'} · ${title}`,
    facts: [
      { name: '项目', value: treatmentName(facts, treatments) },
      { name: '起因', value: step.title },
    ],
    script,
    openAt: atTime(day, window.contactWindows[0]?.from ?? '11:00', window.timeZone),
    dueAt: endOfContacts(day, window),
  }))
}

export const unreachedTaskId = (stepId: string): string => `unreached_${hashId(stepId)}`

/**
 * A wound or an abnormal state can't wait for a consultant: a nurse or doctor decides what else is tried. The nurse whose own
 * calls were in vain hands it to the doctor.
 */
export function unreachedTask(
  treatments: Kinds,
  step: StepRow,
  facts: FollowFacts,
  { isAbnormal }: { isAbnormal: boolean },
): OpenTask | null {
  if (!step.safety && !isAbnormal) return null
  return decisionTask(treatments, step, facts, facts.window, {
    id: unreachedTaskId(step._id),
    role: isAbnormal || step.ownerRole === 'nurse' ? 'doctor' : 'nurse',
    title: '请决定如何联系',
    reason: '多次未接通',
    script: `${isAbnormal ? '客户有尚未解决的异常情况' : '此项关系到术后安全'}，多次致电未接通。请您判断还需要以什么方式联系，并在病历中记录。`,
  })
}
