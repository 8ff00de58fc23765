/** What every room is given by the composition root, and what it hands back. */
import type { Connection } from 'mongoose'
import type { Clock } from './clock.ts'
import type { FieldCrypto } from './crypto.ts'
import type { DueTable } from './due.ts'
import type { Events } from './events.ts'
import type { Route } from './http.ts'
import type { Inbox } from './inbox.ts'
import type { Log } from './log.ts'
import type { Memory } from './memory.ts'
import type { Page } from './pages.ts'
import type { Random } from './random.ts'
import type { Routine } from './routines.ts'

export interface Ports {
  db: Connection
  clock: Clock
  random: Random
  log: Log
  crypto: FieldCrypto
  events: Events
  inbox: Inbox
  /** Length of a claim's lease in machine time, ms (30 000; 2 000 in kill tests). */
  leaseMs: number
  /** This process drains due-tables: what it inserts may be its own from birth. */
  works?: boolean
  /** What may be remembered of rows that were read; nothing when it is missing. */
  memory?: Memory
  /** Tells this process that a due-table has work now. */
  nudge: (table: string) => void
}

export interface Feature<S> {
  service: S
  routes: Route[]
  /** What people open from a link. */
  pages?: Page[]
  due: DueTable[]
  routines: Routine[]
  /** Creates indexes; called once at start, safe to repeat. */
  ready(): Promise<void>
}
