/** `npm run bench -- --json F`: what the server does, against what a good engineer would write by hand, in one run on one database. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDatabases, type Sizes } from './bench/context.ts'
import { machine, table } from './bench/report.ts'
import { NAMES, runBenchmarks } from './bench/run.ts'
import { sizesFor } from './bench/sizes.ts'
import { NoDatabaseError, startDatabase } from './db/ladder.ts'
import { whyOf } from './why.ts'

class UsageError extends Error {}

const SIZE_FLAGS = {
  rounds: 'rounds',
  'short-rounds': 'shortRounds',
  callbacks: 'callbacks',
  ticks: 'ticks',
  steps: 'manySteps',
  due: 'due',
  planned: 'planned',
  'due-jobs': 'dueJobs',
  'planned-jobs': 'plannedJobs',
  treatments: 'treatments',
  articles: 'articles',
  plans: 'plans',
  replans: 'replans',
} as const satisfies Record<string, keyof Sizes>
const LARGE = { manySteps: 1_000_000 }

function read() {
  const number = { type: 'string' } as const
  const sizes = Object.fromEntries(Object.keys(SIZE_FLAGS).map((name) => [name, number]))
  try {
    return parseArgs({
      options: {
        ...(sizes as Record<keyof typeof SIZE_FLAGS, typeof number>),
        json: { type: 'string' },
        only: { type: 'string' },
        large: { type: 'boolean', default: false },
        durable: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function sizeOf(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`--${name} must be a whole number, not ${text}`)
  return value
}

function namesOf(text: string | undefined): string[] {
  const names = text?.split(',') ?? NAMES
  for (const name of names)
    if (!NAMES.includes(name)) throw new UsageError(`--only knows ${NAMES.join(', ')}, not ${name}`)
  return names
}

const say = (line: string) => process.stderr.write(`${line}\n`)

try {
  const values = read()
  const only = namesOf(values.only)
  const given: Partial<Sizes> = values.large ? LARGE : {}
  for (const [name, size] of Object.entries(SIZE_FLAGS)) {
    const text = values[name as keyof typeof SIZE_FLAGS]
    if (text !== undefined) given[size] = sizeOf(name, text)
  }
  const dataDir = join(process.env.DATA_DIR ?? '.data', `bench-${process.pid}`)
  const database = await startDatabase({
    dataDir,
    fresh: true,
    durable: values.durable,
    onProgress: say,
  })
  const databases = openDatabases(database.uri)
  try {
    const startedAt = new Date()
    const sizes = sizesFor(database.kind, given)
    const results = await runBenchmarks({ sizes, say, database: databases.database }, only)
    const seconds = (Date.now() - Number(startedAt)) / 1_000
    const report = {
      startedAt,
      seconds,
      machine: machine(),
      database: { kind: database.kind, durable: database.kind === 'uri' ? null : values.durable },
      sizes,
      benchmarks: results,
    }
    if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
    process.stdout.write(`${table(results)}\n`)
    say(`${database.kind}, ${seconds.toFixed(0)} s`)
  } finally {
    // A server of our own goes with all its data.
    if (database.kind === 'uri') await databases.drop()
    await database.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
} catch (error) {
  say(whyOf(error, [UsageError, NoDatabaseError]))
  process.exitCode = error instanceof UsageError ? 2 : 1
}
// Agenda leaves a timer of its lock's lifetime behind for every job it has run.
process.exit(process.exitCode ?? 0)
