/**
 * `npm run import-proof -- --json F`: brings 50,000 customers in by `npm run import`, 100 of them bad, and then the same file again.
 * Exits non-zero when that takes 300 MB, when the second run changes anything, or when other rows than the bad ones are reported.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDatabases } from './bench/context.ts'
import { machine } from './bench/report.ts'
import { NoDatabaseError, startDatabase } from './db/ladder.ts'
import { BAD_ROWS, proveImport } from './import-proof/prove.ts'
import { exitOnStopSignal } from './signals.ts'
import { whyOf } from './why.ts'

const SHOWN = 50
const say = (line: string) => process.stderr.write(`${line}\n`)

class UsageError extends Error {}

function read() {
  try {
    const { json, ...sizes } = parseArgs({
      options: {
        /** Writes the report here. */
        json: { type: 'string' },
        rows: { type: 'string', default: '50000' },
        /** Which rows are bad. */
        seed: { type: 'string', default: '1' },
      },
    }).values
    return { json, rows: whole('rows', sizes.rows, 2 * BAD_ROWS), seed: whole('seed', sizes.seed, 0) }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
function whole(name: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least && value <= 1_000_000) return value
  throw new UsageError(`--${name} must be a whole number from ${least} to 1000000, not ${text}`)
}

exitOnStopSignal()
try {
  const { json, rows, seed } = read()
  const dataDir = join(process.env.DATA_DIR ?? '.data', `import-proof-${process.pid}`)
  process.once('exit', () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 }))
  const database = await startDatabase({ dataDir, fresh: true, durable: false, onProgress: say })
  const databases = openDatabases(database.uri)
  try {
    const proof = await proveImport({ uri: databases.database('import'), rows, seed, say })
    if (json) {
      const report = { machine: machine(), database: database.kind, seed, ...proof }
      writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`)
    }
    for (const name of ['first', 'again'] as const) {
      const { seconds, memory } = proof[name]
      process.stdout.write(`${name}: ${seconds.toFixed(1)} s, ${memory === null ? '?' : memory.toFixed(0)} MB\n`)
    }
    process.stdout.write(`${proof.rows} rows, ${proof.bad} reported as bad, ${proof.findings.length} findings\n`)
    for (const line of proof.findings.slice(0, SHOWN)) process.stdout.write(`FINDING ${line}\n`)
    if (proof.findings.length > 0) process.exitCode = 1
  } finally {
    if (database.kind === 'uri') await databases.drop()
    await database.stop()
  }
} catch (error) {
  say(whyOf(error, [UsageError, NoDatabaseError]))
  process.exitCode = error instanceof UsageError ? 2 : 1
}
process.exit(process.exitCode ?? 0)
