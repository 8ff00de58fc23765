/** What a member of staff does in WeCom and on the phone. */
import { type Act, ActError, type Answers, customerOf, required } from './act.ts'
import type { Card } from './api/cards.ts'
import { list, record, type SimContext, text } from './api/types.ts'
import type { Staff } from './state.ts'

type Acts = Record<string, (staff: Staff, act: Act) => Record<string, unknown>>

const OUTCOMES: readonly string[] = ['answered', 'no_answer', 'busy', 'declined']

export function staffActs(context: SimContext, answers: Answers): Acts {
  const { world, clock, ledger, callbacks, cards, kf, counters, recalled, signIn } = context
  const { agentId: AgentID } = world.corp
  const now = () => clock.now()
  const at = () => now().toISOString()

  return {
    click(staff, act) {
      const taskId = required(act, 'taskId')
      const card = cards.find(staff.userId, taskId)
      if (!card || recalled.has(card.messageId))
        throw new ActError(404, 'no_such_card', 'this member sees no such card')
      const { key, isMenu } = tapped(card, text(act.key))
      const selected = isMenu ? [] : answersOn(card.shown, act.selected ?? {})
      staff.tapped.push({ at: now(), taskId, key })
      callbacks.wecom(`staff ${staff.personId}`, {
        FromUserName: staff.userId,
        MsgType: 'event',
        Event: isMenu ? 'template_card_menu_event' : 'template_card_event',
        EventKey: key,
        TaskId: taskId,
        CardType: text(card.shown.card_type),
        ResponseCode: cards.issueCode(taskId, now()),
        AgentID,
        ...(selected.length > 0 ? { SelectedItems: { SelectedItem: selected } } : {}),
      })
      return {}
    },
    say(staff, act) {
      const said = required(act, 'text')
      staff.said.push({ at: now(), text: said })
      const msgId = counters.bigId('app text', staff.personId)
      callbacks.wecom(`staff ${staff.personId}`, {
        FromUserName: staff.userId,
        MsgType: 'text',
        Content: said,
        MsgId: msgId,
        AgentID,
      })
      return { msgId }
    },
    /** `wx.qy.login` inside WeCom. */
    'qy-login': (staff) => ({ code: signIn.qyCode(staff, now()) }),
    'enter-app'(staff) {
      callbacks.wecom(`staff ${staff.personId}`, {
        FromUserName: staff.userId,
        MsgType: 'event',
        Event: 'enter_agent',
        EventKey: '',
        AgentID,
      })
      return {}
    },
    call(staff, act) {
      const customer = customerOf(world, act.customer)
      const outcome = required(act, 'outcome')
      if (!OUTCOMES.includes(outcome))
        throw new ActError(400, 'no_such_outcome', `outcome is one of ${OUTCOMES.join(', ')}`)
      const said = outcome === 'answered' ? answers.get(customer.personId) : undefined
      if (said !== undefined) answers.delete(customer.personId)
      ledger.add({
        at: at(),
        person: customer.personId,
        kind: 'call',
        messageId: null,
        channel: 'phone',
        payload: { by: staff.userId, outcome, ...(said === undefined ? {} : { answers: said }) },
        text: `${staff.name} ${outcome}`,
      })
      return {}
    },
    'take-session'(staff, act) {
      const customer = customerOf(world, act.customer)
      if (kf.stateOf(customer, now()) !== 2) throw new ActError(409, 'not_in_pool', 'nobody waits in this session')
      kf.take(context, customer, staff)
      return {}
    },
    'reply-kf'(staff, act) {
      const customer = customerOf(world, act.customer)
      const state = kf.stateOf(customer, now())
      const { servicer, lastInboundAt } = kf.conversation(customer)
      if (state === 3 ? servicer !== staff.userId : state !== 4 || lastInboundAt === null)
        throw new ActError(409, 'not_servicer', 'this session is not with this member')
      return { msgid: kf.reply(context, customer, staff, required(act, 'text')) }
    },
    'end-session'(_, act) {
      const customer = customerOf(world, act.customer)
      if (kf.stateOf(customer, now()) === 4) throw new ActError(409, 'no_session', 'the session is over already')
      kf.end(context, customer)
      return {}
    },
    resign(staff) {
      staff.resigned = true
      staff.resignedAt = now()
      callbacks.wecom(`directory ${staff.personId}`, {
        FromUserName: 'sys',
        MsgType: 'event',
        Event: 'change_contact',
        ChangeType: 'delete_user',
        UserID: staff.userId,
      })
      return {}
    },
  }
}

/** Which button, submit button or menu entry was meant; without a key the submit button. */
function tapped({ shown, replacedBy }: Card, wanted: string): { key: string; isMenu: boolean } {
  const menu = list(record(shown.action_menu).action_list).map(record)
  if (wanted && menu.some(({ key }) => key === wanted)) return { key: wanted, isMenu: true }
  if (replacedBy !== null) throw new ActError(409, 'card_disabled', 'the buttons of this card are disabled')
  const submit = record(shown.submit_button)
  const buttons = list(shown.button_list)
    .map(record)
    .filter(({ type }) => type !== 1)
  const key = wanted || text(submit.key)
  if (!key || ![...buttons, submit].some((button) => button.key === key))
    throw new ActError(409, 'no_such_button', 'the card has no such button')
  return { key, isMenu: false }
}

interface Question {
  key: string
  options: string[]
  /** What the card shows before anybody taps. */
  shown: string[]
  isSingle: boolean
}

function questionsOn(card: Record<string, unknown>): Question[] {
  const single = [card.button_selection, ...list(card.select_list)].filter((one) => one !== undefined).map(record)
  const questions = single.map((question): Question => {
    const options = list(question.option_list).map((option) => text(record(option).id))
    const shown = text(question.selected_id) || (options[0] ?? '')
    return { key: text(question.question_key), options, shown: [shown], isSingle: true }
  })
  if (card.checkbox === undefined) return questions
  const box = record(card.checkbox)
  const options = list(box.option_list).map(record)
  const idsOf = (some: Record<string, unknown>[]) => some.map(({ id }) => text(id))
  const checked = idsOf(options.filter(({ is_checked }) => is_checked === true))
  return [
    ...questions,
    { key: text(box.question_key), options: idsOf(options), shown: checked, isSingle: box.mode !== 1 },
  ]
}

/** The answers on the card; a question that isn't named keeps what it shows. */
function answersOn(card: Record<string, unknown>, selected: unknown): Record<string, unknown>[] {
  const given = record(selected)
  if (given !== selected) throw new ActError(400, 'bad_field', 'selected maps a question to its option or options')
  const questions = questionsOn(card)
  const foreign = Object.keys(given).find((name) => !questions.some(({ key }) => key === name))
  if (foreign !== undefined) throw new ActError(400, 'no_such_question', `the card does not ask ${foreign}`)
  return questions.map(({ key, options, shown, isSingle }) => {
    const raw = given[key]
    const wanted = raw === undefined ? shown : (Array.isArray(raw) ? raw : [raw]).map(text)
    const wrong = wanted.find((id) => !options.includes(id))
    if (wrong !== undefined) throw new ActError(400, 'no_such_option', `${key} has no option ${wrong}`)
    if (isSingle && raw !== undefined && wanted.length > 1)
      throw new ActError(400, 'one_option_only', `${key} takes one option`)
    return { QuestionKey: key, OptionIds: { OptionId: wanted } }
  })
}
