/** Decides consents and takes requests about personal data. */
import type { CustomersService } from '../customers/index.ts'
import type { Announcer } from '../platform/announcements.ts'
import { addMs, type Clock, DAY_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { AppError, conflict, notFound } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import { LOST, untilWon } from '../platform/races.ts'
import { orderOf, type PageRequest } from '../platform/views.ts'
import { type ConsentDocument, type Decision, type Purpose, sayingOf, stands } from './consents.ts'
import type { DataRequestRow, PrivacyStore, RequestKind } from './model.ts'

/** Gives a request to somebody who sees to it; safe to repeat. */
export type AskStaff = (asked: {
  id: string
  customerId: string
  kind: RequestKind
  words: string
  at: Date
}) => Promise<void>

export interface PrivacyDeps {
  store: PrivacyStore
  announcer: Announcer
  customers: Pick<CustomersService, 'get' | 'idsOf'>
  askStaff: AskStaff
  documents: readonly ConsentDocument[]
  crypto: FieldCrypto
  clock: Clock
}

export interface ConsentState extends ConsentDocument {
  /** Null: nothing was said that still counts. */
  granted: boolean | null
  at: Date | null
}

export interface DataRequest extends Omit<DataRequestRow, '_id' | 'words'> {
  id: string
  words: string
}

export interface PrivacyService {
  /** Every document with what the customer has said of it. */
  consents(customerId: string): Promise<ConsentState[]>
  /** Whether the customer agrees to it now; an older version counts as long as its document says so. */
  granted(customerId: string, purpose: Purpose): Promise<boolean>
  /**
   * Keeps a decision; the same again changes nothing.
   * @throws AppError conflict/consent_outdated: another version is being asked for by now
   */
  decide(customerId: string, purpose: Purpose, version: number, granted: boolean): Promise<ConsentState>
  /**
   * Takes a request once per `submissionId`, and gives it to the store manager.
   * @throws AppError rate_limited/too_many_today
   */
  request(customerId: string, asked: { submissionId: string; kind: RequestKind; words: string }): Promise<DataRequest>
  /** The newest first, one more than the page holds. */
  requests(customerId: string, page: PageRequest): Promise<(DataRequest & { _id: string })[]>
}

/** PIPL art. 50 asks for a timely answer; fifteen working days are what GB/T 35273 sets, three weeks at most. */
export const ANSWER_DAYS = 21
/** Each is the store manager's work. */
const MOST_A_DAY = 20
const WORDS = 'data_requests.words'
export function createPrivacyService(deps: PrivacyDeps): PrivacyService {
  const { store, announcer, customers, askStaff, documents, crypto, clock } = deps

  const documentOf = (purpose: Purpose): ConsentDocument => {
    const found = documents.find((one) => one.purpose === purpose)
    if (!found) throw notFound('not_found', { purpose })
    return found
  }

  /** What was decided last about each purpose, under whatever id the person had then. */
  async function decisionsOf(customerId: string): Promise<Map<Purpose, Decision & { n: number }>> {
    const rows = await store.consentsOf(await customers.idsOf(customerId))
    return new Map(rows.map((row) => [row.purpose, row]))
  }

  /** Offers are agreed to at the counter, too: there the customer's own record has the last word. */
  async function promotionSaid(customerId: string, said: boolean | null): Promise<boolean | null> {
    const since = (await customers.get(customerId))?.promotionConsentAt ?? null
    return since !== null ? true : said === true ? false : said
  }

  async function stateOf(customerId: string, document: ConsentDocument, last: Decision | null): Promise<ConsentState> {
    const said = sayingOf(document, last)
    const granted = document.purpose === 'promotion' ? await promotionSaid(customerId, said) : said
    return { ...document, granted, at: granted === null ? null : (last?.at ?? null) }
  }

  const viewOf = ({ words, ...row }: DataRequestRow): DataRequest & { _id: string } => ({
    ...row,
    id: row._id,
    words: crypto.open(WORDS, words),
  })

  return {
    async consents(customerId) {
      const last = await decisionsOf(customerId)
      return Promise.all(documents.map((one) => stateOf(customerId, one, last.get(one.purpose) ?? null)))
    },

    async granted(customerId, purpose) {
      const document = documentOf(purpose)
      const last = (await decisionsOf(customerId)).get(purpose) ?? null
      if (purpose === 'promotion') return (await stateOf(customerId, document, last)).granted === true
      return stands(document, last)
    },

    decide: (customerId, purpose, version, granted) =>
      untilWon({ customerId, purpose }, async () => {
        const document = documentOf(purpose)
        if (version !== document.version) throw conflict('consent_outdated', { purpose, version: document.version })
        const last = (await decisionsOf(customerId)).get(purpose) ?? null
        const before = await stateOf(customerId, document, last)
        if (before.granted === granted && (last === null || last.version === version)) return before
        const now = clock.now()
        const n = (last?.n ?? 0) + 1
        const _id = hashId('consent', customerId, purpose, n)
        const event = {
          id: `consent.decided:${_id}`,
          type: 'consent.decided',
          occurredAt: now,
          data: { customerId, purpose, granted },
        }
        const row = { _id, customerId, purpose, n, version, granted, at: now, ...announcer.fields([event], now) }
        if (!(await store.decide(row))) return LOST
        await announcer.announce('consents', [row])
        return { ...document, granted, at: now }
      }),

    async request(customerId, { submissionId, kind, words }) {
      const now = clock.now()
      const id = hashId('data-request', customerId, submissionId)
      if (!(await store.request(id)) && (await store.askedSince(customerId, addMs(now, -DAY_MS))) >= MOST_A_DAY)
        throw new AppError('rate_limited', 'too_many_today')
      const row: DataRequestRow = {
        _id: id,
        customerId,
        kind,
        words: crypto.seal(WORDS, words),
        at: now,
        order: orderOf(now, id),
        answerBy: addMs(now, ANSWER_DAYS * DAY_MS),
      }
      const kept = (await store.ask(row)) ? row : ((await store.request(id)) ?? row)
      // Also of a repeat: whoever died in between had told nobody.
      await askStaff({ id, customerId, kind, words, at: kept.at })
      return viewOf(kept)
    },

    async requests(customerId, page) {
      return (await store.requestsPage(await customers.idsOf(customerId), page)).map(viewOf)
    },
  }
}
