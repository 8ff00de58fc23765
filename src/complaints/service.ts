/** Takes complaints and opinions, tells the customer the number at once, and gives them to a first owner. */

import type { CustomersService } from '../customers/index.ts'
import type { Announcer } from '../platform/announcements.ts'
import { DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import { addMs, type Clock, DAY_MS, HOUR_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { AppError, conflict, notFound } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import { LOST, untilWon } from '../platform/races.ts'
import { firstChars } from '../platform/text.ts'
import { orderOf, type PageRequest } from '../platform/views.ts'
import type { StaffService, Store } from '../staff/index.ts'
import type { OpenTask, TasksService } from '../tasks/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import { createDrafts, type DraftDeps, type Drafts } from './drafts.ts'
import { createLetters, type Letter, type LetterDeps } from './letters.ts'
import { type ComplaintRow, type ComplaintStore, WORDS_FIELD } from './model.ts'
import {
  COMPLAINT_KIND_NAMES,
  COMPLAINT_TYPES,
  type ComplaintKind,
  type ComplaintStatus,
  type ComplaintType,
  isOver,
  mayMove,
  mayReply,
} from './rules.ts'

export interface ComplaintInput {
  submissionId: string
  kind: ComplaintKind
  type: ComplaintType | null
  words: string
  demand: string | null
  treatmentId: string | null
  evidence: string[]
  mayContact: boolean
}

export interface ComplaintCopy
  extends Pick<ComplaintRow, 'number' | 'status' | 'createdAt' | 'treatmentId' | 'mayContact' | 'stars'> {
  kind: string
  type: string | null
  words: string
  demand: string | null
  /** What was said about it since. */
  said: string[]
}

export interface ComplaintsDeps extends LetterDeps {
  store: ComplaintStore
  announcer: Announcer
  customers: Pick<CustomersService, 'get' | 'contacts' | 'idsOf'>
  treatments: Pick<TreatmentsService, 'get' | 'kind'>
  staff: Pick<StaffService, 'store' | 'allStores'>
  tasks: Pick<TasksService, 'open' | 'cancel' | 'get'>
  surveyWords: DraftDeps['surveyWords']
  /** Which of these photos are the customer's own. */
  ownPhotos: (customerId: string, photoIds: readonly string[]) => Promise<ReadonlySet<string>>
  crypto: FieldCrypto
  clock: Clock
}

export interface ComplaintsService extends Drafts {
  /**
   * Keeps it once per `submissionId`, acknowledges it with its number and opens the task; a repeat completes what a crash cut off.
   * @throws AppError not_found/treatment_not_found, photo_not_found: not the customer's own; rate_limited/too_many_today
   */
  file(customerId: string, input: ComplaintInput): Promise<ComplaintRow>
  /** The newest first, one more than the page holds. */
  page(customerId: string, request: PageRequest): Promise<ComplaintRow[]>
  /** What happened, as the customer wrote it; null where there is no such complaint, or a survey had the words. */
  wordsOf(complaintId: string): Promise<string | null>
  /** All of them in words, the newest first: their part of a copy of somebody's data. */
  copyOf(customerId: string): Promise<ComplaintCopy[]>
  /** @throws AppError not_found/complaint_not_found: also for somebody else's */
  get(customerId: string, id: string): Promise<ComplaintRow>
  /** The customer's step. @throws AppError conflict/complaint_not_now */
  move(
    customerId: string,
    id: string,
    to: 'accepted' | 'objected' | 'withdrawn',
    words: string | null,
  ): Promise<ComplaintRow>
  /**
   * The clinic's formal answer, which the customer is told of and accepts or objects to. The same words again are the same
   * answer, and complete what a crash cut off.
   * @throws AppError not_found/complaint_not_found; conflict/complaint_not_now: another answer waits for the customer, or it is over
   */
  reply(complaintId: string, words: string): Promise<ComplaintRow>
  /** Somebody of the clinic has taken it. Safe to repeat. */
  acknowledge(taskId: string, at: Date): Promise<void>
  /** Stars for how it was handled, once it is over; the last word counts. @throws AppError conflict/complaint_not_now */
  rate(customerId: string, id: string, stars: number, words: string | null): Promise<ComplaintRow>
}

const TASK_PREFIX = 'complaint_'
/** Short enough to be read out; two of a hundred on one day would be alike once in ten years. */
const NUMBER_SIGNS = 6
/** The acknowledgement is of no use to anybody later. */
const ACKNOWLEDGE_MS = HOUR_MS
/** What somebody of the clinic registered can wait for the morning, also of a day that is nearly over. */
const REGISTERED_MS = DAY_MS
/** The answer itself stays on its page. */
const ANSWERED_MS = 3 * DAY_MS
/** Each is somebody's work at once: more than this is no complaint. */
const MOST_A_DAY = 20
const MOST_COPIED = 200
const SCRIPT_SIGNS = 150
const TASK_MS: Record<ComplaintKind, number> = { complaint: HOUR_MS, opinion: 3 * DAY_MS }

export function createComplaints(deps: ComplaintsDeps): ComplaintsService {
  const { store, announcer, customers, treatments, staff, tasks, ownPhotos, crypto, clock } = deps
  const write = createLetters(deps)
  const sealed = (words: string | null) => (words === null ? null : crypto.seal(WORDS_FIELD, words))

  async function own(customerId: string, id: string): Promise<ComplaintRow> {
    const [row, ids] = await Promise.all([store.get(id), customers.idsOf(customerId)])
    if (!row || !ids.includes(row.customerId)) throw notFound('complaint_not_found', { complaintId: id })
    return row
  }

  async function storeOf(customerId: string, treatmentId: string | null): Promise<Store> {
    const treatment = treatmentId === null ? null : await treatments.get(treatmentId)
    if (treatmentId !== null && !(treatment && (await customers.idsOf(customerId)).includes(treatment.customerId)))
      throw notFound('treatment_not_found', { treatmentId })
    const storeId = treatment?.storeId ?? (await customers.get(customerId))?.storeIds[0]
    const found = (storeId ? await staff.store(storeId) : null) ?? (await staff.allStores())[0]
    // An installation without a store has nobody to complain to.
    if (!found) throw notFound('store_not_found')
    return found
  }

  const acknowledgementOf = ({ kind, survey }: ComplaintRow): Pick<Letter, 'key' | 'contactClass' | 'lastsMs'> => {
    // Whoever answered a survey has not complained, and waits for no acknowledgement.
    if (survey) return { key: 'system.complaint_registered', contactClass: 'case_update', lastsMs: REGISTERED_MS }
    const key = kind === 'complaint' ? 'system.complaint_filed' : 'system.opinion_filed'
    return { key, contactClass: 'reply', lastsMs: ACKNOWLEDGE_MS }
  }

  /** Both are known by their ids: again is harmless. */
  async function tell(row: ComplaintRow): Promise<void> {
    const salutation = await write(row, { ...acknowledgementOf(row), n: 0, at: row.createdAt })
    await tasks.open([taskOf(row, salutation)])
  }

  /** What makes a row a complaint, in this moment. */
  function filing(
    { _id, kind, customerId, storeId }: Pick<ComplaintRow, '_id' | 'kind' | 'customerId' | 'storeId'>,
    at: Date,
    timeZone: string,
  ) {
    const event = {
      id: `complaint.filed:${_id}`,
      type: 'complaint.filed',
      occurredAt: at,
      data: { complaintId: _id, customerId, storeId, kind },
    }
    const signs = _id.slice(1, 1 + NUMBER_SIGNS).toUpperCase()
    return {
      number: `${kind === 'complaint' ? 'TS' : 'YJ'}${dayOf(at, timeZone).replaceAll('-', '')}-${signs}`,
      createdAt: at,
      order: orderOf(at, _id),
      ...announcer.fields([event], at),
    }
  }

  const taskOf = (
    { _id, kind, type, number, customerId, storeId, treatmentId, words, createdAt }: ComplaintRow,
    who: string,
  ): OpenTask => ({
    id: `${TASK_PREFIX}${_id}`,
    kind: 'complaint',
    form: 'confirm',
    storeId,
    role: kind === 'complaint' ? 'customer_service' : 'operations',
    preferredUserIds: [],
    customerId,
    treatmentId,
    stepIds: [],
    redFlag: type === 'medical_safety' || undefined,
    title: `${who} · ${COMPLAINT_KIND_NAMES[kind]}待受理`,
    facts: [
      { name: '编号', value: number },
      { name: '类型', value: type === null ? '未选择' : COMPLAINT_TYPES[type] },
    ],
    script: firstChars(crypto.open(WORDS_FIELD, words), SCRIPT_SIGNS),
    openAt: createdAt,
    dueAt: addMs(createdAt, TASK_MS[kind]),
  })

  const objectionsIn = ({ history }: ComplaintRow) => history.filter(({ what }) => what === 'objected')
  const taskIds = (row: ComplaintRow): string[] => [
    `${TASK_PREFIX}${row._id}`,
    ...objectionsIn(row).map((_, i) => `${TASK_PREFIX}${row._id}_${i + 1}`),
  ]

  /** Somebody above whoever answered reads why the answer wasn't enough (domain 6). */
  async function askAgain(row: ComplaintRow): Promise<void> {
    const last = objectionsIn(row).at(-1)
    const who = (await customers.contacts([row.customerId])).get(row.customerId)?.salutation ?? '客户'
    const task = taskOf({ ...row, words: last?.words ?? row.words, createdAt: last?.at ?? row.createdAt }, who)
    await tasks.open([
      { ...task, id: taskIds(row).at(-1) ?? task.id, role: 'cs_supervisor', title: `${who} · 对答复有异议` },
    ])
  }

  const change = (
    customerId: string,
    id: string,
    decide: (row: ComplaintRow) => { set: Partial<ComplaintRow>; what: ComplaintStatus | 'rated' } | null,
    words: string | null,
  ): Promise<ComplaintRow> =>
    untilWon({ complaintId: id }, async () => {
      const row = await own(customerId, id)
      const decision = decide(row)
      if (!decision) return row
      const event = { at: clock.now(), what: decision.what, by: 'customer' as const, words: sealed(words) }
      if (!(await store.change(row, decision.set, event))) return LOST
      return own(customerId, id)
    })

  const drafts = createDrafts({
    ...deps,
    filing: async (row, at) => filing(row, at, (await staff.store(row.storeId))?.timeZone ?? DEFAULT_ZONE),
    tell,
  })

  return {
    ...drafts,
    async file(customerId, input) {
      const { submissionId, kind, type, words, demand, treatmentId, evidence, mayContact } = input
      const now = clock.now()
      const { id: storeId, timeZone } = await storeOf(customerId, treatmentId)
      const mine = await ownPhotos(customerId, evidence)
      const foreign = evidence.find((photoId) => !mine.has(photoId))
      if (foreign !== undefined) throw notFound('photo_not_found', { photoId: foreign })
      const _id = `c${hashId('complaint', customerId, submissionId)}`
      if (!(await store.get(_id)) && (await store.filedSince(customerId, addMs(now, -DAY_MS))) >= MOST_A_DAY)
        throw new AppError('rate_limited', 'too_many_today')
      const row: ComplaintRow = {
        _id,
        kind,
        type,
        customerId,
        storeId,
        treatmentId,
        words: crypto.seal(WORDS_FIELD, words),
        demand: sealed(demand),
        evidence,
        mayContact,
        status: 'registered',
        stars: null,
        history: [{ at: now, what: 'registered', by: 'customer', words: null }],
        revision: 0,
        ...filing({ _id, kind, customerId, storeId }, now, timeZone),
      }
      const isNew = await store.insert(row)
      const kept = isNew ? row : ((await store.get(_id)) ?? row)
      await tell(kept)
      if (isNew) await announcer.announce('complaints', [row])
      return kept
    },
    page: async (customerId, request) => store.page(await customers.idsOf(customerId), request),
    async wordsOf(complaintId) {
      const row = await store.get(complaintId)
      // Written as an answer, and heard as one.
      return row && !row.survey ? crypto.open(WORDS_FIELD, row.words) : null
    },
    async copyOf(customerId) {
      const rows = await store.page(await customers.idsOf(customerId), { limit: MOST_COPIED, after: null })
      return rows.map(({ number, status, createdAt, treatmentId, mayContact, stars, ...row }) => ({
        ...{ number, status, createdAt, treatmentId, mayContact, stars },
        kind: COMPLAINT_KIND_NAMES[row.kind],
        type: row.type === null ? null : COMPLAINT_TYPES[row.type],
        words: crypto.open(WORDS_FIELD, row.words),
        demand: row.demand === null ? null : crypto.open(WORDS_FIELD, row.demand),
        said: row.history.flatMap(({ words }) => (words === null ? [] : [crypto.open(WORDS_FIELD, words)])),
      }))
    },
    get: own,
    async move(customerId, id, to, words) {
      const moved = await change(
        customerId,
        id,
        (row) => {
          // The same tap again.
          if (row.status === to) return null
          if (!mayMove(row.status, to)) throw conflict('complaint_not_now', { complaintId: id, status: row.status })
          return { set: { status: to }, what: to }
        },
        words,
      )
      // Also of a repeat: whoever died in between had told nobody.
      if (moved.status === 'objected') await askAgain(moved)
      if (moved.status === 'withdrawn') await tasks.cancel(taskIds(moved), 'complaint_withdrawn')
      return moved
    },
    reply: (complaintId, words) =>
      untilWon({ complaintId }, async () => {
        const row = await store.get(complaintId)
        if (!row) throw notFound('complaint_not_found', { complaintId })
        const replies = row.history.filter(({ what }) => what === 'replied')
        const last = replies.at(-1)
        const isRepeat = row.status === 'replied' && last?.words && crypto.open(WORDS_FIELD, last.words) === words
        if (!isRepeat && !mayReply(row.status)) throw conflict('complaint_not_now', { complaintId, status: row.status })
        const event = { at: clock.now(), what: 'replied' as const, by: 'clinic' as const, words: sealed(words) }
        if (!isRepeat && !(await store.change(row, { status: 'replied' }, event))) return LOST
        const n = isRepeat ? replies.length : replies.length + 1
        const at = isRepeat && last ? last.at : event.at
        await write(row, { key: 'system.complaint_replied', n, at, contactClass: 'reply', lastsMs: ANSWERED_MS })
        return (await store.get(complaintId)) ?? row
      }),
    acknowledge: (taskId, at) =>
      untilWon({ taskId }, async () => {
        const row = await store.get(taskId.replace(TASK_PREFIX, ''))
        if (row?.status !== 'registered') return
        const event = { at, what: 'acknowledged' as const, by: 'clinic' as const, words: null }
        return (await store.change(row, { status: 'acknowledged' }, event)) ? undefined : LOST
      }),
    rate: (customerId, id, stars, words) =>
      change(
        customerId,
        id,
        (row) => {
          if (!isOver(row.status)) throw conflict('complaint_not_now', { complaintId: id, status: row.status })
          const said = row.history.findLast(({ what }) => what === 'rated')?.words ?? null
          const isSame =
            row.stars === stars && (words === null || (said !== null && crypto.open(WORDS_FIELD, said) === words))
          return isSame ? null : { set: { stars }, what: 'rated' }
        },
        words,
      ),
  }
}
