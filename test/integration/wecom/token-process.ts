/** A process of its own that calls WeCom when it is told to: for tests of what processes share. */
import { createConnection } from 'mongoose'
import { systemClock } from '../../../src/platform/clock.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { createWecom, isVendorError } from '../../../src/wecom/index.ts'
import { testPorts } from '../../support/ports.ts'

/** `reads`: so many calls, at most `atOnce` of them at the same time. `permits`: so many reservations, all at once. */
export type Order =
  | { id: number; do: 'reads'; count: number; atOnce: number }
  | { id: number; do: 'permits'; bucket: string; kind: 'api' | 'member'; count: number; each: number }
export interface Report {
  id: number
  ok: number
  errors: { code: string; action: string; executed: string }[]
}

const { MONGODB_URI = '', DB_NAME = '', SETTINGS = '{}' } = process.env
const db = await createConnection(MONGODB_URI, { dbName: DB_NAME, autoIndex: false }).asPromise()
const wecom = createWecom({
  ...(await testPorts(db)),
  clock: systemClock,
  metrics: createMetrics({ defaults: false }),
  settings: JSON.parse(SETTINGS),
})

async function obey(order: Order): Promise<Report> {
  const report: Report = { id: order.id, ok: 0, errors: [] }
  const one = async (work: () => Promise<boolean>) => {
    try {
      if (await work()) report.ok += 1
    } catch (error) {
      const { code, action, executed } = isVendorError(error)
        ? error
        : { code: String(error), action: 'none', executed: 'unknown' }
      report.errors.push({ code, action, executed })
    }
  }
  if (order.do === 'permits') {
    const { bucket, kind, each, count } = order
    const reserve = () => wecom.rates.reserve(bucket, kind, each).then(({ ok }) => ok)
    await Promise.all(Array.from({ length: count }, () => one(reserve)))
    return report
  }
  let left = order.count
  const caller = async () => {
    while (left > 0) {
      left -= 1
      await one(async () => (await wecom.client.departments()).length > 0)
    }
  }
  await Promise.all(Array.from({ length: order.atOnce }, caller))
  return report
}

process.on('message', (order: Order) => void obey(order).then((report) => process.send?.(report)))
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
