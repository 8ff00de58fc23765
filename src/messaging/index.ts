/** Messages to people: the outbox, the channel ladder, customer-service conversations, the grant wallet, templates. */
import type { CustomersService } from '../customers/index.ts'
import { addMs, type Clock, MINUTE_MS } from '../platform/clock.ts'
import { due } from '../platform/due.ts'
import { createFirstHand } from '../platform/first-hand.ts'
import type { Log } from '../platform/log.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import { routine } from '../platform/routines.ts'
import type { StaffService } from '../staff/index.ts'
import { readSubscribeEvents, SUBSCRIBE_EVENTS, type WechatClient } from '../wechat/index.ts'
import { type Rates, readKfSignal, type WecomClient } from '../wecom/index.ts'
import { createBudgets } from './budgets.ts'
import { type Cap, createCaps } from './caps.ts'
import { type ChannelSettings, createChannels } from './channels.ts'
import { createConversations } from './conversations.ts'
import { createPuller } from './inbound.ts'
import { createLeft } from './left.ts'
import { createMassBook } from './mass-book.ts'
import type { Confirming } from './mass-rules.ts'
import { createOutboxStore, type OutboxRow } from './model.ts'
import { createOutboxDrain } from './outbox.ts'
import { messagingRoutes } from './routes.ts'
import { createMessagingService, type WelcomeEntry } from './service.ts'
import { SUBSCRIBE_KINDS, type SubscribeKind, type TemplateBook, TITLES } from './templates.ts'
import type { ComingMessages, MessagingService, PromotionHolds, SettledListener } from './types.ts'

export { type Cap, PromotionFile } from './caps.ts'
export { type Confirming, ConfirmingFile } from './mass-rules.ts'
export {
  BRIEF_CHARS,
  buildTemplates,
  classOf,
  GUIDE_BYTES,
  type MessageTemplate,
  render,
  type TemplateBook,
  TemplateFile,
} from './templates.ts'
export * from './types.ts'
export { allowedSpans, nextAllowed, type WindowFacts } from './windows.ts'
export { buildWordLint, WordingFile, type WordLint, wordCode } from './words.ts'

export interface MessagingDeps extends Ports {
  wecom: WecomClient
  wechat: WechatClient
  rates: Rates
  customers: CustomersService
  staff: StaffService
  templates: TemplateBook
  /** How often one customer may be told of offers. */
  promotionCaps: readonly Cap[]
  /** How members are asked to confirm what no channel carries. */
  confirming: Confirming
  settings: {
    openKfId: string
    agentId: number
    miniProgramOn: boolean
    /** `log` writes a line instead of sending: development only. */
    sms: ChannelSettings['sms']
    email: ChannelSettings['email']
    /** A lost signal is made up for by looking without one, this often; default ten minutes. */
    pullEveryMs?: number
    /** People written to at the same time by one process. */
    concurrency: number
  }
}

export function createMessaging(deps: MessagingDeps): Feature<MessagingService> {
  const {
    db,
    clock,
    random,
    log,
    crypto,
    events,
    inbox,
    leaseMs,
    nudge,
    wecom,
    wechat,
    rates,
    customers,
    staff,
    templates,
    settings,
  } = deps
  const store = createOutboxStore(db, crypto)
  const firstHand = createFirstHand<OutboxRow>(deps)
  const left = createLeft()
  const budgets = createBudgets(deps)
  const conversations = createConversations(deps)
  const book = createMassBook(db)
  const promotion = {
    promotionCaps: createCaps(db, deps.promotionCaps),
    promotionHolds: new Map<string, PromotionHolds>(),
    coming: new Map<string, ComingMessages>(),
  }
  const listeners = new Map<string, SettledListener>()
  const templateIds = templateFinder({ wechat, clock, log, on: settings.miniProgramOn })
  const facts = {
    openKfId: settings.openKfId,
    smsOn: settings.sms !== null,
    emailOn: settings.email !== null,
    miniProgramOn: settings.miniProgramOn,
    templateIds,
  }
  const service = createMessagingService({
    store,
    firstHand,
    left,
    budgets,
    conversations,
    clock,
    crypto,
    customers,
    staff,
    templates,
    listeners,
    ...promotion,
    book,
    confirming: deps.confirming,
    facts,
    nudge,
  })
  const drain = createOutboxDrain({
    store,
    firstHand,
    left,
    clock,
    random,
    log,
    events,
    budgets,
    customers,
    staff,
    rates,
    channels: createChannels({ wecom, wechat, settings, clock, log }),
    leaseMs,
    concurrency: settings.concurrency,
    ...promotion,
    templates,
    facts,
    listeners,
    mass: { wecom, rates, staff, book, config: deps.confirming, clock, log, leaseMs },
  })
  const greet = async (entry: WelcomeEntry): Promise<void> => {
    const id = await service.welcome(entry)
    // Twenty seconds don't wait for a tick, nor behind the day's other messages.
    await drain(clock.now(), { _id: id })
  }
  const cancel: MessagingService['cancel'] = async (ids, reason) => {
    const gone = await service.cancel(ids, reason)
    const off = new Set(gone)
    const open = ids.filter((id) => !off.has(id) && !left.has(id))
    if (open.length === 0) return gone
    const waiting = await book.stop(open, reason, clock.now())
    if (waiting.length === 0) return gone
    // Whoever asks needs to know whether it is off: WeCom is told at once.
    await drain(clock.now(), { _id: { $in: waiting } })
    return service.cancel(ids, reason)
  }
  const whole: MessagingService = { ...service, cancel, welcomeContact: greet }
  const pull = createPuller({
    conversations,
    budgets,
    wecom,
    customers,
    crypto,
    events,
    clock,
    random,
    log,
    welcome: async ({ customerId, code, at }) => {
      const customer = await customers.get(customerId)
      const [fallback] = await staff.allStores()
      const storeId = customer?.storeIds[0] ?? fallback?.id ?? ''
      await greet({ customerId, storeId, code, at, sender: null })
    },
    failed: (messageId) => service.fail(messageId),
  })

  inbox.on('wecom', 'kf_msg_or_event', async ({ payload }) => {
    const { openKfId, token } = readKfSignal(payload)
    await pull(openKfId, token)
  })
  for (const type of SUBSCRIBE_EVENTS) {
    inbox.on('wechat', type, async ({ key, payload }) => {
      for (const [i, event] of readSubscribeEvents(payload).entries()) {
        if (event.kind === 'sent') {
          if (!event.delivered && event.messageId) await service.fail(event.messageId)
        } else {
          await budgets.applyGrant(
            `${event.openId}|${event.templateId}`,
            `${key}:${i}`,
            event.kind === 'popup' && event.accepted ? 'add' : 'clear',
          )
        }
      }
    })
  }

  return {
    service: whole,
    routes: messagingRoutes({ store, service: whole, customers, clock }),
    due: [due({ table: 'outbox', nextDueAt: store.nextDueAt, upcoming: store.upcoming, drain: (now) => drain(now) })],
    routines: [
      routine({
        name: 'messaging.pull-kf',
        nextAt: (after) => addMs(after, settings.pullEveryMs ?? 10 * MINUTE_MS),
        run: async () => ({ messages: await pull(settings.openKfId, null) }),
      }),
    ],
    async ready() {
      await Promise.all([store.ready(), conversations.ready()])
    },
  }
}

const TEMPLATE_CACHE_MS = 10 * MINUTE_MS

/** The vendor's ids of our two notices, looked up by title and remembered; an unreachable vendor means "none now". */
function templateFinder({
  wechat,
  clock,
  log,
  on,
}: {
  wechat: WechatClient
  clock: Clock
  log: Log
  on: boolean
}): () => Promise<Partial<Record<SubscribeKind, string>>> {
  let known: { ids: Partial<Record<SubscribeKind, string>>; until: Date } | null = null
  return async () => {
    if (!on) return {}
    if (known && known.until > clock.wall()) return known.ids
    try {
      const templates = await wechat.subscribeTemplates()
      const ids = Object.fromEntries(
        SUBSCRIBE_KINDS.flatMap((kind) =>
          templates.filter(({ title }) => title === TITLES[kind]).map(({ templateId }) => [kind, templateId]),
        ),
      )
      known = { ids, until: addMs(clock.wall(), TEMPLATE_CACHE_MS) }
      return ids
    } catch (error) {
      log.warn({ err: error }, 'list of subscription templates not read')
      return known?.ids ?? {}
    }
  }
}
