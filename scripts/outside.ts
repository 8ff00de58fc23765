/**
 * `npm run outside -- --json F`: what only shows in great numbers of what comes from outside. Reads the contacts of a clinic with
 * 100,000 customers while the reader is killed, and takes 10,000 callbacks of which some come twice, late or never. Exits non-zero
 * when anything is missing or there twice.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDatabases } from './bench/context.ts'
import { machine } from './bench/report.ts'
import { NoDatabaseError, startDatabase } from './db/ladder.ts'
import { proveCallbacks } from './outside/callbacks.ts'
import { proveContacts } from './outside/contacts.ts'
import { whyOf } from './why.ts'

const { values } = parseArgs({
  options: {
    /** Writes the report here. */
    json: { type: 'string' },
    contacts: { type: 'string', default: '100000' },
    callbacks: { type: 'string', default: '10000' },
    /** One of the two. */
    only: { type: 'string' },
  },
})
const say = (line: string) => process.stderr.write(`${line}\n`)

function whole(name: 'contacts' | 'callbacks'): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= 100 && value <= 1_000_000) return value
  say(`--${name} must be a whole number from 100 to 1000000, not ${values[name]}`)
  process.exit(2)
}

try {
  const { only } = values
  if (only !== undefined && only !== 'contacts' && only !== 'callbacks') {
    say(`--only knows contacts and callbacks, not ${only}`)
    process.exit(2)
  }
  const sizes = { contacts: whole('contacts'), callbacks: whole('callbacks') }
  const dataDir = join(process.env.DATA_DIR ?? '.data', `outside-${process.pid}`)
  const database = await startDatabase({ dataDir, fresh: true, durable: false, onProgress: say })
  const databases = openDatabases(database.uri)
  try {
    const proofs = {
      ...(only === 'callbacks'
        ? {}
        : { contacts: await proveContacts({ uri: databases.database('contacts'), people: sizes.contacts, say }) }),
      ...(only === 'contacts'
        ? {}
        : {
            callbacks: await proveCallbacks({ uri: databases.database('callbacks'), callbacks: sizes.callbacks, say }),
          }),
    }
    const report = { machine: machine(), database: database.kind, ...proofs }
    if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
    for (const [name, { findings, ...figures }] of Object.entries(proofs)) {
      process.stdout.write(`${name} ${JSON.stringify(figures, null, 2)}\n`)
      for (const line of findings.slice(0, 50)) process.stdout.write(`FINDING ${line}\n`)
      if (findings.length > 0) process.exitCode = 1
    }
  } finally {
    if (database.kind === 'uri') await databases.drop()
    await database.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
} catch (error) {
  say(whyOf(error, [NoDatabaseError]))
  process.exitCode = 1
}
process.exit(process.exitCode ?? 0)
