/** Readings of all external contacts, at rest: each a row of a due-table that remembers how far it has come. */
import type { Connection } from 'mongoose'
import {
  type Claim,
  type ClaimRequest,
  claimDue,
  type DueRow,
  FREE_CLAIM,
  finishClaims,
  nextDueAt,
  type RowResult,
} from '../platform/claims.ts'
import { EPOCH } from '../platform/clock.ts'
import { collectionOf, ensureIndexes, insertMissing } from '../platform/db.ts'
import type { PageRequest } from '../platform/views.ts'

export interface SyncCounts {
  pages: number
  /** As WeCom lists them: once for each follower. */
  contacts: number
  created: number
  changed: number
  /** People who had lost a follower of whom no event told. */
  unfollowed: number
  /** Members whose customers WeCom doesn't tell (any more). */
  refused: number
}

/** Members whom one request asks for, by their places in `userIds`. */
export interface SyncBatch {
  from: number
  to: number
  /** Where the next request goes on; empty: from the start. */
  cursor: string
  isDone: boolean
  contacts: number
}

export interface ContactSyncRow extends DueRow {
  startedAt: Date
  finishedAt: Date | null
  /** Members with customers when the reading began; null: not asked for yet. */
  userIds: string[] | null
  batches: SyncBatch[]
  counts: SyncCounts
  lastError: string | null
}

export type Progress = Partial<Pick<ContactSyncRow, 'userIds' | 'batches' | 'counts'>>
export type ContactSyncStore = ReturnType<typeof createContactSyncStore>

export const CONTACT_SYNCS = 'contact_syncs'

export function createContactSyncStore(db: Connection) {
  const rows = collectionOf<ContactSyncRow>(db, CONTACT_SYNCS)
  return {
    ready: () => ensureIndexes(rows, [{ keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt' }]),
    nextDueAt: (now: Date, until?: Date) => nextDueAt(rows, now, until),
    claim: (request: ClaimRequest) => claimDue(rows, { ...request, frozen: true }),
    finish: (result: RowResult) => finishClaims(rows, [result]),
    /** Keeps what has been reached, and the claim. False: somebody else goes on with it. */
    async progress(_id: string, { token, fence }: Claim, set: Progress, until: Date): Promise<boolean> {
      const { matchedCount } = await rows.updateOne(
        { _id, 'claim.token': token, 'claim.fence': fence },
        { $set: { ...set, attempt: 0, lastError: null, 'claim.until': until } },
      )
      return matchedCount > 0
    },
    /** False where one of that id is there, or another one isn't finished yet. */
    async start(_id: string, now: Date): Promise<boolean> {
      if (await rows.findOne({ finishedAt: null }, { projection: { _id: 1 } })) return false
      const counts = { pages: 0, contacts: 0, created: 0, changed: 0, unfollowed: 0, refused: 0 }
      const row = { startedAt: now, finishedAt: null, userIds: null, batches: [], counts, lastError: null }
      return (await insertMissing(rows, [{ _id, ...row, dueAt: now, claim: FREE_CLAIM, attempt: 0 }])) > 0
    },
    /** Ends what began before `giveUp` and never came to its end; drops what ended before `forget`. */
    async tidy({ forget, giveUp }: { forget: Date; giveUp: Date }, now: Date): Promise<void> {
      await rows.updateMany(
        { finishedAt: null, startedAt: { $lt: giveUp } },
        { $set: { finishedAt: now, dueAt: null } },
      )
      await rows.deleteMany({ finishedAt: { $gt: EPOCH, $lt: forget } })
    },
    /** The latest first. */
    page: ({ limit, after }: PageRequest) =>
      rows
        .find(after === null ? {} : { _id: { $lt: after } })
        .sort({ _id: -1 })
        .limit(limit + 1)
        .toArray(),
  }
}
