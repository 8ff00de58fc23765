/** Template cards of tasks, in WeCom's shape but without receivers. Lengths follow the vendor's limits. Pure. */
import {
  checklistForm,
  choiceForm,
  contactForm,
  cut,
  doctorForm,
  interestForm,
  MOST_OPTIONS,
  monthForm,
  transferForm,
  UNSET,
} from './forms.ts'
import type { Shown, TaskRow } from './model.ts'

type Json = Record<string, unknown>

export const MOST_FACTS = 6
/** What the card shows of a script. */
export const SCRIPT_CHARS = 160

export const BUTTONS = {
  take: '接手',
  done: '完成',
  not_reached: '未接通',
  transfer: '转交',
  problem: '有问题',
} as const
export type Button = keyof typeof BUTTONS

/** The card's task id: unique per app, so every further card of a task has its own. */
export const cardId = (task: Pick<TaskRow, '_id'>, occurrence: number): string => `${task._id}-${occurrence}`
export function parseCardId(cardTaskId: string): { taskId: string; occurrence: number } | null {
  const match = /^(.+)-(\d+)$/.exec(cardTaskId)
  return match?.[1] ? { taskId: match[1], occurrence: Number(match[2]) } : null
}

type CardFacts = Pick<TaskRow, 'title' | 'facts' | 'script' | 'form' | 'kind' | '_id' | 'choice' | 'asksProduct'>

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
  // Whoever takes an emergency takes it: there is nothing to ask first.
  if (task.kind === 'red_flag') return ['done']
  if (task.form === 'confirm') return ['done', 'problem']
  if (task.form === 'decision') return ['done', 'transfer', 'problem']
  return taken ? ['done', 'not_reached', 'transfer', 'problem'] : ['take', 'done', 'not_reached', 'transfer', 'problem']
}

/** What the button that closes the task says. */
const DONE: Partial<Record<TaskRow['form'], string>> = { confirm: '已完成', decision: '作出决定' }
const DONE_OF_KIND: Partial<Record<TaskRow['kind'], string>> = { red_flag: '立即接手', after_sales: '记录处理结果' }
const doneWords = ({ form, kind }: CardFacts): string =>
  // What still has to be arranged about a remedy is a call like others.
  (form === 'contact' ? undefined : DONE_OF_KIND[kind]) ?? DONE[form] ?? BUTTONS.done

const buttonList = (task: CardFacts, taken: boolean): Json[] =>
  buttonsOf(task, taken).map((key, i) => ({
    text: key === 'done' ? doneWords(task) : BUTTONS[key],
    style: i === 0 ? 1 : 2,
    key,
  }))

/** The question key of a task's choice. */
export const ANSWER = 'answer'
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
  const { title } = task
  switch (shown.card) {
    case 'working':
      return workingCard(task, shown.said)
    case 'closed':
      return closedCard(task, shown.said)
    case 'contact_form':
      return contactForm(title)
    case 'doctor_form':
      return doctorForm(title)
    case 'month_form':
      return monthForm(title)
    case 'checklist_form':
      return checklistForm(title, task.asksProduct ?? false, shown.said)
    case 'interest_form':
      return interestForm(title, shown.kinds)
    case 'choice_form':
      return choiceForm(title, task.kind)
    case 'transfer_form':
      return transferForm(title, shown.colleagues)
  }
}
