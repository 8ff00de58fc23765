/** Mini-program: sign-in, phone numbers, subscription messages. */
import { opaque } from '../chance.ts'
import { showData } from './subscribe-data.ts'
import { type Api, ApiError, record, text } from './types.ts'

const SENT_EVENT_AFTER_MS = 1_000

export const miniProgramApis: Api[] = [
  {
    method: 'GET',
    path: '/sns/jscode2session',
    auth: null,
    bare: true,
    handle({ query }, { world, grants, clock }) {
      const { appId, secret } = world.miniProgram
      if (query.get('appid') !== appId) throw new ApiError(40013, 'invalid appid')
      if (query.get('secret') !== secret) throw new ApiError(40125, 'invalid appsecret')
      if (query.get('grant_type') !== 'authorization_code') throw new ApiError(40002, 'invalid grant_type')
      const code = query.get('js_code')
      if (!code) throw new ApiError(41008, 'missing code')
      const { openId, unionId } = grants.redeem(code, 'login', clock.now())
      const key = Buffer.from(opaque(16, world.seed, 'session', code)).toString('base64')
      grants.sessions.set(openId, key)
      return { openid: openId, unionid: unionId, session_key: key }
    },
  },
  {
    method: 'POST',
    path: '/wxa/business/getuserphonenumber',
    auth: 'wechat',
    handle({ body }, { world, grants, clock }) {
      const { phone } = grants.redeem(text(body.code), 'phone', clock.now())
      return {
        phone_info: {
          phoneNumber: phone,
          purePhoneNumber: phone,
          countryCode: '86',
          watermark: { timestamp: Math.floor(clock.now().getTime() / 1000), appid: world.miniProgram.appId },
        },
      }
    },
  },
  {
    method: 'GET',
    path: '/wxaapi/newtmpl/gettemplate',
    auth: 'wechat',
    handle: (_, { world }) => ({ data: world.templates }),
  },
  {
    method: 'POST',
    path: '/cgi-bin/message/subscribe/send',
    auth: 'wechat',
    handle({ body }, { world, grants, ledger, clock, callbacks, counters, sentEvents }) {
      const customer = world.byOpenId.get(text(body.touser))
      if (!customer) throw new ApiError(40003, 'invalid openid')
      const template = world.templates.find(({ priTmplId }) => priTmplId === text(body.template_id))
      if (!template) throw new ApiError(40037, 'invalid template_id')
      const shown = showData(template.content, record(body.data))
      if (!grants.take(customer.openId, template.priTmplId)) throw new ApiError(43101, 'user refuse to accept the msg')
      const now = clock.now()
      const { personId, openId } = customer
      const messageId = counters.bigId('subscribe', personId)
      ledger.add({
        at: now.toISOString(),
        person: personId,
        kind: 'subscribe',
        messageId,
        channel: 'subscribe/send',
        payload: { templateId: template.priTmplId, title: template.title, page: text(body.page) },
        text: `${template.title}\n${shown}`,
      })
      if (sentEvents)
        clock.schedule(new Date(now.getTime() + SENT_EVENT_AFTER_MS), `subscribe sent ${personId} ${messageId}`, () =>
          callbacks.wechat(`subscribe ${personId}`, {
            FromUserName: openId,
            Event: 'subscribe_msg_sent_event',
            List: { TemplateId: template.priTmplId, MsgID: messageId, ErrorCode: '0', ErrorStatus: 'success' },
          }),
        )
      return { msgid: messageId }
    },
  },
]
