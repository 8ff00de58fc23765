/** `npm run simulator`: the outside world as a process. One line of JSON on stdout when ready; everything else on stderr. */
import { parseArgs } from 'node:util'
import { LATEST } from './control-input.ts'
import { createSimulator } from './index.ts'

const options = {
  port: { type: 'string', default: '4100' },
  seed: { type: 'string', default: '1' },
  customers: { type: 'string', default: '0' },
  staff: { type: 'string', default: '12' },
  clock: { type: 'string', default: 'real' },
  start: { type: 'string' },
  'sent-events': { type: 'boolean', default: false },
} as const

try {
  const { values } = parseArgs({ options })
  const whole = (name: 'port' | 'seed' | 'customers' | 'staff'): number => {
    if (!/^\d{1,9}$/.test(values[name])) throw new Error(`--${name} must be a whole number, not ${values[name]}`)
    return Number(values[name])
  }
  if (values.clock !== 'real' && values.clock !== 'manual') throw new Error('--clock is real or manual')
  const start = values.start === undefined ? undefined : new Date(values.start)
  if (start && !(start.getTime() <= LATEST)) throw new Error('--start must be an ISO instant')
  const simulator = await createSimulator({
    port: whole('port'),
    seed: whole('seed'),
    customers: whole('customers'),
    staff: whole('staff'),
    clock: values.clock,
    sentEvents: values['sent-events'],
    ...(start ? { start } : {}),
  })
  process.stdout.write(`${JSON.stringify(simulator.ready)}\n`)
  const stop = () => void simulator.close().then(() => process.exit(0))
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  // npm hands a signal to the shell between us, which dies of it alone.
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && stop(), 1_000).unref()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(2)
}
