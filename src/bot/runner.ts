/** Works through conversations: each by one process at a time, message after message; different ones side by side. */
import { backoffMs } from '../platform/claims.ts'
import { addMs, type Clock, SECOND_MS } from '../platform/clock.ts'
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

  function turn(
    { messageId, danger }: Waiting,
    lastSaid: string | null,
    { deliver }: Talking,
  ): Promise<{ result: Result; lastSaid: string | null }> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => end({ error: new Error('no answer in time') }), turnLimit(leaseMs))
      const end = (result: Result) => {
        clearTimeout(timer)
        turns.delete(messageId)
        resolve({ result, lastSaid: mine.lastSaid })
      }
      const mine = { danger, lastSaid, end }
      turns.set(messageId, mine)
      deliver(messageId)
    })
  }

  /** Everything that waits in one conversation, in its order. */
  async function work(claimed: TalkRow, counts: Record<string, number>): Promise<void> {
    const talk = await talking()
    for (let row: TalkRow | null = claimed; row; row = await store.reload(claimed)) {
      const [next] = [...row.waiting].sort((a, b) => (a.order < b.order ? -1 : 1))
      if (!next) break
      let memory = store.opened(row.memory)
      let lastSaid = row.lastSaid ?? null
      if (row.attempt >= MAX_TRIES) {
        await giveUp(row._id, next.messageId)
        count(counts, 'given_up')
      } else {
        memories.set(row._id, memory)
        const ended = await turn(next, lastSaid, talk)
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
      if (!(await store.answered(row, answered, addMs(clock.wall(), leaseMs)))) return
    }
    await store.release(claimed)
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
      for (;;) {
        const limit = concurrency - busy.size
        const at = later(now, clock.now())
        const request = { now: at, wall: clock.wall(), limit, leaseMs, token: random.id() }
        const claimed = limit > 0 ? await store.claim(request) : []
        for (const row of claimed) {
          const one: Promise<void> = work(row, counts)
            .catch((error: unknown) => void failures.push(error))
            .finally(() => busy.delete(one))
          busy.add(one)
        }
        if (busy.size === 0 && failures.length > 0) throw failures[0]
        if (busy.size === 0) return counts
        await someOf(busy)
      }
    },
  }
}
