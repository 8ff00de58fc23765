/** `/_sim/`: everything a test, the demo or a page needs to see and move the simulated world. */
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Act, ActError, type Actor } from './acts.ts'
import type { SimContext } from './api/types.ts'
import { record, text } from './api/types.ts'
import { chatsOf } from './chats.ts'
import { ClockTimeout, type FollowerReport } from './clock.ts'
import type { FaultSpec, Faults } from './faults.ts'
import { ledgerSha256 } from './ledger.ts'
import { controlDocument } from './openapi.ts'
import type { Control, ControlAnswer, Tap } from './server.ts'

export interface ControlDeps {
  context: SimContext
  faults: Faults
  act: Actor
  taps: Set<Tap>
  smsKey: string
  counts: Map<string, number>
  ready: () => unknown
  reset: () => void
}

const WEB = fileURLToPath(new URL('./web/static/', import.meta.url))
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}
const LEDGER_PAGE = 100_000
const DEFAULT_MOVE_TIMEOUT_MS = 60_000

const ok = (body: unknown): ControlAnswer => ({ status: 200, body })
const refuse = (status: number, code: string, message: string, more: Record<string, unknown> = {}): ControlAnswer => ({
  status,
  body: { error: { code, message, ...more } },
})

export function createControl(deps: ControlDeps): Control {
  const { context, faults, act, taps } = deps
  const { world, clock, ledger, callbacks, tokens } = context
  const smsIds = new Set<string>()

  const people = () => [
    ...world.customers.map(({ personId, kind, name, externalUserId, unionId, openId, phone }) => ({
      personId,
      kind,
      name,
      externalUserId,
      unionId,
      openId,
      phone,
      userId: null,
    })),
    ...world.staff.map(({ personId, kind, name, userId, position, departmentId, resigned }) => ({
      personId,
      kind,
      name,
      externalUserId: null,
      unionId: null,
      openId: null,
      phone: null,
      userId,
      position,
      departmentId,
      resigned,
    })),
  ]

  async function moveClock(body: Record<string, unknown>): Promise<ControlAnswer> {
    const from = clock.now().getTime()
    const target = body.to === undefined ? from + durationMs(body.advance) : Date.parse(text(body.to))
    if (!Number.isFinite(target))
      return refuse(400, 'bad_time', 'give advance (ms or ISO duration) or to (ISO instant)')
    if (target < from) return refuse(409, 'backwards', 'time does not run backwards')
    try {
      const { now, hops } = await clock.moveTo(new Date(target), Number(body.timeoutMs) || DEFAULT_MOVE_TIMEOUT_MS)
      return ok({ now: now.toISOString(), hops })
    } catch (error) {
      if (!(error instanceof ClockTimeout)) throw error
      return refuse(504, 'not_idle', error.message, { notIdle: error.notIdle, now: clock.now().toISOString() })
    }
  }

  async function sms(
    body: Record<string, unknown>,
    authorization: string | undefined,
  ): Promise<ControlAnswer | 'drop'> {
    if (authorization !== `Bearer ${deps.smsKey}`) return refuse(401, 'unauthorized', 'wrong key')
    const [id, to, words] = [text(body.id), text(body.to), text(body.text)]
    if (!id || !to || !words) return refuse(400, 'bad_request', 'id, to and text are needed')
    const tap = async (stage: 'received' | 'acted') => {
      for (const one of taps) await one({ stage, platform: 'sms', path: '/_sim/sms', query: {}, body })
    }
    await tap('received')
    const met = faults.meet('/_sim/sms', JSON.stringify({ id }))
    if (met.some((fault) => fault.drop === 'before')) return 'drop'
    if (met.some((fault) => fault.errcode !== undefined)) return refuse(503, 'busy', 'injected fault')
    const fresh = !smsIds.has(id)
    smsIds.add(id)
    const customer = world.byPhone.get(to)
    if (fresh && customer)
      ledger.add({
        at: clock.now().toISOString(),
        person: customer.personId,
        kind: 'sms',
        messageId: id,
        channel: 'sms',
        payload: {},
        text: words,
      })
    await tap('acted')
    if (met.some((fault) => fault.drop === 'after')) return 'drop'
    return customer
      ? ok({ id, delivered: true, duplicate: !fresh })
      : refuse(422, 'unknown_number', 'nobody has this number')
  }

  async function setTargets(body: Record<string, unknown>): Promise<ControlAnswer> {
    for (const name of ['wecomUrl', 'wechatUrl', 'appUrl'] as const)
      if (body[name] !== undefined) callbacks.targets[name] = text(body[name]) || null
    const { wecomUrl, wechatUrl } = callbacks.targets
    return ok({
      ...callbacks.targets,
      verification: {
        wecom: wecomUrl ? await callbacks.verify(wecomUrl, 'wecom') : null,
        wechat: wechatUrl ? await callbacks.verify(wechatUrl, 'wechat') : null,
      },
    })
  }

  function ledgerPage(query: URLSearchParams): ControlAnswer {
    const [person, kind, since] = [query.get('person'), query.get('kind'), query.get('since')]
    const limit = Math.min(LEDGER_PAGE, Number(query.get('limit')) || LEDGER_PAGE)
    const from = Number(query.get('cursor') ?? 0) || 0
    const found = ledger
      .entries()
      .filter(
        (entry) =>
          (!person || entry.person === person) && (!kind || entry.kind === kind) && (!since || entry.at >= since),
      )
    // A plain array, as long as it fits; with a limit given, a page with the place to go on from.
    if (!query.has('limit') && !query.has('cursor')) return ok(found)
    return ok({
      entries: found.slice(from, from + limit),
      nextCursor: from + limit < found.length ? String(from + limit) : null,
    })
  }

  const routes: Record<
    string,
    (
      body: Record<string, unknown>,
      query: URLSearchParams,
      headers: Record<string, unknown>,
    ) => ControlAnswer | 'drop' | Promise<ControlAnswer | 'drop'>
  > = {
    'GET /_sim/ready': () => ok(deps.ready()),
    'GET /_sim/openapi.json': () => ok(controlDocument),
    'GET /_sim/state': () =>
      ok({
        people: people(),
        departments: world.departments,
        templates: world.templates,
        openKfId: world.corp.openKfId,
      }),
    'GET /_sim/ledger': (_, query) => ledgerPage(query),
    'GET /_sim/ledger/sha256': () => ok({ sha256: ledgerSha256(ledger.entries()), entries: ledger.entries().length }),
    'GET /_sim/clock': () => ok(clock.state()),
    'POST /_sim/clock': (body) => moveClock(body),
    'POST /_sim/clock/followers': async (body) => {
      if (!text(body.id)) return refuse(400, 'bad_follower', 'a follower needs an id')
      return ok(await clock.report(body as unknown as FollowerReport))
    },
    'POST /_sim/callback-target': (body) => setTargets(body),
    'GET /_sim/callback-target': () => ok(callbacks.targets),
    'POST /_sim/act': (body) => ok(act(body as Act)),
    'GET /_sim/faults': () => ok({ faults: faults.list() }),
    'POST /_sim/faults': (body) => {
      if (!text(body.path)) return refuse(400, 'bad_fault', 'a fault needs a path (or *)')
      return ok(faults.add(body as unknown as FaultSpec))
    },
    'DELETE /_sim/faults': () => {
      faults.clear()
      return ok({})
    },
    'POST /_sim/tokens/revoke': (body) => {
      tokens.revoke(body.platform === 'wechat' ? 'wechat' : 'wecom')
      return ok({ issued: tokens.issued })
    },
    'POST /_sim/reset': () => {
      deps.reset()
      return ok({})
    },
    'GET /_sim/stats': () =>
      ok({ callbacks: callbacks.counts, apiCalls: Object.fromEntries(deps.counts), tokensIssued: tokens.issued }),
    'GET /_sim/chats': (_, query) => {
      const person = world.byPersonId.get(query.get('person') ?? '')
      return person ? ok(chatsOf(context, person)) : refuse(404, 'no_such_person', 'give ?person=')
    },
    'POST /_sim/sms': (body, _, headers) => sms(body, headers.authorization as string | undefined),
  }

  return async ({ method, path, query, body, headers, response }) => {
    if (!path.startsWith('/_sim/')) return method === 'GET' ? page(path) : null
    const handler = routes[`${method} ${path}`]
    if (!handler) return refuse(404, 'no_such_control', `${method} ${path} is no control of the simulator`)
    try {
      const answer = await handler(record(body), query, headers)
      if (answer !== 'drop') return answer
      response.socket?.destroy()
      return 'handled'
    } catch (error) {
      if (error instanceof ActError) return refuse(error.status, error.code, error.message)
      throw error
    }
  }
}

/** The pages to play by hand. */
async function page(path: string): Promise<ControlAnswer | null> {
  if (path !== '/' && !path.startsWith('/web/')) return null
  const name = path === '/' ? 'index.html' : normalize(path.slice('/web/'.length))
  if (name.startsWith('..')) return refuse(404, 'not_found', 'no such page')
  try {
    return {
      status: 200,
      body: await readFile(join(WEB, name)),
      type: TYPES[extname(name)] ?? 'application/octet-stream',
    }
  } catch {
    return refuse(404, 'not_found', 'no such page')
  }
}

/** Milliseconds, or an ISO duration of days, hours, minutes and seconds. */
function durationMs(value: unknown): number {
  if (typeof value === 'number') return value
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text(value))
  if (!match) return Number.NaN
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}
