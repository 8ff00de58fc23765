/**
 * What this process writes, as the driver tells it: how often per collection, and which rows may come due through it. Whoever
 * remembers something that was read asks here whether it still stands. Other processes' writes are not seen.
 */
import type { Connection } from 'mongoose'
import { earliest, FOR_EVER } from './clock.ts'

export interface Writes {
  /**
   * Writes to a collection, at their start and at their end: two equal counts with a read between them mean that the read saw them all.
   * With a field that is watched, of those only the ones that may have given it a value.
   */
  count(collection: string, field?: string): number
  /** From now on `count` knows this field. */
  watch(collection: string, field: string): void
  /** Whether the row may have been written to after `count` had stood at this. */
  wrote(collection: string, id: string, count: number): boolean
  /** How often a write to the row has begun or ended: two more after a write of one's own mean that there was no other. */
  marks(collection: string, id: string): number
  /**
   * Follows the instants that this process writes into one field of a collection, until the next `follow` of that field.
   * Begin before reading what was there; what was on its way then is followed, too.
   */
  follow(collection: string, field: string): void
  /** Rows as they were read after `follow`: those that have been written to since stay as they were written. */
  seed(collection: string, field: string, rows: readonly (readonly [id: string, at: Date])[]): void
  /**
   * The earliest instant that a row may have come to hold since `follow`: none is earlier, though the row of the one that is
   * named may have changed again. `unknown`: a write whose rows or instants can't be told.
   */
  since(collection: string, field: string): Date | null | 'unknown'
}

/** Remembers nothing: every answer is read anew. */
export const UNSEEN: Writes = {
  count: () => 0,
  watch: () => undefined,
  wrote: () => true,
  marks: () => 0,
  follow: () => undefined,
  seed: () => undefined,
  since: () => 'unknown',
}

const WRITES: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'findAndModify'])
/** More rows than this at once are not told apart any more. */
const ROOM = 5_000

/** What a command does to one field: instants by row; `cleared` rows hold none afterwards. */
interface Effect {
  set: [id: string, at: Date][]
  cleared: string[]
  /** How many rows the command names, to see whether all were met. */
  named: number
  unknown: boolean
}

type Row = Record<string, unknown>
interface Update {
  q: Row
  u: Row | Row[]
}

/** Reads a write command. Pure. */
export function effectOf(name: string, command: Row, field: string): Effect | null {
  const effect: Effect = { set: [], cleared: [], named: 0, unknown: false }
  if (name === 'insert')
    for (const { _id, [field]: at } of command.documents as Row[]) {
      effect.named += 1
      if (at instanceof Date) effect.set.push([String(_id), at])
    }
  else if (name === 'update') for (const update of command.updates as Update[]) addUpdate(effect, update, field)
  else if (name === 'findAndModify' && command.update !== undefined)
    addUpdate(effect, { q: command.query as Row, u: command.update as Row | Row[] }, field)
  return effect.unknown || effect.set.length + effect.cleared.length > 0 ? effect : null
}

/** Whether a command may give the field a value. Pure. */
export function gives(name: string, command: Row, field: string): boolean {
  if (name === 'insert') return (command.documents as Row[]).some((document) => (document[field] ?? null) !== null)
  if (name === 'update') return (command.updates as Update[]).some(({ u }) => mentions(u, field))
  return name !== 'findAndModify' || (command.update !== undefined && mentions(command.update, field))
}

/** The rows that a command names; null: they can't be told. Pure. */
export function namedBy(name: string, command: Row): string[] | null {
  if (name === 'insert') return (command.documents as Row[]).map(({ _id }) => String(_id))
  const filters =
    name === 'update'
      ? (command.updates as Update[]).map(({ q }) => q)
      : name === 'delete'
        ? (command.deletes as Pick<Update, 'q'>[]).map(({ q }) => q)
        : [command.query as Row]
  const ids = filters.map(idsOf)
  return ids.includes(null) ? null : ids.flatMap((some) => some ?? [])
}

/** A pipeline, a whole document or an operator that computes may do anything. */
const mentions = (update: unknown, field: string): boolean =>
  Array.isArray(update) ||
  Object.entries(update as Row).some(
    ([key, value]) => !key.startsWith('$') || (typeof value === 'object' && value !== null && field in value),
  )

function addUpdate(effect: Effect, { q, u }: Update, field: string): void {
  const ids = idsOf(q)
  effect.named += ids?.length ?? 0
  if (!mentions(u, field)) return
  const at = (Array.isArray(u) ? undefined : (u.$set as Row | undefined))?.[field]
  if (at === null && ids) effect.cleared.push(...ids)
  // Of rows that aren't named at least nothing new comes due.
  else if (at === null) return
  else if (at instanceof Date && ids) for (const id of ids) effect.set.push([id, at])
  else effect.unknown = true
}

function idsOf({ _id }: Row): string[] | null {
  if (typeof _id === 'string') return [_id]
  const among = (_id as { $in?: unknown } | undefined)?.$in
  return Array.isArray(among) ? among.map(String) : null
}

/** Instants by row, and the earliest of them, which is looked for only after it went away. */
function createInstants() {
  const all = new Map<string, Date>()
  let first: Date | null | undefined = null
  const forget = (id: string) => {
    if (first && first >= (all.get(id) ?? FOR_EVER)) first = undefined
  }
  return {
    size: () => all.size,
    set(id: string, at: Date) {
      forget(id)
      all.set(id, at)
      if (first !== undefined) first = earliest([first, at])
    },
    /** It may hold either. */
    lower(id: string, at: Date) {
      this.set(id, earliest([all.get(id), at]) ?? at)
    },
    delete(id: string) {
      forget(id)
      all.delete(id)
    },
    first() {
      first = first === undefined ? earliest([...all.values()]) : first
      return first
    },
  }
}

/** One field of one collection: the instants of rows, and who is writing them now. */
function createFollowed() {
  let instants = createInstants()
  /** Rows of which it is known what was written: what was read of them may be what was there before. */
  let written = new Set<string>()
  let unknown = false
  /** Rows that commands on their way name: how many, and the latest. */
  const busy = new Map<string, { commands: number; last: object }>()
  /** Until a write is known to have met its row, the row may hold what it held or what is being written. */
  const lower = ({ set, unknown: lost }: Effect) => {
    if (lost || instants.size() + set.length > ROOM) unknown = true
    else for (const [id, at] of set) instants.lower(id, at)
  }
  return {
    reset() {
      instants = createInstants()
      written = new Set()
      unknown = false
    },
    seed(rows: readonly (readonly [string, Date])[]) {
      for (const [id, at] of rows) if (!written.has(id)) instants.lower(id, at)
    },
    /** Returns what to do when the command has ended; `met` is how many rows it found, null when it failed. */
    begin(effect: Effect): (met: number | null) => void {
      const me = {}
      const ids = new Set([...effect.set.map(([id]) => id), ...effect.cleared])
      const alone = new Set([...ids].filter((id) => !busy.has(id)))
      for (const id of ids) busy.set(id, { commands: (busy.get(id)?.commands ?? 0) + 1, last: me })
      lower(effect)
      return (met) => {
        // Somebody may have begun to read meanwhile.
        lower(effect)
        const isDone = met !== null && met >= effect.named
        const isMine = (id: string) => isDone && alone.has(id) && busy.get(id)?.last === me
        for (const [id, at] of effect.set) if (isMine(id)) instants.set(id, at)
        for (const id of effect.cleared) if (isMine(id)) instants.delete(id)
        for (const id of ids) {
          if (isMine(id)) written.add(id)
          const { commands = 1, last = me } = busy.get(id) ?? {}
          if (commands === 1) busy.delete(id)
          else busy.set(id, { commands: commands - 1, last })
        }
      }
    },
    since: (): Date | null | 'unknown' => (unknown ? 'unknown' : instants.first()),
  }
}

/** When each row of a collection was last written to, and how often. */
function createLedger() {
  let rows = new Map<string, { at: number; marks: number }>()
  /** When rows were last written to that can't be told. */
  let untold = 0
  return {
    note(ids: readonly string[] | null, at: number) {
      if (ids === null || rows.size + ids.length > ROOM) {
        untold = at
        rows = new Map()
      } else for (const id of ids) rows.set(id, { at, marks: (rows.get(id)?.marks ?? 0) + 1 })
    },
    wrote: (id: string, count: number) => untold > count || (rows.get(id)?.at ?? 0) > count,
    // What can't be told is more than anybody has written.
    marks: (id: string) => untold * ROOM * ROOM + (rows.get(id)?.marks ?? 0),
  }
}

/** Needs a monitored connection. @throws Error when it is not: every answer would be wrong */
export function watchWrites(db: Connection): Writes {
  const counts = new Map<string, number>()
  const followed = new Map<string, Map<string, ReturnType<typeof createFollowed>>>()
  const running = new Map<number, (met: number | null) => void>()
  const ledgers = new Map<string, ReturnType<typeof createLedger>>()
  const watched = new Map<string, Set<string>>()
  const add = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)
  const ledgerOf = (collection: string) => {
    const ledger = ledgers.get(collection) ?? createLedger()
    ledgers.set(collection, ledger)
    return ledger
  }
  const keyOf = (collection: string, field?: string) => (field === undefined ? collection : `${collection} ${field}`)
  const client = db.getClient()
  if (!client.options.monitorCommands) throw new Error('the connection is not monitored')
  client.on('commandStarted', ({ commandName, command, requestId }) => {
    if (!WRITES.has(commandName)) return
    const collection = String((command as Row)[commandName])
    const ids = namedBy(commandName, command as Row)
    const fields = [...(watched.get(collection) ?? [])].filter((field) => gives(commandName, command as Row, field))
    const note = () => {
      add(collection)
      ledgerOf(collection).note(ids, counts.get(collection) ?? 0)
      for (const field of fields) add(keyOf(collection, field))
    }
    note()
    const ends: ((met: number | null) => void)[] = [note]
    for (const [field, one] of followed.get(collection) ?? []) {
      const effect = effectOf(commandName, command as Row, field)
      if (effect) ends.push(one.begin(effect))
    }
    running.set(requestId, (met) => {
      for (const end of ends) end(met)
    })
  })
  const ended = (requestId: number, met: number | null) => {
    running.get(requestId)?.(met)
    running.delete(requestId)
  }
  client.on('commandSucceeded', ({ requestId, reply }) => {
    const { n, lastErrorObject } = (reply ?? {}) as { n?: unknown; lastErrorObject?: { n?: unknown } }
    ended(requestId, Number(n ?? lastErrorObject?.n ?? 0))
  })
  client.on('commandFailed', ({ requestId }) => ended(requestId, null))
  return {
    count: (collection, field) => counts.get(keyOf(collection, field)) ?? 0,
    watch: (collection, field) => void watched.set(collection, (watched.get(collection) ?? new Set()).add(field)),
    wrote: (collection, id, count) => ledgers.get(collection)?.wrote(id, count) ?? false,
    marks: (collection, id) => ledgers.get(collection)?.marks(id) ?? 0,
    follow(collection, field) {
      const fields = followed.get(collection) ?? new Map<string, ReturnType<typeof createFollowed>>()
      followed.set(collection, fields)
      const known = fields.get(field)
      if (known) known.reset()
      else fields.set(field, createFollowed())
    },
    seed: (collection, field, rows) => followed.get(collection)?.get(field)?.seed(rows),
    since(collection, field) {
      const one = followed.get(collection)?.get(field)
      return one ? one.since() : 'unknown'
    },
  }
}
