/**
 * All external contacts of a large clinic, read by a process that is killed three times on the way: nothing missing, nothing
 * twice, held against what the simulated WeCom says over HTTP.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { befriend, createSimulator, type Simulator } from '../../simulator/index.ts'
import { connectDb } from '../../src/platform/db.ts'
import type { ReaderReport, ReaderSettings } from './reader-process.ts'

export interface ContactsReport {
  people: number
  /** One for each follower. */
  contacts: number
  kills: string[]
  seconds: number
  perSecond: number
  /** Requests for a page, and all. */
  pages: number
  requests: number
  /** Most requests to WeCom within one second. */
  mostPerSecond: number
  /** Of all processes, MB. */
  memory: number
  again: { seconds: number; writes: number }
  findings: string[]
}

const STAFF = 120
const LIST = '/cgi-bin/externalcontact/batch/get_by_user'
/** Where a process dies: at which share of all pages, and how far the page had come. */
const DEATHS = [
  { share: 0.2, stage: 'received', after: 0, what: 'before the answer' },
  { share: 0.5, stage: 'answered', after: 0, what: 'with the answer on its way' },
  { share: 0.75, stage: 'answered', after: 25, what: 'between the writes of a page' },
] as const
/** What a reader may take of memory, MB. */
const MOST_MB = 300
/** WeCom takes 10,000 requests of one path in a minute. */
const MOST_PER_SECOND = Math.floor(10_000 / 60)
const FIELD_KEYS = `k1:${Buffer.alloc(32, 7).toString('base64')}`

export async function proveContacts({
  uri,
  people,
  say,
}: {
  uri: string
  people: number
  say: (line: string) => void
}): Promise<ContactsReport> {
  const simulator = await createSimulator({ seed: 11, customers: people, staff: STAFF })
  const contacts = populate(simulator)
  say(`${people} people with ${contacts} contacts stand in WeCom`)
  const { ready } = simulator
  const settings: ReaderSettings = {
    uri,
    fieldKeys: FIELD_KEYS,
    leaseMs: 2_000,
    wecom: { ...ready, apiBase: ready.wecomBase, callbackMaxAgeSeconds: 300 },
  }
  const reports: ReaderReport[] = []
  const kills: string[] = []
  const perSecond = new Map<number, number>()
  let pages = 0
  let requests = 0
  let reader: Reader | null = null
  const stop = simulator.tap(({ stage, path }) => {
    if (stage === 'received') {
      requests += 1
      const second = Math.floor(performance.now() / 1_000)
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1)
    }
    if (path !== LIST) return
    if (stage === 'received') pages += 1
    const death = DEATHS[kills.length]
    if (!death || death.stage !== stage || pages < (death.share * contacts) / 100) return
    kills.push(`page ${pages}, ${death.what}`)
    const victim = reader
    if (death.after === 0) victim?.child.kill('SIGKILL')
    else setTimeout(() => victim?.child.kill('SIGKILL'), death.after)
  })
  try {
    const startedAt = performance.now()
    while (reports.length === 0) {
      reader = await startReader(settings)
      const report = await reader.read('2026-03-02')
      if (report) reports.push(report)
      else say(`killed at ${kills.at(-1)}`)
    }
    const seconds = (performance.now() - startedAt) / 1_000
    const first = { pages, requests }
    const againAt = performance.now()
    const again = await reader?.read('2026-03-03')
    const againSeconds = (performance.now() - againAt) / 1_000
    if (again) reports.push(again)
    const memory = Math.max(...reports.map(({ memory }) => memory))
    const mostPerSecond = Math.max(...perSecond.values())
    const beyond = [
      ...(memory > MOST_MB ? [`a reader had ${Math.round(memory)} MB; ${MOST_MB} are given`] : []),
      ...(mostPerSecond > MOST_PER_SECOND
        ? [`${mostPerSecond} requests in one second; ${MOST_PER_SECOND} are allowed`]
        : []),
      ...(again?.writes === 0 ? [] : [`reading again wrote ${again?.writes ?? 'nobody knows what'}`]),
    ]
    return {
      people,
      contacts,
      kills,
      seconds,
      perSecond: contacts / seconds,
      ...first,
      mostPerSecond,
      memory,
      again: { seconds: againSeconds, writes: again?.writes ?? -1 },
      findings: [...beyond, ...(await judge(uri, ready.wecomBase))],
    }
  } finally {
    stop()
    reader?.child.kill('SIGKILL')
    await simulator.close()
  }
}

/** Everybody has somebody, every fifth two; every third has a number in the remark. Returns how many contacts that makes. */
function populate({ world }: Simulator): number {
  let contacts = 0
  for (const [i, customer] of world.customers.entries()) {
    const followers = i % 5 === 0 ? [i, i * 7 + 1] : [i]
    for (const userId of new Set(followers.map((n) => world.staff[n % STAFF]?.userId ?? ''))) {
      befriend(world, customer, userId, {
        createdAt: new Date('2026-02-01T02:00:00Z'),
        state: null,
        remark: customer.name,
        remarkMobiles: i % 3 === 0 ? [customer.phone] : [],
      })
      contacts += 1
    }
  }
  return contacts
}

interface Reader {
  child: ChildProcess
  /** Null: it died. */
  read(name: string): Promise<ReaderReport | null>
}

async function startReader(settings: ReaderSettings): Promise<Reader> {
  const child = fork(new URL('./reader-process.ts', import.meta.url), {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, READER: JSON.stringify(settings) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const heard = () =>
    new Promise<unknown>((resolve) => {
      child.once('message', resolve)
      child.once('exit', () => resolve(null))
    })
  if ((await heard()) === null) throw new Error('the reading process does not start')
  return {
    child,
    read(name) {
      child.send(name)
      return heard() as Promise<ReaderReport | null>
    },
  }
}

interface Known {
  _id: string
  externalUserIds: string[]
  followUserIds: string[]
  unionId: string | null
}

/** What the simulated WeCom says and the records don't, or say otherwise. */
async function judge(uri: string, wecomBase: string): Promise<string[]> {
  const state = (await (await fetch(`${wecomBase}/_sim/state`)).json()) as {
    people: { kind: string; externalUserId: string; unionId: string; contacts: string[] }[]
  }
  const db = await connectDb(uri)
  try {
    const findings: string[] = []
    const customers = db.collection<Known>('customers')
    const byCard = new Map<string, Known[]>()
    let records = 0
    for await (const row of customers.find({}, { batchSize: 2_000 })) {
      records += 1
      for (const id of row.externalUserIds) byCard.set(id, [...(byCard.get(id) ?? []), row])
    }
    const people = state.people.filter(({ kind, contacts }) => kind === 'customer' && contacts.length > 0)
    for (const { externalUserId, unionId, contacts } of people) {
      const [row, ...more] = byCard.get(externalUserId) ?? []
      if (!row) findings.push(`${externalUserId} is missing`)
      else if (more.length > 0) findings.push(`${externalUserId} is there ${more.length + 1} times`)
      else if (row.unionId !== unionId) findings.push(`${externalUserId} is another person`)
      else if (
        [...row.followUserIds].sort().join() !==
        contacts
          .map((id) => id.toLowerCase())
          .sort()
          .join()
      )
        findings.push(`${externalUserId} is followed by ${row.followUserIds.join()}, not ${contacts.join()}`)
    }
    if (records !== people.length) findings.push(`${records} records of ${people.length} people`)
    return findings
  } finally {
    await db.close()
  }
}
