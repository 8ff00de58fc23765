/** `npm run replay`: what was given up, and why; with ids (or `--parked` for all of it) it is made due again, and a worker does it. */
import { parseArgs } from 'node:util'
import type { Connection } from 'mongoose'
import { FREE_CLAIM } from '../src/platform/claims.ts'
import { systemClock } from '../src/platform/clock.ts'
import { collectionOf, connectDb } from '../src/platform/db.ts'
import { withEnvFile } from '../src/platform/env-file.ts'

/** What is given up in each table, and how it stands before its first try. */
const TABLES = {
  inbox: { parked: { status: 'parked' }, fresh: { status: 'pending' }, any: true },
  event_deliveries: { parked: { status: 'parked' }, fresh: { status: 'pending' }, any: true },
  // A photo that has its pictures is never drawn again.
  photos: { parked: { state: 'failed' }, fresh: { state: 'preparing' }, any: false },
} as const
const tables = Object.entries(TABLES)
const SHOWN = 50

interface Row {
  _id: string
  status?: string
  /** Of a photo. */
  state?: string
  dueAt: Date | null
  attempt: number
  claim: typeof FREE_CLAIM
  lastError: string | null
  /** Of a callback. */
  type?: string
  /** Of an event delivery. */
  event?: { type: string }
  subscriber?: string
}

const { positionals: ids, values } = parseArgs({
  allowPositionals: true,
  options: { parked: { type: 'boolean', default: false } },
})
const uri = withEnvFile(process.env).MONGODB_URI
if (!uri) {
  process.stderr.write('usage: MONGODB_URI=… npm run replay [-- <id> … | --parked]   (or MONGODB_URI in .env)\n')
  process.exit(2)
}
const db = await connectDb(uri)
const found = ids.length > 0 || values.parked ? await replay(db) : await list(db)
await db.close()
process.exit(found ? 0 : 1)

async function replay(db: Connection): Promise<boolean> {
  let count = 0
  for (const [table, { parked, fresh, any }] of tables) {
    const { matchedCount } = await collectionOf<Row>(db, table).updateMany(
      values.parked ? parked : { _id: { $in: ids }, ...(any ? {} : parked) },
      { $set: { ...fresh, dueAt: systemClock.now(), attempt: 0, claim: FREE_CLAIM } },
    )
    count += matchedCount
  }
  process.stdout.write(`${count} due again\n`)
  return values.parked || count === ids.length
}

async function list(db: Connection): Promise<boolean> {
  for (const [table, { parked }] of tables) {
    const rows = collectionOf<Row>(db, table)
    const count = await rows.countDocuments(parked)
    process.stdout.write(`${table}: ${count} parked\n`)
    for (const { _id, type, event, subscriber, lastError } of await rows.find(parked).limit(SHOWN).toArray())
      process.stdout.write(`  ${_id}  ${[type ?? event?.type, subscriber, lastError].filter(Boolean).join(' · ')}\n`)
  }
  return true
}
