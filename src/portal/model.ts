/** What customers tick off in their guides. */
import type { Connection } from 'mongoose'
import { collectionOf } from '../platform/db.ts'

interface TicksRow {
  _id: string
  customerId: string
  /** Ids of lines; those whose words have changed since no longer stand for anything. */
  ticked: string[]
  updatedAt: Date
}

export type PortalStore = ReturnType<typeof createPortalStore>

export function createPortalStore(db: Connection) {
  const ticks = collectionOf<TicksRow>(db, 'guide_ticks')
  return {
    /** By the key of the guide. */
    async ticks(key: string): Promise<string[]> {
      return (await ticks.findOne({ _id: key }))?.ticked ?? []
    },
    /** The last word counts, as on paper. */
    async tick(key: string, customerId: string, ticked: string[], now: Date): Promise<void> {
      await ticks.updateOne({ _id: key }, { $set: { customerId, ticked, updatedAt: now } }, { upsert: true })
    },
  }
}
