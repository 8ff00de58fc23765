/** `npm run replay -- <id>`: makes a stored callback or event delivery due again; a running worker does it. */

import { FREE_CLAIM } from '../src/platform/claims.ts'
import { systemClock } from '../src/platform/clock.ts'
import { collectionOf, connectDb } from '../src/platform/db.ts'

const [id] = process.argv.slice(2)
const uri = process.env.MONGODB_URI
if (!id || !uri) {
  process.stderr.write('usage: MONGODB_URI=… npm run replay -- <id of an inbox row or event delivery>\n')
  process.exit(2)
}
const db = await connectDb(uri)
let found = 0
for (const name of ['inbox', 'event_deliveries']) {
  const { matchedCount } = await collectionOf<{
    _id: string
    status: string
    dueAt: Date
    attempt: number
    claim: typeof FREE_CLAIM
  }>(db, name).updateOne(
    { _id: id },
    { $set: { status: 'pending', dueAt: systemClock.now(), attempt: 0, claim: FREE_CLAIM } },
  )
  found += matchedCount
}
await db.close()
process.stdout.write(found > 0 ? `${id} is due again\n` : `nothing has the id ${id}\n`)
process.exit(found > 0 ? 0 : 1)
