/** What a customer does in WeChat: the customer service chat, the mini-program, the phone. */
import { type Act, ActError, type Answers, flag, required } from './act.ts'
import { type SimContext, text } from './api/types.ts'
import { opaque } from './chance.ts'
import type { Customer } from './state.ts'

type Acts = Record<string, (customer: Customer, act: Act) => Record<string, unknown>>

export function customerActs(context: SimContext, answers: Answers): Acts {
  const { world, clock, callbacks, kf, grants, counters, media, miniChat } = context
  const now = () => clock.now()

  return {
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
    /** Takes a message back; WeChat lets people do so for two minutes. */
    recall(customer, act) {
      kf.recall(context, customer, required(act, 'msgid'))
      return {}
    },
    'block-kf'(customer, act) {
      kf.conversation(customer).blocked = flag(act, 'blocked')
      return {}
    },
    'mp-login': (customer) => ({ code: grants.loginCode(customer, now()) }),
    'mp-phone': (customer) => ({ code: grants.phoneCode(customer, now()) }),
    /** Opens the mini-program's own customer service, and writes there. */
    'mp-enter-chat'(customer, act) {
      miniChat.entered(customer, now())
      const SessionFrom = text(act.sessionFrom)
      callbacks.wechat(`chat ${customer.personId}`, {
        FromUserName: customer.openId,
        Event: 'user_enter_tempsession',
        SessionFrom,
      })
      return {}
    },
    'mp-say'(customer, act) {
      const Content = required(act, 'text')
      miniChat.wrote(customer, now())
      const MsgId = counters.bigId('mini-program chat', customer.personId)
      callbacks.wechat(`chat ${customer.personId}`, { FromUserName: customer.openId, MsgType: 'text', Content, MsgId })
      return { msgId: MsgId }
    },
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
