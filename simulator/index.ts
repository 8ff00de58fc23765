/** The outside world behind the real protocol: WeCom, WeChat, an SMS gateway, a mail server, and the people who use them. */
import type { Act } from './act.ts'
import { type Actor, createActor } from './acts.ts'
import type { Api, SimContext } from './api/types.ts'
import type { CallbackTargets } from './callbacks.ts'
import { opaque } from './chance.ts'
import { createClock, type SimClock } from './clock.ts'
import { createContext, wechatApis, wecomApis } from './context.ts'
import { createControl, type Desk } from './control.ts'
import { type Bus, createBus } from './events.ts'
import { createFaults, type Faults } from './faults.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createPhone } from './phone/serve.ts'
import { createHandler, listen, type Tap } from './server.ts'
import { createSmsGateway, SMS_PATH } from './sms.ts'
import { createMailServer, SMTP_PATH } from './smtp.ts'
import type { Organisation, World } from './state.ts'

export { type Act, ActError } from './act.ts'
export { between, chance } from './chance.ts'
export type { SimClock } from './clock.ts'
export { befriend } from './contact-book.ts'
export type { Desk } from './control.ts'
export type { SimEventName, SimEvents } from './events.ts'
export { type LedgerEntry, ledgerSha256 } from './ledger.ts'
export type { Tap, Tapped } from './server.ts'
export type { Customer, Organisation, Person, Staff, World } from './state.ts'

export interface SimulatorOptions {
  /** 0 = any; WeChat listens on the next one and the mail server on the one after it (or any). */
  port?: number
  seed?: number
  customers?: number
  staff?: number
  /** Departments and posts; a hospital and a salon if not given. */
  organisation?: Organisation
  clock?: 'real' | 'manual'
  /** Business time at start. */
  start?: Date
  /** WeChat also pushes `subscribe_msg_sent_event` after each subscription message; default false. */
  sentEvents?: boolean
  /** Folder of the mini-program that `/phone/` shows; the project's own if not given. */
  miniProgram?: string
  /** Installs behaviour models; called again after a reset. */
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
  /** Of the group robot: `<wecomBase>/cgi-bin/webhook/send?key=`. */
  robotKey: string
  miniProgram: { appId: string; secret: string; token: string; aesKey: string }
  smsApiBase: string
  smsApiKey: string
  smtpUrl: string
}

export interface Simulator {
  readonly ready: ReadyLine
  /** The world of now: a reset makes a new one. */
  readonly world: World
  readonly context: SimContext
  readonly clock: SimClock
  readonly ledger: Ledger
  readonly faults: Faults
  /** @throws ActError when the act makes no sense; nothing has changed then */
  act(act: Act): Record<string, unknown>
  /** Runs `run` at business time `at`; events of one instant run in the order of their keys. */
  schedule: SimClock['schedule']
  /** Listens to one kind of event. Returns how to stop. */
  on: Bus['on']
  /** Sees every vendor request at each stage and may hold it. Returns how to stop. */
  tap(tap: Tap): () => void
  /** Lets the page speak to a clinic's system at `/_sim/desk/…`; whatever key that needs stays here. */
  serveDesk(desk: Desk): void
  /** The world as it was at the start, at today's time: no contacts, messages, cards, grants, tokens, faults. */
  reset(): void
  close(): Promise<void>
}

/** Starts its listeners on 127.0.0.1. The same options give the same people, ids and keys. */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const {
    port = 0,
    seed = 1,
    customers = 0,
    staff = 12,
    clock: mode = 'real',
    start,
    sentEvents = false,
    organisation,
  } = options
  const bus = createBus()
  const clock = createClock({
    mode,
    ...(start ? { start } : {}),
    onMove: (now, epoch) => bus.emit('clock', { now: now.toISOString(), epoch }),
  })
  const ledger = createLedger((entry) => bus.emit('delivered', entry))
  const faults = createFaults(seed, (path, fault) => bus.emit('fault', { path, fault }))
  const taps = new Set<Tap>()
  const counts = new Map<string, number>()
  const smsApiKey = opaque(32, seed, 'sms key')
  const sms = createSmsGateway({ key: smsApiKey, faults, taps })
  let desk: Desk | null = null
  const targets: CallbackTargets = {
    wecomUrl: null,
    wechatUrl: null,
    appUrl: null,
    wecomFormat: 'xml',
    wechatFormat: 'json',
    wechatMode: 'safe',
  }

  function build(): { context: SimContext; act: Actor; wecom: Map<string, Api>; wechat: Map<string, Api> } {
    const context = createContext({
      seed,
      customers,
      staff,
      organisation,
      clock,
      bus,
      ledger,
      faults,
      targets,
      sentEvents,
    })
    return { context, act: createActor(context), wecom: wecomApis(), wechat: wechatApis(seed) }
  }
  let world = build()

  function reset(): void {
    ledger.clear()
    faults.clear()
    sms.clear()
    counts.clear()
    clock.clear()
    world = build()
    options.people?.(simulator)
    bus.emit('reset', { now: clock.now().toISOString() })
  }

  const context = () => world.context
  const control = createControl({
    context,
    act: (act) => world.act(act),
    faults,
    sms,
    counts,
    paths: () => [...world.wecom.keys(), ...world.wechat.keys(), SMS_PATH, SMTP_PATH],
    ready: () => ready,
    reset,
    desk: () => desk,
  })
  const phone = createPhone({ context, root: options.miniProgram })
  const shared = { context, faults, taps, control, phone, counts }
  const wecom = await listen(port, createHandler('wecom', { ...shared, apis: () => world.wecom }))
  const wechat = await listen(
    port === 0 ? 0 : port + 1,
    createHandler('wechat', { ...shared, apis: () => world.wechat }),
  )
  const mail = await createMailServer({ port: port === 0 ? 0 : port + 2, context, faults, taps })
  const wecomBase = `http://127.0.0.1:${wecom.port}`
  const ready = readyLine(world.context.world, {
    wecomBase,
    robotKey: world.context.robot.key,
    wechatBase: `http://127.0.0.1:${wechat.port}`,
    smsApiBase: `${wecomBase}/_sim/sms`,
    smsApiKey,
    smtpUrl: `smtp://127.0.0.1:${mail.port}`,
  })

  const simulator: Simulator = {
    ready,
    get world() {
      return world.context.world
    },
    get context() {
      return world.context
    },
    clock,
    ledger,
    faults,
    act: (act) => world.act(act),
    schedule: clock.schedule,
    on: bus.on,
    tap(tap) {
      taps.add(tap)
      return () => void taps.delete(tap)
    },
    serveDesk(one) {
      desk = one
    },
    reset,
    async close() {
      clock.close()
      for (const { server } of [wecom, wechat]) {
        server.closeAllConnections()
        await new Promise<void>((done) => server.close(() => done()))
      }
      await mail.close()
    },
  }
  options.people?.(simulator)
  return simulator
}

function readyLine(
  { corp, miniProgram }: World,
  addresses: Pick<ReadyLine, 'wecomBase' | 'wechatBase' | 'robotKey' | 'smsApiBase' | 'smsApiKey' | 'smtpUrl'>,
): ReadyLine {
  const { corpId, agentId, agentSecret, callbackToken, callbackAesKey, openKfId } = corp
  const { appId, secret, token, aesKey } = miniProgram
  const { wecomBase, wechatBase, robotKey, smsApiBase, smsApiKey, smtpUrl } = addresses
  return {
    ready: true,
    wecomBase,
    wechatBase,
    corpId,
    agentId,
    agentSecret,
    callbackToken,
    callbackAesKey,
    openKfId,
    robotKey,
    miniProgram: { appId, secret, token, aesKey },
    smsApiBase,
    smsApiKey,
    smtpUrl,
  }
}
