/** `npm run demo`: the interactive demo; `-- --headless …` plays a clinic's months and audits them. */
import { parseArgs } from 'node:util'
import { ConfigError } from '../src/platform/config.ts'
import { NoDatabaseError } from './db/ladder.ts'
import { playHeadless } from './demo/headless.ts'
import { instantOf, reportFile, UsageError, whole } from './demo/usage.ts'
import { PortInUseError } from './ports.ts'
import { whyOf } from './why.ts'

const DEFAULT_START = '2026-03-02T00:00+08:00'

function read() {
  try {
    return parseArgs({
      options: {
        headless: { type: 'boolean', default: false },
        days: { type: 'string' },
        customers: { type: 'string' },
        seed: { type: 'string', default: '7' },
        start: { type: 'string', default: DEFAULT_START },
        json: { type: 'string' },
        ledger: { type: 'string' },
        promises: { type: 'string' },
        'no-faults': { type: 'boolean', default: false },
        port: { type: 'string', default: '3000' },
        'simulator-port': { type: 'string', default: '4100' },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

try {
  const values = read()
  const seed = whole('seed', values.seed, 0, 2 ** 31)
  const start = instantOf(values.start)
  if (values.headless) {
    const { ok } = await playHeadless({
      days: whole('days', values.days ?? '90', 1, 1_000),
      customers: whole('customers', values.customers ?? '200', 1, 5_000),
      seed,
      start,
      json: reportFile('json', values.json),
      ledger: reportFile('ledger', values.ledger),
      promises: reportFile('promises', values.promises),
      faults: !values['no-faults'],
    })
    process.exit(ok ? 0 : 1)
  }
  const { playInteractive } = await import('./demo/interactive.ts')
  await playInteractive({
    seed,
    start,
    days: whole('days', values.days ?? '3', 1, 400),
    customers: whole('customers', values.customers ?? '300', 1, 1_000),
    port: whole('port', values.port, 0, 65_000),
    simulatorPort: whole('simulator-port', values['simulator-port'], 0, 65_000),
  })
} catch (error) {
  if (error instanceof ConfigError) process.stderr.write(`${error.lines.join('\n')}\n`)
  process.stderr.write(`${whyOf(error, [UsageError, NoDatabaseError, ConfigError, PortInUseError])}\n`)
  process.exit(error instanceof UsageError ? 2 : 1)
}
