/** Consents (FHIR: Consent) as a history that is only added to, and what customers ask about their data, at rest. */
import type { Collection } from 'mongodb'
import { ANNOUNCE_INDEX, type Announcing } from '../platform/announcements.ts'
import { collectionOf, ensureIndexes, insertMissing } from '../platform/db.ts'
import { createRecall } from '../platform/memory.ts'
import type { Ports } from '../platform/ports.ts'
import type { PageRequest } from '../platform/views.ts'
import type { Purpose } from './consents.ts'

export interface ConsentRow extends Announcing {
  customerId: string
  purpose: Purpose
  /** 1 for the first decision about the purpose; part of the id, so that two at once are one after the other. */
  n: number
  version: number
  granted: boolean
  at: Date
}

export const REQUEST_KINDS = ['correction', 'erasure', 'copy'] as const
export type RequestKind = (typeof REQUEST_KINDS)[number]

export interface DataRequestRow {
  _id: string
  customerId: string
  kind: RequestKind
  /** Sealed. */
  words: string
  at: Date
  /** Place in the order of time. */
  order: string
  /** The last day of the answer that was promised. */
  answerBy: Date
}

export type PrivacyStore = ReturnType<typeof createPrivacyStore>

export function createPrivacyStore({ db, clock, memory }: Pick<Ports, 'db' | 'clock' | 'memory'>) {
  const consents = collectionOf<ConsentRow>(db, 'consents')
  /** Asked by every room on the way of one request. */
  const decided = createRecall<ConsentRow[]>({ clock, memory, collections: ['consents'] }, async (customerIds) => {
    const rows = await consents
      .find({ customerId: { $in: [...customerIds] } })
      // Two of one instant follow each other by their number.
      .sort({ at: 1, n: 1 })
      .limit(1_000)
      .toArray()
    return customerIds.map((id) => [id, rows.filter(({ customerId }) => customerId === id)] as const)
  })
  const requests = collectionOf<DataRequestRow>(db, 'data_requests')
  return {
    announcing: consents as unknown as Collection<Announcing>,
    /** Every decision of these, the oldest first: a person decides some dozens of times in a life. */
    async consentsOf(customerIds: readonly string[]): Promise<ConsentRow[]> {
      const rows = [...(await decided.many(customerIds)).values()].flat()
      return customerIds.length > 1 ? rows.sort((a, b) => Number(a.at) - Number(b.at) || a.n - b.n) : rows
    },
    /** Whether it was the first with this number. */
    decide: async (row: ConsentRow): Promise<boolean> => (await insertMissing(consents, [row])) === 1,
    /** Whether it was new. */
    ask: async (row: DataRequestRow): Promise<boolean> => (await insertMissing(requests, [row])) === 1,
    request: (id: string) => requests.findOne({ _id: id }),
    askedSince: (customerId: string, since: Date) =>
      requests.countDocuments({ customerId, order: { $gte: since.toISOString() } }),
    /** The newest first. */
    requestsPage: (customerIds: readonly string[], { limit, after }: PageRequest): Promise<DataRequestRow[]> =>
      requests
        .find({ customerId: { $in: [...customerIds] }, ...(after === null ? {} : { order: { $lt: after } }) })
        .sort({ order: -1 })
        .limit(limit + 1)
        .toArray(),
    async ready(): Promise<void> {
      await ensureIndexes(consents, [ANNOUNCE_INDEX, { keys: { customerId: 1 }, serves: 'consentsOf()' }])
      await ensureIndexes(requests, [{ keys: { customerId: 1, order: -1 }, serves: 'requestsPage(), askedSince()' }])
    },
  }
}
