/**
 * Thousands of callbacks, some twice, some behind later ones, some an hour late, some never: in the end the records say what the
 * simulated WeCom says over HTTP, and nothing was done twice.
 */
import { randomBytes } from 'node:crypto'
import { createSimulator, type Simulator } from '../../simulator/index.ts'
import { loadConfig } from '../../src/config.ts'
import { connectDb } from '../../src/platform/db.ts'
import { silentLog } from '../../src/platform/log.ts'
import { seededRandom } from '../../src/platform/random.ts'
import { readSettings } from '../../src/platform/settings.ts'
import { startServer } from '../../src/server.ts'
import { moveClock } from '../demo/parts.ts'
import { aimCallbacks, vendorSettings } from '../demo/vendor-settings.ts'

export interface CallbacksReport {
  people: number
  /** As the simulator counts them: taken in, pushed twice, behind later ones, an hour late, lost for good. */
  sent: number
  duplicated: number
  reordered: number
  late: number
  lost: number
  seconds: number
  findings: string[]
}

const STAFF = 14
const START = '2026-03-02T10:00:00+08:00'
/** After the night's reading of all contacts. */
const END = '2026-03-03T04:30:00+08:00'
const AT_ONCE = 50
const HOUR_MS = 3_600_000
const MOVE_LIMIT_MS = 600_000
/** Callbacks of one person: added twice, entered the chat, wrote, gone once, and every second one back again. */
const CALLBACKS_EACH = 5.5

export async function proveCallbacks({
  uri,
  callbacks,
  say,
}: {
  uri: string
  callbacks: number
  say: (line: string) => void
}): Promise<CallbacksReport> {
  const people = Math.ceil(callbacks / CALLBACKS_EACH)
  const simulator = await createSimulator({
    seed: 17,
    customers: people,
    staff: STAFF,
    clock: 'manual',
    start: new Date(START),
  })
  const { ready, faults } = simulator
  const { settings, problems } = readSettings({
    MONGODB_URI: uri,
    PORT: '0',
    LOG_LEVEL: 'silent',
    ...vendorSettings(ready),
    FIELD_KEYS: `proof:${randomBytes(32).toString('base64')}`,
    SESSION_SECRET: randomBytes(32).toString('hex'),
    INTEGRATION_KEYS: randomBytes(32).toString('hex'),
    CLOCK_URL: ready.wecomBase,
    SEND_CONCURRENCY: '1',
    KF_PULL_MINUTES: '60',
  })
  if (!settings) throw new Error(problems.map(({ setting, message }) => `${setting} ${message}`).join('\n'))
  const random = seededRandom(17)
  const server = await startServer({
    settings,
    config: loadConfig('config'),
    log: silentLog,
    random,
    metronome: 'step',
  })
  try {
    await aimCallbacks(ready.wecomBase, server.address)
    faults.add({ path: 'callback', duplicate: true, rate: 0.05 })
    faults.add({ path: 'callback', reorder: true, rate: 0.05 })
    const late = faults.add({ path: 'callback', delayMs: HOUR_MS, rate: 0.01 })
    faults.add({ path: 'callback', drop: 'before', rate: 0.01 })
    const startedAt = performance.now()
    await play(simulator, say)
    faults.clear()
    const lateOnes = late.hits
    // The clock has a limit of its own for every move.
    const now = () => Number(simulator.clock.now())
    for (const end = Date.parse(END); now() < end; )
      await moveClock(ready.wecomBase, new Date(Math.min(end, now() + HOUR_MS)), MOVE_LIMIT_MS)
    const { sent, duplicated, reordered, lost } = simulator.context.callbacks.counts
    const seconds = (performance.now() - startedAt) / 1_000
    return { people, sent, duplicated, reordered, late: lateOnes, lost, seconds, findings: await judge(uri, simulator) }
  } finally {
    await server.stop()
    await simulator.close()
  }
}

async function play({ world, act, ready, clock }: Simulator, say: (line: string) => void): Promise<void> {
  const members = world.staff.map(({ userId }) => userId)
  for (let first = 0; first < world.customers.length; first += AT_ONCE) {
    const some = world.customers.slice(first, first + AT_ONCE).map((customer, i) => ({
      id: customer.personId,
      n: first + i,
      one: members[(first + i) % STAFF] ?? '',
      other: members[(first + i + 5) % STAFF] ?? '',
    }))
    const rounds: ((person: (typeof some)[number]) => void)[] = [
      ({ id, one }) => act({ as: 'customer', id, do: 'add-contact', userId: one }),
      ({ id }) => act({ as: 'customer', id, do: 'enter-kf' }),
      ({ id, n }) => act({ as: 'customer', id, do: 'say', text: `您好，我是第${n}位` }),
      ({ id, other }) => act({ as: 'customer', id, do: 'add-contact', userId: other }),
      ({ id, one }) => act({ as: 'customer', id, do: 'delete-contact', userId: one }),
      ({ id, one, n }) => n % 2 === 0 && act({ as: 'customer', id, do: 'add-contact', userId: one }),
    ]
    for (const round of rounds) {
      for (const person of some) round(person)
      await moveClock(ready.wecomBase, new Date(Number(clock.now()) + 1_000), MOVE_LIMIT_MS)
    }
    if (first % (AT_ONCE * 10) === 0) say(`${first + some.length} of ${world.customers.length} people`)
  }
}

/** What differs between the records and WeCom, and what was done more often than asked for. */
async function judge(uri: string, { ready, ledger }: Simulator): Promise<string[]> {
  const { people } = (await (await fetch(`${ready.wecomBase}/_sim/state`)).json()) as {
    people: { kind: string; personId: string; externalUserId: string; contacts: string[] }[]
  }
  const db = await connectDb(uri)
  try {
    const findings: string[] = []
    const customers = people.filter(({ kind }) => kind === 'customer')
    const rows = await db
      .collection<{ externalUserIds: string[]; followUserIds: string[]; mergedInto: string | null }>('customers')
      .find({ mergedInto: null })
      .toArray()
    if (rows.length !== customers.length) findings.push(`${rows.length} records of ${customers.length} people`)
    const byCard = new Map(rows.flatMap((row) => row.externalUserIds.map((id) => [id, row] as const)))
    const messages = await db.collection<{ externalUserId: string }>('kf_messages').find().toArray()
    const count = (items: readonly string[]) => {
      const counts = new Map<string, number>()
      for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
      return counts
    }
    const said = count(messages.map(({ externalUserId }) => externalUserId))
    const greeted = count(
      ledger.entries().flatMap(({ kind, person, channel }) => (kind === 'welcome' ? `${person} ${channel}` : [])),
    )
    for (const [n, { personId, externalUserId, contacts }] of customers.entries()) {
      const followers = byCard.get(externalUserId)?.followUserIds ?? []
      const wanted = contacts.map((id) => id.toLowerCase()).sort()
      if ([...followers].sort().join() !== wanted.join())
        findings.push(`${personId} is followed by ${followers.join()}, not ${wanted.join()}`)
      if (said.get(externalUserId) !== 1)
        findings.push(`${personId} is kept with ${said.get(externalUserId) ?? 0} messages`)
      const adds = n % 2 === 0 ? 3 : 2
      if ((greeted.get(`${personId} externalcontact/send_welcome_msg`) ?? 0) > adds)
        findings.push(`${personId} was greeted more often than ${adds} times`)
    }
    const parked = await db.collection('inbox').countDocuments({ status: 'parked' })
    if (parked > 0) findings.push(`${parked} callbacks were given up`)
    return findings
  } finally {
    await db.close()
  }
}
