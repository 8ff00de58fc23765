/** A process of its own that takes callbacks in and works on them at once: for tests of what comes to many at the same time. */
import { setTimeout as pause } from 'node:timers/promises'
import { createConnection } from 'mongoose'
import { createActivity } from '../../../src/platform/activity.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { createHttpServer } from '../../../src/platform/http-server.ts'
import { createInbox } from '../../../src/platform/inbox.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { seededRandom } from '../../../src/platform/random.ts'
import { createWecom } from '../../../src/wecom/index.ts'
import { testPorts } from '../../support/ports.ts'

const WORK_MS = 20
const { MONGODB_URI = '', DB_NAME = '', SETTINGS = '{}' } = process.env
const db = await createConnection(MONGODB_URI, { dbName: DB_NAME, autoIndex: false }).asPromise()
const ports = { ...(await testPorts(db)), clock: systemClock, random: seededRandom(process.pid), works: true }
let drains: Promise<unknown> = Promise.resolve()
const inbox = createInbox({
  ...ports,
  nudge: () => {
    drains = drains.then(() => inbox.due.drain(systemClock.now()))
  },
})
for (const type of ['text', 'change_external_contact.add_external_contact'])
  inbox.on('wecom', type, async ({ key }) => {
    // Long enough for the others to come by.
    await pause(WORK_MS)
    await db.collection('worked').insertOne({ key, pid: process.pid })
  })
const metrics = createMetrics({ defaults: false })
const wecom = createWecom({ ...ports, inbox, metrics, settings: JSON.parse(SETTINGS) })
const http = createHttpServer({ log: silentLog, random: ports.random, metrics, activity: createActivity() })
wecom.mount(http.router)
const { port } = await http.listen(0, '127.0.0.1')

// Asked whether it is through, a process drains what others may have left, too.
process.on('message', () => drains.then(() => inbox.due.drain(systemClock.now())).then(() => process.send?.('through')))
process.on('disconnect', () => process.exit(0))
process.send?.(port)
