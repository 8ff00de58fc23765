/** What the outbox knows of messages that wait for a member: named queries beside those of `model.ts`. */
import type { Filter, UpdateFilter } from 'mongodb'
import type { Connection } from 'mongoose'
import { atTime, DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import { addMs, DAY_MS } from '../platform/clock.ts'
import { collectionOf } from '../platform/db.ts'
import { type MassQuota, massQuotaOn } from '../wecom/index.ts'
import type { OutboxRow } from './model.ts'

type Row = Pick<
  OutboxRow,
  '_id' | 'to' | 'status' | 'channel' | 'messageId' | 'settledAt' | 'createdAt' | 'dueAt' | 'confirm' | 'stop'
>
const WAITS = 'awaiting_confirmation'
/** A row may have been written long before it is sent. */
const WRITTEN_BEFORE_MS = 100 * DAY_MS

export type MassBook = ReturnType<typeof createMassBook>

export function createMassBook(db: Connection) {
  const rows = collectionOf<Row>(db, 'outbox')
  return {
    /** Those of these rows that wait are to come back; whoever looks at them next takes them back. Returns their ids. */
    async stop(ids: readonly string[], reason: string, now: Date): Promise<string[]> {
      if (ids.length === 0) return []
      const filter = { _id: { $in: [...ids] }, status: WAITS } as Filter<Row>
      const { matchedCount } = await rows.updateMany(filter, { $set: { stop: reason, dueAt: now } })
      if (matchedCount === 0) return []
      return (await rows.find(filter, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id)
    },
    /** Said after the row was claimed, too. */
    async stopped(ids: readonly string[]): Promise<Map<string, { stop: string | null; isWithdrawn: boolean }>> {
      const found = await rows
        .find({ _id: { $in: [...ids] } }, { projection: { stop: 1, 'confirm.withdrawn': 1 } })
        .toArray()
      return new Map(
        found.map(({ _id, stop, confirm }) => [_id, { stop: stop ?? null, isWithdrawn: confirm?.withdrawn === true }]),
      )
    },
    /** A message was taken back at WeCom: whoever else was to get it is looked at now. */
    async withdraw(messageId: string, now: Date): Promise<void> {
      const update = { $set: { 'confirm.withdrawn': true, dueAt: now } } as unknown as UpdateFilter<Row>
      await rows.updateMany({ messageId, status: WAITS } as Filter<Row>, update)
    },
    /** Whether this message of WeCom's is another row's to the same customer. */
    async isOthers(messageId: string, rowId: string, customerId: string): Promise<boolean> {
      const filter = { messageId, 'to.customerId': customerId, _id: { $ne: rowId } } as Filter<Row>
      return (await rows.findOne(filter, { projection: { _id: 1 } })) !== null
    },
    /** How many each of them has been sent this way in the quota's present period, or may still be. */
    async hadBy(customerIds: readonly string[], quota: MassQuota, now: Date): Promise<Map<string, number>> {
      const from = atTime(massQuotaOn(quota, dayOf(now, DEFAULT_ZONE)).from, '00:00', DEFAULT_ZONE)
      const createdSince = addMs(from, -WRITTEN_BEFORE_MS)
      const found = await rows
        .find(
          {
            'to.customerId': { $in: [...customerIds] },
            createdAt: { $gte: createdSince },
            channel: 'mass',
          } as Filter<Row>,
          { projection: { to: 1, status: 1, settledAt: 1 } },
        )
        .toArray()
      const had = new Map<string, number>()
      for (const { to, status, settledAt } of found) {
        const isCounted = status === WAITS || (settledAt !== null && settledAt >= from)
        if (isCounted && 'customerId' in to) had.set(to.customerId, (had.get(to.customerId) ?? 0) + 1)
      }
      return had
    },
  }
}
