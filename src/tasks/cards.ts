/** Template cards of tasks, in WeCom's shape but without receivers. Lengths follow the vendor's limits. Pure. */
import { choicesOf } from './choices.ts'
import type { Shown, TaskRow } from './model.ts'

type Json = Record<string, unknown>

export const MOST_FACTS = 6
/** A select has at most so many options. */
export const MOST_OPTIONS = 10
/** What the card shows of a script. */
export const SCRIPT_CHARS = 160

const cut = (text: string, limit: number): string => {
  const chars = [...text]
  return chars.length <= limit ? text : `${chars.slice(0, limit - 1).join('')}…`
}

export const BUTTONS = {
  take: '接手',
  done: '完成',
  not_reached: '未接通',
  transfer: '转交',
  problem: '有问题',
} as const
export type Button = keyof typeof BUTTONS
/** Keys of the forms' submit buttons. */
export const SUBMITS = {
  contact: 'submit_contact',
  month: 'submit_month',
  choice: 'submit_choice',
  transfer: 'submit_transfer',
} as const

/** The card's task id: unique per app, so every further card of a task has its own. */
export const cardId = (task: Pick<TaskRow, '_id'>, occurrence: number): string => `${task._id}-${occurrence}`
export function parseCardId(cardTaskId: string): { taskId: string; occurrence: number } | null {
  const match = /^(.+)-(\d+)$/.exec(cardTaskId)
  return match?.[1] ? { taskId: match[1], occurrence: Number(match[2]) } : null
}

type CardFacts = Pick<TaskRow, 'title' | 'facts' | 'script' | 'form' | 'kind' | '_id' | 'choice'>

const head = (task: CardFacts): Json => ({
  source: { desc: '术后管家', desc_color: 0 },
  main_title: { title: cut(task.title, 36) },
  ...(task.script ? { sub_title_text: cut(task.script, SCRIPT_CHARS) } : {}),
  ...(task.facts.length > 0
    ? {
        horizontal_content_list: task.facts
          .slice(0, MOST_FACTS)
          .map(({ name, value }) => ({ keyname: cut(name, 5), value: cut(value, 30) })),
      }
    : {}),
})

const buttonsOf = (task: CardFacts, taken: boolean): Button[] => {
  if (task.form === 'confirm') return ['done', 'problem']
  if (task.form === 'decision') return ['done', 'transfer', 'problem']
  return taken ? ['done', 'not_reached', 'transfer', 'problem'] : ['take', 'done', 'not_reached', 'transfer', 'problem']
}

/** What the button that closes the task says. */
const DONE: Partial<Record<TaskRow['form'], string>> = { confirm: '已完成', decision: '作出决定' }

const buttonList = (task: CardFacts, taken: boolean): Json[] =>
  buttonsOf(task, taken).map((key, i) => ({
    text: key === 'done' ? (DONE[task.form] ?? BUTTONS.done) : BUTTONS[key],
    style: i === 0 ? 1 : 2,
    key,
  }))

/** The question key of a task's choice. */
export const ANSWER = 'answer'
/** A select shows its first option from the start: that one must be no answer. */
const UNSET = { id: 'unset', text: '请选择' }
export const isAnswer = ({ choice }: Pick<TaskRow, 'choice'>, id: string | null): id is string =>
  choice?.options.some((one) => one.id === id) ?? false

const selection = ({ choice }: CardFacts): Json =>
  choice
    ? {
        button_selection: {
          question_key: ANSWER,
          title: choice.title,
          option_list: [UNSET, ...choice.options].slice(0, MOST_OPTIONS),
        },
      }
    : {}

/** The card as it is first sent. */
export const taskCard = (task: CardFacts, occurrence: number): Json => ({
  msgtype: 'template_card',
  template_card: {
    card_type: 'button_interaction',
    ...head(task),
    task_id: cardId(task, occurrence),
    ...selection(task),
    button_list: buttonList(task, false),
  },
})

/** The same card with its buttons still working, and a line on what happened so far. */
const workingCard = (task: CardFacts, said: string): Json => ({
  template_card: {
    card_type: 'button_interaction',
    ...head(task),
    quote_area: { type: 0, quote_text: said },
    ...selection(task),
    button_list: buttonList(task, true),
  },
})

/** A finished, passed-on or recorded card: grey, with one line that says what became of it. */
const closedCard = (task: CardFacts, said: string): Json => ({
  template_card: {
    card_type: 'button_interaction',
    ...head(task),
    button_list: [{ text: cut(said, 10), style: 2, key: 'closed' }],
    replace_text: said,
  },
})

/** What a card becomes: the body of an update, without receiver and code. */
export function updateOf(task: CardFacts, shown: Shown): Json {
  switch (shown.card) {
    case 'working':
      return workingCard(task, shown.said)
    case 'closed':
      return closedCard(task, shown.said)
    case 'contact_form':
      return contactForm(task)
    case 'month_form':
      return monthForm(task)
    case 'choice_form':
      return choiceForm(task)
    case 'transfer_form':
      return transferForm(task, shown.colleagues)
  }
}

export const TRANSFER_REASONS = {
  off_duty: '不在班',
  busy: '任务较多',
  customer_wish: '客户指定',
  expertise: '更适合处理',
} as const

const option = (id: string, text: string): Json => ({ id, text })

export const STATES = {
  recovering_well: '恢复良好',
  mild_reaction: '轻微反应',
  abnormal: '异常反应',
  needs_doctor: '需要医生',
} as const
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

const form = (task: CardFacts, desc: string, selects: Json[], submit: string): Json => ({
  template_card: {
    card_type: 'multiple_interaction',
    source: { desc: '术后管家' },
    main_title: { title: cut(task.title, 36), desc },
    select_list: selects,
    submit_button: { text: '提交', key: submit },
  },
})

const contactForm = (task: CardFacts): Json =>
  form(
    task,
    '已接通，请记录结果。提交后 10 分钟内回复一条文字作为小结。',
    [
      { question_key: 'reached', title: '是否接通', option_list: [option('yes', '已接通'), option('no', '未接通')] },
      {
        question_key: 'state',
        title: '客户状态',
        option_list: Object.entries(STATES).map(([id, text]) => option(id, text)),
      },
      { question_key: 'satisfaction', title: '满意度', option_list: SATISFACTION },
    ],
    SUBMITS.contact,
  )

const monthForm = (task: CardFacts): Json =>
  form(
    task,
    '一个月回访：请询问效果与推荐意愿（0–10 分）。',
    [
      { question_key: 'effect', title: '效果评价', option_list: EFFECT },
      { question_key: 'nps', title: '推荐意愿', option_list: NPS },
    ],
    SUBMITS.month,
  )

function choiceForm(task: CardFacts): Json {
  const { desc = '', choices = {}, reasons = {} } = choicesOf(task.kind) ?? {}
  const options = (texts: Record<string, string>) => Object.entries(texts).map(([id, text]) => option(id, text))
  return form(
    task,
    desc,
    [
      { question_key: 'choice', title: '决定', option_list: options(choices) },
      { question_key: 'why', title: '原因', option_list: options(reasons) },
    ],
    SUBMITS.choice,
  )
}

const transferForm = (task: CardFacts, colleagues: readonly { userId: string; name: string }[]): Json =>
  form(
    task,
    '请选择接手的同事和原因。',
    [
      {
        question_key: 'to',
        title: '转交给',
        option_list: colleagues.slice(0, MOST_OPTIONS).map(({ userId, name }) => option(userId, cut(name, 16))),
      },
      {
        question_key: 'reason',
        title: '转交原因',
        option_list: Object.entries(TRANSFER_REASONS).map(([id, text]) => option(id, text)),
      },
    ],
    SUBMITS.transfer,
  )
