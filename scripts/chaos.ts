/**
 * `npm run chaos`: kills workers wherever it hurts, and proves that every promise is kept once or is in a person's hands; then
 * that the same proof fails on servers that lack what it rests on. Exits non-zero when either doesn't hold.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { MUTANTS, runMutant } from './chaos/mutants.ts'
import { type RunReport, runChaos } from './chaos/run.ts'
import { everywhere } from './chaos/targets.ts'
import { NoDatabaseError } from './db/ladder.ts'
import { whyOf } from './why.ts'

const { values } = parseArgs({
  options: {
    /** Writes the report here. */
    json: { type: 'string' },
    /** Kills at each place. */
    kills: { type: 'string', default: '7' },
    seed: { type: 'string', default: '1' },
  },
})
const say = (line: string) => process.stderr.write(`${line}\n`)

function whole(name: 'kills' | 'seed', most: number): number {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < 1 || value > most) {
    say(`--${name} must be a whole number from 1 to ${most}, not ${values[name]}`)
    process.exit(2)
  }
  return value
}

function summary({
  kills,
  caught,
  contacts,
  unknownByChannel,
  unknownAllowed,
  checks,
  promises,
  findings,
  ...report
}: RunReport) {
  const lines = [
    ...Object.entries(kills).map(
      ([place, n]) => `  ${String(n).padStart(3)} × ${place}, ${caught[place] ?? 0} with messages on their way`,
    ),
    `${report.killsTotal} processes killed in ${report.days} days, ${report.seconds} s, on ${report.database}`,
    `contacts: ${contacts.once} once, ${contacts.unknown} unknown (${contacts.arrived} had arrived) ${JSON.stringify(unknownByChannel)} (at most ${unknownAllowed}), ${checks} tasks to check them`,
    `promises: ${JSON.stringify(promises)}`,
    ...report.missing.map((place) => `MISSING kills at: ${place}`),
    ...findings.map(({ what, detail }) => `${what.toUpperCase()} ${detail}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

try {
  const seed = whole('seed', 2 ** 31)
  const report = await runChaos({
    seed,
    wanted: everywhere(whole('kills', 30)),
    perNight: { chatty: 4, mini: 8 },
    mostDays: 12,
    say,
  })
  summary(report)
  const mutants = []
  for (const mutant of MUTANTS) {
    say(`a server where ${mutant.name} …`)
    const { ok, findings, seconds } = await runMutant(mutant, say)
    mutants.push({ name: mutant.name, ok, findings, seconds })
    process.stdout.write(
      `${ok ? 'caught' : 'NOT CAUGHT'} in ${seconds} s: ${mutant.name}; ${findings[0]?.detail ?? ''}\n`,
    )
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ ...report, mutants }, null, 2)}\n`)
  const isProven = report.findings.length === 0 && report.missing.length === 0 && mutants.every(({ ok }) => ok)
  process.exit(isProven ? 0 : 1)
} catch (error) {
  say(whyOf(error, [NoDatabaseError]))
  process.exit(1)
}
