/** The forms that a task's card turns into, in WeCom's shape: at most three lists of ten, or one of twenty boxes. Pure. */
import { CHECKLIST, FOLLOW_UPS, itemsOf, STRENGTHS } from './checklist.ts'
import { choicesOf } from './choices.ts'
import type { TaskKind } from './types.ts'

type Json = Record<string, unknown>

export const cut = (text: string, limit: number): string => {
  const chars = [...text]
  return chars.length <= limit ? text : `${chars.slice(0, limit - 1).join('')}…`
}

/** Keys of the forms' submit buttons. */
export const SUBMITS = {
  contact: 'submit_contact',
  month: 'submit_month',
  checklist: 'submit_checklist',
  interest: 'submit_interest',
  doctor: 'submit_doctor',
  choice: 'submit_choice',
  transfer: 'submit_transfer',
} as const

/** A select has at most so many options. */
export const MOST_OPTIONS = 10
/** The first option of a list of treatments: WeCom shows the first one as chosen. */
export const NOTHING = 'none'
export const TRANSFER_REASONS = {
  off_duty: '不在班',
  busy: '任务较多',
  customer_wish: '客户指定',
  expertise: '更适合处理',
} as const
export const STATES = {
  recovering_well: '恢复良好',
  mild_reaction: '轻微反应',
  abnormal: '异常反应',
  needs_doctor: '需要医生',
} as const
/** A state that a doctor must hear of. */
export const isUrgent = (state: string | null): boolean => state === 'abnormal' || state === 'needs_doctor'

const option = (id: string, text: string): Json => ({ id, text })
const optionsOf = (texts: Readonly<Record<string, string>>): Json[] =>
  Object.entries(texts).map(([id, text]) => option(id, text))
const select = (question_key: string, title: string, option_list: Json[]): Json => ({
  question_key,
  title,
  option_list,
})

const SATISFACTION = [
  option('5', '5 非常满意'),
  option('4', '4 满意'),
  option('3', '3 一般'),
  option('2', '2 不满意'),
  option('1', '1 很不满意'),
]
const EFFECT = [
  option('5', '5 非常理想'),
  option('4', '4 比较理想'),
  option('3', '3 一般'),
  option('2', '2 不太理想'),
  option('1', '1 不理想'),
]
// A list has ten options at most, so the lowest stands for 0 and 1: both are detractors.
const NPS = [10, 9, 8, 7, 6, 5, 4, 3, 2].map((n) => option(String(n), `${n} 分`)).concat(option('1', '0–1 分'))
const REACHED = select('reached', '是否接通', [option('yes', '已接通'), option('no', '未接通')])
const STATE = select('state', '客户状态', optionsOf(STATES))

const head = (title: string, desc: string): Json => ({
  source: { desc: '术后管家' },
  main_title: { title: cut(title, 36), desc },
})
const form = (title: string, desc: string, selects: Json[], key: string): Json => ({
  template_card: {
    card_type: 'multiple_interaction',
    ...head(title, desc),
    select_list: selects,
    submit_button: { text: '提交', key },
  },
})

export const contactForm = (title: string): Json =>
  form(
    title,
    '已接通，请记录结果；下一步勾选沟通要点。',
    [REACHED, STATE, select('satisfaction', '满意度', SATISFACTION)],
    SUBMITS.contact,
  )

/** Of a doctor who has spoken with the customer about an abnormal state: how it stands, and when to look again. */
export const doctorForm = (title: string): Json =>
  form(
    title,
    '请记录联系结果，并确定随访间隔。提交后 10 分钟内回复一条文字作为处理意见。',
    [REACHED, STATE, select('followUp', '后续安排', optionsOf(FOLLOW_UPS))],
    SUBMITS.doctor,
  )

export const monthForm = (title: string): Json =>
  form(
    title,
    '一个月回访：请询问效果与推荐意愿（0–10 分）。',
    [select('effect', '效果评价', EFFECT), select('nps', '推荐意愿', NPS)],
    SUBMITS.month,
  )

/** `said`: why it is shown again. */
export const checklistForm = (title: string, asksProduct: boolean, said: string | undefined): Json => ({
  template_card: {
    card_type: 'vote_interaction',
    ...head(title, said ?? '请勾选本次已沟通的要点和客户的反馈（可多选）。提交后 10 分钟内回复一条文字作为小结。'),
    checkbox: {
      question_key: 'checklist',
      mode: 1,
      option_list: itemsOf(asksProduct).map((item) => option(item, CHECKLIST[item])),
    },
    submit_button: { text: '提交', key: SUBMITS.checklist },
  },
})

/** What may be chosen: the clinic's treatments in two lists, as one holds ten. */
export const interestForm = (title: string, kinds: readonly { code: string; name: string }[]): Json => {
  const listed = (from: number) => [
    option(NOTHING, '— 未选择 —'),
    ...kinds.slice(from, from + MOST_OPTIONS - 1).map(({ code, name }) => option(code, cut(name, 16))),
  ]
  const more = kinds.length > MOST_OPTIONS - 1
  return form(
    title,
    '客户对哪个项目有意向？程度如何？',
    [
      select('interest', '意向项目', listed(0)),
      ...(more ? [select('interest_more', '其他项目', listed(MOST_OPTIONS - 1))] : []),
      select('strength', '意向程度', optionsOf(STRENGTHS)),
    ],
    SUBMITS.interest,
  )
}

/** A select shows its first option from the start: where a slip would be told to a customer, that one is no answer. */
export const UNSET = { id: 'unset', text: '请选择' }

/** A decision, with its reason. */
export function choiceForm(title: string, kind: TaskKind): Json {
  const { desc = '', choices = {}, reasons = {}, asks = ['决定', '原因'], isTold = false } = choicesOf(kind) ?? {}
  const listed = (texts: Readonly<Record<string, string>>) => [...(isTold ? [UNSET] : []), ...optionsOf(texts)]
  return form(
    title,
    desc,
    [select('choice', asks[0], listed(choices)), select('why', asks[1], listed(reasons))],
    SUBMITS.choice,
  )
}

export const transferForm = (title: string, colleagues: readonly { userId: string; name: string }[]): Json =>
  form(
    title,
    '请选择接手的同事和原因。',
    [
      select(
        'to',
        '转交给',
        colleagues.slice(0, MOST_OPTIONS).map(({ userId, name }) => option(userId, cut(name, 16))),
      ),
      select('reason', '转交原因', optionsOf(TRANSFER_REASONS)),
    ],
    SUBMITS.transfer,
  )
