/**
 * `npm run outside -- --json F`: what only shows in great numbers of what comes from outside. Reads the contacts of a clinic with
 * 100,000 customers while the reader is killed. Exits non-zero when anything is missing or there twice.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDatabases } from './bench/context.ts'
import { machine } from './bench/report.ts'
import { NoDatabaseError, startDatabase } from './db/ladder.ts'
import { proveContacts } from './outside/contacts.ts'

const { values } = parseArgs({
  options: {
    /** Writes the report here. */
    json: { type: 'string' },
    contacts: { type: 'string', default: '100000' },
  },
})
const say = (line: string) => process.stderr.write(`${line}\n`)

function whole(name: 'contacts'): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= 100 && value <= 1_000_000) return value
  say(`--${name} must be a whole number from 100 to 1000000, not ${values[name]}`)
  process.exit(2)
}

try {
  const people = whole('contacts')
  const dataDir = join(process.env.DATA_DIR ?? '.data', `outside-${process.pid}`)
  const database = await startDatabase({ dataDir, fresh: true, durable: false, onProgress: say })
  const databases = openDatabases(database.uri)
  try {
    const contacts = await proveContacts({ uri: databases.database('contacts'), people, say })
    const { findings, ...figures } = contacts
    const report = { machine: machine(), database: database.kind, contacts }
    if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
    process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
    for (const line of findings.slice(0, 50)) process.stdout.write(`FINDING ${line}\n`)
    process.exitCode = findings.length > 0 ? 1 : 0
  } finally {
    if (database.kind === 'uri') await databases.drop()
    await database.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
} catch (error) {
  say(
    error instanceof NoDatabaseError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error),
  )
  process.exitCode = 1
}
process.exit(process.exitCode ?? 0)
