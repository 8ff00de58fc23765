/** Mini-program server APIs that the house uses. */
import { z } from 'zod'
import { AppError } from '../platform/errors.ts'
import { type Ask, type createPlainCall, isVendorError, shape } from '../wecom/index.ts'
import { linksApi } from './apis/links.ts'
import { safetyApi } from './apis/safety.ts'
import type { WechatClient } from './types.ts'

type Call = ReturnType<typeof createPlainCall>

/** Codes that mean "this login can't be used": the person starts again. */
const BAD_CODES = new Set([40029, 40163, 40226, 41008])

async function withCode<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isVendorError(error) && error.errcode !== null && BAD_CODES.has(error.errcode))
      throw new AppError('unauthenticated', 'wechat_code_invalid', {}, { cause: error })
    throw error
  }
}

export function createWechatClient({
  plain,
  ask,
  appId,
  appSecret,
}: {
  plain: Call
  ask: Ask
  appId: string
  appSecret: string
}): WechatClient {
  return {
    ...linksApi(ask),
    ...safetyApi(ask),
    code2Session: (code) =>
      withCode(async () => {
        const path = '/sns/jscode2session'
        // Not repeated on a lost answer: the code is single use.
        const answer = await plain({
          method: 'GET',
          path,
          query: { appid: appId, secret: appSecret, js_code: code, grant_type: 'authorization_code' },
        })
        const { openid, unionid, session_key } = shape(
          z.object({ openid: z.string(), unionid: z.string().optional(), session_key: z.string() }),
          answer,
          'wechat',
          path,
        )
        return { openId: openid, unionId: unionid || null, sessionKey: session_key }
      }),
    phoneNumber: (code) =>
      withCode(async () => {
        const path = '/wxa/business/getuserphonenumber'
        const schema = z.object({ phone_info: z.object({ purePhoneNumber: z.string() }) })
        const { phone_info } = await ask.once(schema, path, { code })
        return { phone: phone_info.purePhoneNumber }
      }),
    async sendSubscribe(body, options) {
      const schema = z.object({ msgid: z.union([z.string(), z.number()]).optional() })
      const { msgid } = await ask.once(schema, '/cgi-bin/message/subscribe/send', body, options)
      return { msgid: msgid === undefined ? null : String(msgid) }
    },
    async subscribeTemplates() {
      const schema = z.object({
        data: z.array(z.object({ priTmplId: z.string(), title: z.string(), content: z.string() })).default([]),
      })
      return (await ask.again(schema, '/wxaapi/newtmpl/gettemplate')).data.map(({ priTmplId, title, content }) => ({
        templateId: priTmplId,
        title,
        content,
      }))
    },
  }
}
