/** `npm test`: everything, with a real database and a real browser. The last line is `N passed, N failed`. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { findChromium } from './chromium.ts'
import { startDatabase } from './db/ladder.ts'
import { exitOnStopSignal } from './signals.ts'

interface Counts {
  passed: number
  failed: number
  /** What failed, a line each: shown again at the end, where a long log is read first. */
  failures: string[]
  /** Seconds of each file. */
  seconds: Map<string, number>
}

interface Report {
  numPassedTests: number
  numFailedTests: number
  testResults: {
    name: string
    status: string
    message: string
    startTime: number
    endTime: number
    assertionResults: { status: string; fullName: string; failureMessages: string[] }[]
  }[]
}

const say = (line: string) => process.stderr.write(`${line}\n`)
const scratch = mkdtempSync(join(tmpdir(), 'aftercare-test-'))
const wanted = process.argv.slice(2)
process.once('exit', () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }))
exitOnStopSignal()

/** Runs vitest and reads its own report; a run without a report is one failure. */
async function vitest(name: string, args: string[], env: NodeJS.ProcessEnv): Promise<Counts> {
  const report = join(scratch, `${name}.json`)
  const code = await new Promise<number>((done) => {
    const child = spawn(
      process.execPath,
      [
        'node_modules/vitest/vitest.mjs',
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...args,
      ],
      { stdio: 'inherit', env },
    )
    const stop = () => child.kill()
    process.prependOnceListener('exit', stop)
    child.once('exit', (exit) => {
      process.off('exit', stop)
      done(exit ?? 1)
    })
  })
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
    const failures: string[] = []
    const seconds = new Map<string, number>()
    let unloaded = 0
    for (const { name: path, status, message, startTime, endTime, assertionResults } of testResults) {
      const file = relative(process.cwd(), path)
      seconds.set(file, (endTime - startTime) / 1000)
      const failed = assertionResults.filter((one) => one.status === 'failed')
      for (const { fullName, failureMessages } of failed)
        failures.push(`${file}: ${fullName}: ${firstLine(failureMessages[0])}`)
      // A file that doesn't load fails no test of its own: it counts as one, beside the tests that failed elsewhere.
      if (status !== 'failed' || failed.length > 0) continue
      unloaded += 1
      failures.push(`${file}: ${firstLine(message)}`)
    }
    const failed = numFailedTests + unloaded
    return { passed: numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed, failures, seconds }
  } catch {
    return { passed: 0, failed: 1, failures: [`${name}: no report (exit ${code})`], seconds: new Map() }
  }
}

const firstLine = (text = ''): string => text.split('\n', 1)[0]?.slice(0, 300) ?? ''

const database = await startDatabase({ dataDir: join(scratch, 'db'), fresh: true, durable: false, onProgress: say })
const total: Counts = { passed: 0, failed: 0, failures: [], seconds: new Map() }
try {
  const browser = await findChromium(say)
  const env = {
    ...process.env,
    MONGODB_URI: database.uri,
    TZ: 'UTC',
    ...(browser.path ? { CHROMIUM_PATH: browser.path } : {}),
    ...(browser.skipped ? { E2E: 'skip' } : {}),
  }
  const runs: [string, string[], NodeJS.ProcessEnv][] =
    wanted.length > 0
      ? [['wanted', wanted, env]]
      : [
          // Code that reads the machine's zone fails here.
          ['unit', ['--project', 'unit'], { ...env, TZ: 'America/Los_Angeles' }],
          ['integration', ['--project', 'integration'], env],
          ['e2e', ['--project', 'e2e'], env],
        ]
  for (const [name, args, settings] of runs) {
    const { passed, failed, failures, seconds } = await vitest(name, args, settings)
    total.passed += passed
    total.failed += failed
    total.failures.push(...failures)
    for (const [file, took] of seconds) total.seconds.set(file, took)
  }
  if (browser.skipped) say(`browser tests skipped: ${browser.skipped}`)
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  total.failed += 1
} finally {
  await database.stop()
}
if (wanted.length === 0) {
  say('the slowest files:')
  for (const [file, took] of [...total.seconds].sort(([, a], [, b]) => b - a).slice(0, 25))
    say(`${took.toFixed(1).padStart(7)} s  ${file}`)
}
for (const failure of total.failures) say(`FAILED ${failure}`)
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`)
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1)
