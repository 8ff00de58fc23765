/** Tasks that end in a choice with its reason: what may be chosen, by kind of task. */
import { REMEDIES } from './checklist.ts'
import type { TaskKind } from './types.ts'

export interface Choices {
  /** Above the form. */
  desc: string
  choices: Record<string, string>
  reasons: Record<string, string>
  /** Titles of the two lists: what is decided, and why. */
  asks?: readonly [string, string]
  /** A customer is told of it: nothing is chosen from the start, and words of the person follow for the record. */
  isTold?: true
}

/** Of a problem with a product, instead of a reason: whether the customer could be spoken to. */
export const NOT_REACHED = 'not_reached'

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
  after_sales: {
    desc: '请选择处理结果。结果会以消息告知客户；客户不接收消息的，请电话告知。提交后 10 分钟内回复一条文字，说明处理经过。',
    choices: REMEDIES,
    reasons: { agreed: '已与客户沟通一致', [NOT_REACHED]: '暂未联系上客户' },
    asks: ['处理结果', '客户沟通'],
    isTold: true,
  },
}

/** Null for kinds that end otherwise. */
export const choicesOf = (kind: TaskKind): Choices | null => CHOICES[kind] ?? null
