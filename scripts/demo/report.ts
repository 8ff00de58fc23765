/** What a run of months comes to: `out.json` and the summary on the screen. */
import type { Claim, Verdict } from '../../simulator/audit/judge.ts'
import { type RedFlagVerdict, TAKEN_MINUTES } from '../../simulator/audit/red-flags.ts'
import { type LedgerEntry, ledgerSha256 } from '../../simulator/index.ts'
import type { HeadlessOptions } from './headless.ts'

/** The server's own count of callbacks, from its metrics. */
export async function callbackCounts(
  address: string,
): Promise<{ received: number; duplicates: number; rejected: number }> {
  const text = await (await fetch(`${address}/metrics`)).text()
  const sum = (result: string) =>
    [...text.matchAll(new RegExp(`aftercare_callbacks_total\\{[^}]*result="${result}"[^}]*\\} (\\d+)`, 'g'))].reduce(
      (total, [, n]) => total + Number(n),
      0,
    )
  return { received: sum('received') + sum('ignored'), duplicates: sum('duplicate'), rejected: sum('rejected') }
}

/** How often each vendor API was called, by the simulator's count. */
export async function apiCallCounts(wecomBase: string): Promise<Counts> {
  const { apiCalls } = (await (await fetch(`${wecomBase}/_sim/stats`)).json()) as { apiCalls: Counts }
  return apiCalls
}

type Counts = Record<string, number>
const count = <T>(items: readonly T[], keyOf: (item: T) => string): Counts =>
  items.reduce<Counts>((counts, item) => Object.assign(counts, { [keyOf(item)]: (counts[keyOf(item)] ?? 0) + 1 }), {})

interface ReportInput {
  options: HeadlessOptions
  verdict: Verdict
  redFlags: readonly RedFlagVerdict[]
  /** Who has complained, once per complaint. */
  complaints: readonly string[]
  claims: readonly Claim[]
  ledger: readonly LedgerEntry[]
  care: Record<string, unknown>
  tasks: Record<string, unknown>
  surveys: Record<string, unknown>
  photos: { received: number }
  treatments: number
  callbacks: { received: number; duplicates: number; rejected: number }
  apiCalls: Counts
  hops: number
  wallSeconds: number
  simulator: { context: { callbacks: { counts: unknown } } }
}

export function reportOf({
  options,
  verdict,
  redFlags,
  complaints,
  claims,
  ledger,
  care,
  tasks,
  surveys,
  photos,
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
      overCap: verdict.overCap.length,
      unasked: verdict.unasked.length,
      byReason: count(
        verdict.promises.filter(({ reason }) => reason !== null),
        ({ outcome, reason }) => `${outcome}:${reason}`,
      ),
    },
    channels: count(ledger, ({ kind }) => kind),
    surveys: { invited: surveys.invited, answered: surveys.answered },
    photos: photos.received,
    complaints: complaintsOf(complaints, ledger),
    redFlags: flagsOf(redFlags),
    tasks: { created: tasks.created, done: tasks.done, overdue: tasks.overdue },
    nps: nps.answers > 0 ? Math.round(((nps.promoters - nps.detractors) / nps.answers) * 100) : null,
    npsAnswers: nps.answers,
    callbacks: { ...callbacks, simulator: simulator.context.callbacks.counts },
    apiCalls,
    // Steps; treatments, purchases, appointments and consultations that were enrolled; promises, and how many of them were kept.
    byPathway: care.byPathway,
    enrolments: enrolments(claims),
    promisesByPathway: kept(verdict),
    byStage: care.byStage,
    unexpectedSteps: verdict.unexpected.length,
    unclaimedMessages: verdict.unclaimed.length,
    hops,
    wallSeconds: Math.round(wallSeconds * 10) / 10,
    ledgerSha256: ledgerSha256(ledger),
  }
}

/** Complaints that were taken, and the numbers that their people got. */
const complaintsOf = (people: readonly string[], ledger: readonly LedgerEntry[]) => ({
  filed: people.length,
  acknowledged: ledger.filter(({ person, text }) => people.includes(person) && /投诉.*编号TS\d{8}/.test(text)).length,
})

/** How customers were met who told of something urgent; `failed`: not as they must be. */
const flagsOf = (flags: readonly RedFlagVerdict[]) => {
  const emergencies = flags.filter(({ urgency }) => urgency === 'emergency')
  const minutes = emergencies.flatMap(({ takenAfterMinutes }) => takenAfterMinutes ?? []).sort((a, b) => a - b)
  return {
    emergencies: emergencies.length,
    abnormal: flags.length - emergencies.length,
    held: flags.filter(({ held }) => held).length,
    called: flags.filter(({ called }) => called).length,
    takenInTime: minutes.filter((one) => one <= TAKEN_MINUTES).length,
    longestMinutes: minutes.at(-1) ?? null,
    failed: flags.filter(({ fault }) => fault !== null).length,
  }
}

/** Plans that a pathway is part of. */
const enrolments = (claims: readonly Claim[]): Counts =>
  count(
    [...new Set(claims.map(({ treatmentExternalId, pathway }) => `${pathway} ${treatmentExternalId}`))].sort(),
    (one) => one.split(' ')[0] ?? '',
  )

function kept({ promises }: Verdict): Record<string, { made: number; kept: number }> {
  const made = count(promises, ({ pathway }) => pathway)
  const good = count(
    promises.filter(({ outcome }) => outcome === 'kept'),
    ({ pathway }) => pathway,
  )
  return Object.fromEntries(
    Object.keys(made)
      .sort()
      .map((pathway) => [pathway, { made: made[pathway] ?? 0, kept: good[pathway] ?? 0 }]),
  )
}

export function summary(report: ReturnType<typeof reportOf>): void {
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
      `  路径 ${Object.entries(report.enrolments)
        .map(([pathway, n]) => `${pathway} ${n}`)
        .join(' · ')}`,
      `  触达 ${Object.entries(report.channels)
        .map(([kind, n]) => `${kind} ${n}`)
        .join(' · ')}`,
      `  红旗 ${report.redFlags.emergencies} 例紧急（15 分钟内接手 ${report.redFlags.takenInTime}），${report.redFlags.abnormal} 例异常`,
      `  任务 ${report.tasks.created}，完成 ${report.tasks.done} · 回调 ${report.callbacks.received}（重复 ${report.callbacks.duplicates}） · NPS ${report.nps ?? '–'}（${report.npsAnswers}）`,
      `  ${report.wallSeconds} s · ledger ${report.ledgerSha256.slice(0, 16)}…`,
    ].join('\n')}\n`,
  )
}
