/** What the harness reads of the database, past the server: rows as they stand, claims that nobody gave back. */
import { type Document, MongoClient } from 'mongodb'
import type { Contact, StaffTask } from './judge.ts'

/** Every collection with claimed rows. */
const DUE_TABLES = [
  'inbox',
  'event_deliveries',
  'care_steps',
  'abnormal_cases',
  'outbox',
  'tasks',
  'contact_syncs',
  'contact_labels',
  'handovers',
  'staff_absences',
  'routines',
]
const OPEN = ['ready', 'sending', 'awaiting_confirmation', 'settling']

interface OutboxDocument extends Document {
  _id: string
  to: { customerId?: string; staffUserId?: string }
  refs: { owner: string; stepId?: string; part?: string; taskId?: string; occurrence?: string }
  attempts: { result: string; messageId: string | null }[]
}

export interface Observer {
  /** @param personOf customers' ids → personId */
  contacts(now: Date, personOf: ReadonlyMap<string, string>): Promise<Contact[]>
  tasks(): Promise<StaffTask[]>
  /** Rows whose message may be on its way. */
  sending(): Promise<string[]>
  /** Whether one of these steps has its message in the outbox and doesn't know of it. */
  isHalfFired(stepIds: readonly string[]): Promise<boolean>
  /** Rows of due-tables that are claimed, whoever did it. */
  leases(): Promise<string[]>
  drop(): Promise<void>
  close(): Promise<void>
}

export async function createObserver(uri: string): Promise<Observer> {
  const client = await new MongoClient(uri).connect()
  const db = client.db()
  const outbox = db.collection<OutboxDocument>('outbox')
  return {
    async contacts(now, personOf) {
      const rows = await outbox.find().project<OutboxDocument>({ content: 0, intent: 0 }).toArray()
      return rows.map(({ _id: id, to, refs, status, channel, reason, messageId, attempts, dueAt }) => ({
        id,
        person: to.customerId === undefined ? null : (personOf.get(to.customerId) ?? to.customerId),
        key: keyOf(refs),
        stepId: refs.stepId ?? null,
        status,
        channel,
        reason,
        messageId,
        takenIds: attempts.filter(({ result }) => result === 'sent').flatMap((one) => one.messageId ?? []),
        isDue: OPEN.includes(status) && dueAt !== null && dueAt <= now,
      }))
    },
    async tasks() {
      const rows = await db.collection<StaffTask & { _id: string }>('tasks').find().toArray()
      return rows.map(({ _id: id, kind, status, ownerUserId, stepIds }) => ({ id, kind, status, ownerUserId, stepIds }))
    },
    async sending() {
      const rows = await outbox.find({ status: 'sending' }).project<{ _id: string }>({ _id: 1 }).toArray()
      return rows.map(({ _id }) => _id)
    },
    async isHalfFired(stepIds) {
      const written = await outbox.distinct('refs.stepId', { 'refs.stepId': { $in: [...stepIds] } })
      const steps = db.collection<{ _id: string; status: string }>('care_steps')
      return (await steps.countDocuments({ _id: { $in: written }, status: 'planned' })) > 0
    },
    async leases() {
      const claimed = { 'claim.token': { $nin: ['', null] } }
      const found = await Promise.all(
        DUE_TABLES.map(async (table) => {
          const rows = await db.collection(table).find(claimed).project({ status: 1 }).toArray()
          return rows.map(({ _id, status }) => `${table} ${_id} (${status})`)
        }),
      )
      return found.flat()
    },
    async drop() {
      await db.dropDatabase()
    },
    close: () => client.close(),
  }
}

/** A message of a step is one contact, and so is each card of a task. Questions of a conversation are told apart elsewhere. */
function keyOf({ owner, stepId, part, taskId, occurrence }: OutboxDocument['refs']): string | null {
  if (owner === 'care' && stepId && part !== 'ask') return `${stepId} ${part}`
  return owner === 'tasks' && taskId ? `${taskId}-${occurrence}` : null
}
