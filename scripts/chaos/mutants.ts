/** The same proof on servers that lack one of the things it rests on: it must fail, or it proves nothing. */
import type { PerNight } from './clinic.ts'
import type { Mutation } from './compile.ts'
import type { Finding } from './judge.ts'
import { type RunReport, runChaos } from './run.ts'

export interface Mutant extends Mutation {
  name: string
  /** Where its workers are killed. */
  wanted: Record<string, number>
  perNight: PerNight
  /** What the judge must find. */
  finds: Finding['what']
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'no intent is written before a message goes',
    file: 'src/messaging/model.ts',
    from: "update: { $set: { status: 'sending', messageId, intent: row.intent && sealedIntent(row.intent) } },",
    to: 'update: { $set: { messageId } },',
    wanted: { 'acted · subscribe': 1 },
    perNight: { chatty: 0, mini: 3 },
    finds: 'doubled',
  },
  {
    name: 'a contact has another key each time',
    file: 'src/messaging/service.ts',
    from: "hashId('outbox', stepId, occurrence, audience)",
    to: "hashId('outbox', stepId, occurrence, audience, Math.random())",
    wanted: { 'announcement inserted, call not marked': 1 },
    perNight: { chatty: 1, mini: 0 },
    finds: 'doubled',
  },
  {
    name: 'outcomes of notices wait for the end of their batch',
    file: 'src/messaging/send.ts',
    from: "  if (driver.dedupe === 'none') {",
    to: '  if (false) {',
    // The second place of a run lets three pass: then the fourth notice's answer is on its way, and no outcome is written.
    wanted: { 'answered · kf': 0, 'answered · subscribe': 1 },
    perNight: { chatty: 0, mini: 6 },
    finds: 'too_many_unknown',
  },
]

/** One morning is enough. Returns what was found, whether it is what had to be found. */
export async function runMutant(mutant: Mutant, say: (line: string) => void): Promise<RunReport & { ok: boolean }> {
  const report = await runChaos({
    mutation: mutant,
    seed: 1,
    wanted: mutant.wanted,
    perNight: mutant.perNight,
    mostDays: 1,
    stopAtFirst: true,
    say,
  })
  return { ...report, ok: report.findings.some(({ what }) => what === mutant.finds) }
}
