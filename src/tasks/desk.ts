/** The life of a task after it was opened: clicks on its cards, words of its owner, people who leave, the clock. */
import type { SettledMessage } from '../messaging/index.ts'
import type { Clock } from '../platform/clock.ts'
import { addMs, DAY_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import { pickOwner, type Role, type Roster, type StaffService } from '../staff/index.ts'
import type { CardEvent } from '../wecom/index.ts'
import { parseCardId } from './cards.ts'
import type { Changes } from './changes.ts'
import { type Click, transition } from './clicks.ts'
import { WORDS } from './contacts.ts'
import type { Listening, TaskRow, TasksStore } from './model.ts'
import type { Kinds } from './outcome.ts'
import type { Owners } from './owners.ts'
import { askAnother, givenCode, heardWords, reassign, type Successor, timely } from './rules.ts'

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
  /** What a customer may be interested in. */
  interests: Kinds
}

export interface Desk {
  /** A click on a card; a repeat with the same response code changes nothing. Cards of other rooms are left alone. */
  onCard(event: CardEvent): Promise<void>
  /** A text to the app: the summary or explanation that a task waits for, by the time it was received. */
  /** `again`: it may have been taken before. */
  onText(said: { userId: string; text: string; msgId: string; receivedAt: Date; again: boolean }): Promise<void>
  /** Somebody is away: open tasks that fall due meanwhile go to the delegate, or to the next by role and load. */
  onAbsent(userId: string, eventId: string): Promise<void>
  /** Somebody can't work any more: all open tasks go to others. */
  onDeactivated(userId: string, eventId: string): Promise<void>
  /** Somebody works elsewhere from now on: open tasks of those stores go to others. */
  onMoved(userId: string, storeIds: readonly string[], eventId: string): Promise<void>
  /** Somebody is there: tasks that nobody owned are given out. */
  onAvailable(): Promise<void>
  /** Remembers what the vendor gave for changing cards later; cards that can't arrive are told to the log. */
  onSettled(batch: readonly SettledMessage[]): Promise<void>
  /** Summaries whose time is over, reminders, breaches, owners, effects that a crash cut off. */
  drain(now: Date): Promise<Record<string, number>>
}

const BATCH = 100
const SUPERVISOR: Role = 'cs_supervisor'

/** The task that asked last. */
const newest = (rows: readonly Listening[]): Listening | undefined => {
  const asked = (row: Listening) => Number(row.problem?.until ?? row.summaryUntil ?? 0)
  return [...rows].sort((a, b) => asked(b) - asked(a) || (a._id < b._id ? -1 : 1))[0]
}

export function createDesk(deps: DeskDeps): Desk {
  const { store, changes, owners, staff, clock, random, log, crypto, leaseMs, interests } = deps

  /** Whatever can't be done by this person; `leftStores`: and whatever is there. A constant number of commands per batch. */
  async function handOver(userId: string, code: string, leftStores: readonly string[] = []): Promise<void> {
    const roster = await staff.roster()
    const decide = async (rows: readonly TaskRow[]) => {
      const found = await owners.successors(rows, { roster, left: { userId, storeIds: leftStores } })
      return (row: TaskRow) => {
        const successor = row.ownerUserId === userId ? found.get(row._id) : undefined
        return successor ? reassign(row, successor, clock.now()) : { set: {}, effects: [] }
      }
    }
    for (let after = ''; ; ) {
      const rows = await store.openOf(userId, after, BATCH)
      const last = rows.at(-1)
      if (!last) break
      after = last._id
      const next = await decide(rows)
      const moving = rows.filter((row) => Object.keys(next(row).set).length > 0)
      await changes.applyAll(moving, (row) => ({ code, ...next(row) }))
      // Clicked in the very moment: one by one, on what the click left behind.
      for (const { _id } of await stillOf(userId, moving))
        await changes.apply(_id, code, async (row) => (await decide([row]))(row))
    }
    // There again before this was heard: nobody else has to help.
    const isHere = roster.isHere(userId, clock.now())
    if (isHere && leftStores.length === 0) return
    for (let after = ''; ; ) {
      const rows = await store.helpedBy(userId, after, BATCH)
      for (const row of rows)
        if (!isHere || leftStores.includes(row.storeId)) await helpedByAnother(row, userId, code, roster)
      const last = rows.at(-1)
      if (!last) return
      after = last._id
    }
  }
  async function helpedByAnother(
    { _id, storeId }: TaskRow,
    userId: string,
    code: string,
    roster: Roster,
  ): Promise<void> {
    const tiers = roster.candidates(storeId, SUPERVISOR, { at: clock.now() })
    await changes.apply(_id, code, (row) => {
      const others = tiers.map((tier) => tier.filter((one) => one.userId !== userId && one.userId !== row.ownerUserId))
      const next = pickOwner({ tiers: others, preferred: [], load: new Map(), spreadKey: _id })
      return askAnother(row, userId, next, clock.now())
    })
  }
  const stillOf = async (userId: string, rows: readonly TaskRow[]) =>
    rows.length === 0
      ? []
      : (await store.many(rows.map(({ _id }) => _id))).filter(
          ({ ownerUserId, closedAt, status }) => ownerUserId === userId && closedAt === null && status !== 'summary',
        )

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
          kinds: interests,
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

    async onText({ userId, text, msgId, receivedAt, again }) {
      const words = text.trim()
      if (words === '') return
      const code = `text:${msgId}`
      // A text that was taken is finished where it was taken: it must not become the summary of the next task.
      const taken = again ? await store.took(userId, code, addMs(receivedAt, -DAY_MS)) : null
      const task = taken ?? newest(await store.listening(userId, receivedAt))
      if (!task) return
      const said = { userId, userName: await nameOf(userId), words: crypto.seal(WORDS, words), id: msgId }
      await changes.apply(task._id, code, (row) => heardWords(row, said, clock.now()))
    },

    onAbsent: (userId, eventId) => handOver(userId, eventId),
    onDeactivated: (userId, eventId) => handOver(userId, eventId),
    onMoved: async (userId, storeIds, eventId) => {
      // Heard again after the return: what is there is hers again.
      const { storeIds: here = [] } = (await staff.roster()).member(userId) ?? {}
      await handOver(
        userId,
        eventId,
        storeIds.filter((one) => !here.includes(one)),
      )
    },
    async onAvailable() {
      for (let after = ''; ; ) {
        const rows = await store.openOf('', after, BATCH)
        const found = await owners.successors(rows)
        const given = rows.filter(({ _id }) => found.has(_id))
        await changes.applyAll(given, (row) => {
          const successor = found.get(row._id) as Successor
          return { code: givenCode(row, successor), ...reassign(row, successor, clock.now()) }
        })
        const last = rows.at(-1)
        if (!last || rows.length < BATCH) return
        after = last._id
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
        const roster = await staff.roster()
        const successors = await owners.successors(rows, { roster })
        await changes.applyAll(rows, (row) =>
          timely(row, now, {
            supervisorUserId: pickOwner({
              tiers: roster.candidates(row.storeId, SUPERVISOR, { at: now }),
              preferred: [],
              load: new Map(),
              spreadKey: row._id,
            }),
            successor: successors.get(row._id),
          }),
        )
        await store.release(rows)
        counts.looked += rows.length
        if (rows.length < BATCH) return counts
      }
    },
  }
}
