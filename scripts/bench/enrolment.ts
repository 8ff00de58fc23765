/** Enrolment: documents per second of plans and steps, against `insertMany` of exactly those documents under the same indexes. */
import type { Collection, Document } from 'mongodb'
import type { Treatment } from '../../src/treatments/index.ts'
import { chunks, enterCustomers, enterStores, HOSPITAL, treatmentOf } from './clinic.ts'
import type { Bench, BenchContext } from './context.ts'
import { openRooms, type Rooms } from './rooms.ts'
import { figure, interleave, type Measures, timed } from './rounds.ts'

const START = '2026-03-02T12:00:00Z'
const BATCH = 100
const CODES = ['skin_booster', 'hyaluronic_filler', 'botulinum', 'ipl'] as const
const TARGET = { atLeast: 0.5 }
const NAMES = ['care_steps', 'care_plans'] as const
const DAY_MS = 86_400_000

export const enrolment: Bench = {
  name: 'enrolment',
  async run({ sizes, say, database }: BenchContext) {
    const draft = await open(database('enrolment_draft'))
    const rooms = await open(database('enrolment'))
    try {
      const batches = sizes.treatments
      const singles = Math.ceil(sizes.treatments / 4)
      const rounds = sizes.rounds + 1
      const customers = await enterCustomers(rooms, HOSPITAL, Math.min(1_000, sizes.treatments))
      const treatments = treatmentsFor(customers, (batches + singles) * rounds)
      await enterCustomers(draft, HOSPITAL, customers.length)
      say('enrolling once to know the documents')
      for (const some of chunks(treatments, BATCH)) await draft.care.startPlans(some)
      const documents = await documentsOf(draft)

      const peer = await equalCollections(rooms)
      const run = (all: readonly Treatment[], size: number, batch: number) => {
        const part = (round: number) => chunks(all.slice(round * size, (round + 1) * size), batch)
        return interleave(
          sizes.rounds,
          {
            ours: (round) => enrolAll(rooms, part(round), documents),
            peer: (round) => insertAll(peer, part(round), documents),
          },
          say,
        )
      }
      say(`${BATCH} treatments at once`)
      const many = await run(treatments.slice(0, batches * rounds), batches, BATCH)
      say('one treatment after the other')
      const single = await run(treatments.slice(batches * rounds), singles, 1)
      await checkSame(rooms, peer)
      return {
        name: 'enrolment',
        ours: 'care.startPlans: read customers, stores and load, plan by the pathways, insert steps and plans',
        peer: 'insertMany (unordered) of the same documents in the same batches into collections with the same indexes',
        figures: [
          figure(many, 'rate', { name: `${BATCH} treatments at once`, unit: 'documents/s', target: TARGET }),
          figure(single, 'rate', { name: 'one by one', unit: 'documents/s', target: TARGET }),
        ],
        facts: { documentsPerTreatment: countOf(treatments, documents) / treatments.length },
      }
    } finally {
      await draft.close()
      await rooms.close()
    }
  },
}

type Documents = Map<string, { steps: Document[]; plans: Document[] }>

async function open(uri: string): Promise<Rooms> {
  const rooms = await openRooms(uri, START, {})
  await rooms.ready()
  await enterStores(rooms)
  return rooms
}

/** Three weeks of a hospital's treatments. */
const treatmentsFor = (customers: readonly string[], count: number): Treatment[] =>
  Array.from({ length: count }, (_, i) =>
    treatmentOf(`${i}`, {
      customerId: customers[i % customers.length] ?? '',
      storeId: HOSPITAL,
      code: CODES[i % CODES.length] ?? CODES[0],
      endedAt: new Date(Date.parse(START) - (i % 21) * DAY_MS - (i % 480) * 60_000),
    }),
  )

const collectionsOf = (rooms: Rooms, prefix = '') =>
  NAMES.map((name) => rooms.db.collection<Document>(`${prefix}${name}`) as unknown as Collection<Document>)

async function documentsOf(rooms: Rooms): Promise<Documents> {
  const [steps = [], plans = []] = await Promise.all(
    collectionsOf(rooms).map((collection) => collection.find().toArray()),
  )
  const found: Documents = new Map()
  const of = (id: string) => {
    const entry = found.get(id) ?? { steps: [], plans: [] }
    found.set(id, entry)
    return entry
  }
  for (const step of steps) of(String(step.treatmentId)).steps.push(step)
  for (const plan of plans) of(String(plan._id)).plans.push(plan)
  return found
}

/** Empty collections beside the real ones, with the same indexes. */
async function equalCollections(rooms: Rooms): Promise<Collection<Document>[]> {
  const peers = collectionsOf(rooms, 'peer_')
  for (const [i, original] of collectionsOf(rooms).entries())
    for (const { key, unique } of await original.indexes())
      if (!('_id' in key)) await peers[i]?.createIndex(key, unique ? { unique } : {})
  return peers
}

const countOf = (treatments: readonly Treatment[], documents: Documents): number =>
  treatments.reduce((sum, { id }) => {
    const { steps = [], plans = [] } = documents.get(id) ?? {}
    return sum + steps.length + plans.length
  }, 0)

async function enrolAll({ care }: Rooms, batches: Treatment[][], documents: Documents): Promise<Measures> {
  const ms = await timed(async () => {
    for (const some of batches) await care.startPlans(some)
  })
  return { rate: (countOf(batches.flat(), documents) / ms) * 1_000 }
}

async function insertAll(
  peers: Collection<Document>[],
  batches: Treatment[][],
  documents: Documents,
): Promise<Measures> {
  const rows = batches.map((some) => {
    const mine = some.map(({ id }) => documents.get(id))
    return [mine.flatMap((one) => one?.steps ?? []), mine.flatMap((one) => one?.plans ?? [])]
  })
  const ms = await timed(async () => {
    for (const parts of rows)
      for (const [i, part] of parts.entries()) await peers[i]?.insertMany(part, { ordered: false })
  })
  return { rate: (countOf(batches.flat(), documents) / ms) * 1_000 }
}

async function checkSame(rooms: Rooms, peers: Collection<Document>[]): Promise<void> {
  for (const [i, original] of collectionsOf(rooms).entries()) {
    const [ours, theirs] = [await original.countDocuments(), await peers[i]?.countDocuments()]
    if (ours !== theirs) throw new Error(`enrolment wrote ${ours} documents to ${NAMES[i]}, the peer ${theirs}`)
  }
}
