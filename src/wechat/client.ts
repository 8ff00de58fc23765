/** Mini-program server APIs that the house uses. */
import { z } from 'zod'
import { AppError } from '../platform/errors.ts'
import type { createPlainCall } from '../wecom/index.ts'
import { isVendorError, readWithRetry, shape } from '../wecom/index.ts'
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
  call,
  appId,
  appSecret,
}: {
  plain: Call
  call: Call
  appId: string
  appSecret: string
}): WechatClient {
  return {
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
        return { openId: openid, unionId: unionid ?? null, sessionKey: session_key }
      }),
    phoneNumber: (code) =>
      withCode(async () => {
        const path = '/wxa/business/getuserphonenumber'
        const answer = await call({ method: 'POST', path, body: JSON.stringify({ code }) })
        const { phone_info } = shape(
          z.object({ phone_info: z.object({ purePhoneNumber: z.string() }) }),
          answer,
          'wechat',
          path,
        )
        return { phone: phone_info.purePhoneNumber }
      }),
    async sendSubscribe(body, { timeoutMs } = {}) {
      const path = '/cgi-bin/message/subscribe/send'
      const answer = await call({ method: 'POST', path, body, timeoutMs })
      const { msgid } = shape(z.object({ msgid: z.union([z.string(), z.number()]).optional() }), answer, 'wechat', path)
      return { msgid: msgid === undefined ? null : String(msgid) }
    },
    async subscribeTemplates() {
      const path = '/wxaapi/newtmpl/gettemplate'
      const answer = await readWithRetry(() => call({ method: 'GET', path }))
      const schema = z.object({
        data: z.array(z.object({ priTmplId: z.string(), title: z.string(), content: z.string() })).default([]),
      })
      return shape(schema, answer, 'wechat', path).data.map(({ priTmplId, title, content }) => ({
        templateId: priTmplId,
        title,
        content,
      }))
    },
  }
}
