/** A contact record in professional wording: which treatment, by whom, how the customer is, what comes next. Pure. */
import {
  CHECKLIST,
  type ChecklistItem,
  type ContactOutcome,
  FINDINGS,
  PROBLEMS,
  REMEDIES,
  type Remedy,
  STRENGTHS,
  TOPICS,
} from '../tasks/index.ts'
import { ANAESTHESIA, type TreatmentsService } from '../treatments/index.ts'
import { dayNumber, type StepFacts, treatmentName } from './wording.ts'

export interface RecordWords extends StepFacts {
  /** 电话回访, 客户来电 … */
  manner: string
  outcome: ContactOutcome
  /** What was decided about a problem with a product. */
  remedy: Remedy | null
  /** Names of the people who treated, and of who made the contact. */
  doctor: string | null
  assistant: string | null
  by: string
  /** What comes next, as it was arranged. */
  next: readonly string[]
}

const STATE_WORDS: Record<string, string> = {
  recovering_well: '客户恢复良好',
  mild_reaction: '客户有轻微反应，属恢复期观察范围',
  abnormal: '客户出现异常反应',
  needs_doctor: '客户情况需医生处理',
}

const listed = (items: readonly ChecklistItem[], of: Readonly<Record<string, string>>): string =>
  items
    .filter((item) => Object.hasOwn(of, item))
    .map((item) => CHECKLIST[item])
    .join('、')

export function recordWords(words: RecordWords, treatments: Pick<TreatmentsService, 'kind'>): string {
  const { treatment, manner, outcome, remedy, doctor, assistant, by, next } = words
  const { checklist, satisfaction, effect, nps, interest } = outcome
  const anaesthesia = treatment?.anaesthesia ? ANAESTHESIA[treatment.anaesthesia] : null
  const covered = listed(checklist ?? [], TOPICS)
  const found = listed(checklist ?? [], FINDINGS)
  const wrong = listed(checklist ?? [], PROBLEMS)
  const wanted = interest && (treatments.kind(interest.code)?.name ?? interest.code)
  const about = treatment ? `${treatmentName(words, treatments)}后第${dayNumber(words)}天${manner}` : manner
  return [
    about,
    doctor && `主诊 ${doctor}`,
    anaesthesia && `麻醉 ${anaesthesia}`,
    assistant && `助手 ${assistant}`,
    outcome.reached ? outcome.state && STATE_WORDS[outcome.state] : '未接通',
    covered,
    found && `客户反馈：${found}`,
    wrong && `产品问题：${wrong}`,
    remedy && `处理结果：${REMEDIES[remedy]}`,
    satisfaction !== null && `满意度 ${satisfaction}/5`,
    effect !== null && `效果评价 ${effect}/5`,
    nps !== null && `推荐意愿 ${nps}/10`,
    wanted && interest && `意向：${wanted}（${STRENGTHS[interest.strength]}）`,
    `后续：${next.length > 0 ? next.join('、') : '按计划继续随访'}`,
    outcome.summary && `补充：${outcome.summary}`,
    `记录人 ${by}`,
  ]
    .filter(Boolean)
    .join('；')
}
