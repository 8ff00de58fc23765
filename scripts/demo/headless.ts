/** Plays months of a clinic and proves what became of every promise. */
import { writeFileSync } from 'node:fs'
import { type Claim, judge, type Verdict } from '../../simulator/audit/judge.ts'
import { ledgerSha256 } from '../../simulator/index.ts'
import { exitOnStopSignal } from '../signals.ts'
import { enterStores, fetchClaims, planVisits, scheduleVisits, storesOf } from './clinic.ts'
import { moveClock, startParts } from './parts.ts'

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

const DAY_MS = 86_400_000
const HOP_TIMEOUT_MS = 120_000
const STAFF = 14

export async function playHeadless(options: HeadlessOptions): Promise<{ ok: boolean }> {
  const { days, customers, seed, start } = options
  const startedAt = performance.now()
  const say = (line: string) => process.stderr.write(`${line}\n`)
  exitOnStopSignal()
  const parts = await startParts({ seed, customers, staff: STAFF, start, port: 0, simulatorPort: 0, onProgress: say })
  try {
    const { simulator, api } = parts
    const stores = storesOf(start, days)
    await enterStores(api, stores)
    const visits = planVisits(simulator, start, days)
    scheduleVisits(simulator, api, visits)
    if (options.faults) {
      simulator.faults.add({ path: 'callback', duplicate: true, rate: 0.02 })
      simulator.faults.add({ path: '*', errcode: -1, rate: 0.01 })
      simulator.faults.add({ path: '*', drop: 'after', rate: 0.005 })
    }
    const playedFrom = performance.now()
    let hops = 0
    for (let day = 1; day <= days; day++) {
      hops += (await moveClock(simulator.ready.wecomBase, new Date(start.getTime() + day * DAY_MS), HOP_TIMEOUT_MS))
        .hops
      progress(day, days, simulator.ledger.entries().length, playedFrom)
    }
    const end = new Date(start.getTime() + days * DAY_MS)
    const ledger = simulator.ledger.entries()
    const claims = await fetchClaims(api)
    const verdict = judge({
      treatments: visits.map(({ treatment }) => treatment).filter(({ enteredAt }) => enteredAt < end),
      calendars: new Map(stores.map(({ id, closed }) => [id, { closed: new Set(closed) }])),
      ledger,
      claims,
      end,
    })
    const [care, tasks] = await Promise.all([
      api.call('GET', `/api/v1/stats/care?now=${end.toISOString()}`),
      api.call('GET', '/api/v1/stats/tasks'),
    ])
    const callbacks = await callbackCounts(parts.server.address)
    const report = reportOf({
      options,
      verdict,
      claims,
      ledger,
      care,
      tasks,
      treatments: visits.length,
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
    const { lost, duplicated, atNight } = report.promises
    return { ok: lost === 0 && duplicated === 0 && atNight === 0 }
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

/** The server's own count of callbacks, from its metrics. */
async function callbackCounts(address: string): Promise<{ received: number; duplicates: number; rejected: number }> {
  const text = await (await fetch(`${address}/metrics`)).text()
  const sum = (result: string) =>
    [...text.matchAll(new RegExp(`aftercare_callbacks_total\\{[^}]*result="${result}"[^}]*\\} (\\d+)`, 'g'))].reduce(
      (total, [, n]) => total + Number(n),
      0,
    )
  return { received: sum('received') + sum('ignored'), duplicates: sum('duplicate'), rejected: sum('rejected') }
}

/** How often each vendor API was called, by the simulator's count. */
async function apiCallCounts(wecomBase: string): Promise<Counts> {
  const { apiCalls } = (await (await fetch(`${wecomBase}/_sim/stats`)).json()) as { apiCalls: Counts }
  return apiCalls
}

type Counts = Record<string, number>
const count = <T>(items: readonly T[], keyOf: (item: T) => string): Counts =>
  items.reduce<Counts>((counts, item) => Object.assign(counts, { [keyOf(item)]: (counts[keyOf(item)] ?? 0) + 1 }), {})

interface ReportInput {
  options: HeadlessOptions
  verdict: Verdict
  claims: readonly Claim[]
  ledger: Parameters<typeof ledgerSha256>[0]
  care: Record<string, unknown>
  tasks: Record<string, unknown>
  treatments: number
  callbacks: { received: number; duplicates: number; rejected: number }
  apiCalls: Counts
  hops: number
  wallSeconds: number
  simulator: { context: { callbacks: { counts: unknown } } }
}

function reportOf({
  options,
  verdict,
  claims,
  ledger,
  care,
  tasks,
  treatments,
  callbacks,
  apiCalls,
  hops,
  wallSeconds,
  simulator,
}: ReportInput) {
  const outcomes = count(verdict.promises, ({ outcome }) => outcome)
  const status = care.byStatus as Counts
  const nps = care.nps as { answers: number; promoters: number; detractors: number }
  return {
    seed: options.seed,
    days: options.days,
    customers: options.customers,
    treatments,
    steps: {
      planned: Object.values(status).reduce((sum, n) => sum + n, 0),
      due: care.due as number,
      sent: claims.filter(({ messageIds }) => messageIds.length > 0).length,
      delegated: status.delegated ?? 0,
      done: status.done ?? 0,
      missed: (status.missed ?? 0) + (status.unreachable ?? 0),
      cancelled: (status.cancelled ?? 0) + (status.skipped ?? 0),
      merged: status.merged ?? 0,
    },
    promises: {
      made: verdict.promises.length,
      kept: outcomes.kept ?? 0,
      late: outcomes.late ?? 0,
      delegated: outcomes.delegated ?? 0,
      explained: outcomes.explained ?? 0,
      lost: outcomes.lost ?? 0,
      duplicated: verdict.duplicated.length,
      atNight: verdict.atNight.length,
      byReason: count(
        verdict.promises.filter(({ reason }) => reason !== null),
        ({ outcome, reason }) => `${outcome}:${reason}`,
      ),
    },
    channels: count(ledger, ({ kind }) => kind),
    // Rooms that come later: never invented.
    surveys: null,
    photos: null,
    complaints: null,
    redFlags: null,
    tasks: { created: tasks.created, done: tasks.done, overdue: tasks.overdue },
    nps: nps.answers > 0 ? Math.round(((nps.promoters - nps.detractors) / nps.answers) * 100) : null,
    npsAnswers: nps.answers,
    callbacks: { ...callbacks, simulator: simulator.context.callbacks.counts },
    apiCalls,
    byPathway: care.byPathway,
    byStage: care.byStage,
    unexpectedSteps: verdict.unexpected.length,
    unclaimedMessages: verdict.unclaimed.length,
    hops,
    wallSeconds: Math.round(wallSeconds * 10) / 10,
    ledgerSha256: ledgerSha256(ledger),
  }
}

function summary(report: ReturnType<typeof reportOf>): void {
  const { promises } = report
  const share = (n: number) => (promises.made === 0 ? '–' : `${((n / promises.made) * 100).toFixed(1)} %`)
  const row = (zh: string, en: string, n: number) =>
    `  ${zh.padEnd(6, '　')} ${en.padEnd(11)} ${String(n).padStart(6)}  ${share(n).padStart(7)}`
  process.stdout.write(
    `${[
      `${report.days} 天 · ${report.customers} 位客户 · ${report.treatments} 次治疗 · seed ${report.seed}`,
      '',
      row('承诺', 'made', promises.made),
      row('兑现', 'kept', promises.kept),
      row('迟到', 'late', promises.late),
      row('转人工', 'delegated', promises.delegated),
      row('有说明', 'explained', promises.explained),
      row('丢失', 'lost', promises.lost),
      row('重复', 'duplicated', promises.duplicated),
      '',
      `  触达 ${Object.entries(report.channels)
        .map(([kind, n]) => `${kind} ${n}`)
        .join(' · ')}`,
      `  任务 ${report.tasks.created}，完成 ${report.tasks.done} · 回调 ${report.callbacks.received}（重复 ${report.callbacks.duplicates}） · NPS ${report.nps ?? '–'}（${report.npsAnswers}）`,
      `  ${report.wallSeconds} s · ledger ${report.ledgerSha256.slice(0, 16)}…`,
    ].join('\n')}\n`,
  )
}
