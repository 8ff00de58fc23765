/** The benchmarks at a twentieth of their size: they run, compare what they say, and what doesn't depend on the machine holds. */
import { expect, test } from 'vitest'
import { openDatabases } from '../../scripts/bench/context.ts'
import { table } from '../../scripts/bench/report.ts'
import { figure, interleave, median, percentile } from '../../scripts/bench/rounds.ts'
import { NAMES, runBenchmarks } from '../../scripts/bench/run.ts'
import { scaled, sizesFor } from '../../scripts/bench/sizes.ts'
import { loadConfig } from '../../src/config.ts'

const LIMIT_MS = 300_000

test(
  'every benchmark measures both sides, and a contact costs at most a tenth of the commands of a job',
  async () => {
    const sizes = scaled(sizesFor('secantusd-py', {}), 1 / 20)
    expect(sizes).toMatchObject({ callbacks: 20, manySteps: 10_000, due: 100, planned: 1_000 })
    const lines: string[] = []
    const { database } = openDatabases(process.env.MONGODB_URI ?? '')
    const results = await runBenchmarks({ sizes, say: (line) => void lines.push(line), database })

    expect(results.map(({ name }) => name)).toEqual(NAMES)
    for (const { figures } of results) {
      for (const { name, ours, peer, ratio, rounds } of figures) {
        expect([name, ours > 0, peer > 0, ratio > 0], name).toEqual([name, true, true, true])
        expect(rounds).toHaveLength(1)
      }
    }
    const named = (bench: string, name: string) =>
      results.find((one) => one.name === bench)?.figures.find((one) => one.name.startsWith(name))
    // Counted, not timed: the same on every machine.
    expect(named('contacts', 'commands per contact')).toMatchObject({ met: true, target: { atMost: 0.1 } })
    expect(named('contacts', 'commands per contact')?.peer).toBeGreaterThan(4)
    expect(named('tick', 'commands of all drains')?.ratio).toBe(1)
    expect(lines.length).toBeGreaterThan(results.length)
    expect(table(results).split('\n')).toHaveLength(1 + results.flatMap(({ figures }) => figures).length)
  },
  LIMIT_MS,
)

test('planning makes a plan of every treatment, of all kinds, and each year that is planned anew moves', async () => {
  const sizes = { ...scaled(sizesFor('secantusd-py', {}), 1 / 20), plans: 400, replans: 20 }
  const nowhere = () => {
    throw new Error('planning is pure')
  }
  const [result] = await runBenchmarks({ sizes, say: () => undefined, database: nowhere }, ['planning'])
  const { plans, steps, moved, kinds, years } = (result?.facts ?? {}) as Record<string, number> & { years?: string[] }
  expect(plans).toBe(400)
  expect(kinds).toBe(loadConfig('config').treatments.length)
  // A kind that nothing is planned for, or a year that stays as it was, ends the run; operations are asked after a year.
  expect(Number(steps) / 400).toBeGreaterThan(5)
  expect(years).toEqual(expect.arrayContaining(['double_eyelid', 'rhinoplasty', 'liposuction']))
  expect(Number(moved)).toBeGreaterThan(2 * 20)
  expect(result?.figures.map(({ name, peer, target }) => [name, peer, target])).toEqual([
    ['plans on one core', 2_000, { atLeast: 1 }],
    ['a year planned anew', 5, { atMost: 1 }],
    ['a year planned anew, p95', 5, null],
  ])
})

test('sides take turns, the first round is not counted, and a ratio is the median of the rounds', async () => {
  const turns: string[] = []
  const rates = { ours: [1, 20, 30, 10], peer: [1, 10, 10, 10] }
  const side = (name: 'ours' | 'peer') => async (round: number) => {
    turns.push(`${name}${round}`)
    return { rate: rates[name][round] ?? 0 }
  }
  const rounds = await interleave(3, { ours: side('ours'), peer: side('peer') }, () => undefined)
  expect(turns).toEqual(['ours0', 'peer0', 'peer1', 'ours1', 'ours2', 'peer2', 'peer3', 'ours3'])
  expect(figure(rounds, 'rate', { name: 'rate', unit: '/s', target: { atLeast: 2 } })).toMatchObject({
    ours: 20,
    peer: 10,
    ratio: 2,
    met: true,
  })
  expect(figure(rounds, 'rate', { name: 'rate', unit: '/s', target: { atMost: 1.9 } }).met).toBe(false)
  // A side that was never measured is no success.
  expect(figure(rounds, 'other', { name: 'other', unit: '/s', target: { atLeast: 0 } }).met).toBe(false)
  expect(median([3, 1, 2])).toBe(2)
  expect(percentile([0, 10], 0.95)).toBe(9.5)
})
