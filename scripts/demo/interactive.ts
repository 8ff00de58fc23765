/** The demo to play with: a clinic with some days of history, phones in the browser, a clock to move. */
import { needPorts } from '../ports.ts'
import { exitOnStopSignal, onStopSignal } from '../signals.ts'
import { DAY_MS } from './calendar.ts'
import { createChart } from './chart.ts'
import { scheduleEntries } from './desk.ts'
import { installDoctors } from './doctor.ts'
import { type DemoParts, moveClock, startParts } from './parts.ts'
import { enterStores, storesOf } from './stores.ts'
import { planEntries } from './stories.ts'

export interface InteractiveOptions {
  seed: number
  start: Date
  /** Days of history that are played before the page opens. */
  days: number
  customers: number
  port: number
  simulatorPort: number
}

const HOP_TIMEOUT_MS = 120_000
/** The visits of this many further days wait for whoever moves the clock. */
const FUTURE_DAYS = 20
const PROGRESS_DAYS = 5

const say = (line: string) => process.stderr.write(`${line}\n`)

export async function playInteractive(options: InteractiveOptions): Promise<void> {
  const { port, simulatorPort } = options
  // The simulator's two servers are neighbours.
  const simulatorPorts = simulatorPort === 0 ? [] : [simulatorPort, simulatorPort + 1]
  await needPorts([
    { ports: [port], option: 'npm run demo -- --port 3100' },
    { ports: simulatorPorts, option: 'npm run demo -- --simulator-port 4200' },
  ])
  const release = exitOnStopSignal()
  const parts = await startParts({ ...options, onProgress: say })
  await playHistory(parts, options)
  release()
  onStopSignal(() => {
    say('\n正在停止 stopping …')
    void parts.stop().then(() => process.exit(0))
  })
  process.stdout.write(welcome(parts))
}

async function playHistory({ simulator, api }: DemoParts, { start, days }: InteractiveOptions): Promise<void> {
  const to = (at: number) => moveClock(simulator.ready.wecomBase, new Date(at), HOP_TIMEOUT_MS)
  const stores = storesOf(start, days + FUTURE_DAYS)
  await enterStores(api, stores)
  const desk = { simulator, api, chart: createChart() }
  scheduleEntries(desk, planEntries(simulator, stores, start, days + FUTURE_DAYS))
  installDoctors(desk, days + FUTURE_DAYS)
  for (let day = 1; day <= days; day++) {
    await to(start.getTime() + day * DAY_MS)
    const line = `播放历史 playing history: ${day}/${days} 天 days`
    if (process.stderr.isTTY) process.stderr.write(`\r${line}${day === days ? '\n' : ''}`)
    else if (day % PROGRESS_DAYS === 0 || day === days) say(line)
  }
  // Ten in the morning: the first contact window is an hour away.
  await to(start.getTime() + days * DAY_MS + 10 * 3_600_000)
}

const welcome = ({ simulator: { ready }, server: { address } }: DemoParts): string => `
术后管家 Aftercare · 演示已就绪 the demo is ready

  手机与时钟 phones and clock     ${ready.wecomBase}/
  服务端接口 the server's API     ${address}/api/openapi.json
  模拟器接口 the simulator's API  ${ready.wecomBase}/_sim/openapi.json
  运行状态   health               ${address}/healthz  ${address}/readyz  ${address}/metrics

试一试 try
  1. 点“+1 天”：当天到期的提醒与回访自动发生，新记录会标出。
     Press +1 天 (one day): what falls due happens, and what is new is marked.
  2. 在员工手机的任务卡片上点“接手”“完成”，填表提交，再回复一句小结。
     On a staff phone press 接手 (take) and 完成 (done) on a task card, send the form, then write one line as the summary.
  3. 点触达记录中的人名，查看他或她的手机。
     Press a name in the record to see that person's phone.

按 Ctrl-C 全部停止。 Ctrl-C stops everything.
`
