/**
 * Two real workers on one database, killed where it hurts: every promise is kept once, or a person is asked about it. And the
 * same proof fails as soon as the server lacks one of the things it rests on.
 */
import { expect, test } from 'vitest'
import { MUTANTS, runMutant } from '../../scripts/chaos/mutants.ts'
import { runChaos } from '../../scripts/chaos/run.ts'
import { cellOf, POINTS, STAGES } from '../../scripts/chaos/targets.ts'

const LIMIT_MS = 900_000
const silent = () => undefined
/** Seven per stage. */
const PER_CHANNEL = { kf: 2, app: 2, subscribe: 3 } as const
const wanted = {
  ...Object.fromEntries(
    STAGES.flatMap((stage) =>
      (['kf', 'app', 'subscribe'] as const).map((channel) => [cellOf(stage, channel), PER_CHANNEL[channel]]),
    ),
  ),
  ...Object.fromEntries(Object.keys(POINTS).map((point) => [point, 1])),
}

test('each promise reaches its person once, or is unknown and a person is asked', { timeout: LIMIT_MS }, async () => {
  const report = await runChaos({ seed: 2, wanted, perNight: { chatty: 4, mini: 8 }, mostDays: 3, say: silent })
  expect(report.findings).toEqual([])
  expect(report.kills).toEqual(wanted)
  for (const [place, kills] of Object.entries(wanted))
    if (/^(received|acted) /.test(place)) expect([place, report.caught[place]]).toEqual([place, kills])
  expect(Object.keys(report.killsByWorker).sort()).toEqual(['one', 'two'])
  expect(report.contacts.once).toBeGreaterThan(30)
  // Only notices have no way to be told apart from lost ones; each of these has its task.
  expect(Object.keys(report.unknownByChannel)).toEqual(['subscribe'])
  expect(report.contacts.unknown).toBeLessThanOrEqual(report.unknownAllowed)
  expect(report.checks).toBe(report.contacts.unknown)
})

test.each(MUTANTS)('the proof fails where $name', { timeout: LIMIT_MS }, async (mutant) => {
  const report = await runMutant(mutant, silent)
  expect(report.missing).toEqual([])
  expect(report.findings.map(({ what }) => what)).toContain(mutant.finds)
})
