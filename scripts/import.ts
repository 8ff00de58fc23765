/** `npm run import -- FILE --kind …`: brings a clinic's exported file in, or says with `--dry-run` what would become of it. */
import { parseArgs } from 'node:util'
import { buildApp } from '../src/app.ts'
import { loadConfig } from '../src/config.ts'
import {
  ENCODINGS,
  type Encoding,
  encodingNamed,
  ImportFileError,
  KIND_NAMES,
  type KindName,
} from '../src/imports/index.ts'
import { systemClock } from '../src/platform/clock.ts'
import { ConfigError } from '../src/platform/config.ts'
import { createFieldCrypto, parseFieldKeys } from '../src/platform/crypto.ts'
import { connectDb } from '../src/platform/db.ts'
import { silentLog } from '../src/platform/log.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { systemRandom } from '../src/platform/random.ts'
import { readSettings, type Settings } from '../src/platform/settings.ts'
import { createTerminal } from './import/terminal.ts'
import { onStopSignal } from './signals.ts'

const USAGE = `usage: npm run import -- FILE --kind ${KIND_NAMES.join('|')}
         [--map M.yaml] [--encoding ${ENCODINGS.join('|')}] [--bad BAD.csv] [--dry-run]
The environment is the server's. docs/import.md has the columns and the mapping file.
`

class UsageError extends Error {}
class SettingsError extends Error {}

function read() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        kind: { type: 'string' },
        map: { type: 'string' },
        encoding: { type: 'string' },
        bad: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
      },
    })
    const { kind, map, encoding, bad } = values
    const [path, ...more] = positionals
    if (path === undefined || more.length > 0) throw new UsageError('exactly one file is needed')
    if (!isKind(kind)) throw new UsageError(`--kind must be one of ${KIND_NAMES.join(', ')}`)
    return { path, kind, map, encoding: encodingOf(encoding), badPath: bad, dryRun: values['dry-run'] }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
const isKind = (text: string | undefined): text is KindName => KIND_NAMES.some((one) => one === text)
function encodingOf(name: string | undefined): Encoding | undefined {
  if (name === undefined) return undefined
  const found = encodingNamed(name)
  if (!found) throw new UsageError(`--encoding must be one of ${ENCODINGS.join(', ')}`)
  return found
}

function settingsOf(env: NodeJS.ProcessEnv): Settings {
  const { settings, problems } = readSettings(env)
  if (!settings) throw new SettingsError(problems.map(({ setting, message }) => `  ${setting} ${message}`).join('\n'))
  return settings
}

/** The whole application, composed as the server is, so that whoever listens to an event is told of it; it does no due work. */
async function openImports(settings: Settings) {
  const config = loadConfig(settings.CONFIG_DIR)
  const db = await connectDb(settings.MONGODB_URI)
  const app = buildApp({
    db,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    crypto: createFieldCrypto(parseFieldKeys(settings.FIELD_KEYS)),
    nudge: () => undefined,
    leaseMs: settings.LEASE_MS,
    settings,
    config,
    metrics: createMetrics({ defaults: false }),
  })
  await app.ready()
  return { imports: app.imports, close: () => db.close() }
}

const terminal = createTerminal(process.stdout, process.stderr)
let begun = false
try {
  const request = read()
  const { imports, close } = await openImports(settingsOf(process.env))
  const off = onStopSignal(() => {
    terminal.stopped()
    process.exit(130)
  })
  const report = await imports.run({
    ...request,
    onPlan: (plan) => {
      begun = true
      terminal.plan(plan)
    },
    onProgress: terminal.progress,
  })
  off()
  terminal.report(report, request.dryRun)
  await close()
  process.exit(report.bad > 0 ? 1 : 0)
} catch (error) {
  terminal.failed(error instanceof Error ? error.message : String(error))
  if (error instanceof ConfigError) process.stderr.write(`${error.lines.join('\n')}\n`)
  if (error instanceof UsageError) process.stderr.write(USAGE)
  const isCallers = [UsageError, SettingsError, ImportFileError, ConfigError].some((kind) => error instanceof kind)
  // Rows may be in already: a file can turn out to be damaged far down.
  if (begun) terminal.stopped()
  process.exit(isCallers && !begun ? 2 : 1)
}
