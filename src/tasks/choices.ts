/** Tasks that end in a choice with its reason: what may be chosen, by kind of task. */
import type { TaskKind } from './types.ts'

export interface Choices {
  /** Above the form. */
  desc: string
  choices: Record<string, string>
  reasons: Record<string, string>
}

const CHOICES: Partial<Record<TaskKind, Choices>> = {
  decide_consultation: {
    desc: '请决定是否继续跟进，并选择原因。',
    choices: { continue: '继续跟进，一个月后再决定', close: '结束跟进' },
    reasons: {
      considering: '客户仍在考虑',
      timing: '时间不合适',
      price: '价格因素',
      elsewhere: '已在其他机构治疗',
      no_need: '暂时没有需求',
      not_suitable: '不适合治疗',
      no_contact: '联系不上',
      other: '其他原因',
    },
  },
}

/** Null for kinds that end otherwise. */
export const choicesOf = (kind: TaskKind): Choices | null => CHOICES[kind] ?? null
