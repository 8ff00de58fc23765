/** The composition root: builds every room once, in dependency order, and hands back what a process mounts. */
import type Router from '@koa/router'
import type { Connection } from 'mongoose'
import { createAssistant } from './assistant.ts'
import { createCare } from './care/index.ts'
import { createComplaintsRoom, REGISTER_CHOICE } from './complaints/index.ts'
import type { AppConfig } from './config.ts'
import { createCustomers } from './customers/index.ts'
import { createImports, type ImportsService } from './imports/index.ts'
import { createKnowledge } from './knowledge/index.ts'
import { createMessaging } from './messaging/index.ts'
import { createPhotos } from './photos/index.ts'
import { bearerOf, createKeyRing } from './platform/auth.ts'
import { type Clock, MINUTE_MS } from './platform/clock.ts'
import type { FieldCrypto } from './platform/crypto.ts'
import type { DueTable } from './platform/due.ts'
import { senderOf } from './platform/email-address.ts'
import { createEvents } from './platform/events.ts'
import type { Actor, Route } from './platform/http.ts'
import { createInbox } from './platform/inbox.ts'
import type { Log } from './platform/log.ts'
import type { Memory } from './platform/memory.ts'
import type { Metrics } from './platform/metrics.ts'
import type { Page } from './platform/pages.ts'
import type { Ports } from './platform/ports.ts'
import type { Random } from './platform/random.ts'
import { createRoutines } from './platform/routines.ts'
import { bucketOf, type Settings } from './platform/settings.ts'
import { askStaffWith, copyOf, createPortal, noMembership } from './portal/index.ts'
import { createPrivacy, withConsent } from './privacy/index.ts'
import { createRelations } from './relations/index.ts'
import { createStaff, SYNC_ROUTINE } from './staff/index.ts'
import { createSurveys } from './surveys/index.ts'
import { createTasks } from './tasks/index.ts'
import { createTreatments } from './treatments/index.ts'
import { createTriage, type Triage } from './triage/index.ts'
import { createWechat } from './wechat/index.ts'
import { createWecom } from './wecom/index.ts'

export type { AppConfig } from './config.ts'

export interface AppDeps {
  db: Connection
  clock: Clock
  random: Random
  log: Log
  crypto: FieldCrypto
  nudge: (table: string) => void
  leaseMs: number
  works?: boolean
  memory?: Memory
  settings: Settings
  config: AppConfig
  metrics: Metrics
}

export interface App {
  routes: Route[]
  /** What people open from a link: no routes, for they answer HTML. */
  pages: Page[]
  /** Every due-table of the installation: what the metronomes run. */
  due: DueTable[]
  /** The vendor callbacks; they answer raw XML or JSON and so are not routes. */
  callbacks: ((router: Router) => void)[]
  authenticate: (kind: Actor['kind'], headers: NodeJS.Dict<string | string[]>) => Promise<Actor | null>
  integration: (token: string | null) => Actor | null
  imports: ImportsService
  /** How many callbacks, event deliveries and photos were given up, by due-table. */
  parked(): Promise<Record<string, number>>
  /** Creates indexes and the rows of routines; safe in every process. */
  ready(): Promise<void>
  /** Ends what isn't a drain: the assistant's connection. */
  stop(): Promise<void>
  /** What one worker does at start: reads the directory, discovers templates. Failures are logged and tried again by routines. */
  startWork(): Promise<void>
}

export function buildApp({ settings, config, metrics, ...base }: AppDeps): App {
  const inbox = createInbox(base)
  const events = createEvents(base)
  const ports: Ports = { ...base, inbox, events }

  const wecom = createWecom({ ...ports, metrics, settings: wecomSettings(settings) })
  const wechat = createWechat({ ...ports, metrics, settings: wechatSettings(settings) })
  const staff = createStaff({ ...ports, wecom: wecom.client, organisation: config.organisation })
  const customers = createCustomers({
    ...ports,
    wecom: wecom.client,
    rates: wecom.rates,
    wechat: wechat.client,
    staff: staff.service,
    sessionSecret: settings.SESSION_SECRET,
  })
  const treatments = createTreatments({
    ...ports,
    customers: customers.service,
    staff: staff.service,
    kinds: config.treatments,
  })
  const knowledge = createKnowledge({
    ...ports,
    files: config.knowledge,
    kinds: config.treatments,
    staff: staff.service,
    words: config.words,
    async tellRole({ key, role, text, at }) {
      const stores = await staff.service.allStores()
      await tasks.service.tell(stores.map(({ id: storeId }) => ({ key, storeId, role, said: { text }, at })))
    },
    revisionDesk: {
      async open({ role, ...task }) {
        const [stores, roster] = await Promise.all([staff.service.allStores(), staff.service.roster()])
        // The knowledge is the company's: whoever has the role keeps it, in whichever store that is.
        const place = stores.find(({ id }) => roster.having(id, role).length > 0) ?? stores[0]
        if (!place) return
        const about = { customerId: null, treatmentId: null, stepIds: [], preferredUserIds: [] }
        await tasks.service.open([
          { ...task, ...about, kind: 'knowledge_revision', form: 'confirm', role, storeId: place.id },
        ])
      },
      close: (taskId) => tasks.service.cancel([taskId], 'superseded'),
    },
    withholdUnapproved: config.withholdUnapproved,
  })
  // Its tables are made by whoever reads the first text; an import, say, reads none.
  let reader: Triage | null = null
  const triage: Triage = (words) => {
    reader ??= createTriage(config.triage)
    return reader(words)
  }
  const publicUrl = settings.PUBLIC_URL?.replace(/\/+$/, '') ?? null
  const messaging = createMessaging({
    ...ports,
    wecom: wecom.client,
    wechat: wechat.client,
    rates: wecom.rates,
    customers: customers.service,
    staff: staff.service,
    templates: config.templates,
    promotionCaps: config.promotionCaps,
    confirming: config.confirming,
    settings: messagingSettings(settings),
  })
  const tasks = createTasks({
    ...ports,
    messaging: messaging.service,
    staff: staff.service,
    customers: customers.service,
    // A product is bought at the counter; interest is in a treatment.
    interests: config.treatments.filter(({ category }) => category !== 'product'),
  })
  const privacy = createPrivacy({
    ...ports,
    customers: customers.service,
    async promotionDecided(customerId, granted) {
      await customers.service.patch(customerId, { promotionConsent: granted })
    },
    askStaff: askStaffWith({ tasks: tasks.service, customers: customers.service, staff: staff.service }),
    documents: config.consents,
    copyOf: (customerId) =>
      copyOf(
        {
          customers: customers.service,
          treatments: treatments.service,
          care: care.service.mine,
          staff: staff.service,
          photos: photos.service,
          surveys: surveys.service,
          complaints: complaints.service,
          privacy: privacy.service,
          angles: config.photos.angles,
        },
        customerId,
      ),
  })
  const photos = createPhotos({
    ...ports,
    customers: customers.service,
    treatments: treatments.service,
    staff: staff.service,
    wechat: wechat.client,
    consents: privacy.service,
    config: config.photos,
    publicUrl,
    bucket: bucketOf(settings),
  })
  const ownPhotos = async (customerId: string, photoIds: readonly string[]) =>
    new Set((await photos.service.ofCustomer(customerId, photoIds)).map(({ id }) => id))
  const surveys = createSurveys({
    ...ports,
    customers: customers.service,
    staff: staff.service,
    treatments: treatments.service,
    tasks: tasks.service,
    ownPhotos,
    registerChoice: REGISTER_CHOICE,
    files: config.surveys,
    rules: config.surveyRules,
    wechat: settings.WECHAT_APP_ID === undefined ? null : wechat.client,
    publicUrl,
  })
  const care = createCare({
    ...ports,
    messaging: messaging.service,
    tasks: tasks.service,
    staff: staff.service,
    customers: customers.service,
    treatments: treatments.service,
    pathways: config.pathways,
    placeOf: config.placeOf,
    review: config.review,
    surveys: surveys.service,
    guides: config.guides,
    drawings: config.drawings,
    publicUrl,
    triage,
    knowledge: knowledge.service,
    departments: config.departments,
    sayings: {
      survey: (invitationId) => surveys.service.wordsOf(invitationId),
      complaint: (complaintId) => complaints.service.wordsOf(complaintId),
      photo: (noteId) => photos.service.noteWords(noteId),
    },
    metrics,
    // Built after the rooms that it asks.
    conversation: {
      get on() {
        return bot.service.on
      },
      askedSince: (customerId, text) => bot.service.askedSince(customerId, text),
      take: (message) => bot.service.take(message),
    },
  })

  const relations = createRelations({
    ...ports,
    wecom: wecom.client,
    rates: wecom.rates,
    customers,
    treatments: treatments.service,
    messaging: messaging.service,
    tasks: tasks.service,
    staff: staff.service,
    templates: config.templates,
  })

  const complaints = createComplaintsRoom({
    ...ports,
    customers: customers.service,
    treatments: treatments.service,
    staff: staff.service,
    tasks: tasks.service,
    messaging: messaging.service,
    ownPhotos,
    surveyWords: surveys.service.suggestedWords,
  })
  const bot = createAssistant(
    ports,
    {
      wecom: wecom.client,
      messaging: messaging.service,
      customers: customers.service,
      treatments: treatments.service,
      staff: staff.service,
      tasks: tasks.service,
      privacy: privacy.service,
      photos: photos.service,
      surveys: surveys.service,
      care: care.service,
      complaints: complaints.service,
      knowledge: knowledge.service,
    },
    { settings, config, metrics },
  )
  const portal = createPortal({
    ...ports,
    care: care.service.mine,
    customers: customers.service,
    treatments: treatments.service,
    staff: staff.service,
    tasks: tasks.service,
    questions: surveys.service.questionsFor,
    kinds: config.treatments,
    subscriptions: messaging.service.subscriptions,
    knowledge: knowledge.service,
    membership: noMembership,
  })

  const features = [
    staff,
    customers,
    treatments,
    knowledge,
    privacy,
    photos,
    messaging,
    tasks,
    surveys,
    care,
    relations,
    complaints,
    bot,
    portal,
  ]
  const routines = createRoutines(
    features.flatMap((feature) => feature.routines),
    base,
  )
  const integration = createKeyRing(settings.INTEGRATION_KEYS)
  return {
    routes: withConsent(
      features.flatMap((feature) => feature.routes),
      privacy.service,
    ),
    pages: features.flatMap((feature) => feature.pages ?? []),
    // Order matters to a seeded run only: what comes in, what it means, what must be done, what goes out, what comes round.
    due: [inbox.due, events.due, ...features.flatMap((feature) => feature.due), routines.due],
    callbacks: [wecom.mount, wechat.mount],
    integration,
    imports: createImports({
      staff: staff.service,
      customers: customers.service,
      treatments: treatments.service,
      appointments: treatments.appointments,
      purchases: treatments.purchases,
      care: care.service,
      kinds: config.treatments,
    }),
    async authenticate(kind, headers) {
      const token = bearerOf(headers)
      if (kind === 'integration') return integration(token)
      if (kind === 'customer') return token === null ? null : customers.sessions.actorOf(token)
      return null
    },
    async parked() {
      const [inboxRows, deliveries, failed] = await Promise.all([
        inbox.parkedCount(),
        events.parkedCount(),
        photos.failedCount(),
      ])
      return { [inbox.due.table]: inboxRows, [events.due.table]: deliveries, photos: failed }
    },
    async ready() {
      await Promise.all([
        inbox.ready(),
        events.ready(),
        wecom.ready(),
        wechat.ready(),
        ...features.map((feature) => feature.ready()),
      ])
      await routines.ready()
    },
    stop: () => bot.service.stop(),
    async startWork() {
      try {
        await staff.service.syncDirectory()
      } catch (error) {
        base.log.warn({ err: error }, 'staff directory not read at start')
        // Without it nobody owns work: not at its hour of the night, but as soon as WeCom answers.
        await routines.hurry(SYNC_ROUTINE)
      }
    },
  }
}

const wecomSettings = (settings: Settings) => ({
  apiBase: settings.WECOM_API_BASE,
  corpId: settings.WECOM_CORP_ID,
  agentId: settings.WECOM_AGENT_ID,
  agentSecret: settings.WECOM_AGENT_SECRET,
  callbackToken: settings.WECOM_CALLBACK_TOKEN,
  callbackAesKey: settings.WECOM_CALLBACK_AES_KEY,
  callbackMaxAgeSeconds: settings.CALLBACK_MAX_AGE_SECONDS,
})

const wechatSettings = (settings: Settings) => ({
  apiBase: settings.WECHAT_API_BASE,
  appId: settings.WECHAT_APP_ID ?? null,
  appSecret: settings.WECHAT_APP_SECRET ?? null,
  callbackToken: settings.WECHAT_CALLBACK_TOKEN ?? null,
  callbackAesKey: settings.WECHAT_CALLBACK_AES_KEY ?? null,
  callbackMaxAgeSeconds: settings.CALLBACK_MAX_AGE_SECONDS,
})

const messagingSettings = (settings: Settings) => ({
  openKfId: settings.WECOM_OPEN_KFID,
  agentId: settings.WECOM_AGENT_ID,
  miniProgramOn: settings.WECHAT_APP_ID !== undefined,
  sms:
    settings.SMS_API_BASE && settings.SMS_API_KEY
      ? { base: settings.SMS_API_BASE, key: settings.SMS_API_KEY, partFen: settings.SMS_PART_FEN }
      : null,
  email: settings.SMTP_URL
    ? // In production the settings name one of the two.
      { url: settings.SMTP_URL, from: settings.MAIL_FROM ?? senderOf(settings.SMTP_URL) ?? 'aftercare@localhost' }
    : null,
  pullEveryMs: settings.KF_PULL_MINUTES * MINUTE_MS,
  concurrency: settings.SEND_CONCURRENCY,
})
