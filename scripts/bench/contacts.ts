/** From a due step to `sent`: care and outbox drains with the send answered in this process, against one Agenda job per step. */
import type { Document } from 'mongodb'
import { connectDb } from '../../src/platform/db.ts'
import { chunks, enterCustomers, enterStores, SALON, treatmentOf } from './clinic.ts'
import { countCommands } from './commands.ts'
import type { Bench, BenchContext, Sizes } from './context.ts'
import { createAgendaPeer } from './peers/agenda-jobs.ts'
import { openRooms, type Rooms } from './rooms.ts'
import { figure, interleave, type Measures, timed } from './rounds.ts'
import { OPEN_KF_ID } from './settings.ts'

const TARGET = { atMost: 0.1 }
const DAY_MS = 86_400_000
/** Everybody was treated this Monday. A salon's base pathway then sends guidance on the days 1, 2, 3 and 5, before 12:30. */
const TREATED = '2026-03-02T12:00:00Z'
const GUIDANCE_DAYS = [1, 2, 3, 5] as const
/** From the treatment's hour to 10:50 next day, when nothing is due yet … */
const MORNING_MS = (14 * 60 + 50) * 60_000
/** … and to 12:28, when all of the day's guidance is due and its window is still open. */
const NOON_MS = (16 * 60 + 28) * 60_000
const STEPS_PER_PLAN = 7
const BATCH = 100

export const contacts: Bench = {
  name: 'contacts',
  async run({ sizes, say, database }: BenchContext) {
    const uri = database('contacts')
    let sends = 0
    const kfSendMsg = async (body: string) => {
      sends += 1
      return { msgid: String((JSON.parse(body) as { msgid: string }).msgid) }
    }
    const rooms = await openRooms(uri, TREATED, {
      kfSendMsg,
      // Routines come round meanwhile: nobody has written, nobody was hired.
      kfSyncMsg: async () => ({ messages: [], nextCursor: '', hasMore: false }),
      departments: async () => [],
      followUsers: async () => [],
    })
    const other = await connectDb(uri, { monitored: true })
    try {
      const commands = countCommands(rooms.db.getClient())
      const others = countCommands(other.getClient())
      say(`enrolling ${sizes.due} customers and as many more as plan ${sizes.planned} steps`)
      await enrol(rooms, sizes)
      const peer = await createAgendaPeer(other, kfSendMsg)
      await peer.plan(sizes.plannedJobs - sizes.dueJobs, new Date(Date.now() + 10 * DAY_MS))

      const ours = async (round: number): Promise<Measures> => {
        const day = Date.parse(TREATED) + ((GUIDANCE_DAYS[round] ?? 0) - 1) * DAY_MS
        rooms.clock.set(new Date(day + MORNING_MS))
        await heardFromAll(rooms)
        await rooms.engine.drainAll(rooms.clock.now())
        const now = new Date(day + NOON_MS)
        rooms.clock.set(now)
        const planned = await rooms.db.collection('care_steps').countDocuments({ dueAt: { $gt: new Date(0) } })
        commands.reset()
        sends = 0
        const ms = await timed(async () => {
          await rooms.engine.drainOne('care_steps', now)
          await rooms.engine.drainOne('outbox', now)
        })
        const asked = commands.total()
        await checkSent(rooms, sizes.due * (round + 2))
        return measures(sends, sizes.due, asked, ms, planned)
      }
      const theirs = async (): Promise<Measures> => {
        await peer.plan(sizes.dueJobs, new Date(Date.now() - 1_000))
        const before = await peer.sent()
        others.reset()
        sends = 0
        const ms = await timed(() => peer.run(sizes.dueJobs))
        const asked = others.total()
        if ((await peer.sent()) - before !== sizes.dueJobs) throw new Error('Agenda did not send every due step')
        return measures(sends, sizes.dueJobs, asked, ms, sizes.plannedJobs)
      }
      const rounds = await interleave(Math.min(sizes.rounds, GUIDANCE_DAYS.length - 1), { ours, peer: theirs }, say)
      return {
        name: 'contacts',
        ours: `the drain of care_steps, then of outbox: ${sizes.due} due, at least ${sizes.planned} planned`,
        peer: `one Agenda job per step: ${sizes.dueJobs} due of ${sizes.plannedJobs}`,
        figures: [
          figure(rounds, 'commands', { name: 'commands per contact', unit: 'commands', target: TARGET }),
          figure(rounds, 'rate', { name: 'contacts', unit: 'contacts/s' }),
        ],
        facts: { planned: rounds.ours.map(({ planned }) => planned) },
      }
    } finally {
      await rooms.close()
      await other.close()
    }
  },
}

function measures(sent: number, expected: number, commands: number, ms: number, planned: number): Measures {
  if (sent !== expected) throw new Error(`${sent} messages were sent, ${expected} were due`)
  return { commands: commands / sent, rate: (sent / ms) * 1_000, planned }
}

async function enrol(rooms: Rooms, { due, planned }: Sizes): Promise<void> {
  await rooms.ready()
  await enterStores(rooms)
  const customers = await enterCustomers(rooms, SALON, due)
  await knownInChat(rooms, customers)
  const entries = customers.map((customerId, i) => ({
    externalId: `T-${i}`,
    customerId,
    storeId: SALON,
    code: 'salon_care',
    endedAt: new Date(TREATED),
  }))
  for (const some of chunks(entries, BATCH)) {
    const { ids } = await rooms.treatments.completeMany(some)
    await rooms.care.startPlans([...(await rooms.treatments.getMany(ids)).values()])
  }
  // Later treatments fill the table; none of their steps falls due.
  const left = due * (STEPS_PER_PLAN - GUIDANCE_DAYS.length + 1)
  const more = Math.max(0, Math.ceil((planned - left) / STEPS_PER_PLAN))
  const endedAt = new Date(Date.parse(TREATED) + 30 * DAY_MS)
  const later = Array.from({ length: more }, (_, i) =>
    treatmentOf(`later-${i}`, {
      customerId: customers[i % customers.length] ?? '',
      storeId: SALON,
      code: 'salon_care',
      endedAt,
    }),
  )
  for (const some of chunks(later, BATCH)) await rooms.care.startPlans(some)
  // The greeting of the first evening, and the events of the entry.
  await heardFromAll(rooms)
  await rooms.engine.drainAll(rooms.clock.now())
}

const sessionOf = (customerId: string) => `${OPEN_KF_ID}|wm-${customerId}`

/** Everybody has a customer-service chat: what callbacks and pulls would have written one by one. */
async function knownInChat({ db }: Rooms, customers: readonly string[]): Promise<void> {
  for (const some of chunks(customers, BATCH)) {
    await db
      .collection<{ _id: string } & Document>('customers')
      .bulkWrite(
        some.map((_id) => ({ updateOne: { filter: { _id }, update: { $set: { externalUserIds: [`wm-${_id}`] } } } })),
      )
    await db.collection<{ _id: string } & Document>('kf_sessions').insertMany(
      some.map((id) => ({
        _id: sessionOf(id),
        lastInboundAt: null,
        lastInboundId: null,
        places: [],
        full: false,
        state: 0,
        blocked: false,
      })),
    )
  }
}

/** They all wrote a moment ago, so that the chat may be used for 48 hours. */
async function heardFromAll({ db, clock }: Rooms): Promise<void> {
  await db.collection('kf_sessions').updateMany({}, { $set: { lastInboundAt: clock.now(), places: [] } })
}

async function checkSent({ db }: Rooms, expected: number): Promise<void> {
  const [steps, messages] = await Promise.all([
    db.collection('care_steps').countDocuments({ status: 'done', channel: 'kf' }),
    db.collection('outbox').countDocuments({ status: 'sent', channel: 'kf', dueAt: null }),
  ])
  if (steps !== expected || messages !== expected)
    throw new Error(`${steps} steps are done and ${messages} messages sent; ${expected} should be`)
}
