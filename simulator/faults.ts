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
  duplicate?: boolean
  reorder?: boolean
  /** How often; or at which rate for ever. */
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
  /** The faults that this occurrence meets. `identity` is what makes the request this one: method, path, body without tokens. */
  meet(path: string, identity: string): ActiveFault[]
}

export function createFaults(seed: number): Faults {
  let faults: ActiveFault[] = []
  let ids = 0
  const occurrences = new Map<string, number>()
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
    },
    meet(path, identity) {
      const candidates = faults.filter((fault) => fault.path === path || (fault.path === '*' && path !== 'callback'))
      if (candidates.length === 0) return []
      const key = createHash('sha256').update(`${path} ${identity}`).digest('hex')
      const n = (occurrences.get(key) ?? 0) + 1
      occurrences.set(key, n)
      const met = candidates.filter((fault) => {
        if (fault.rate !== undefined) return chance(seed, 'fault', fault.id, key, n) < fault.rate
        return fault.hits < (fault.times ?? 1)
      })
      for (const fault of met) fault.hits += 1
      return met
    },
  }
}
