/** Faults on demand, and at a rate. What is hit depends on the request itself and the seed, never on the order of arrival. */
import { createHash } from 'node:crypto'
import { chance } from './chance.ts'

export interface FaultSpec {
  /** A path such as `/cgi-bin/kf/send_msg`, `callback`, or `*` for every API path. */
  path: string
  errcode?: number
  latencyMs?: number
  /** Close the socket before the effect, or after it without an answer. */
  drop?: 'before' | 'after'
  /** Callbacks only: push it twice; push it some seconds later, behind what came after it. */
  duplicate?: boolean
  reorder?: boolean
  /** Callbacks only: push it so much later on business time, behind whatever comes meanwhile. */
  delayMs?: number
  /** How often (1 when neither is given); or at which rate. Both: at that rate, that often at most. */
  times?: number
  rate?: number
}

export interface ActiveFault extends FaultSpec {
  id: number
  hits: number
}

export interface Faults {
  add(spec: FaultSpec): ActiveFault
  list(): readonly ActiveFault[]
  clear(): void
  /**
   * The faults that this occurrence meets.
   *
   * @param identities what makes the request this one (see `identityOf`); usually one. A request about several things, as a
   * page of messages, is hit when any of them is.
   */
  meet(path: string, identities: readonly string[]): ActiveFault[]
}

export function createFaults(
  seed: number,
  onHit: (path: string, fault: ActiveFault) => void = () => undefined,
): Faults {
  let faults: ActiveFault[] = []
  let ids = 0
  const occurrences = new Map<string, number>()

  /** A key for this identity's n-th time. */
  function occurrence(path: string, identity: string): string {
    const key = createHash('sha256').update(`${path} ${identity}`).digest('hex')
    const n = (occurrences.get(key) ?? 0) + 1
    occurrences.set(key, n)
    return `${key} ${n}`
  }

  return {
    add(spec) {
      ids += 1
      const fault: ActiveFault = { ...spec, id: ids, hits: 0 }
      faults.push(fault)
      return fault
    },
    list: () => faults,
    clear: () => {
      faults = []
      occurrences.clear()
    },
    meet(path, identities) {
      const candidates = faults.filter((fault) => fault.path === path || (fault.path === '*' && path !== 'callback'))
      if (candidates.length === 0) return []
      const keys = identities.map((identity) => occurrence(path, identity))
      const met = candidates.filter(({ id, hits, rate, times = rate === undefined ? 1 : Number.POSITIVE_INFINITY }) => {
        if (hits >= times) return false
        return rate === undefined || keys.some((key) => chance(seed, 'fault', id, key) < rate)
      })
      for (const fault of met) {
        fault.hits += 1
        onHit(path, fault)
      }
      return met
    },
  }
}

/** Tokens and one-time codes differ from run to run; the request that carries them doesn't. */
const VOLATILE: ReadonlySet<string> = new Set(['access_token', 'token', 'response_code', 'code', 'js_code', 'cursor'])

/** What makes a request this one, however its fields are ordered and whichever token it carries. */
export function identityOf(method: string, query: URLSearchParams, body: unknown): string {
  const kept = [...query].filter(([name]) => !VOLATILE.has(name)).sort(([a], [b]) => (a < b ? -1 : 1))
  return `${method} ${new URLSearchParams(kept)} ${JSON.stringify(canonical(body))}`
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !VOLATILE.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, canonical(inner)]),
  )
}
