/** Enrolment: documents per second of plans and steps, against `insertMany` of exactly those documents under the same indexes. */
import type { Db, Document } from 'mongodb'
import type { TreatmentInput } from '../../src/treatments/index.ts'
import { chunks, enterCustomers, enterStores, HOSPITAL, treatmentOf } from './clinic.ts'
import type { Bench, BenchContext } from './context.ts'
import { openRooms, type Rooms } from './rooms.ts'
import { type Figure, figure, interleave, type Measures, type Target, timed } from './rounds.ts'

const START = '2026-03-02T12:00:00Z'
const BATCH = 100
/** What a drain of event deliveries claims at once. */
const DELIVERED = 50
/** Treatments whose plans hang on nothing else: no card asks for a day, so both sides write the same documents. */
const CODES = ['skin_booster', 'hyaluronic_filler', 'botulinum'] as const
const TARGET = { atLeast: 0.5 }
const NAMES = ['care_steps', 'care_plans'] as const
const DAY_MS = 86_400_000

export const enrolment: Bench = {
  name: 'enrolment',
  async run({ sizes, say, database }: BenchContext) {
    const single = Math.ceil(sizes.treatments / 4)
    const ways: Way[] = [
      { name: `${BATCH} treatments at once`, batch: BATCH, size: sizes.treatments, target: TARGET, enrol: planned },
      { name: 'as events deliver them', batch: DELIVERED, size: sizes.treatments, target: TARGET, enrol: delivered },
      { name: 'one after the other', batch: 1, size: single, target: null, enrol: planned },
    ]
    const figures: Figure[] = []
    for (const [i, way] of ways.entries()) {
      say(way.name)
      const draft = await open(database(`enrolment_draft_${i}`))
      const rooms = await open(database(`enrolment_${i}`))
      try {
        const measured = await measure(draft, rooms, way, sizes.rounds, say)
        figures.push(figure(measured, 'rate', { name: way.name, unit: 'documents/s', target: way.target }))
      } finally {
        await draft.close()
        await rooms.close()
      }
    }
    return {
      name: 'enrolment',
      ours: 'read customers, stores and load, plan by the pathways, insert steps and plans; delivered: also claim and close the deliveries',
      peer: 'insertMany (unordered) of the same documents in the same batches into collections with the same indexes',
      figures,
    }
  },
}

async function measure(
  draft: Rooms,
  rooms: Rooms,
  { batch, size, enrol }: Way,
  rounds: number,
  say: BenchContext['say'],
) {
  const customers = await enterCustomers(rooms, HOSPITAL, size * (rounds + 1))
  await enterCustomers(draft, HOSPITAL, customers.length)
  const peers = await equalCollections(rooms)
  const parts = Array.from({ length: rounds + 1 }, (_, round) =>
    chunks(entriesFor(customers.slice(round * size, (round + 1) * size), round), batch),
  )
  // Enrolled once elsewhere, to know the documents.
  for (const part of parts) await enrol(draft, part)
  const documents = await documentsOf(draft)
  const rows = parts.map((part) => part.map((some) => documentsFor(some, documents)))
  const measured = await interleave(
    rounds,
    {
      ours: async (round) => rateOf(rows[round], await enrol(rooms, parts[round] ?? [])),
      peer: async (round) => rateOf(rows[round], await insertAll(peers, rows[round] ?? [])),
    },
    say,
  )
  await checkSame(rooms, peers)
  return measured
}

type Entry = TreatmentInput & { customerId: string }
interface Way {
  name: string
  batch: number
  size: number
  target: Target
  /** Enrols all batches; the answer is what it took, ms. */
  enrol: (rooms: Rooms, batches: readonly Entry[][]) => Promise<number>
}

/** `startPlans` as the entry of many treatments would call it. */
async function planned({ care }: Rooms, batches: readonly Entry[][]): Promise<number> {
  const treatments = batches.map((some) => some.map((entry) => treatmentOf(entry.externalId, entry)))
  return timed(async () => {
    for (const some of treatments) await care.startPlans(some)
  })
}

/** The treatments are entered and announced beforehand; measured is the drain that hands the events to care. */
async function delivered({ treatments, engine, clock }: Rooms, batches: readonly Entry[][]): Promise<number> {
  for (const some of batches) await treatments.completeMany(some)
  return timed(() => engine.drainOne('event_deliveries', clock.now()))
}

async function open(uri: string): Promise<Rooms> {
  const rooms = await openRooms(uri, START, {})
  await rooms.ready()
  await enterStores(rooms)
  return rooms
}

/** Every tenth treatment is somebody's second of the same day: one contact then speaks of both. */
const SECOND = 10

/** Three weeks of a hospital's treatments, of other customers in every round. */
const entriesFor = (customers: readonly string[], round: number): Entry[] =>
  customers.map((_, i) => {
    const visit = i % SECOND === SECOND - 1 ? i - 1 : i
    return {
      externalId: `${round}-${i}`,
      customerId: customers[visit] ?? '',
      storeId: HOSPITAL,
      code: CODES[i % CODES.length] ?? CODES[0],
      endedAt: new Date(Date.parse(START) - (visit % 21) * DAY_MS - (i % 480) * 60_000),
    }
  })

type Rows = Record<(typeof NAMES)[number], Document[]>

const collectionsOf = ({ db }: Rooms, prefix = '') =>
  NAMES.map((name) => ({ name, collection: (db.db as unknown as Db).collection<Document>(`${prefix}${name}`) }))

/** Everything that is enrolled, by the clinic's number of the treatment. */
async function documentsOf(rooms: Rooms): Promise<Map<string, Rows>> {
  const found = new Map<string, Rows>()
  const plansOf = new Map<string, string>()
  for (const { name, collection } of collectionsOf(rooms)) {
    for (const row of await collection.find().toArray()) {
      if (name === 'care_steps') plansOf.set(String(row.treatmentId), String(row.treatmentExternalId))
      const id = name === 'care_steps' ? String(row.treatmentExternalId) : (plansOf.get(String(row._id)) ?? '')
      const rows = found.get(id) ?? { care_steps: [], care_plans: [] }
      rows[name].push(row)
      found.set(id, rows)
    }
  }
  return found
}

function documentsFor(entries: readonly Entry[], documents: ReadonlyMap<string, Rows>): Rows {
  const mine = entries.map(({ externalId }) => {
    const rows = documents.get(externalId)
    if (!rows?.care_plans.length) throw new Error(`treatment ${externalId} was not enrolled`)
    return rows
  })
  return {
    care_steps: mine.flatMap(({ care_steps }) => care_steps),
    care_plans: mine.flatMap(({ care_plans }) => care_plans),
  }
}

/** Empty collections beside the real ones, with the same indexes. */
async function equalCollections(rooms: Rooms) {
  const peers = collectionsOf(rooms, 'peer_')
  for (const [i, { collection }] of collectionsOf(rooms).entries())
    for (const { key } of await collection.indexes()) if (!('_id' in key)) await peers[i]?.collection.createIndex(key)
  return peers
}

const rateOf = (batches: readonly Rows[] = [], ms: number): Measures => ({
  rate: (batches.flatMap(({ care_steps, care_plans }) => [...care_steps, ...care_plans]).length / ms) * 1_000,
})

const insertAll = (peers: ReturnType<typeof collectionsOf>, batches: readonly Rows[]): Promise<number> =>
  timed(async () => {
    for (const rows of batches)
      for (const { name, collection } of peers) await collection.insertMany(rows[name], { ordered: false })
  })

async function checkSame(rooms: Rooms, peers: ReturnType<typeof collectionsOf>): Promise<void> {
  for (const [i, { name, collection }] of collectionsOf(rooms).entries()) {
    const [ours, theirs] = [await collection.countDocuments(), await peers[i]?.collection.countDocuments()]
    if (ours !== theirs || ours === 0)
      throw new Error(`enrolment wrote ${ours} documents to ${name}, the peer ${theirs}`)
  }
}
