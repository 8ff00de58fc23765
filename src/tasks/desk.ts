/** The life of a task after it was opened: clicks on its cards, words of its owner, people who leave, the clock. */
import type { SettledMessage } from '../messaging/index.ts'
import type { Clock } from '../platform/clock.ts'
import { addMs, DAY_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import { candidatesKey, pickOwner, type Role, type StaffService } from '../staff/index.ts'
import type { CardEvent } from '../wecom/index.ts'
import { parseCardId } from './cards.ts'
import type { Changes } from './changes.ts'
import { type Click, transition } from './clicks.ts'
import { WORDS } from './contacts.ts'
import type { TasksStore } from './model.ts'
import type { Owners } from './owners.ts'
import { heardWords, reassign, timely } from './rules.ts'

export interface DeskDeps {
  store: TasksStore
  changes: Changes
  owners: Owners
  staff: StaffService
  clock: Clock
  random: Random
  log: Log
  crypto: FieldCrypto
  leaseMs: number
}

export interface Desk {
  /** A click on a card; a repeat with the same response code changes nothing. Cards of other rooms are left alone. */
  onCard(event: CardEvent): Promise<void>
  /** A text to the app: the summary or explanation that a task waits for, by the time it was received. */
  onText(said: { userId: string; text: string; msgId: string; receivedAt: Date }): Promise<void>
  /** Somebody can't work any more: the open tasks go to others. */
  onDeactivated(userId: string, eventId: string): Promise<void>
  /** Remembers what the vendor gave for changing cards later; cards that can't arrive are told to the log. */
  onSettled(batch: readonly SettledMessage[]): Promise<void>
  /** Summaries whose time is over, reminders, breaches, owners, effects that a crash cut off. */
  drain(now: Date): Promise<Record<string, number>>
}

const BATCH = 100
const SUPERVISOR: Role = 'cs_supervisor'

export function createDesk(deps: DeskDeps): Desk {
  const { store, changes, owners, staff, clock, random, log, crypto, leaseMs } = deps

  const nameOf = async (userId: string) => (await staff.member(userId))?.name ?? '同事'

  return {
    async onCard(event) {
      const parsed = parseCardId(event.taskId)
      if (!parsed) return
      const task = await changes.apply(parsed.taskId, `click:${event.responseCode}`, async (row) => {
        const people = await staff.members([event.userId, row.ownerUserId])
        const click: Click = {
          ...event,
          key: event.eventKey,
          userName: people.get(event.userId)?.name ?? '同事',
          occurrence: parsed.occurrence,
        }
        const passing = event.eventKey.includes('transfer')
        const supervisors = event.eventKey === 'problem' ? await staff.candidates(row.storeId, SUPERVISOR) : []
        return transition(row, click, {
          now: clock.now(),
          ownerName: people.get(row.ownerUserId)?.name ?? '其他同事',
          colleagues: passing
            ? (await owners.colleagues(row.storeId, row.role)).filter(({ userId }) => userId !== event.userId)
            : [],
          // Somebody else than who asks, also where the owner stands in for the supervisor.
          supervisorUserId: pickOwner({
            tiers: supervisors.map((tier) => tier.filter(({ userId }) => userId !== event.userId)),
            preferred: [],
            load: new Map(),
            spreadKey: row._id,
          }),
        })
      })
      if (!task) log.warn({ taskId: parsed.taskId }, 'click on a card of an unknown task')
    },

    async onText({ userId, text, msgId, receivedAt }) {
      const words = text.trim()
      if (words === '') return
      const code = `text:${msgId}`
      const [taken, listening] = await Promise.all([
        store.took(userId, code, addMs(receivedAt, -DAY_MS)),
        store.listening(userId, receivedAt),
      ])
      const asked = (row: { summaryUntil: Date | null; problem: { until: Date } | null }) =>
        Number(row.problem?.until ?? row.summaryUntil ?? 0)
      // A text that was taken is finished where it was taken: it must not become the summary of the next task.
      const task = taken ?? listening.sort((a, b) => asked(b) - asked(a) || (a._id < b._id ? -1 : 1))[0]
      if (!task) return
      const said = { userId, userName: await nameOf(userId), words: crypto.seal(WORDS, words), id: msgId }
      await changes.apply(task._id, code, (row) => heardWords(row, said, clock.now()))
    },

    async onDeactivated(userId, eventId) {
      for (const taskId of await store.openOf(userId)) {
        await changes.apply(taskId, eventId, async (row) => {
          if (row.ownerUserId !== userId) return { set: {}, effects: [] }
          const { _id: id, storeId, role, preferredUserIds } = row
          const preferred = preferredUserIds.filter((one) => one !== userId)
          const owner = (await owners.pick([{ id, storeId, role, preferredUserIds: preferred }])).get(id)
          return reassign(row, owner === userId ? null : (owner ?? null), clock.now())
        })
      }
    },

    async onSettled(batch) {
      const cards = batch.filter(({ refs }) => refs.taskId !== undefined)
      for (const { id, refs, outcome, reason } of cards)
        if (outcome !== 'sent' && outcome !== 'cancelled')
          log.warn({ outboxId: id, taskId: refs.taskId, outcome, reason }, 'card of a task not delivered')
      await store.setCardCodes(
        cards.flatMap(({ refs: { taskId, occurrence }, outcome, responseCode, at }) =>
          taskId && outcome === 'sent' && responseCode !== null
            ? [{ id: taskId, occurrence: Number(occurrence ?? 0), code: responseCode, at }]
            : [],
        ),
      )
    },

    async drain(now) {
      const counts = { looked: 0 }
      for (;;) {
        const rows = await store.claim({ now, wall: clock.wall(), limit: BATCH, leaseMs, token: random.id() })
        if (rows.length === 0) return counts
        const unowned = rows.filter(({ ownerUserId, closedAt }) => ownerUserId === '' && closedAt === null)
        const [assigned, tiers] = await Promise.all([
          owners.pick(
            unowned.map(({ _id: id, storeId, role, preferredUserIds }) => ({ id, storeId, role, preferredUserIds })),
          ),
          staff.candidatesMany(rows.map(({ storeId }) => ({ storeId, role: SUPERVISOR }))),
        ])
        await changes.applyAll(rows, (row) =>
          timely(row, now, {
            supervisorUserId: pickOwner({
              tiers: tiers.get(candidatesKey(row.storeId, SUPERVISOR)) ?? [],
              preferred: [],
              load: new Map(),
              spreadKey: row._id,
            }),
            assigneeUserId: assigned.get(row._id) ?? null,
          }),
        )
        await store.release(rows)
        counts.looked += rows.length
        if (rows.length < BATCH) return counts
      }
    },
  }
}
