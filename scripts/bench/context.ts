/** What every benchmark is given, and what it hands back. */
import { createHash, randomBytes } from 'node:crypto'
import { MongoClient } from 'mongodb'
import type { Figure } from './rounds.ts'

export interface Sizes {
  /** Measured rounds of long comparisons, and of those whose rounds take a second: many of them stand a noisy machine. */
  rounds: number
  shortRounds: number
  /** Callbacks per round and side, sent sixteen at a time; a quarter of them one by one. */
  callbacks: number
  /** Planned steps of the small and the large installation. */
  fewSteps: number
  manySteps: number
  /** Ticks per round and side. */
  ticks: number
  /** Steps that fall due in one round, and how many are planned at that time at least. */
  due: number
  planned: number
  /** The same for the peer's jobs. */
  dueJobs: number
  plannedJobs: number
  /** Treatments enrolled per round and side. */
  treatments: number
  /** Articles that are searched, and questions asked per round. */
  articles: number
  questions: number
  /** Treatments planned, and years planned anew, per round. */
  plans: number
  replans: number
}

export interface BenchContext {
  sizes: Sizes
  say: (line: string) => void
  /** Address of a database of that name, which is new in this run. */
  database: (name: string) => string
}

export interface BenchResult {
  name: string
  /** One sentence each: what ours did, and what the peer did. */
  ours: string
  peer: string
  figures: Figure[]
  /** Further facts worth keeping. */
  facts?: Record<string, unknown>
}

export interface Bench {
  name: string
  run(context: BenchContext): Promise<BenchResult>
}

/** Databases of one run on a server. `drop` is for servers that stay. */
export function openDatabases(server: string): { database: (name: string) => string; drop: () => Promise<void> } {
  const run = createHash('sha256').update(randomBytes(8)).digest('hex').slice(0, 8)
  const used = new Set<string>()
  return {
    database(name) {
      const uri = new URL(server)
      uri.pathname = `/bench_${run}_${name}`
      used.add(uri.toString())
      return uri.toString()
    },
    async drop() {
      for (const uri of used) {
        const client = await new MongoClient(uri).connect()
        await client.db().dropDatabase()
        await client.close()
      }
    },
  }
}
