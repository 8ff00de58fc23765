/** Pushes to the clinic's server: encrypted XML from WeCom, encrypted JSON from the mini-program. 5 s, three tries. */
import { chance, opaque } from './chance.ts'
import type { SimClock } from './clock.ts'
import { encrypt, signatureOf, toXml } from './envelope.ts'
import type { Bus } from './events.ts'
import type { FaultSpec, Faults } from './faults.ts'
import { post } from './post.ts'
import type { Reply } from './replies.ts'
import type { World } from './state.ts'

export interface CallbackTargets {
  wecomUrl: string | null
  wechatUrl: string | null
  /** Where simulated customers call `/api/mp`. */
  appUrl: string | null
  /** How WeCom's callbacks are written; its libraries know JSON, too. */
  wecomFormat: 'xml' | 'json'
  /** How the mini-program's pushes are written and whether they are encrypted: its administrator chooses. */
  wechatFormat: 'json' | 'xml'
  wechatMode: 'safe' | 'plain' | 'compatible'
}

export interface CallbackCounts {
  /** Answered with 200. */
  sent: number
  duplicated: number
  reordered: number
  retried: number
  /** Given up after three tries, with nowhere to go, or lost by a fault. */
  lost: number
}

/** One callback on its way. */
interface Push {
  kind: 'wecom' | 'wechat'
  subject: string
  message: string
  fields: Record<string, unknown>
  /** What of it stands open beside the ciphertext: the app, for what concerns the app itself; whose push it is. */
  open: { AgentID?: unknown; openid?: unknown }
  /** A fault: lost for good, or taken in once while the answer is lost. */
  drop?: FaultSpec['drop']
}

export interface Callbacks {
  targets: CallbackTargets
  counts: CallbackCounts
  /**
   * An app callback; `fields` without ToUserName and CreateTime.
   *
   * @param subject what it is about and, last, the personId: `kf c0001`. One person's callbacks keep their order.
   */
  wecom(subject: string, fields: Record<string, unknown>): void
  /** A mini-program push. */
  wechat(subject: string, fields: Record<string, unknown>): void
  /** Told of every answer that says more than that the callback was taken in. */
  onReply(listener: (reply: Reply) => void): void
  /** GET verification as the admin console does it when the address is saved. */
  verify(url: string, kind: 'wecom' | 'wechat'): Promise<{ ok: boolean; detail: string }>
}

const TIMEOUT_MS = 5_000
const VERIFY_TIMEOUT_MS = 1_000
const TRIES = 3
/** WeCom's own pauses between tries aren't documented; machine time, because the server may be restarting. */
const RETRY_PAUSE_MS = [200, 1_000]
const REORDER_DELAY_MS = 4_000

export function createCallbacks({
  world,
  clock,
  faults,
  bus,
  targets,
}: {
  world: World
  clock: SimClock
  faults: Faults
  bus: Bus
  targets: CallbackTargets
}): Callbacks {
  const counts: CallbackCounts = { sent: 0, duplicated: 0, reordered: 0, retried: 0, lost: 0 }
  const lines = new Map<string, Promise<void>>()
  const lastTimes = new Map<string, number>()
  const listeners: ((reply: Reply) => void)[] = []
  let serial = 0

  const unixNow = () => Math.floor(clock.now().getTime() / 1000)

  /** Nobody does the very same thing twice in one second: receivers tell repeats from news by this time. */
  function timeOf(subject: string, fields: Record<string, unknown>): number {
    const key = `${subject} ${JSON.stringify(fields)}`
    const at = Math.max(unixNow(), (lastTimes.get(key) ?? 0) + 1)
    lastTimes.set(key, at)
    return at
  }

  function sealed({ kind, message, open }: Push): { query: URLSearchParams; body: string; type: string } {
    serial += 1
    const timestamp = String(unixNow())
    const nonce = opaque(12, world.seed, 'nonce', serial)
    if (kind === 'wecom') {
      const { corpId, callbackToken, callbackAesKey } = world.corp
      const encrypted = encrypt(callbackAesKey, message, corpId)
      const query = new URLSearchParams({
        msg_signature: signatureOf(callbackToken, timestamp, nonce, encrypted),
        timestamp,
        nonce,
      })
      const AgentID = open.AgentID === undefined ? undefined : String(open.AgentID)
      if (message.startsWith('{'))
        return {
          query,
          body: JSON.stringify({ ToUserName: corpId, AgentID, Encrypt: encrypted }),
          type: 'application/json',
        }
      return {
        query,
        body: `<xml>${toXml({ ToUserName: corpId, AgentID, Encrypt: encrypted })}</xml>`,
        type: 'text/xml',
      }
    }
    const { appId, token, aesKey, originalId } = world.miniProgram
    const plainly = { signature: signatureOf(token, timestamp, nonce), timestamp, nonce, openid: String(open.openid) }
    if (targets.wechatMode === 'plain')
      return {
        query: new URLSearchParams(plainly),
        body: message,
        type: message.startsWith('<') ? 'text/xml' : 'application/json',
      }
    const encrypted = encrypt(aesKey, message, appId)
    const query = new URLSearchParams({
      ...plainly,
      encrypt_type: 'aes',
      msg_signature: signatureOf(token, timestamp, nonce, encrypted),
    })
    // In the compatible mode the message stands beside its encryption.
    const isBoth = targets.wechatMode === 'compatible'
    if (message.startsWith('<')) {
      const beside = isBoth ? message.slice('<xml>'.length, -'</xml>'.length) : toXml({ ToUserName: originalId })
      return { query, body: `<xml>${beside}${toXml({ Encrypt: encrypted })}</xml>`, type: 'text/xml' }
    }
    const beside = isBoth ? message : JSON.stringify({ ToUserName: originalId })
    return { query, body: `${beside.slice(0, -1)},"Encrypt":"${encrypted}"}`, type: 'application/json' }
  }

  async function isAnswered(url: string, push: Push): Promise<boolean> {
    const { query, body, type } = sealed(push)
    try {
      const { status, body: answer } = await post(withQuery(url, query), type, body, TIMEOUT_MS)
      if (status !== 200) return false
      if (answer.trim() && answer.trim() !== 'success')
        for (const listener of listeners) listener({ kind: push.kind, fields: push.fields, body: answer })
      return true
    } catch {
      return false // no answer in time: tried again
    }
  }

  /** One push with its retries; each try has a fresh envelope around the same content. */
  async function send(push: Push): Promise<void> {
    const { kind, subject, drop } = push
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const url = kind === 'wecom' ? targets.wecomUrl : targets.wechatUrl
      if (!url || drop === 'before') break
      const isHeard = (await isAnswered(url, push)) && !(drop === 'after' && attempt === 1)
      if (isHeard) {
        counts.sent += 1
        bus.emit('callback', { kind, subject, attempt, outcome: 'answered' })
        return
      }
      bus.emit('callback', { kind, subject, attempt, outcome: 'failed' })
      if (attempt === TRIES) break
      counts.retried += 1
      await pause(RETRY_PAUSE_MS[attempt - 1])
    }
    counts.lost += 1
    bus.emit('callback', { kind, subject, attempt: TRIES, outcome: 'lost' })
  }

  /** At once, behind what this person caused before, whatever it was about. */
  function deliver(push: Push, identity: string): void {
    const { subject } = push
    const met = faults.meet('callback', [identity])
    const line = subject.slice(subject.lastIndexOf(' ') + 1)
    const latencyMs = met.reduce((sum, fault) => sum + (fault.latencyMs ?? 0), 0)
    const drop = met.find((fault) => fault.drop)?.drop
    const start = () => {
      const turn = (lines.get(line) ?? Promise.resolve()).then(async () => {
        if (latencyMs > 0) await pause(latencyMs)
        await send({ ...push, ...(drop ? { drop } : {}) })
        if (!met.some((fault) => fault.duplicate)) return
        counts.duplicated += 1
        await send(push)
      })
      lines.set(line, turn)
      // Also while it waits for its turn the clock must stand.
      void clock.during(`callback ${subject}`, () => turn)
    }
    const isReordered = met.some((fault) => fault.reorder)
    const late = met.reduce((sum, fault) => sum + (fault.delayMs ?? 0), 0)
    if (isReordered || late > 0) {
      if (isReordered) counts.reordered += 1
      const delayMs = late + (isReordered ? REORDER_DELAY_MS * (1 + chance(world.seed, 'reorder', identity)) : 0)
      clock.schedule(new Date(clock.now().getTime() + delayMs), `reordered ${identity}`, start)
    } else start()
  }

  return {
    targets,
    counts,
    onReply: (listener) => void listeners.push(listener),
    wecom(subject, fields) {
      const content = { ToUserName: world.corp.corpId, CreateTime: timeOf(subject, fields), ...fields }
      // Tokens and codes don't make it another callback.
      const { Token: _, MsgId: __, ResponseCode: ___, ...lasting } = content as Record<string, unknown>
      const message =
        targets.wecomFormat === 'json' ? JSON.stringify(content) : `<xml>${toXml({ ...FIRST, ...content })}</xml>`
      const open = { AgentID: fields.AgentID }
      deliver({ kind: 'wecom', subject, message, fields, open }, `${subject} ${JSON.stringify(lasting)}`)
    },
    wechat(subject, fields) {
      const CreateTime = timeOf(subject, fields)
      const content = { ToUserName: world.miniProgram.originalId, CreateTime, MsgType: 'event', ...fields }
      // Numbers of 64 bits stand bare, as the vendor writes them: whoever parses them as such loses their end.
      const inJson = JSON.stringify(content).replace(/"MsgId":"(\d+)"/, '"MsgId":$1')
      const message = targets.wechatFormat === 'xml' ? inXml(content) : inJson
      const open = { openid: fields.FromUserName }
      deliver({ kind: 'wechat', subject, message, fields, open }, `${subject} ${inJson}`)
    },
    async verify(url, kind) {
      serial += 1
      const timestamp = String(unixNow())
      const nonce = opaque(12, world.seed, 'nonce', serial)
      const plain = opaque(19, world.seed, 'echo', serial)
      const { corp, miniProgram } = world
      const echostr = kind === 'wecom' ? encrypt(corp.callbackAesKey, plain, corp.corpId) : plain
      const query =
        kind === 'wecom'
          ? { msg_signature: signatureOf(corp.callbackToken, timestamp, nonce, echostr), timestamp, nonce, echostr }
          : { signature: signatureOf(miniProgram.token, timestamp, nonce), timestamp, nonce, echostr }
      try {
        const response = await fetch(withQuery(url, new URLSearchParams(query)), {
          signal: AbortSignal.timeout(VERIFY_TIMEOUT_MS),
        })
        const text = await response.text()
        if (response.status !== 200) return { ok: false, detail: `HTTP ${response.status}` }
        return text === plain
          ? { ok: true, detail: 'verified' }
          : { ok: false, detail: 'the answer is not the decrypted echostr' }
      } catch (error) {
        const { name = 'no answer', cause } = error as { name?: string; cause?: { code?: string; message?: string } }
        return { ok: false, detail: cause?.code ?? cause?.message ?? name }
      }
    },
  }
}

/** In XML a list stands inside a tag with the event's name. */
function inXml({ List, ...content }: Record<string, unknown>): string {
  const wrapper = String(content.Event).replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())
  return `<xml>${toXml({ ...FIRST, ...content, ...(List === undefined ? {} : { [wrapper]: { List } }) })}</xml>`
}

/** The vendor's order: from whom stands before when. */
const FIRST: Record<string, unknown> = { ToUserName: undefined, FromUserName: undefined }

/** The address may have a query of its own. */
const withQuery = (url: string, query: URLSearchParams) => `${url}${url.includes('?') ? '&' : '?'}${query}`

const pause = (ms = 0) => new Promise((done) => setTimeout(done, ms))
