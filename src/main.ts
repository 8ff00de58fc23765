/** The process: settings and configuration, or every problem at once; then serve until a signal asks to stop. */
import { loadConfig } from './config.ts'
import { ConfigError } from './platform/config.ts'
import { withEnvFile } from './platform/env-file.ts'
import { AppError } from './platform/errors.ts'
import { createLog } from './platform/log.ts'
import { readSettings } from './platform/settings.ts'
import { startServer } from './server.ts'

// After this long a stop is forced: orchestrators kill at 30 s.
const FORCE_QUIT_MS = 25_000

async function main(): Promise<void> {
  const env = withEnvFile(process.env)
  const { settings, problems } = readSettings(env)
  const lines = problems.map(({ setting, message }) => `${setting} ${message}`)
  const folder = settings?.CONFIG_DIR ?? (env.CONFIG_DIR || 'config')
  const isProduction = settings?.NODE_ENV === 'production'
  const config = attempt(() => loadConfig(folder, { withholdUnapproved: isProduction }), lines)
  if (!settings || !config) {
    refuse(lines)
    process.exitCode = 1
    return
  }
  const log = createLog({ level: settings.LOG_LEVEL })
  const { unapproved } = config.guides
  if (isProduction && unapproved.length > 0)
    log.warn({ guides: unapproved }, 'care guides are not sent: no doctor has approved them')
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'))
  const starting = startServer({ settings, config, log })
  // Before it serves: whoever asks to stop while it starts gets the way back in order too.
  const stop = (signal: string) => {
    log.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), FORCE_QUIT_MS).unref()
    starting
      .then((server) => server.stop())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      )
  }
  process.once('SIGTERM', () => stop('SIGTERM'))
  process.once('SIGINT', () => stop('SIGINT'))
  await starting
}

function refuse(lines: readonly string[]): void {
  process.stderr.write(
    `Aftercare cannot start: ${lines.length} problem(s).\n${lines.map((line) => `  ${line}\n`).join('')}`,
  )
}

/** Why it does not start, for who reads the terminal; anything unforeseen has a code and stands in the log. */
function wordsOf(error: unknown): string {
  const { code, port, address } = error as { code?: unknown; port?: number; address?: string }
  const words: Record<string, string> = {
    database_unreachable: 'the database of MONGODB_URI does not answer',
    blob_store_refused: 'the bucket of BLOB_S3_URL refuses: `npm run doctor` says what is wrong',
    EADDRINUSE: `port ${port} is in use by another program`,
    EACCES: `port ${port} needs rights that this process does not have`,
    EADDRNOTAVAIL: `${address} is no address of this machine`,
  }
  return words[String(code)] ?? (error instanceof AppError ? error.code : 'internal')
}

function attempt<T>(load: () => T, lines: string[]): T | null {
  try {
    return load()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    lines.push(...error.lines)
    return null
  }
}

main().catch((error: unknown) => {
  // What only the database could tell: a file that gives another content to a version that plans follow.
  if (error instanceof ConfigError) {
    refuse(error.lines)
    process.exit(1)
  }
  createLog({}).error({ err: error }, 'start failed')
  process.stderr.write(`Aftercare cannot start: ${wordsOf(error)}\n`)
  process.exit(1)
})
