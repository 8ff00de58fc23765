/** Works through conversations: each by one process at a time, message after message; different ones side by side. */
import { backoffMs } from '../platform/claims.ts'
import { addMs, type Clock, EPOCH, SECOND_MS } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Random } from '../platform/random.ts'
import type { ConversationDeps } from './conversation.ts'
import type { TalkRow, TalkStore, Waiting } from './model.ts'
import type { Danger, Memory } from './types.ts'
import type { Talking } from './wechaty.ts'

export interface RunnerDeps {
  store: TalkStore
  /** Begins to talk, once. */
  talking: () => Promise<Talking>
  /** After so many failures a person has it. */
  giveUp: (customerId: string, messageId: string) => Promise<void>
  clock: Clock
  random: Random
  log: Log
  metrics: Pick<Metrics, 'botTurns'>
  leaseMs: number
  /** Conversations side by side. */
  concurrency: number
}

type Result = Parameters<ConversationDeps['done']>[1]

/** Of a lease: whoever hasn't answered by then has perhaps died inside Wechaty. */
const turnLimit = (leaseMs: number): number => Math.max(SECOND_MS, (leaseMs * 2) / 3)
const MAX_TRIES = 5
/** While somebody is being answered others are looked for this often. */
const LOOK_MS = SECOND_MS
const later = (a: Date, b: Date): Date => (a > b ? a : b)

/** Until one of them is over, or others may have come. */
async function someOf(busy: ReadonlySet<Promise<void>>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const look = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LOOK_MS)
  })
  await Promise.race([...busy, look])
  clearTimeout(timer)
}

export function createRunner(deps: RunnerDeps) {
  const { store, talking, giveUp, clock, random, log, metrics, leaseMs, concurrency } = deps
  /** What is being answered here now. */
  const turns = new Map<string, { danger: Danger | null; lastSaid: string | null; end: (result: Result) => void }>()
  const memories = new Map<string, Memory>()

  async function turn(
    { messageId, danger }: Waiting,
    lastSaid: string | null,
  ): Promise<{ result: Result; lastSaid: string | null }> {
    const mine = { danger, lastSaid, end: (_: Result): void => undefined }
    let timer: NodeJS.Timeout | undefined
    try {
      const { deliver } = await talking()
      const result = await new Promise<Result>((resolve) => {
        mine.end = resolve
        timer = setTimeout(() => resolve({ error: new Error('no answer in time') }), turnLimit(leaseMs))
        turns.set(messageId, mine)
        deliver(messageId)
      })
      return { result, lastSaid: mine.lastSaid }
    } catch (error) {
      // It can't even begin: a person has it in the end.
      return { result: { error }, lastSaid }
    } finally {
      clearTimeout(timer)
      turns.delete(messageId)
    }
  }

  /** Everything that waits in one conversation, in its order. */
  async function work(claimed: TalkRow, counts: Record<string, number>): Promise<void> {
    for (let row: TalkRow | null = claimed; row; ) {
      const [next] = [...row.waiting].sort((a, b) => (a.order < b.order ? -1 : 1))
      if (!next) return store.release(row)
      let memory = store.opened(row.memory)
      let lastSaid = row.lastSaid ?? null
      if (row.attempt >= MAX_TRIES) {
        await giveUp(row._id, next.messageId)
        count(counts, 'given_up')
      } else {
        memories.set(row._id, memory)
        const ended = await turn(next, lastSaid)
        const { result } = ended
        memories.delete(row._id)
        if ('error' in result) {
          const tries = row.attempt + 1
          log.warn({ err: result.error, messageId: next.messageId, tries }, 'a customer’s message was not answered')
          count(counts, 'failed')
          await store.failed(row, addMs(clock.now(), backoffMs(tries)), 'turn_failed')
          return
        }
        memory = result.memory
        lastSaid = ended.lastSaid
        count(counts, result.intent ?? 'nobody')
      }
      const answered = { messageId: next.messageId, memory, lastSaid }
      row = await store.answered(row, answered, addMs(clock.wall(), leaseMs))
    }
  }

  function count(counts: Record<string, number>, intent: string): void {
    counts.answered = (counts.answered ?? 0) + 1
    metrics.botTurns.inc({ intent })
  }

  return {
    memoryOf: async (contactId: string): Promise<Memory> => {
      const memory = memories.get(contactId)
      if (!memory) throw new Error('nobody is being answered')
      return memory
    },
    /** The answer before this one, which is the last one from now on. */
    follows(messageId: string, outboxId: string): string | null {
      const mine = turns.get(messageId)
      if (!mine) return null
      const before = mine.lastSaid
      mine.lastSaid = outboxId
      return before
    },
    dangerSaid: (messageId: string): Danger | null => turns.get(messageId)?.danger ?? null,
    done: (messageId: string, result: Result): void => turns.get(messageId)?.end(result),
    async drain(now: Date): Promise<Record<string, number>> {
      const counts: Record<string, number> = {}
      // Whoever comes meanwhile gets the next free place: one customer's photo that loads slowly keeps nobody waiting.
      const busy = new Set<Promise<void>>()
      const failures: unknown[] = []
      let areMore = true
      let lookedAt = EPOCH
      for (;;) {
        const limit = concurrency - busy.size
        const wall = clock.wall()
        const looks: boolean = limit > 0 && (areMore || wall >= addMs(lookedAt, LOOK_MS))
        const request = { now: later(now, clock.now()), wall, limit, leaseMs, token: random.id() }
        const claimed: TalkRow[] = looks ? await store.claim(request) : []
        if (looks) [areMore, lookedAt] = [claimed.length === limit, wall]
        for (const row of claimed) {
          const one: Promise<void> = work(row, counts)
            .catch((error: unknown) => void failures.push(error))
            .finally(() => busy.delete(one))
          busy.add(one)
        }
        if (busy.size > 0) await someOf(busy)
        else if (failures.length > 0) throw failures[0]
        else if (!areMore) return counts
      }
    },
  }
}
