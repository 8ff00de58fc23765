/**
 * Records that announce their own changes. The events to publish are stored in the same write as the change itself, so a
 * process that dies before it published leaves them on the row, and the drain publishes them. Event ids are
 * deterministic: publishing twice is publishing once.
 */
import type { Collection, Filter, UpdateFilter } from 'mongodb'
import { addMs, EPOCH, earliest, MINUTE_MS } from './clock.ts'
import type { IndexSpec } from './db.ts'
import { type DueTable, due } from './due.ts'
import type { DomainEvent, Events } from './events.ts'

export interface Announcing {
  _id: string
  /** Events of this record that are not surely published yet. */
  pending: DomainEvent[]
  /** When the drain looks after `pending`; null when there is nothing to publish. */
  announceAt: Date | null
}

/** Every collection of announcing records needs it. */
export const ANNOUNCE_INDEX: IndexSpec = { keys: { announceAt: 1 }, serves: 'the announcer: what is not published yet' }

export interface Announcer {
  /** The two fields of a new record that has `events` to tell; the writer publishes at once, the drain is the second net. */
  fields(events: readonly DomainEvent[], now: Date): Pick<Announcing, 'pending' | 'announceAt'>
  /** Publishes what the rows carry and clears it: two commands, however many rows. */
  announce(collection: string, rows: readonly Pick<Announcing, '_id' | 'pending'>[]): Promise<void>
  due: DueTable
}

// How long the process that wrote the record has before another one publishes for it.
const GRACE_MS = MINUTE_MS
const BATCH = 200

const cleared = (_id: string, still: object) => ({
  updateOne: { filter: { _id, ...still } as Filter<Announcing>, update: { $set: { pending: [], announceAt: null } } },
})
const pulled = (_id: string, published: readonly DomainEvent[]) => ({
  updateOne: {
    filter: { _id } as Filter<Announcing>,
    update: {
      $pull: { pending: { id: { $in: published.map((event) => event.id) } } },
    } as unknown as UpdateFilter<Announcing>,
  },
})

export function createAnnouncer(
  table: string,
  collections: Record<string, Collection<Announcing>>,
  { events }: { events: Pick<Events, 'publishMany'> },
): Announcer {
  const all = Object.entries(collections)

  async function announce(name: string, rows: readonly Pick<Announcing, '_id' | 'pending'>[]): Promise<void> {
    const collection = collections[name]
    if (!collection || rows.length === 0) return
    const facts = rows.flatMap((row) => row.pending)
    await events.publishMany(facts)
    // One bulk of exact writes: a long `$in` costs the database rows × ids. A row that got another event meanwhile keeps
    // its time to be looked after, because the second write finds it not empty.
    await collection.bulkWrite(
      rows.flatMap(({ _id, pending }) =>
        pending.length === 1
          ? [cleared(_id, { pending: { $size: 1 }, 'pending.id': pending[0]?.id ?? '' })]
          : [pulled(_id, pending), cleared(_id, { pending: { $size: 0 } })],
      ),
    )
  }

  const waiting = (collection: Collection<Announcing>, until?: Date) =>
    collection.find({ announceAt: until ? { $gt: EPOCH, $lte: until } : { $gt: EPOCH } }).limit(BATCH)

  return {
    fields: (facts, now) => ({
      pending: [...facts],
      announceAt: facts.length > 0 ? addMs(now, GRACE_MS) : null,
    }),
    announce,
    due: due({
      table,
      collections: all.map(([, rows]) => rows.collectionName),
      field: 'announceAt',
      whole: true,
      // Nearly always empty: one probe per collection, no sorting.
      async nextDueAt() {
        const found = await Promise.all(all.map(([, rows]) => waiting(rows).project({ announceAt: 1 }).toArray()))
        return earliest(found.flat().map((row) => (row as Announcing).announceAt))
      },
      async drain(now) {
        let announced = 0
        for (const [name, rows] of all) {
          for (;;) {
            const batch = await waiting(rows, now).toArray()
            await announce(name, batch)
            announced += batch.length
            if (batch.length < BATCH) break
          }
        }
        return { announced }
      },
    }),
  }
}
