/** What happens in the world, told to whoever listens in this process and to pages over Server-Sent Events. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Card } from './api/cards.ts'
import type { ActiveFault } from './faults.ts'
import type { LedgerEntry } from './ledger.ts'

export interface SimEvents {
  /** Something reached a person: the ledger's newest entry. */
  delivered: LedgerEntry
  /** A card appeared at a member, or changed. */
  card: { person: string; card: Card; change: 'new' | 'updated' }
  /** A callback left, with how it ended. */
  callback: { kind: 'wecom' | 'wechat'; subject: string; attempt: number; outcome: 'answered' | 'failed' | 'lost' }
  fault: { path: string; fault: ActiveFault }
  clock: { now: string; epoch: number }
  reset: { now: string }
}
export type SimEventName = keyof SimEvents

export interface Bus {
  emit<N extends SimEventName>(name: N, event: SimEvents[N]): void
  /** @returns how to stop listening */
  on<N extends SimEventName>(name: N, listener: (event: SimEvents[N]) => void): () => void
  /** Every event, as `{ name, event }`. @returns how to stop listening */
  onAny(listener: (name: SimEventName, event: unknown) => void): () => void
}

export function createBus(): Bus {
  const all = new Set<(name: SimEventName, event: unknown) => void>()
  const onAny: Bus['onAny'] = (listener) => {
    all.add(listener)
    return () => void all.delete(listener)
  }
  return {
    emit(name, event) {
      for (const listener of all) listener(name, event)
    },
    onAny,
    on: (wanted, listener) =>
      onAny((name, event) => {
        if (name === wanted) listener(event as Parameters<typeof listener>[0])
      }),
  }
}

const KEEP_ALIVE_MS = 15_000

/** Answers `GET /_sim/events`: one SSE message per event, named as in `SimEvents`, until the page goes away. */
export function streamEvents(bus: Bus, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
  response.write(': ready\n\n')
  const stop = bus.onAny((name, event) => {
    response.write(`event: ${name}\ndata: ${JSON.stringify(event)}\n\n`)
  })
  const alive = setInterval(() => response.write(': \n\n'), KEEP_ALIVE_MS)
  request.once('close', () => {
    clearInterval(alive)
    stop()
  })
}
