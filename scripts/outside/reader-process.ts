/** A process that reads all external contacts when it is told to; it may die of SIGKILL at any time. */

import { createCustomers } from '../../src/customers/index.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createConfigLoader } from '../../src/platform/config.ts'
import { createFieldCrypto, parseFieldKeys } from '../../src/platform/crypto.ts'
import { connectDb } from '../../src/platform/db.ts'
import { createEvents } from '../../src/platform/events.ts'
import { createInbox } from '../../src/platform/inbox.ts'
import { silentLog } from '../../src/platform/log.ts'
import { createMetrics } from '../../src/platform/metrics.ts'
import { systemRandom } from '../../src/platform/random.ts'
import { createStaff, OrganisationSchema } from '../../src/staff/index.ts'
import { createWecom, type WecomSettings } from '../../src/wecom/index.ts'

export interface ReaderSettings {
  uri: string
  fieldKeys: string
  leaseMs: number
  wecom: WecomSettings
}
export interface ReaderReport {
  counts: Record<string, number>
  /** Most memory that the process ever had, MB. */
  memory: number
  /** Writes to customers and their identities. */
  writes: number
}

const settings = JSON.parse(process.env.READER ?? '{}') as ReaderSettings
const RECORDS = new Set(['customers', 'customer_identities'])
const WRITES = new Set(['insert', 'update', 'delete'])

const db = await connectDb(settings.uri, { monitored: true })
let writes = 0
db.getClient().on('commandStarted', ({ commandName, command }) => {
  if (WRITES.has(commandName) && RECORDS.has(String(command[commandName]))) writes += 1
})
const base = {
  db,
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  crypto: createFieldCrypto(parseFieldKeys(settings.fieldKeys)),
  leaseMs: settings.leaseMs,
  nudge: () => undefined,
}
const ports = { ...base, events: createEvents(base), inbox: createInbox(base) }
const organisation = createConfigLoader('config').load('organisation.yaml', OrganisationSchema)
if (!organisation) throw new Error('config/organisation.yaml is not in order')
const wecom = createWecom({ ...ports, metrics: createMetrics({ defaults: false }), settings: settings.wecom })
const staff = createStaff({ ...ports, wecom: wecom.client, organisation })
const nobody = async () => Promise.reject(new Error('no mini-program here'))
const customers = createCustomers({
  ...ports,
  wecom: wecom.client,
  rates: wecom.rates,
  wechat: { code2Session: nobody, phoneNumber: nobody },
  staff: staff.service,
  sessionSecret: 'a secret of at least thirty-two characters',
})
await Promise.all([ports.events.ready(), ports.inbox.ready(), staff.ready(), customers.ready()])
await staff.service.syncDirectory()

async function readAll(name: string): Promise<ReaderReport> {
  writes = 0
  await customers.contactSync.start(name)
  for (;;) {
    await customers.contactSync.due.drain(systemClock.now())
    const [sync] = await customers.contactSync.page({ limit: 1, after: null })
    if (sync?.lastError) throw new Error(sync.lastError)
    if (sync?.finishedAt) return { counts: { ...sync.counts }, memory: process.resourceUsage().maxRSS / 1_024, writes }
    // Whose lease a dead process left takes a moment to end.
    if (sync && sync.claim.until > systemClock.wall()) await new Promise((done) => setTimeout(done, 20))
  }
}

process.on('message', (name: string) => void readAll(name).then((report) => process.send?.(report)))
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
