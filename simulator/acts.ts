/** What people do: each act changes the world and sends the callbacks that it would cause. */

import type { SimContext } from './api/types.ts'
import { list, record, text } from './api/types.ts'
import { opaque } from './chance.ts'
import type { Customer, Staff } from './state.ts'

export type Act = { as: 'customer' | 'staff'; id: string; do: string } & Record<string, unknown>

/** An act that makes no sense here; nothing has changed. */
export class ActError extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export type CallOutcome = 'answered' | 'no_answer' | 'busy' | 'declined'
const OUTCOMES: readonly string[] = ['answered', 'no_answer', 'busy', 'declined']

export type Actor = (act: Act) => Record<string, unknown>

export function createActor(context: SimContext): Actor {
  const { world, clock, ledger, callbacks, cards, kf, grants } = context
  const answers = new Map<string, unknown>()
  let serial = 0
  const now = () => clock.now()

  function customerOf(id: unknown): Customer {
    const person = world.byPersonId.get(text(id))
    if (person?.kind !== 'customer') throw new ActError(404, 'no_such_customer', `no customer ${text(id)}`)
    return person
  }
  function staffOf(id: unknown): Staff {
    const person = world.byPersonId.get(text(id))
    if (person?.kind !== 'staff') throw new ActError(404, 'no_such_staff', `no member of staff ${text(id)}`)
    if (person.resigned) throw new ActError(409, 'resigned', 'this member has left')
    return person
  }
  function memberOf(userId: unknown): Staff {
    const staff = world.byUserId.get(text(userId).toLowerCase())
    if (!staff || staff.resigned) throw new ActError(404, 'no_such_user', `no member ${text(userId)}`)
    return staff
  }
  function required(act: Act, field: string): string {
    const value = text(act[field])
    if (!value) throw new ActError(400, 'missing_field', `${act.do} needs ${field}`)
    return value
  }
  const contactEvent = (subject: string, changeType: string, fields: Record<string, unknown>) =>
    callbacks.wecom(`contact ${subject}`, {
      FromUserName: 'sys',
      MsgType: 'event',
      Event: 'change_external_contact',
      ChangeType: changeType,
      ...fields,
    })

  const customerActs: Record<string, (customer: Customer, act: Act) => Record<string, unknown>> = {
    'add-contact'(customer, act) {
      const { userId } = memberOf(act.userId)
      if (customer.contacts.has(userId)) throw new ActError(409, 'already_contact', 'they are contacts already')
      const state = text(act.state) || null
      // Staff write the phone into the remark when they add a customer at the visit; `remarkMobile: false` leaves it out.
      const remarkMobiles = act.remarkMobile === false ? [] : [customer.phone]
      customer.contacts.set(userId, { createdAt: now(), state, remark: customer.name, remarkMobiles })
      serial += 1
      contactEvent(customer.personId, 'add_external_contact', {
        UserID: userId,
        ExternalUserID: customer.externalUserId,
        ...(state ? { State: state } : {}),
        WelcomeCode: opaque(40, world.seed, 'contact welcome', serial),
      })
      return {}
    },
    'delete-contact'(customer, act) {
      const { userId } = memberOf(act.userId)
      if (!customer.contacts.delete(userId)) throw new ActError(409, 'no_contact', 'they are no contacts')
      contactEvent(customer.personId, 'del_follow_user', { UserID: userId, ExternalUserID: customer.externalUserId })
      return {}
    },
    'enter-kf'(customer, act) {
      kf.enter(context, customer, text(act.scene))
      return {}
    },
    say: (customer, act) => ({ msgid: kf.inbound(context, customer, { type: 'text', text: required(act, 'text') }) }),
    click(customer, act) {
      const menuId = required(act, 'menuId')
      const item = kf
        .conversation(customer)
        .chat.flatMap(({ menu = [] }) => menu)
        .findLast(({ id }) => id === menuId)
      if (!item) throw new ActError(409, 'no_such_menu_item', 'the customer sees no such menu item')
      return { msgid: kf.inbound(context, customer, { type: 'text', text: item.content, menuId }) }
    },
    'send-photo'(customer, act) {
      required(act, 'base64')
      serial += 1
      return {
        msgid: kf.inbound(context, customer, { type: 'image', mediaId: opaque(64, world.seed, 'media', serial) }),
      }
    },
    'block-kf'(customer, act) {
      kf.conversation(customer).blocked = act.blocked !== false
      return {}
    },
    'mp-login': (customer) => ({ code: grants.loginCode(customer, now()) }),
    'mp-phone': (customer) => ({ code: grants.phoneCode(customer, now()) }),
    'mp-subscribe'(customer, act) {
      const templateId = required(act, 'templateId')
      if (!world.templates.some(({ priTmplId }) => priTmplId === templateId))
        throw new ActError(404, 'no_such_template', 'no such subscription template')
      const accept = act.accept !== false
      if (accept) grants.grant(customer.openId, templateId)
      serial += 1
      callbacks.wechat(`subscribe ${customer.personId}`, {
        FromUserName: customer.openId,
        Event: 'subscribe_msg_popup_event',
        List: {
          TemplateId: templateId,
          SubscribeStatusString: accept ? 'accept' : 'reject',
          PopupScene: '0',
          serial: undefined,
        },
        MsgId: serial,
      })
      return { left: grants.left(customer.openId, templateId) }
    },
    'answer-call'(customer, act) {
      answers.set(customer.personId, act.answers ?? {})
      return {}
    },
  }

  const staffActs: Record<string, (staff: Staff, act: Act) => Record<string, unknown>> = {
    click(staff, act) {
      const taskId = required(act, 'taskId')
      const card = cards.find(staff.userId, taskId)
      if (!card) throw new ActError(404, 'no_such_card', 'this member sees no such card')
      if (card.replacedBy !== null) throw new ActError(409, 'card_disabled', 'the buttons of this card are disabled')
      const buttons = [...list(card.shown.button_list).map(record), record(card.shown.submit_button)]
      const key = text(act.key) || text(record(card.shown.submit_button).key)
      if (!buttons.some((button) => button.key === key))
        throw new ActError(409, 'no_such_button', 'the card has no such button')
      const selects = list(card.shown.select_list).map(record)
      const given = record(act.selected)
      const selected = selects.map((select) => {
        const question = text(select.question_key)
        const options = list(select.option_list).map((option) => text(record(option).id))
        const wanted =
          text(list(given[question])[0] ?? given[question]) || text(select.selected_id) || (options[0] ?? '')
        if (!options.includes(wanted)) throw new ActError(400, 'no_such_option', `${question} has no option ${wanted}`)
        return { QuestionKey: question, OptionIds: { OptionId: [wanted] } }
      })
      callbacks.wecom(`staff ${staff.personId}`, {
        FromUserName: staff.userId,
        MsgType: 'event',
        Event: 'template_card_event',
        EventKey: key,
        TaskId: taskId,
        CardType: text(card.shown.card_type),
        ResponseCode: cards.issueCode(taskId, [staff.userId], now()),
        AgentID: world.corp.agentId,
        ...(selected.length > 0 ? { SelectedItems: { SelectedItem: selected } } : {}),
      })
      return {}
    },
    say(staff, act) {
      serial += 1
      const msgId = String(7_000_000_000_000_000_000n + BigInt(serial))
      callbacks.wecom(`staff ${staff.personId}`, {
        FromUserName: staff.userId,
        MsgType: 'text',
        Content: required(act, 'text'),
        MsgId: msgId,
        AgentID: world.corp.agentId,
      })
      return { msgId }
    },
    call(staff, act) {
      const customer = customerOf(act.customer)
      const outcome = required(act, 'outcome')
      if (!OUTCOMES.includes(outcome))
        throw new ActError(400, 'no_such_outcome', `outcome is one of ${OUTCOMES.join(', ')}`)
      const said = answers.get(customer.personId)
      ledger.add({
        at: now().toISOString(),
        person: customer.personId,
        kind: 'call',
        messageId: null,
        channel: 'phone',
        payload: { by: staff.userId, outcome, ...(said === undefined ? {} : { answers: said }) },
        text: `${staff.name} ${outcome}`,
      })
      return {}
    },
    'send-chat'(staff, act) {
      const customer = customerOf(act.customer)
      if (!customer.contacts.has(staff.userId)) throw new ActError(409, 'no_contact', 'they are no contacts')
      ledger.add({
        at: now().toISOString(),
        person: customer.personId,
        kind: 'sidebar',
        messageId: null,
        channel: 'sendChatMessage',
        payload: { by: staff.userId },
        text: required(act, 'text'),
      })
      return {}
    },
    'end-session'(_, act) {
      kf.endByStaff(context, customerOf(act.customer))
      return {}
    },
    resign(staff) {
      staff.resigned = true
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

  return (act) => {
    if (act.as !== 'customer' && act.as !== 'staff') throw new ActError(400, 'bad_actor', 'as is customer or staff')
    const done =
      act.as === 'customer'
        ? customerActs[act.do]?.(customerOf(act.id), act)
        : staffActs[act.do]?.(staffOf(act.id), act)
    if (!done) throw new ActError(400, 'no_such_act', `a ${act.as} can't ${text(act.do) || '(nothing)'}`)
    clock.touch()
    return done
  }
}
