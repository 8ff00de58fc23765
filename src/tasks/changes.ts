/**
 * How a task changes: read, decide, write if nobody was quicker, and only then let the effects happen. The effects are stored
 * in the same write; whoever dies before they happened leaves them to the caller's repeat, or to the drain a minute later.
 */
import type { MessagingService } from '../messaging/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import type { Events } from '../platform/events.ts'
import { contactsOf, updateKey } from './contacts.ts'
import type { Effect, TaskRow, TasksStore } from './model.ts'
import { nextLookAt, type Transition } from './rules.ts'

export interface ChangesDeps {
  store: TasksStore
  messaging: MessagingService
  events: Events
  clock: Clock
  crypto: FieldCrypto
}

export interface Changes {
  /**
   * Changes one task because of `code`; the same code changes it once, and a repeat completes what a crash cut off.
   * Returns the task as it is afterwards, or null when there is none.
   */
  apply(
    taskId: string,
    code: string,
    decide: (row: TaskRow) => Promise<Transition> | Transition,
  ): Promise<TaskRow | null>
  /** The same for many tasks, in a constant number of commands. Tasks that changed meanwhile are left for the next look. */
  applyAll(rows: readonly TaskRow[], decide: (row: TaskRow) => Transition & { code: string }): Promise<void>
}

const CHANGE_TRIES = 8
/** Causes remembered per task; a callback's retry comes within seconds. */
const SEEN = 40

export function createChanges({ store, messaging, events, clock, crypto }: ChangesDeps): Changes {
  const updateRow = (userId: string, code: string) => messaging.outboxId(updateKey(code), 0, `staff:${userId}`)

  async function perform(work: readonly { row: TaskRow; effects: readonly Effect[] }[], now: Date): Promise<void> {
    const withdrawn = work.flatMap(({ row, effects }) =>
      effects.flatMap((effect) => [
        ...(effect.kind === 'withdraw'
          ? [messaging.outboxId(row._id, effect.occurrence, `staff:${effect.userId}`)]
          : []),
        ...('replaces' in effect && effect.replaces ? [updateRow(effect.userId, effect.replaces)] : []),
      ]),
    )
    if (withdrawn.length > 0) await messaging.cancel(withdrawn, 'superseded')
    await messaging.enqueueMany(
      work.flatMap(({ row, effects }) => effects.flatMap((effect) => contactsOf(row, effect, crypto, now))),
    )
    await events.publishMany(
      work.flatMap(({ effects }) =>
        effects.flatMap((effect) =>
          effect.kind === 'event' ? [{ id: effect.id, type: effect.type, occurredAt: now, data: effect.data }] : [],
        ),
      ),
    )
  }

  /** The row as the change leaves it. */
  function changed(row: TaskRow, code: string, transition: Transition, now: Date): TaskRow {
    const { effects, updates } = inOrder(row, transition.effects)
    const next = {
      ...row,
      ...transition.set,
      updates,
      seen: [...row.seen, code].slice(-SEEN),
      pending: effects.length > 0 ? [...row.pending, { code, effects }] : row.pending,
    }
    return { ...next, dueAt: nextLookAt(next, now), rev: row.rev + 1 }
  }
  const writeOf = (row: TaskRow, next: TaskRow, { set }: Transition) => ({
    id: row._id,
    rev: row.rev,
    set: { ...set, seen: next.seen, pending: next.pending, updates: next.updates, dueAt: next.dueAt },
  })
  const settled = (row: TaskRow, codes: ReadonlySet<string>, now: Date): TaskRow => {
    const left = { ...row, pending: row.pending.filter(({ code }) => !codes.has(code)) }
    return { ...left, dueAt: nextLookAt(left, now) }
  }

  return {
    async apply(taskId, code, decide) {
      for (let attempt = 0; attempt < CHANGE_TRIES; attempt++) {
        const now = clock.now()
        const row = await store.get(taskId)
        if (!row) return null
        let current = row
        if (!row.seen.includes(code)) {
          const transition = await decide(row)
          if (Object.keys(transition.set).length === 0) {
            await perform([{ row, effects: transition.effects }], now)
            return row
          }
          current = changed(row, code, transition, now)
          if ((await store.change([writeOf(row, current, transition)])) === 0) continue
        }
        const due = current.pending.filter((one) => one.code === code)
        if (due.length > 0) {
          await perform([{ row: current, effects: due.flatMap(({ effects }) => effects) }], now)
          await store.settle([settled(current, new Set([code]), now)])
        }
        return current
      }
      throw new Error('task changes too fast')
    },

    async applyAll(rows, decide) {
      const now = clock.now()
      const decided = rows.map((row) => {
        const { code, ...transition } = decide(row)
        const next = code === '' || row.seen.includes(code) ? row : changed(row, code, transition, now)
        return { row, next, transition, code }
      })
      const moved = decided.filter(({ row, next }) => row !== next)
      await store.change(moved.map(({ row, next, transition }) => writeOf(row, next, transition)))
      const written = moved.length > 0 ? await store.many(moved.map(({ row }) => row._id)) : []
      const taken = new Map(written.map((row) => [row._id, row]))
      // Who lost against a click doesn't find its code: its effects stay undone. Who lost against another process that did
      // the same finds that one's effects, which may name somebody else.
      const ours = decided.flatMap(({ row, next, code }) => {
        if (row === next) return [next]
        const current = taken.get(row._id)
        return current?.seen.includes(code) ? [current] : []
      })
      await perform(
        ours.map((row) => ({ row, effects: row.pending.flatMap(({ effects }) => effects) })),
        now,
      )
      await store.settle(ours.map((row) => settled(row, new Set(row.pending.map(({ code }) => code)), now)))
    },
  }
}

/** Names in each update the one before it on the same card: the outbox keeps no order between them. Pure. */
function inOrder(row: TaskRow, effects: readonly Effect[]): { effects: Effect[]; updates: TaskRow['updates'] } {
  const last = new Map(row.updates.map(({ occurrence, code }) => [occurrence, code]))
  const ordered = effects.map((effect): Effect => {
    if (effect.kind !== 'update' && effect.kind !== 'withdraw') return effect
    const usable = row.cardCode?.occurrence === effect.occurrence ? row.cardCode.code : null
    const code = effect.kind === 'update' ? effect.responseCode : usable
    const before = last.get(effect.occurrence)
    if (code !== null) last.set(effect.occurrence, code)
    return before === undefined || before === code ? effect : { ...effect, replaces: before }
  })
  return { effects: ordered, updates: [...last].map(([occurrence, code]) => ({ occurrence, code })) }
}
