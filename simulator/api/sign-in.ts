/** Signing in with WeCom: codes that the sign-in pages hand out, tickets for private data, and the tickets that pages are signed with. */
import { createHash } from 'node:crypto'
import { opaque } from '../chance.ts'
import { createCounters } from '../counters.ts'
import type { Customer, Staff } from '../state.ts'
import { memberOf } from './members.ts'
import { type Api, ApiError, type SimContext, text, whole } from './types.ts'

const CODE_MS = 5 * 60_000
const USER_TICKET_MS = 1_800_000
const JS_TICKET_MS = 7_200_000
const HOUR_MS = 3_600_000

export type Scope = 'snsapi_base' | 'snsapi_privateinfo'
export type JsTicketKind = 'corp' | 'app'

interface Code {
  person: Staff | Customer
  scope: Scope
  until: number
  isUsed: boolean
}

export interface SignIn {
  code(person: Staff | Customer, scope: Scope, now: Date): string
  /** `wx.qy.login` of a member inside WeCom's mini-program. */
  qyCode(staff: Staff, now: Date): string
  /** @throws ApiError 40029, 42003, 42022 */
  redeem(code: string, now: Date): Code
  /** @throws ApiError 40029 */
  redeemQy(code: string, now: Date): Staff
  userTicket(staff: Staff, now: Date): string
  /** @throws ApiError 84014, 84015 */
  userOf(ticket: string, now: Date): Staff
  /** The same one while it is valid. @throws ApiError 45009 */
  jsTicket(kind: JsTicketKind, now: Date): { ticket: string; expiresIn: number }
  /** What a page's `config` or `agentConfig` would answer: 0, 40093 wrong signature, 42012 signed with the other ticket. */
  verify(kind: JsTicketKind, page: { url: string; timestamp: string; nonceStr: string; signature: string }): number
}

/** How often a ticket may be fetched in an hour. */
const TICKETS_AN_HOUR: Record<JsTicketKind, number> = { corp: 400, app: 100 }

export function createSignIn(seed: number): SignIn {
  const codes = new Map<string, Code>()
  const qyCodes = new Map<string, { staff: Staff; until: number }>()
  const userTickets = new Map<string, { staff: Staff; until: number }>()
  const jsTickets = new Map<JsTicketKind, { ticket: string; until: number; fetched: number[] }>()
  const counters = createCounters(seed)
  const fresh = (what: string, personId: string) => opaque(43, seed, what, personId, counters.next(what, personId))

  return {
    code(person, scope, now) {
      const code = fresh('sign-in code', person.personId)
      codes.set(code, { person, scope, until: now.getTime() + CODE_MS, isUsed: false })
      return code
    },
    qyCode(staff, now) {
      const code = fresh('qy code', staff.personId)
      qyCodes.set(code, { staff, until: now.getTime() + CODE_MS })
      return code
    },
    redeem(given, now) {
      const code = codes.get(given)
      if (!code) throw new ApiError(40029, 'invalid code')
      if (code.isUsed) throw new ApiError(42022, 'code has been used')
      if (code.until <= now.getTime()) throw new ApiError(42003, 'oauth_code expired')
      code.isUsed = true
      return code
    },
    redeemQy(given, now) {
      const code = qyCodes.get(given)
      qyCodes.delete(given)
      if (!code || code.until <= now.getTime()) throw new ApiError(40029, 'invalid code')
      return code.staff
    },
    userTicket(staff, now) {
      const ticket = fresh('user ticket', staff.personId)
      userTickets.set(ticket, { staff, until: now.getTime() + USER_TICKET_MS })
      return ticket
    },
    userOf(given, now) {
      const ticket = userTickets.get(given)
      if (!ticket) throw new ApiError(84015, 'invalid user_ticket')
      if (ticket.until <= now.getTime()) throw new ApiError(84014, 'user_ticket expired')
      return ticket.staff
    },
    jsTicket(kind, at) {
      const now = at.getTime()
      const known = jsTickets.get(kind)
      const fetched = (known?.fetched ?? []).filter((one) => one > now - HOUR_MS)
      if (fetched.length >= TICKETS_AN_HOUR[kind]) throw new ApiError(45009, 'reach max api frequency limit')
      const isValid = known && known.until > now
      const { ticket, until } = isValid ? known : { ticket: fresh('js ticket', kind), until: now + JS_TICKET_MS }
      jsTickets.set(kind, { ticket, until, fetched: [...fetched, now] })
      return { ticket, expiresIn: Math.floor((until - now) / 1_000) }
    },
    verify(kind, { url, timestamp, nonceStr, signature }) {
      const page = url.split('#')[0]
      const isSignedWith = (one: JsTicketKind) => {
        const signed = `jsapi_ticket=${jsTickets.get(one)?.ticket}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${page}`
        return createHash('sha1').update(signed).digest('hex') === signature
      }
      if (isSignedWith(kind)) return 0
      return isSignedWith(kind === 'corp' ? 'app' : 'corp') ? 42012 : 40093
    },
  }
}

/** Who came in: a member, or somebody of WeChat. */
function whoIs({ query }: { query: URLSearchParams }, context: SimContext) {
  const { world, signIn, clock } = context
  const code = query.get('code') ?? ''
  if (!code) throw new ApiError(40029, 'invalid code')
  const { person, scope } = signIn.redeem(code, clock.now())
  if (person.kind === 'customer') {
    const isContact = person.contacts.size > 0
    return { openid: payOpenIdOf(world.seed, person), external: isContact ? person.externalUserId : null, ticket: null }
  }
  if (person.resigned || !person.inScope) throw new ApiError(50002, 'member not in the scope of the app')
  const ticket = scope === 'snsapi_privateinfo' ? signIn.userTicket(person, clock.now()) : null
  return { userId: person.userId, ticket }
}

/** The corp knows people of WeChat by an openid of its own. */
const payOpenIdOf = (seed: number, { personId }: { personId: string }) =>
  `o${opaque(27, seed, personId, 'corp openid')}`

/** What apps don't read from the directory any more; members agree to show it when they sign in. */
export const privateOf = (seed: number, { personId, userId }: Staff) => ({
  mobile: `139${opaque(30, seed, personId, 'mobile').replace(/\D/g, '').padEnd(8, '7').slice(0, 8)}`,
  email: `${userId.toLowerCase()}@mail.example`,
  biz_mail: `${userId.toLowerCase()}@clinic.example`,
})

function detail({ body }: { body: Record<string, unknown> }, { world, signIn, clock }: SimContext) {
  const staff = signIn.userOf(text(body.user_ticket), clock.now())
  return { userid: staff.userId, gender: '0', avatar: '', qr_code: '', ...privateOf(world.seed, staff), address: '' }
}

const jsTicketOf = (kind: JsTicketKind, { signIn, clock }: SimContext) => {
  const { ticket, expiresIn } = signIn.jsTicket(kind, clock.now())
  return { ticket, expires_in: expiresIn }
}

const common = { method: 'GET', auth: 'wecom' } as const

export const signInApis: Api[] = [
  {
    ...common,
    path: '/cgi-bin/auth/getuserinfo',
    isUnlimited: true,
    handle(request, context) {
      const { userId, openid, external, ticket } = whoIs(request, context)
      if (!userId) return { openid, ...(external ? { external_userid: external } : {}) }
      return { userid: userId, ...(ticket ? { user_ticket: ticket } : {}) }
    },
  },
  {
    ...common,
    path: '/cgi-bin/user/getuserinfo',
    isUnlimited: true,
    handle(request, context) {
      const { userId, openid, external, ticket } = whoIs(request, context)
      if (!userId) return { OpenId: openid, DeviceId: '', ...(external ? { external_userid: external } : {}) }
      return {
        UserId: userId,
        DeviceId: '',
        ...(ticket ? { user_ticket: ticket, expires_in: USER_TICKET_MS / 1_000 } : {}),
      }
    },
  },
  { ...common, method: 'POST', path: '/cgi-bin/auth/getuserdetail', handle: detail },
  { ...common, method: 'POST', path: '/cgi-bin/user/getuserdetail', handle: detail },
  { ...common, path: '/cgi-bin/get_jsapi_ticket', handle: (_, context) => jsTicketOf('corp', context) },
  {
    ...common,
    path: '/cgi-bin/ticket/get',
    handle({ query }, context) {
      if (query.get('type') !== 'agent_config') throw new ApiError(91040, 'invalid ticket type')
      return jsTicketOf('app', context)
    },
  },
  {
    ...common,
    path: '/cgi-bin/miniprogram/jscode2session',
    handle({ query }, { world, signIn, clock }) {
      const code = query.get('js_code') ?? ''
      if (query.get('grant_type') !== 'authorization_code') throw new ApiError(40058, 'invalid parameter: grant_type')
      const { userId } = signIn.redeemQy(code, clock.now())
      const key = Buffer.from(opaque(16, world.seed, 'qy session', code)).toString('base64')
      return { corpid: world.corp.corpId, userid: userId, session_key: key }
    },
  },
  {
    ...common,
    method: 'POST',
    path: '/cgi-bin/user/getuserid',
    permission: 'contacts',
    handle: ({ body }, context) => ({ userid: found(context, (own) => own.mobile === text(body.mobile)).userId }),
  },
  {
    ...common,
    method: 'POST',
    path: '/cgi-bin/user/get_userid_by_email',
    permission: 'contacts',
    handle: ({ body }, context) => ({
      userid: found(context, (own) => (whole(body.email_type, 1) === 2 ? own.email : own.biz_mail) === text(body.email))
        .userId,
    }),
  },
  {
    ...common,
    method: 'POST',
    path: '/cgi-bin/user/convert_to_openid',
    handle({ body }, { world }) {
      const staff = memberOf(world, body.userid)
      // WeChat is bound at the first sign-in.
      if (!staff.activated) throw new ApiError(43004, 'user has no WeChat bound')
      return { openid: payOpenIdOf(world.seed, staff) }
    },
  },
  {
    ...common,
    method: 'POST',
    path: '/cgi-bin/user/convert_to_userid',
    handle({ body }, context) {
      const { world } = context
      const staff = world.staff.find((one) => payOpenIdOf(world.seed, one) === text(body.openid))
      if (!staff) throw new ApiError(40073, 'invalid openid')
      return { userid: memberOf(world, staff.userId).userId }
    },
  },
  {
    ...common,
    method: 'POST',
    path: '/cgi-bin/externalcontact/convert_to_openid',
    permission: 'external',
    handle({ body }, { world }) {
      const customer = world.byExternalUserId.get(text(body.external_userid))
      if (!customer) throw new ApiError(40096, 'invalid external userid')
      return { openid: payOpenIdOf(world.seed, customer) }
    },
  },
]

/** @throws ApiError 46004 */
function found({ world }: SimContext, isMeant: (own: ReturnType<typeof privateOf>) => boolean): Staff {
  const staff = world.staff.find((one) => !one.resigned && one.inScope && isMeant(privateOf(world.seed, one)))
  if (!staff) throw new ApiError(46004, 'user not exist')
  return staff
}
