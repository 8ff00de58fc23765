/** What an import of many customers, and the same one again, must have left behind, and what they didn't. Pure. */
import type { ImportRun } from './command.ts'
import type { BadRow } from './customers-file.ts'

/** A run, and what was found after it. */
export interface Seen extends ImportRun {
  /** As the file of bad rows names them. */
  bad: readonly BadRow[]
  /** A digest of each document, by collection and id. */
  rows: ReadonlyMap<string, string>
}
export interface Expected {
  rows: number
  bad: readonly BadRow[]
  /** Numbers of the customers that should be in, and of those that are after the first run. */
  numbers: readonly string[]
  found: readonly string[]
}

/** The issue's own figure. */
export const MEMORY_LIMIT_MB = 300

export function judge({ rows, bad, numbers, found }: Expected, first: Seen, again: Seen): string[] {
  const good = rows - bad.length
  return [
    ...judgeRun('the first run', first, `${told(rows)} rows: ${told(good)} new, 0 changed, 0 same`, bad),
    ...judgeRun('the second run', again, `${told(rows)} rows: 0 new, 0 changed, ${told(good)} same`, bad),
    ...missing(numbers, found).map((number) => `${number} is missing`),
    ...missing(found, numbers).map((number) => `${number} is in and should not be, or is in twice`),
    ...changes(first.rows, again.rows).map((what) => `the second run ${what}`),
  ]
}

const told = (n: number): string => n.toLocaleString('en-US')

function judgeRun(name: string, run: Seen, result: string, bad: readonly BadRow[]): string[] {
  const line = ({ line, code }: BadRow) => `${line} ${code}`
  const [wanted, reported] = [bad.map(line), run.bad.map(line)]
  const findings: string[] = []
  // 1: every row was judged, and some are bad.
  if (run.code !== 1) findings.push(`${name} ended with ${run.code}, not 1`)
  if (!run.out.includes(`${result}, ${told(bad.length)} bad;`))
    findings.push(`${name} says “${run.out.trim().split('\n').at(-1)}”, not “${result}, ${told(bad.length)} bad”`)
  for (const one of missing(wanted, reported)) findings.push(`${name} does not report row ${one}`)
  for (const one of missing(reported, wanted)) findings.push(`${name} reports row ${one}, or reports it twice`)
  if (run.memory === null) findings.push(`the memory of ${name} could not be read from /proc`)
  else if (run.memory >= MEMORY_LIMIT_MB)
    findings.push(`${name} took ${run.memory.toFixed(0)} MB, not less than ${MEMORY_LIMIT_MB}`)
  return findings
}

/** Those of `all` that `some` doesn't have as often. */
function missing(all: readonly string[], some: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const one of some) left.set(one, (left.get(one) ?? 0) + 1)
  return all.filter((one) => {
    const count = left.get(one) ?? 0
    left.set(one, count - 1)
    return count <= 0
  })
}

function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [
    ...[...after].flatMap(([id, digest]) => {
      const old = before.get(id)
      return old === digest ? [] : `${old === undefined ? 'added' : 'changed'} ${id}`
    }),
    ...[...before.keys()].filter((id) => !after.has(id)).map((id) => `removed ${id}`),
  ]
}
