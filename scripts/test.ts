/** `npm test`: everything, with a real database and a real browser. The last line is `N passed, N failed`. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findChromium } from './chromium.ts'
import { startDatabase } from './db/ladder.ts'
import { exitOnStopSignal } from './signals.ts'

interface Counts {
  passed: number
  failed: number
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
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
      numPassedTests: number
      numFailedTests: number
      testResults: { status: string; assertionResults: { status: string }[] }[]
    }
    // A file that doesn't load fails no test of its own: it counts as one, beside the tests that failed elsewhere.
    const unloaded = testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((one) => one.status === 'failed'),
    ).length
    const failed = numFailedTests + unloaded
    return { passed: numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed }
  } catch {
    return { passed: 0, failed: 1 }
  }
}

const database = await startDatabase({ dataDir: join(scratch, 'db'), fresh: true, durable: false, onProgress: say })
let total: Counts = { passed: 0, failed: 0 }
try {
  const browser = await findChromium(say)
  const env = {
    ...process.env,
    MONGODB_URI: database.uri,
    TZ: 'UTC',
    ...(browser.path ? { CHROMIUM_PATH: browser.path } : {}),
    ...(browser.skipped ? { E2E: 'skip' } : {}),
  }
  const runs: [string, string[], NodeJS.ProcessEnv][] = [['all', wanted, env]]
  // Code that reads the machine's zone fails here.
  if (wanted.length === 0) runs.push(['zone', ['--project', 'unit'], { ...env, TZ: 'America/Los_Angeles' }])
  for (const [name, args, settings] of runs) {
    const counts = await vitest(name, args, settings)
    total = { passed: total.passed + counts.passed, failed: total.failed + counts.failed }
  }
  if (browser.skipped) say(`browser tests skipped: ${browser.skipped}`)
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  total.failed += 1
} finally {
  await database.stop()
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`)
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1)
