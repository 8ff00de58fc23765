/** Mini-program: login codes, phone numbers, subscription messages and the grants behind them. */
import { opaque } from '../chance.ts'
import type { Customer } from '../state.ts'
import { type Api, ApiError, record, text } from './types.ts'

const CODE_MS = 5 * 60_000

export interface Grants {
  /** Grants that the platform itself knows, per openid and template. */
  left(openId: string, templateId: string): number
  grant(openId: string, templateId: string): void
  take(openId: string, templateId: string): boolean
  loginCode(customer: Customer, now: Date): string
  phoneCode(customer: Customer, now: Date): string
  redeem(code: string, kind: 'login' | 'phone', now: Date): Customer
}

export function createGrants(seed: number): Grants {
  const counts = new Map<string, number>()
  const codes = new Map<string, { customer: Customer; kind: string; expiresAt: number; used: boolean }>()
  let serial = 0
  const make = (customer: Customer, kind: 'login' | 'phone', now: Date) => {
    serial += 1
    const code = opaque(32, seed, kind, serial)
    codes.set(code, { customer, kind, expiresAt: now.getTime() + CODE_MS, used: false })
    return code
  }
  const keyOf = (openId: string, templateId: string) => `${openId} ${templateId}`
  return {
    left: (openId, templateId) => counts.get(keyOf(openId, templateId)) ?? 0,
    grant: (openId, templateId) =>
      void counts.set(keyOf(openId, templateId), (counts.get(keyOf(openId, templateId)) ?? 0) + 1),
    take(openId, templateId) {
      const left = counts.get(keyOf(openId, templateId)) ?? 0
      if (left < 1) return false
      counts.set(keyOf(openId, templateId), left - 1)
      return true
    },
    loginCode: (customer, now) => make(customer, 'login', now),
    phoneCode: (customer, now) => make(customer, 'phone', now),
    redeem(code, kind, now) {
      const known = codes.get(code)
      if (!known || known.kind !== kind || known.expiresAt <= now.getTime()) throw new ApiError(40029, 'invalid code')
      if (known.used) throw new ApiError(40163, 'code been used')
      known.used = true
      return known.customer
    },
  }
}

/** Value rules by key prefix; the vendor refuses the whole message when one breaks them. */
const VALUE_RULES: Record<string, (value: string) => boolean> = {
  thing: (value) => [...value].length <= 20 && !/[\r\n]/.test(value),
  number: (value) => /^\d+(\.\d+)?$/.test(value) && value.length <= 32,
  letter: (value) => /^[A-Za-z]{1,32}$/.test(value),
  symbol: (value) => [...value].length <= 5,
  character_string: (value) => /^[\x20-\x7e]{1,32}$/.test(value),
  time: (value) => /\d{1,2}:\d{2}/.test(value),
  date: (value) => /\d/.test(value),
  amount: (value) => /^[¥$￥]?\d{1,10}(\.\d+)?元?$/.test(value),
  phone_number: (value) => /^[\d\-+() ]{1,17}$/.test(value),
  name: (value) => (/[^\x20-\x7e]/.test(value) ? [...value].length <= 10 : value.length <= 20),
  phrase: (value) => /^[\u4e00-\u9fa5]{1,5}$/.test(value),
}

function showData(content: string, data: Record<string, unknown>): string {
  return content
    .trim()
    .split('\n')
    .map((line) =>
      line.replace(/\{\{(\w+)\.DATA\}\}/, (_, key: string) => {
        const value = text(record(data[key]).value)
        if (!value) throw new ApiError(47003, `argument invalid! data.${key}.value is empty`)
        const rule = VALUE_RULES[key.replace(/\d+$/, '')]
        if (rule && !rule(value)) throw new ApiError(47003, `argument invalid! data.${key}.value invalid`)
        return value
      }),
    )
    .join('\n')
}

export const miniProgramApis: Api[] = [
  {
    method: 'GET',
    path: '/sns/jscode2session',
    auth: null,
    handle({ query }, { world, grants, clock }) {
      if (query.get('appid') !== world.miniProgram.appId) throw new ApiError(40013, 'invalid appid')
      if (query.get('secret') !== world.miniProgram.secret) throw new ApiError(40125, 'invalid appsecret')
      if (query.get('grant_type') !== 'authorization_code') throw new ApiError(40002, 'invalid grant_type')
      const code = query.get('js_code') ?? ''
      const customer = grants.redeem(code, 'login', clock.now())
      return {
        openid: customer.openId,
        unionid: customer.unionId,
        session_key: Buffer.from(opaque(16, world.seed, 'session', code)).toString('base64'),
      }
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
    handle({ body }, { world, grants, ledger, clock }) {
      const customer = world.byOpenId.get(text(body.touser))
      if (!customer) throw new ApiError(40003, 'invalid openid')
      const template = world.templates.find(({ priTmplId }) => priTmplId === text(body.template_id))
      if (!template) throw new ApiError(40037, 'invalid template_id')
      const shown = showData(template.content, record(body.data))
      if (!grants.take(customer.openId, template.priTmplId)) throw new ApiError(43101, 'user refuse to accept the msg')
      const at = clock.now().toISOString()
      const messageId = String(2_000_000_000_000_000_000n + BigInt(ledger.entries().length + 1))
      ledger.add({
        at,
        person: customer.personId,
        kind: 'subscribe',
        messageId,
        channel: 'subscribe/send',
        payload: { templateId: template.priTmplId, title: template.title, page: text(body.page) },
        text: `${template.title}\n${shown}`,
      })
      return { msgid: messageId }
    },
  },
]
