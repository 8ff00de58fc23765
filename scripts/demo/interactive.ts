/** The demo to play with: a clinic with some days of history, phones in the browser, a clock to move. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { befriend } from '../../simulator/index.ts'
import type { KindName } from '../../src/imports/index.ts'
import { needPorts } from '../ports.ts'
import { exitOnStopSignal, onStopSignal } from '../signals.ts'
import { DAY_MS } from './calendar.ts'
import { createChart } from './chart.ts'
import { scheduleEntries } from './desk.ts'
import { installDoctors } from './doctor.ts'
import { createFrontDesk } from './front-desk.ts'
import { friendsOf, writeHistory } from './history.ts'
import { type DemoParts, moveClock, startParts } from './parts.ts'
import { type ClinicStore, enterStores, storesOf } from './stores.ts'
import { planEntries } from './stories.ts'

export interface InteractiveOptions {
  seed: number
  start: Date
  /** Days that are played before the page opens; the year before them is brought in by file. */
  days: number
  customers: number
  port: number
  simulatorPort: number
}

/** The first hop plans a year of treatments. */
const HOP_TIMEOUT_MS = 600_000
/** The visits of this many further days wait for whoever moves the clock. */
const FUTURE_DAYS = 20
/** Of so many customers one comes in these days. */
const ONE_OF = 5

const say = (line: string) => process.stderr.write(`${line}\n`)

export async function playInteractive(options: InteractiveOptions): Promise<void> {
  const { port, simulatorPort } = options
  // The simulator's two servers are neighbours.
  const simulatorPorts = simulatorPort === 0 ? [] : [simulatorPort, simulatorPort + 1, simulatorPort + 2]
  await needPorts([
    { ports: [port], option: 'npm run demo -- --port 3100' },
    { ports: simulatorPorts, option: 'npm run demo -- --simulator-port 4200' },
  ])
  const release = exitOnStopSignal()
  const parts = await startParts({ ...options, onProgress: say })
  const stores = storesOf(options.start, options.days + FUTURE_DAYS)
  await enterStores(parts.api, stores)
  await bringHistory(parts, stores, options.start)
  await playDays(parts, stores, options)
  const { simulator, api, config } = parts
  simulator.serveDesk(createFrontDesk({ simulator, api, stores, config }))
  release()
  onStopSignal(() => {
    say('\n正在停止 stopping …')
    void parts.stop().then(() => process.exit(0))
  })
  process.stdout.write(welcome(parts))
}

/** The year before: brought in by file, not played. Whoever is somebody's contact in WeCom is so already. */
async function bringHistory({ simulator, server, dataDir }: DemoParts, stores: ClinicStore[], start: Date) {
  for (const { customer, consultant, since } of friendsOf({ world: simulator.world, stores, start }))
    befriend(simulator.world, customer, consultant, {
      createdAt: since,
      state: null,
      remark: customer.name,
      remarkMobiles: [customer.phone],
    })
  const folder = join(dataDir, 'history')
  const { files } = writeHistory({ world: simulator.world, stores, start }, folder)
  for (const { kind, path, rows } of files) {
    const { bad, badFile } = await server.imports.run({
      path,
      kind,
      onProgress: ({ share }) => told(kind, share, rows),
    })
    if (bad > 0) throw new Error(`the history has bad rows: ${badFile}`)
  }
  rmSync(folder, { recursive: true, force: true })
}

const NAMES: Record<KindName, string> = {
  customers: '客户 customers',
  treatments: '治疗 treatments',
  purchases: '消费 purchases',
  appointments: '预约 appointments',
  'follow-ups': '回访记录 follow-ups',
}
const told = (kind: KindName, share: number, rows: number) =>
  progress(`导入历史 importing history: ${NAMES[kind]} ${Math.round(share * rows)}/${rows}`, share >= 1)

async function playDays({ simulator, api }: DemoParts, stores: ClinicStore[], { start, days }: InteractiveOptions) {
  const to = (at: number) => moveClock(simulator.ready.wecomBase, new Date(at), HOP_TIMEOUT_MS)
  const { seed, customers } = simulator.world
  // Some come again, some for the first time.
  const coming = customers.filter((_, i) => i % ONE_OF === 0)
  const desk = { simulator, api, chart: createChart() }
  scheduleEntries(desk, planEntries({ world: { seed, customers: coming } }, stores, start, days + FUTURE_DAYS))
  installDoctors(desk, days + FUTURE_DAYS)
  say('安排护理计划 planning the care of the past year …')
  await to(start.getTime())
  for (let day = 1; day <= days; day++) {
    await to(start.getTime() + day * DAY_MS)
    progress(`播放 playing: ${day}/${days} 天 days`, day === days)
  }
  // Ten in the morning: the first contact window is an hour away.
  await to(start.getTime() + days * DAY_MS + 10 * 3_600_000)
}

/** On a terminal one line that rewrites itself. */
function progress(line: string, isLast: boolean): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${line}   ${isLast ? '\n' : ''}`)
  else if (isLast) say(line)
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
  2. 在“诊所前台”为选中的客户录入一次治疗，或更改手术日期，看护理计划怎样变化。
     At 诊所前台 (the front desk) enter a treatment for the customer shown, or move an operation, and see what becomes of the plan.
     也可以由医生手动调整或取消其中一次联系，再撤销。Or set or cancel one of its contacts by hand, and take that back.
  3. 在“诊所前台”为员工登记请假，看未完成的任务转交给谁。
     At 诊所前台 put a member of staff on leave and see who gets the open work.
  4. 在员工手机的任务卡片上点“接手”“完成”，填表提交，再回复一句小结。
     On a staff phone press 接手 (take) and 完成 (done) on a task card, send the form, then write one line as the summary.
  5. 以客户身份提问，如“多久可以化妆”，或说“打针的地方发白发凉，越来越痛”，看谁在同一刻收到通知。
     As the customer ask something, or write that the skin turns white and hurts, and see who is called in that moment.
  6. 点触达记录中的人名，查看他或她的手机。
     Press a name in the record to see that person's phone.

按 Ctrl-C 全部停止。 Ctrl-C stops everything.
`
