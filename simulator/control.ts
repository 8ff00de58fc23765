/** `/_sim/`: everything a test, the demo or a page needs to see and move the simulated world. */
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Act, ActError } from './act.ts'
import type { Actor } from './acts.ts'
import { ok, refuse } from './answers.ts'
import { ROBOT_STATES, type RobotState } from './api/robot.ts'
import { record, type SimContext, text } from './api/types.ts'
import { chatsOf } from './chats.ts'
import { ClockTimeout } from './clock.ts'
import { clockMoveOf, faultOf, followerReportOf, targetsOf } from './control-input.ts'
import { streamEvents } from './events.ts'
import type { Faults } from './faults.ts'
import { type LedgerEntry, ledgerSha256 } from './ledger.ts'
import { controlDocument } from './openapi.ts'
import { BROKEN, type Control, type ControlAnswer, type ControlRequest } from './server.ts'
import { change, setUp, setUpMember } from './set-up.ts'
import { signInPage } from './sign-in-page.ts'
import type { SmsGateway } from './sms.ts'
import { contactsPage, massPage, statePage } from './views.ts'

export interface ControlDeps {
  /** Asked for every request, because a reset replaces the world. */
  context: () => SimContext
  act: Actor
  faults: Faults
  sms: SmsGateway
  counts: Map<string, number>
  /** Paths of every API. */
  paths: () => readonly string[]
  ready: () => unknown
  reset: () => void
  /** Whoever stands behind `desk/…`, if anybody does. */
  desk: () => Desk | null
}

/** The clinic's own system, for the page: which requests it knows is its own affair. */
export type Desk = (request: {
  method: string
  /** Below `/_sim/desk/`. */
  path: string
  query: URLSearchParams
  json: Record<string, unknown>
}) => Promise<{ status: number; body: unknown }>

const DESK = '/_sim/desk/'

const WEB = fileURLToPath(new URL('./web/', import.meta.url))
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}
const DEFAULT_MOVE_TIMEOUT_MS = 60_000

type Handler = (
  request: ControlRequest & { json: Record<string, unknown> },
  context: SimContext,
) => ControlAnswer | 'drop' | 'handled' | Promise<ControlAnswer | 'drop' | 'handled'>

export function createControl(deps: ControlDeps): Control {
  const { faults, act, sms } = deps

  const routes: Record<string, Handler> = {
    'GET /_sim/ready': () => ok(deps.ready()),
    'GET /_sim/openapi.json': () => ok(controlDocument),
    'GET /_sim/state': ({ query }, context) => statePage(context, query, deps.desk() !== null),
    'GET /_sim/contacts': ({ query }, context) => contactsPage(context, query),
    'GET /_sim/mass': (_, context) => massPage(context),
    'GET /_sim/ledger': ({ query }, { ledger }) => ledgerPage(ledger.entries(), query),
    'GET /_sim/ledger/sha256': (_, { ledger }) =>
      ok({ sha256: ledgerSha256(ledger.entries()), entries: ledger.entries().length }),
    'GET /_sim/events': ({ request, response }, { bus }) => {
      streamEvents(bus, request, response)
      return 'handled'
    },
    'GET /_sim/clock': (_, { clock }) => ok(clock.state()),
    'POST /_sim/clock': ({ json }, context) => moveClock(json, context),
    'POST /_sim/clock/followers': async ({ json, response }, { clock }) => {
      const report = followerReportOf(json)
      if (!report) return refuse(400, 'bad_follower', 'a follower sends { id, epoch, idle, nextDueAt }')
      const gone = new AbortController()
      response.once('close', () => gone.abort())
      return ok(await clock.report(report, gone.signal))
    },
    'DELETE /_sim/clock/followers': ({ json }, { clock }) => {
      clock.leave(text(json.id))
      return ok({})
    },
    'GET /_sim/callback-target': (_, { callbacks }) => ok(callbacks.targets),
    'POST /_sim/callback-target': ({ json }, context) => setTargets(json, context),
    'POST /_sim/act': ({ json }) => ok(act(json as Act)),
    'GET /_sim/faults': () => ok({ faults: faults.list(), paths: deps.paths() }),
    'POST /_sim/faults': ({ json }) => {
      const spec = faultOf(json, deps.paths())
      return typeof spec === 'string' ? refuse(400, 'bad_fault', spec) : ok(faults.add(spec))
    },
    'DELETE /_sim/faults': () => {
      faults.clear()
      return ok({})
    },
    'POST /_sim/tokens/revoke': ({ json: { platform } }, { tokens }) => {
      if (platform !== 'wecom' && platform !== 'wechat') return refuse(400, 'bad_field', 'platform is wecom or wechat')
      tokens.revoke(platform)
      return ok({ issued: tokens.issued })
    },
    'POST /_sim/permissions': ({ json }, { permissions }) =>
      change(permissions, json, (one) => typeof one === 'boolean'),
    'POST /_sim/limits': ({ json }, { limits }) => {
      const { perMinute, perHour, concurrent } = limits
      const numbers = { perMinute, perHour, concurrent }
      const isCount = (one: unknown) => Number.isInteger(one) && Number(one) > 0
      const answer = change(numbers, json, (one, name) => isCount(one) || (name === 'concurrent' && one === null))
      Object.assign(limits, numbers)
      return answer
    },
    'POST /_sim/settings': ({ json }, { world }) => setUp(world.settings, json),
    'POST /_sim/member': ({ json: { userId, ...given } }, { world }) => {
      const staff = world.byUserId.get(text(userId).toLowerCase())
      return staff ? setUpMember(staff, given) : refuse(404, 'no_such_user', 'give userId of a member')
    },
    'POST /_sim/robot': ({ json: { state } }, { robot }) => {
      if (!ROBOT_STATES.includes(state as RobotState))
        return refuse(400, 'bad_field', `state is one of ${ROBOT_STATES.join(', ')}`)
      robot.state = state as RobotState
      return ok({ roomId: robot.roomId, name: robot.name, key: robot.key, state: robot.state })
    },
    'POST /_sim/jssdk': ({ json: { kind, ...given } }, { signIn }) => {
      if (kind !== 'config' && kind !== 'agentConfig') return refuse(400, 'bad_field', 'kind is config or agentConfig')
      const of = (name: string) => String(given[name] ?? '')
      const signed = {
        url: of('url'),
        timestamp: of('timestamp'),
        nonceStr: of('nonceStr'),
        signature: of('signature'),
      }
      return ok({ errcode: signIn.verify(kind === 'config' ? 'corp' : 'app', signed) })
    },
    'POST /_sim/reset': () => {
      deps.reset()
      return ok({})
    },
    'GET /_sim/stats': (_, { callbacks, tokens, replies }) =>
      ok({
        callbacks: callbacks.counts,
        replies,
        apiCalls: Object.fromEntries(deps.counts),
        tokensIssued: tokens.issued,
      }),
    'GET /_sim/chats': ({ query }, context) => {
      const person = context.world.byPersonId.get(query.get('person') ?? '')
      return person ? ok(chatsOf(context, person)) : refuse(404, 'no_such_person', 'give ?person=<personId>')
    },
    'POST /_sim/sms': async ({ json, request, response }, context) => {
      response.once('finish', () => sms.answered(json))
      const send = () => sms.send(context, json, request.headers.authorization)
      return context.clock.during('request /_sim/sms', send, { quiet: true })
    },
  }

  return async (request) => {
    const { method, path, body, response } = request
    if (!path.startsWith('/_sim/')) {
      if (method !== 'GET') return null
      return signInPage(path, request.query, deps.context()) ?? picture(path, deps.context()) ?? page(path)
    }
    const desk = deps.desk()
    if (desk && path.startsWith(DESK) && body !== BROKEN)
      return desk({ method, path: path.slice(DESK.length), query: request.query, json: record(body) })
    const handler = routes[`${method} ${path}`]
    if (!handler) return refuse(404, 'no_such_control', `${method} ${path} is no control of the simulator`)
    if (body === BROKEN) return refuse(400, 'invalid_json', 'the body is no JSON')
    try {
      const answer = await handler({ ...request, json: record(body) }, deps.context())
      if (answer !== 'drop') return answer
      response.socket?.destroy()
      return 'handled'
    } catch (error) {
      if (error instanceof ActError) return refuse(error.status, error.code, error.message)
      throw error
    }
  }
}

/** A plain array; with limit or cursor given, a page with the place to go on from. */
function ledgerPage(entries: readonly LedgerEntry[], query: URLSearchParams): ControlAnswer {
  const [person, kind, since] = [query.get('person'), query.get('kind'), query.get('since')]
  if (since !== null && Number.isNaN(Date.parse(since))) return refuse(400, 'bad_time', 'since is an ISO instant')
  const from = since === null ? '' : new Date(since).toISOString()
  const found = entries.filter(
    (entry) => (!person || entry.person === person) && (!kind || entry.kind === kind) && entry.at >= from,
  )
  if (!query.has('limit') && !query.has('cursor')) return ok(found)
  const start = Number(query.get('cursor') ?? 0)
  const end = start + Number(query.get('limit') ?? 1_000)
  if (!Number.isInteger(start) || start < 0 || !Number.isInteger(end) || end <= start)
    return refuse(400, 'bad_page', 'limit and cursor are whole numbers')
  return ok({ entries: found.slice(start, end), nextCursor: end < found.length ? String(end) : null })
}

async function moveClock(body: Record<string, unknown>, { clock }: SimContext): Promise<ControlAnswer> {
  const from = clock.now()
  const move = clockMoveOf(body, from)
  if (typeof move === 'string') return refuse(400, 'bad_time', move)
  if (move.target < from) return refuse(409, 'backwards', 'time does not run backwards')
  try {
    const { now, hops } = await clock.moveTo(move.target, move.timeoutMs ?? DEFAULT_MOVE_TIMEOUT_MS)
    return ok({ now: now.toISOString(), hops })
  } catch (error) {
    if (!(error instanceof ClockTimeout)) throw error
    return refuse(504, 'not_idle', error.message, { notIdle: error.notIdle, now: clock.now().toISOString() })
  }
}

async function setTargets(body: Record<string, unknown>, { callbacks }: SimContext): Promise<ControlAnswer> {
  const named = targetsOf(body)
  if (typeof named === 'string') return refuse(400, 'bad_target', named)
  Object.assign(callbacks.targets, named)
  const { wecomUrl, wechatUrl } = callbacks.targets
  const [wecom, wechat] = await Promise.all([
    wecomUrl ? callbacks.verify(wecomUrl, 'wecom') : null,
    wechatUrl ? callbacks.verify(wechatUrl, 'wechat') : null,
  ])
  return ok({ ...callbacks.targets, verification: { wecom, wechat } })
}

/** An image that was uploaded to stay, at the address that its upload answered. */
function picture(path: string, { media }: SimContext): ControlAnswer | null {
  const [, id] = /^\/wwpic\/(\w+)\/0$/.exec(path) ?? []
  if (!id) return null
  const found = media.image(id)
  return found ? { status: 200, body: found.bytes, type: found.type } : refuse(404, 'not_found', 'no such picture')
}

/** The pages to play by hand: `web/index.html` at `/`, everything else of `web/` under `/web/`. */
async function page(path: string): Promise<ControlAnswer | null> {
  if (path !== '/' && !path.startsWith('/web/')) return null
  const name = path === '/' ? 'index.html' : normalize(decodeURIComponent(path.slice('/web/'.length)))
  const type = TYPES[extname(name)]
  // Only what a browser shows: the sources beside the pages are not served.
  if (name.startsWith('..') || !type) return refuse(404, 'not_found', 'no such page')
  try {
    return { status: 200, body: await readFile(join(WEB, name)), type }
  } catch {
    return refuse(404, 'not_found', 'no such page')
  }
}
