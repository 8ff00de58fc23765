/** What a customer does in WeChat: contacts, the customer service chat, the mini-program, the phone. */
import { type Act, ActError, type Answers, flag, required } from './act.ts'
import { type SimContext, text } from './api/types.ts'
import { opaque } from './chance.ts'
import type { Customer, Staff } from './state.ts'

type Acts = Record<string, (customer: Customer, act: Act) => Record<string, unknown>>

export function customerActs(context: SimContext, answers: Answers): Acts {
  const { world, clock, callbacks, kf, grants, counters, media } = context
  const now = () => clock.now()

  function memberOf(userId: unknown): Staff {
    const staff = world.byUserId.get(text(userId).toLowerCase())
    if (!staff || staff.resigned) throw new ActError(404, 'no_such_user', `no member ${text(userId)}`)
    return staff
  }
  const contactEvent = (customer: Customer, changeType: string, userId: string, fields: Record<string, unknown> = {}) =>
    callbacks.wecom(`contact ${customer.personId}`, {
      FromUserName: 'sys',
      MsgType: 'event',
      Event: 'change_external_contact',
      ChangeType: changeType,
      UserID: userId,
      ExternalUserID: customer.externalUserId,
      ...fields,
    })

  return {
    'add-contact'(customer, act) {
      const { userId } = memberOf(act.userId)
      if (customer.contacts.has(userId)) throw new ActError(409, 'already_contact', 'they are contacts already')
      const state = text(act.state) || null
      // Staff write the phone into the remark when they add a customer at the visit; `remarkMobile: false` leaves it out.
      const remarkMobiles = flag(act, 'remarkMobile') ? [customer.phone] : []
      customer.contacts.set(userId, { createdAt: now(), state, remark: customer.name, remarkMobiles })
      const n = counters.next('contact welcome', customer.personId)
      contactEvent(customer, 'add_external_contact', userId, {
        ...(state ? { State: state } : {}),
        WelcomeCode: opaque(40, world.seed, 'contact welcome', customer.personId, n),
      })
      return {}
    },
    'delete-contact'(customer, act) {
      const { userId } = memberOf(act.userId)
      if (!customer.contacts.delete(userId)) throw new ActError(409, 'no_contact', 'they are no contacts')
      contactEvent(customer, 'del_follow_user', userId)
      return {}
    },
    'enter-kf'(customer, act) {
      kf.enter(context, customer, text(act.scene), text(act.sceneParam))
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
      if (!/^[A-Za-z0-9+/]+={0,2}$/.test(required(act, 'base64')))
        throw new ActError(400, 'bad_field', 'base64 is not base64')
      const bytes = Buffer.from(text(act.base64), 'base64')
      const n = counters.next('media', customer.personId)
      const isPng = bytes.subarray(1, 4).toString('latin1') === 'PNG'
      const photo = {
        kind: 'image',
        filename: `${n}.${isPng ? 'png' : 'jpg'}`,
        type: isPng ? 'image/png' : 'image/jpeg',
        bytes,
      } as const
      const { mediaId } = media.put('corp', photo, now(), opaque(64, world.seed, 'media', customer.personId, n))
      return { msgid: kf.inbound(context, customer, { type: 'image', mediaId }) }
    },
    'block-kf'(customer, act) {
      kf.conversation(customer).blocked = flag(act, 'blocked')
      return {}
    },
    'mp-login': (customer) => ({ code: grants.loginCode(customer, now()) }),
    'mp-phone': (customer) => ({ code: grants.phoneCode(customer, now()) }),
    'mp-subscribe'(customer, act) {
      const templateId = required(act, 'templateId')
      if (!world.templates.some(({ priTmplId }) => priTmplId === templateId))
        throw new ActError(404, 'no_such_template', 'no such subscription template')
      const isAccepted = flag(act, 'accept')
      if (isAccepted) grants.grant(customer.openId, templateId)
      callbacks.wechat(`subscribe ${customer.personId}`, {
        FromUserName: customer.openId,
        Event: 'subscribe_msg_popup_event',
        List: { TemplateId: templateId, SubscribeStatusString: isAccepted ? 'accept' : 'reject', PopupScene: '0' },
      })
      return { left: grants.left(customer.openId, templateId) }
    },
    /** Turns a template off in the mini-program's settings. */
    'mp-unsubscribe'(customer, act) {
      const templateId = required(act, 'templateId')
      if (grants.left(customer.openId, templateId) === 0)
        throw new ActError(409, 'not_subscribed', 'this template is off already')
      grants.withdraw(customer.openId, templateId)
      callbacks.wechat(`subscribe ${customer.personId}`, {
        FromUserName: customer.openId,
        Event: 'subscribe_msg_change_event',
        List: { TemplateId: templateId, SubscribeStatusString: 'reject' },
      })
      return { left: 0 }
    },
    'answer-call'(customer, act) {
      answers.set(customer.personId, act.answers ?? {})
      return {}
    },
  }
}
