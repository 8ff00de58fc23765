/** The outside world behind the real protocol: WeCom, WeChat, an SMS gateway, and the people who use them. */
import { type Act, type Actor, createActor } from './acts.ts'
import { createCardBook } from './api/cards.ts'
import { contactApis } from './api/contacts.ts'
import { createKfDesk, kfApis } from './api/kf.ts'
import { createMessageApis } from './api/messages.ts'
import { createGrants, miniProgramApis } from './api/subscribe.ts'
import { createTokens, tokenApis } from './api/tokens.ts'
import type { SimContext } from './api/types.ts'
import { createCallbacks } from './callbacks.ts'
import { opaque } from './chance.ts'
import { createClock } from './clock.ts'
import { createControl } from './control.ts'
import { createFaults, type Faults } from './faults.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createHandler, listen, type Tap } from './server.ts'
import { createWorld, type World } from './state.ts'

export type { Act } from './acts.ts'
export { ActError } from './acts.ts'
export { between, chance, pick } from './chance.ts'
export type { SimClock } from './clock.ts'
export { type LedgerEntry, ledgerSha256 } from './ledger.ts'
export type { Tapped } from './server.ts'
export type { Customer, Person, Staff, World } from './state.ts'

export interface SimulatorOptions {
  /** 0 = any; WeChat listens on the next one (or any). */
  port?: number
  seed?: number
  customers?: number
  staff?: number
  clock?: 'real' | 'manual'
  /** Business time at start. */
  start?: Date
  /** Installs behaviour models. */
  people?: (simulator: Simulator) => void
}

export interface ReadyLine {
  ready: true
  wecomBase: string
  wechatBase: string
  corpId: string
  agentId: number
  agentSecret: string
  callbackToken: string
  callbackAesKey: string
  openKfId: string
  miniProgram: { appId: string; secret: string; token: string; aesKey: string }
  smsApiBase: string
  smsApiKey: string
  smtpUrl: string | null
}

export interface Simulator {
  ready: ReadyLine
  world: World
  context: SimContext
  ledger: Ledger
  faults: Faults
  /** @throws ActError when the act makes no sense; nothing has changed then */
  act(act: Act): Record<string, unknown>
  /** Sees every vendor request at each stage and may hold it. Returns how to stop. */
  tap(tap: Tap): () => void
  close(): Promise<void>
}

export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, seed = 1, customers = 0, staff = 12, clock: mode = 'real', start } = options
  const world = createWorld({ seed, customers, staff })
  const clock = createClock({ mode, ...(start ? { start } : {}) })
  const ledger = createLedger()
  const faults = createFaults(seed)
  const callbacks = createCallbacks({ world, clock, faults })
  const context: SimContext = {
    world,
    clock,
    ledger,
    callbacks,
    tokens: createTokens(seed),
    cards: createCardBook(seed),
    kf: createKfDesk(world),
    grants: createGrants(seed),
  }
  const act: Actor = createActor(context)
  const taps = new Set<Tap>()
  const counts = new Map<string, number>()
  const smsApiKey = opaque(32, seed, 'sms key')

  const slot: { ready: ReadyLine | null } = { ready: null }
  const control = createControl({
    context,
    faults,
    act,
    taps,
    counts,
    smsKey: smsApiKey,
    ready: () => slot.ready,
    reset: () => {
      ledger.clear()
      faults.clear()
    },
  })
  const shared = { context, faults, taps, control, counts }
  const wecomApis = [
    ...tokenApis.filter(({ path }) => path === '/cgi-bin/gettoken'),
    ...contactApis,
    ...createMessageApis(),
    ...kfApis,
  ]
  const wechatApis = [...tokenApis.filter(({ path }) => path !== '/cgi-bin/gettoken'), ...miniProgramApis]
  const wecom = await listen(port, createHandler('wecom', { ...shared, apis: wecomApis }))
  const wechat = await listen(port === 0 ? 0 : port + 1, createHandler('wechat', { ...shared, apis: wechatApis }))

  const { corp, miniProgram } = world
  const wecomBase = `http://127.0.0.1:${wecom.port}`
  const ready: ReadyLine = {
    ready: true,
    wecomBase,
    wechatBase: `http://127.0.0.1:${wechat.port}`,
    corpId: corp.corpId,
    agentId: corp.agentId,
    agentSecret: corp.agentSecret,
    callbackToken: corp.callbackToken,
    callbackAesKey: corp.callbackAesKey,
    openKfId: corp.openKfId,
    miniProgram: {
      appId: miniProgram.appId,
      secret: miniProgram.secret,
      token: miniProgram.token,
      aesKey: miniProgram.aesKey,
    },
    smsApiBase: `${wecomBase}/_sim/sms`,
    smsApiKey,
    smtpUrl: null,
  }
  slot.ready = ready
  const simulator: Simulator = {
    ready,
    world,
    context,
    ledger,
    faults,
    act,
    tap(tap) {
      taps.add(tap)
      return () => void taps.delete(tap)
    },
    async close() {
      clock.close()
      for (const { server } of [wecom, wechat]) {
        server.closeAllConnections()
        await new Promise<void>((done) => server.close(() => done()))
      }
    },
  }
  options.people?.(simulator)
  return simulator
}
