/** Follow-up care after a treatment: plans each pathway's steps, lets them fire when due, keeps what came of them. */
import type { CustomersService } from '../customers/index.ts'
import type { KnowledgeService } from '../knowledge/index.ts'
import type { MessageReceived, MessagingService } from '../messaging/index.ts'
import type { BulkAnswer, BulkOptions } from '../platform/bulk.ts'
import { DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import { EPOCH } from '../platform/clock.ts'
import { due } from '../platform/due.ts'
import { createHolidayWatch } from '../platform/holidays.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import type { StaffService } from '../staff/index.ts'
import type { TaskAttempted, TaskCompleted, TaskLapsed, TasksService, TaskTaken } from '../tasks/index.ts'
import type { Treatment, TreatmentsService } from '../treatments/index.ts'
import type { Triage } from '../triage/index.ts'
import type { Departments } from './after-sales.ts'
import { onLapsed, onSettled } from './answers.ts'
import { type ConversationPort, onMessage, openAsks } from './asks.ts'
import { attentionList } from './attention.ts'
import { onAttempted } from './calls.ts'
import { createCases } from './cases/cases.ts'
import { createCaseStore } from './cases/model.ts'
import { caseRoutes } from './cases/routes.ts'
import { caseIdOf } from './cases/rules.ts'
import { layOutDay } from './day.ts'
import { onDaySaid } from './days-wanted.ts'
import type { Drawing } from './drawings.ts'
import { enrol } from './enrol.ts'
import { createFiring } from './fire.ts'
import { guidePath } from './guide-page.ts'
import type { GuideBook } from './guides.ts'
import { DECISION_EVENT, onDecided } from './hand.ts'
import { handRoutes } from './hand-routes.ts'
import { recordHandlers } from './listen.ts'
import { createMigrations, MIGRATION_EVENT } from './migrate.ts'
import { migrationRoutes } from './migration-routes.ts'
import { createMigrationStore } from './migrations-model.ts'
import { createMine, type MyCare } from './mine.ts'
import { createCareStore } from './model.ts'
import { stopHanded } from './offers.ts'
import { guidePages } from './page-routes.ts'
import { type PastContact, recordPast } from './past.ts'
import { createPathways, type PathwayDeps } from './pathways.ts'
import { comingMessages } from './reach.ts'
import { reachRoutes } from './reach-routes.ts'
import { foresee } from './reconsider.ts'
import { onCompleted } from './records.ts'
import { careRoutes } from './routes.ts'
import { createSignalStore } from './signals/model.ts'
import { signalRoutes } from './signals/routes.ts'
import { createSignals, type Sayings, type Signals, sayingHandlers } from './signals/signals.ts'
import { createSubjects, subjectOf, supposed } from './subjects.ts'
import { askedInChat, onSurveyAnswered, type SurveyPort } from './surveys.ts'
import { recordUnplanned } from './unplanned.ts'

export { AfterSalesFile, type Departments } from './after-sales.ts'
export { captionOf, type Drawing, lintDrawing } from './drawings.ts'
export { momentIn } from './guide-page.ts'
export { buildGuides, checkGuides, type GuideBook, GuideFile, type Moment } from './guides.ts'
export { type MyCare, type MyGuide, type MyStep, nameOf as momentName } from './mine.ts'
export { CONTACT_STATES, PAST_CHANNELS, type PastContact, PastContactBody } from './past.ts'
export { CARE_TEMPLATES, type Pathway, PathwayFile } from './pathway.ts'
export { checkPathways, type PathwayProblem } from './static-checks.ts'
export { AdviceFile, checkAdvice } from './static-checks-advice.ts'
export * from './types.ts'

export interface CareService {
  /** What customers see of it. */
  mine: MyCare
  /** Plans every completed treatment that has no plan yet; a second call adds nothing. Returns the number of new steps. */
  startPlans(treatments: readonly Treatment[]): Promise<number>
  /** Keeps contacts that an old system recorded, each with its own answer; their numbers differ. Nothing is sent for them. */
  recordPast(contacts: readonly PastContact[], options?: BulkOptions): Promise<BulkAnswer[]>
  /** How urgent a customer's words are; nothing is done about them. */
  levelOf: Signals['levelOf']
}

export interface CareDeps extends Ports, PathwayDeps {
  messaging: MessagingService
  tasks: TasksService
  staff: StaffService
  customers: CustomersService
  treatments: TreatmentsService
  surveys: SurveyPort
  guides: GuideBook
  drawings: ReadonlyMap<string, Drawing>
  /** Where customers reach this server; null where they can't, and messages have no links. */
  publicUrl: string | null
  triage: Triage
  /** Hears of cases that no article is about. */
  knowledge: Pick<KnowledgeService, 'sawCase'>
  sayings: Sayings
  /** Who sees to problems with products. */
  departments: Departments
  metrics: Pick<Metrics, 'signals'>
  conversation: ConversationPort
}

export function createCare(deps: CareDeps): Feature<CareService> {
  const { db, clock, events, nudge, messaging, staff, treatments, customers, tasks, publicUrl } = deps
  const guides: GuideBook =
    publicUrl === null ? deps.guides : { ...deps.guides, linkTo: (address) => `${publicUrl}${guidePath(address)}` }
  const store = createCareStore(db, clock)
  const { versions, informed, routes } = createPathways(deps)
  const subjects = createSubjects(treatments, staff)
  // Whoever asks what a plan is about gets purchases and appointments, too.
  const known = { ...treatments, getMany: subjects }
  const caseStore = createCaseStore(db)
  const cases = createCases({ ...deps, treatments: known, cases: caseStore })
  const signalStore = createSignalStore(db)
  const signals = createSignals({
    ...deps,
    cases,
    signals: signalStore,
    stopOffers: (ids) => stopHanded(shared, ids, 'abnormal_open', clock.now()),
  })
  const seeDays = createHolidayWatch(deps.log)
  const shared = {
    ...deps,
    seeDays,
    guides,
    store,
    cases,
    subjects,
    treatments: known,
    versions,
    /** In force at the moment of asking. */
    get pathways() {
      return versions.current()
    },
  }
  const drain = createFiring(shared)
  const migrationStore = createMigrationStore(db)
  const migrations = createMigrations(shared, migrationStore)

  messaging.reserve(
    'care',
    comingMessages(shared, () => clock.now()),
  )
  messaging.holdPromotions('care', async (customerIds) => {
    const open = await cases.openAmong(customerIds)
    return new Map([...open].map((id) => [id, { reason: 'abnormal_open', cancels: false }]))
  })
  messaging.onSettled('care', async (batch) => {
    const asks = await onSettled(shared, batch)
    await openAsks(shared, asks, clock.now())
    await askedInChat(shared, asks)
  })

  const said = sayingHandlers(signals, deps.sayings)
  const onRecords = Object.entries(recordHandlers(shared)).map(([type, handler]) => [type, informed(handler)] as const)
  events.subscribe('care', {
    ...Object.fromEntries(onRecords),
    [MIGRATION_EVENT]: migrations.onWanted,
    [DECISION_EVENT]: informed((event) => onDecided(shared, event)),
    async 'task.taken'({ data, occurredAt }) {
      const { taskId, byUserId } = data as unknown as TaskTaken
      const task = await tasks.get(taskId)
      if (task?.customerId)
        await cases.take(caseIdOf({ ...task, customerId: task.customerId }), { taskId, byUserId, at: occurredAt })
    },
    'task.attempted': ({ data, occurredAt }) => onAttempted(shared, data as unknown as TaskAttempted, occurredAt),
    async 'task.completed'({ data, occurredAt }) {
      const completed = data as unknown as TaskCompleted
      await onDaySaid(shared, completed, occurredAt)
      await onCompleted(shared, completed, occurredAt)
    },
    async 'task.lapsed'({ data }) {
      const [stepId] = (data as unknown as TaskLapsed).stepIds
      if (stepId !== undefined) await onLapsed(shared, stepId)
    },
    'complaint.filed': said['complaint.filed'],
    'photo.noted': said['photo.noted'],
    async 'survey.answered'(event) {
      await onSurveyAnswered(store, event)
      await said['survey.answered'](event)
    },
    'customer.message_received': ({ data }) =>
      onMessage({ ...shared, signals }, data as unknown as MessageReceived, clock.now()),
  })

  async function startPlans(done: readonly Treatment[]): Promise<number> {
    await versions.refresh()
    const added = await enrol(shared, done.map(subjectOf))
    if (added > 0) nudge('care_steps')
    return added
  }

  return {
    service: {
      startPlans,
      recordPast: (contacts, options) => recordPast(shared, contacts, options),
      mine: createMine(shared),
      levelOf: (said) => signals.levelOf(said),
    },
    routes: [
      ...careRoutes({
        store,
        customers,
        recordUnplanned: (contact) => recordUnplanned(shared, contact),
        async suppose(treatmentId, facts) {
          await versions.refresh()
          const known = (await subjects([treatmentId])).get(treatmentId)
          return known ? foresee(shared, await supposed(known, facts, staff)) : null
        },
      }),
      ...reachRoutes(shared),
      ...routes,
      ...handRoutes(shared),
      ...migrationRoutes({ store: migrationStore, migrations }),
      ...caseRoutes(caseStore, customers),
      ...signalRoutes({ signals, store: signalStore, customers, staff, clock }),
    ],
    pages: guidePages({ ...deps, guides }),
    due: [
      due({ table: 'care_steps', nextDueAt: store.nextDueAt, upcoming: store.upcoming, drain }),
      due({
        table: 'abnormal_cases',
        nextDueAt: () => caseStore.nextDueAt(),
        whole: true,
        drain: (now) => cases.drain(now),
      }),
    ],
    routines: [layOutDay(shared), attentionList(shared)],
    async ready() {
      await Promise.all([store.ready(), caseStore.ready(), signalStore.ready()])
      // A clock that is followed hasn't been told the time yet.
      if (clock.now() > EPOCH) seeDays([dayOf(clock.now(), DEFAULT_ZONE)])
      await versions.keepFiles()
    },
  }
}
