/** The demo to play with: a clinic with some days of history, phones in the browser, a clock to move. */
import { enterStores, planVisits, scheduleVisits, storesOf } from './clinic.ts'
import { moveClock, startParts } from './parts.ts'

export interface InteractiveOptions {
  seed: number
  start: Date
  /** Days of history that are played before the page opens. */
  days: number
  customers: number
  port: number
}

const DAY_MS = 86_400_000
const HOP_TIMEOUT_MS = 120_000
const SIMULATOR_PORT = 4100
const STAFF = 14
/** The visits of this many further days wait for whoever moves the clock. */
const FUTURE_DAYS = 20

export async function playInteractive({ seed, start, days, customers, port }: InteractiveOptions): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line}\n`)
  const parts = await startParts({
    seed,
    customers,
    staff: STAFF,
    start,
    port,
    simulatorPort: SIMULATOR_PORT,
    onProgress: say,
  })
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    say('\nstopping …')
    await parts.stop()
    process.exit(0)
  }
  process.once('SIGINT', () => void stop())
  process.once('SIGTERM', () => void stop())

  const { simulator, api, server } = parts
  const stores = storesOf(start, days + FUTURE_DAYS)
  await enterStores(api, stores)
  scheduleVisits(simulator, api, planVisits(simulator, start, days + FUTURE_DAYS))
  for (let day = 1; day <= days && !stopping; day++) {
    await moveClock(simulator.ready.wecomBase, new Date(start.getTime() + day * DAY_MS), HOP_TIMEOUT_MS)
    if (process.stderr.isTTY)
      process.stderr.write(`\rplaying history: day ${day}/${days}   ${day === days ? '\n' : ''}`)
  }
  // Ten in the morning: the first contact window is an hour away.
  await moveClock(simulator.ready.wecomBase, new Date(start.getTime() + days * DAY_MS + 10 * 3_600_000), HOP_TIMEOUT_MS)
  process.stdout.write(
    [
      '',
      '术后管家 Aftercare 演示已就绪',
      '',
      `  手机与时钟  ${simulator.ready.wecomBase}/            客户的微信、员工的企业微信、可拨动的时钟`,
      `  接口文档    ${server.address}/api/openapi.json`,
      `  模拟器控制  ${simulator.ready.wecomBase}/_sim/openapi.json`,
      `  健康检查    ${server.address}/healthz  ${server.address}/readyz`,
      '',
      '  按 Ctrl-C 全部停止。',
      '',
    ].join('\n'),
  )
}
