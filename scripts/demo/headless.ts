/** Plays months of a clinic and proves what became of every promise. */
import { writeFileSync } from 'node:fs'
import { judge } from '../../simulator/audit/judge.ts'
import { judgeRedFlags } from '../../simulator/audit/red-flags.ts'
import { exitOnStopSignal } from '../signals.ts'
import { DAY_MS, HOUR_MS } from './calendar.ts'
import { createChart } from './chart.ts'
import { fetchClaims } from './clinic-api.ts'
import { scheduleEntries } from './desk.ts'
import { installDoctors } from './doctor.ts'
import { whatCustomersFeel, whatCustomersMind } from './felt.ts'
import { moveClock, startParts } from './parts.ts'
import { apiCallCounts, callbackCounts, reportOf, summary } from './report.ts'
import { enterStores, storesOf } from './stores.ts'
import { planEntries } from './stories.ts'

export interface HeadlessOptions {
  days: number
  customers: number
  seed: number
  start: Date
  json: string | null
  ledger: string | null
  promises: string | null
  faults: boolean
}

/** Of one day, on a machine that is busy with other things. */
const DAY_TIMEOUT_MS = 600_000

export async function playHeadless(options: HeadlessOptions): Promise<{ ok: boolean }> {
  const { days, customers, seed, start } = options
  const startedAt = performance.now()
  const say = (line: string) => process.stderr.write(`${line}\n`)
  exitOnStopSignal()
  const parts = await startParts({ seed, customers, start, port: 0, simulatorPort: 0, onProgress: say })
  try {
    const { simulator, api } = parts
    const stores = storesOf(start, days)
    await enterStores(api, stores)
    const desk = { simulator, api, chart: createChart() }
    const entries = planEntries(simulator, stores, start, days)
    scheduleEntries(desk, entries)
    const runEnds = start.getTime() + days * DAY_MS
    // What is said in the last hour nobody has had the time to answer.
    scheduleEntries(
      desk,
      [...whatCustomersFeel(simulator, entries), ...whatCustomersMind(simulator, entries)].filter(
        ({ at }) => at.getTime() < runEnds - HOUR_MS,
      ),
    )
    installDoctors(desk, days)
    if (options.faults) {
      simulator.faults.add({ path: 'callback', duplicate: true, rate: 0.02 })
      simulator.faults.add({ path: '*', errcode: -1, rate: 0.01 })
      simulator.faults.add({ path: '*', drop: 'after', rate: 0.005 })
    }
    const playedFrom = performance.now()
    let hops = 0
    for (let day = 1; day <= days; day++) {
      hops += (await moveClock(simulator.ready.wecomBase, new Date(start.getTime() + day * DAY_MS), DAY_TIMEOUT_MS))
        .hops
      progress(day, days, simulator.ledger.entries().length, playedFrom)
    }
    const end = new Date(start.getTime() + days * DAY_MS)
    const ledger = simulator.ledger.entries()
    const claims = await fetchClaims(api)
    const verdict = judge({
      treatments: desk.chart.treatments(),
      wishes: desk.chart.wishes(),
      calendars: new Map(stores.map(({ id, closed }) => [id, { closed: new Set(closed) }])),
      ledger,
      claims,
      end,
    })
    const redFlags = judgeRedFlags(desk.chart.felt(), { ledger, staff: simulator.world.staff })
    const [care, tasks, photos] = await Promise.all([
      api.call('GET', `/api/v1/stats/care?now=${end.toISOString()}`),
      api.call('GET', '/api/v1/stats/tasks'),
      api.call('GET', '/api/v1/stats/photos'),
    ])
    const surveys = await api.call('GET', '/api/v1/stats/surveys')
    const callbacks = await callbackCounts(parts.server.address)
    const report = reportOf({
      options,
      verdict,
      redFlags,
      complaints: desk.chart.complaints(),
      claims,
      ledger,
      care,
      tasks,
      surveys,
      photos: { received: photos.received as number },
      treatments: desk.chart.treatments().filter(({ record }) => !record).length,
      callbacks,
      apiCalls: await apiCallCounts(simulator.ready.wecomBase),
      hops,
      wallSeconds: (performance.now() - startedAt) / 1000,
      simulator,
    })
    if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
    if (options.ledger) writeFileSync(options.ledger, ledger.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    if (options.promises)
      writeFileSync(options.promises, verdict.promises.map((promise) => `${JSON.stringify(promise)}\n`).join(''))
    summary(report)
    for (const { id, reason } of verdict.promises.filter(({ outcome }) => outcome === 'lost').slice(0, 10))
      say(`lost: ${id} (${reason})`)
    for (const { person, at } of verdict.duplicated.slice(0, 10)) say(`doubled: ${person} at ${at}`)
    for (const { person, at } of verdict.atNight.slice(0, 10)) say(`in the quiet hours: ${person} at ${at}`)
    for (const { person, at } of verdict.overCap.slice(0, 10)) say(`an offer too many: ${person} at ${at}`)
    for (const id of verdict.unasked.slice(0, 10)) say(`nobody was asked: ${id}`)
    for (const { person, at, urgency, fault } of redFlags.filter(({ fault }) => fault !== null).slice(0, 10))
      say(`${urgency} of ${person} at ${at}: ${fault}`)
    const { lost, duplicated, atNight, overCap, unasked } = report.promises
    return { ok: lost + duplicated + atNight + overCap + unasked + report.redFlags.failed === 0 }
  } finally {
    await parts.stop()
  }
}

/** On a terminal one line that rewrites itself; elsewhere one line every ten days. */
function progress(day: number, days: number, messages: number, from: number): void {
  const seconds = (performance.now() - from) / 1000
  const left = Math.round((seconds / day) * (days - day))
  const line = `day ${day}/${days} · ${messages} arrivals · ${Math.round(seconds)} s, about ${left} s left`
  if (process.stderr.isTTY) process.stderr.write(`\r${line}   ${day === days ? '\n' : ''}`)
  else if (day % 10 === 0 || day === days) process.stderr.write(`${line}\n`)
}
