/**
 * A customer's own words, read at once by the triage (domain 6): an emergency or something abnormal opens a case, with cards
 * and a holding reply in the same moment; what is mild or unclear a colleague asks back about today. The machine only raises
 * a level; a person may lower it.
 */
import type { CustomersService } from '../../customers/index.ts'
import type { KnowledgeService } from '../../knowledge/index.ts'
import type { EnqueueContact, MessagingService, WindowFacts } from '../../messaging/index.ts'
import { DEFAULT_ZONE, dailyOpening } from '../../platform/calendar.ts'
import { addMs, type Clock, HOUR_MS } from '../../platform/clock.ts'
import type { FieldCrypto } from '../../platform/crypto.ts'
import { conflict, notFound } from '../../platform/errors.ts'
import type { DomainEvent } from '../../platform/events.ts'
import type { Log } from '../../platform/log.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { orderOf } from '../../platform/views.ts'
import type { StaffService } from '../../staff/index.ts'
import type { TasksService } from '../../tasks/index.ts'
import type { TreatmentsService } from '../../treatments/index.ts'
import { isAtLeast, type Level, type Triage } from '../../triage/index.ts'
import type { Cases } from '../cases/cases.ts'
import { caseIdOf, dueByOf, type Report } from '../cases/rules.ts'
import { FALLBACK_WINDOW, windowFacts } from '../rows.ts'
import { dayNumber, treatmentName } from '../wording.ts'
import type { SignalRow, SignalSource, SignalStore } from './model.ts'
import { type Judged, judge, type WatchFacts, watchTask, wordsFor } from './rules.ts'

export interface SignalDeps {
  signals: SignalStore
  triage: Triage
  cases: Pick<Cases, 'report' | 'openCase' | 'close'>
  tasks: Pick<TasksService, 'open' | 'cancel'>
  messaging: Pick<MessagingService, 'enqueueMany'>
  staff: Pick<StaffService, 'store' | 'stores'>
  customers: Pick<CustomersService, 'get' | 'idsOf' | 'contacts'>
  treatments: Pick<TreatmentsService, 'ofCustomer' | 'kind'>
  crypto: FieldCrypto
  clock: Clock
  log: Log
  metrics: Pick<Metrics, 'signals'>
  knowledge: Pick<KnowledgeService, 'sawCase'>
  /** Takes offers back out of people's hands: nothing is recommended while a case is open. */
  stopOffers: (customerIds: readonly string[]) => Promise<void>
}

export interface Said {
  source: SignalSource
  sourceId: string
  customerId: string
  at: Date
  text: string
}

export interface Signals {
  /** Reads one saying and does what its level asks. Safe to repeat. Returns the level. */
  heard(said: Said): Promise<Level>
  /** The level alone, for whoever is to answer; nothing is done. */
  levelOf(said: Pick<Said, 'customerId' | 'at' | 'text'>): Promise<Level>
  /**
   * A person has looked at it. A case that only signals opened, all of them judged to be none, ends; what is found to be more
   * than the machine read calls people as such words would have. Safe to repeat.
   *
   * @throws AppError not_found/signal_not_found; conflict/signal_judged: somebody else was first
   */
  judge(id: string, by: { level: Level; byUserId: string; reason: string }): Promise<SignalRow>
}

/** What customers write elsewhere than in chat; null where they wrote nothing. */
export interface Sayings {
  survey(invitationId: string): Promise<string | null>
  complaint(complaintId: string): Promise<string | null>
  photo(noteId: string): Promise<string | null>
}

/** Hears what customers write in surveys, complaints and beside photos; nobody knows who wrote without a name. */
export function sayingHandlers(signals: Pick<Signals, 'heard'>, sayings: Sayings) {
  const hear = (source: keyof Sayings, idOf: (data: DomainEvent['data']) => unknown) => async (event: DomainEvent) => {
    const { customerId } = event.data
    const sourceId = String(idOf(event.data))
    if (typeof customerId !== 'string') return
    const text = await sayings[source](sourceId)
    if (text !== null) await signals.heard({ source, sourceId, customerId, at: event.occurredAt, text })
  }
  return {
    'survey.answered': hear('survey', ({ invitationId }) => invitationId),
    'complaint.filed': hear('complaint', ({ complaintId }) => complaintId),
    'photo.noted': hear('photo', ({ noteId }) => noteId),
  }
}

export const SIGNAL_WORDS = 'signals.why'
/** Somebody answers by then, or the reply says what isn't true any more. */
const HOLDING_MS = HOUR_MS
const SOURCES: Record<SignalSource, string> = {
  kf: '微信留言',
  survey: '在问卷中写道',
  complaint: '在投诉中写道',
  photo: '发照片时写道',
}
export const signalId = ({ source, sourceId }: Pick<Said, 'source' | 'sourceId'>): string => `${source}_${sourceId}`

export function createSignals(deps: SignalDeps): Signals {
  const {
    signals,
    triage,
    cases,
    tasks,
    messaging,
    staff,
    customers,
    treatments,
    crypto,
    clock,
    log,
    metrics,
    knowledge,
    stopOffers,
  } = deps
  async function read({ customerId, at, text }: Pick<Said, 'customerId' | 'at' | 'text'>): Promise<Judged> {
    const done = await treatments.ofCustomer(customerId)
    const stores = await staff.stores([...new Set(done.map(({ storeId }) => storeId))])
    return judge(triage, { text, at }, done, (storeId) => stores.get(storeId)?.timeZone ?? DEFAULT_ZONE)
  }

  async function heard(said: Said): Promise<Level> {
    const { customerId, source, sourceId, at, text } = said
    const customer = await customers.get(customerId)
    if (!customer || customer.deceased) return 'none'
    const judged = await read(said)
    const { verdict, treatment, day } = judged
    const { level } = verdict
    metrics.signals.inc({ source, level })
    if (!isAtLeast(level, 'watch')) return level
    const storeId = treatment?.storeId ?? customer.storeIds[0] ?? ''
    const [place, contacts] = await Promise.all([staff.store(storeId), customers.contacts([customer.id])])
    const facts: WatchFacts = {
      contact: contacts.get(customer.id),
      treatment: treatment ?? undefined,
      place: place ?? undefined,
      at,
      window: place ? windowFacts(place) : FALLBACK_WINDOW,
      opening: place?.opening ?? dailyOpening(),
    }
    const about = { customerId: customer.id, storeId, treatmentId: treatment?.id ?? null }
    const words = wordsFor(text, verdict, SOURCES[source])
    const id = signalId(said)
    const hold = (key: string, template: string) => messaging.enqueueMany([holding(about, facts, level, key, template)])
    let caseId: string | null = null
    let taskId: string | null = null
    if (level === 'abnormal' || level === 'emergency') {
      caseId = caseIdOf(about)
      await call({ ...about, contactId: id, byUserId: null, at, level }, facts.window, words)
      const round = (await cases.openCase(caseId))?.round ?? 0
      const isCrisis = verdict.rule === 'suicide'
      await hold(`${caseId}:${round}:${level}`, isCrisis ? 'care.holding_crisis' : `care.holding_${level}`)
    } else {
      const task = watchTask(treatments, about, facts, words)
      taskId = task.id
      await tasks.open([task])
      await hold(task.id, treatment ? 'care.holding_watch' : 'care.holding_unknown')
    }
    await signals.insert({
      _id: id,
      source,
      sourceId,
      ...about,
      day,
      at,
      level,
      rule: verdict.rule,
      why: crypto.seal(SIGNAL_WORDS, verdict.explanation),
      caseId,
      taskId,
      judged: null,
      order: orderOf(at, id),
    })
    if (caseId !== null) await knowledge.sawCase({ caseId, treatment: treatment?.code ?? null, signs: verdict.signs })
    log[level === 'emergency' ? 'warn' : 'info'](
      { signalId: id, level, rule: verdict.rule },
      'customer’s words need a person',
    )
    return level
  }

  function holding(
    { customerId, storeId, treatmentId }: { customerId: string; storeId: string; treatmentId: string | null },
    facts: WatchFacts,
    level: Level,
    key: string,
    templateKey: string,
  ): EnqueueContact {
    const { contact, place, at } = facts
    const now = clock.now()
    const isSafety = level !== 'watch'
    return {
      stepId: `holding:${key}`,
      occurrence: 0,
      audience: 'customer',
      to: { customerId },
      storeId,
      contactClass: isSafety ? 'safety' : 'reply',
      content: {
        kind: 'template',
        templateKey,
        vars: {
          salutation: contact?.salutation ?? '贵宾',
          store: place?.displayName ?? '门店',
          treatment: treatmentName(facts, treatments),
          day: String(dayNumber(facts)),
          phone: place?.callbackPhone ?? '',
          emergency: place?.emergencyPhone ?? place?.callbackPhone ?? '120',
        },
      },
      notBefore: at,
      notAfter: addMs(now > at ? now : at, HOLDING_MS),
      // The cards are with people already; a reply that no channel carries adds nothing to them.
      handOver: false,
      isAnswer: true,
      refs: { owner: 'nobody', ...(treatmentId ? { treatmentId } : {}) },
    }
  }

  return {
    heard,
    levelOf: async (said) => (await read(said)).verdict.level,
    async judge(id, by) {
      const row = await signals.get(id)
      if (!row) throw notFound('signal_not_found', { signalId: id })
      await signals.judge(id, { ...by, at: clock.now() })
      const judged = (await signals.get(id))?.judged
      if (judged?.level !== by.level || judged.byUserId !== by.byUserId)
        throw conflict('signal_judged', { signalId: id })
      if (!isAtLeast(by.level, 'watch')) await withdraw(row)
      if (!isAtLeast(row.level, by.level)) await raise(row, judged)
      return { ...row, judged }
    },
  }

  /** Opens a case with its cards, and stops what would be offered. */
  async function call(
    {
      level,
      ...found
    }: Pick<Report, 'contactId' | 'customerId' | 'storeId' | 'treatmentId' | 'byUserId' | 'at'> & {
      level: 'abnormal' | 'emergency'
    },
    window: WindowFacts,
    words: string,
  ): Promise<void> {
    const dueBy = dueByOf(level, found.at, window)
    await cases.report({ ...found, stepId: null, state: level, isJoint: false, dueBy }, words)
    await stopOffers(await customers.idsOf(found.customerId))
  }

  async function raise(
    { _id, customerId, storeId, treatmentId, taskId }: SignalRow,
    { level, byUserId, reason, at }: NonNullable<SignalRow['judged']>,
  ): Promise<void> {
    if (level !== 'abnormal' && level !== 'emergency') return
    const place = await staff.store(storeId)
    // Its own mark: what a person has found is no machine's false alarm.
    const found = { customerId, storeId, treatmentId, contactId: `${_id}:judged`, byUserId, at, level }
    await call(found, place ? windowFacts(place) : FALLBACK_WINDOW, `同事看过客户的话后判断：${reason}`)
    if (taskId !== null) await tasks.cancel([taskId], 'superseded')
  }

  /** What it alone has asked for is asked for no more. */
  async function withdraw({ caseId, taskId }: SignalRow): Promise<void> {
    if (taskId !== null) await tasks.cancel([taskId], 'false_alarm')
    if (caseId === null) return
    const open = await cases.openCase(caseId)
    if (open && (await isFalse(open.reports.map(({ contactId }) => contactId))))
      await cases.close([open], 'false_alarm')
  }

  async function isFalse(ids: readonly string[]): Promise<boolean> {
    const rows = await signals.many(ids)
    return (
      rows.length === ids.length && rows.every(({ judged }) => judged !== null && !isAtLeast(judged.level, 'watch'))
    )
  }
}
