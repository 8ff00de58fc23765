/** A server with the photos room in a process of its own, which measures its memory: begin, end, and work on what is due. */
import { createConnection } from 'mongoose'
import { photosWorld } from './support.ts'

const db = await createConnection(process.env.MONGODB_URI ?? '', {
  dbName: process.env.DB_NAME ?? '',
  autoIndex: false,
}).asPromise()
const world = await photosWorld({ db, bucket: JSON.parse(process.env.BUCKET ?? 'null') })
// What is loaded with the first picture is no growth.
let peak = 0
const look = () => {
  peak = Math.max(peak, process.memoryUsage.rss())
}
setInterval(look, 2)

process.on('message', (ask: 'begin' | 'end' | 'work') => {
  void (async () => {
    if (ask === 'begin') {
      globalThis.gc?.()
      peak = 0
    }
    if (ask === 'work') await world.work()
    look()
    process.send?.({ ask, rss: process.memoryUsage.rss(), peak })
  })()
})
process.once('disconnect', () => process.exit(0))
process.send?.({ ask: 'ready', port: world.port })
