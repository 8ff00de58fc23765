/** All benchmarks, one after the other, on one database server. */
import { callbacks } from './callbacks.ts'
import { contacts } from './contacts.ts'
import type { Bench, BenchContext, BenchResult } from './context.ts'
import { enrolment } from './enrolment.ts'
import { knowledge } from './knowledge.ts'
import { planning } from './planning.ts'
import { tick } from './tick.ts'
import { triage } from './triage.ts'

// What only computes comes first: in a process full of the others' rows it would pay for their memory.
const ALL: readonly Bench[] = [triage, planning, knowledge, callbacks, enrolment, contacts, tick]
export const NAMES = ALL.map(({ name }) => name)

export async function runBenchmarks(
  { sizes, say, database }: BenchContext,
  only: readonly string[] = NAMES,
): Promise<BenchResult[]> {
  const results: BenchResult[] = []
  for (const bench of ALL.filter(({ name }) => only.includes(name))) {
    const startedAt = performance.now()
    const tell = (line: string) => say(`${bench.name}: ${line}`)
    results.push(await bench.run({ sizes, say: tell, database }))
    tell(`done in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`)
  }
  return results
}
