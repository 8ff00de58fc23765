/** Reading customers' words: the whole triage against a mere search for its words, one after the other. */
import { readFileSync } from 'node:fs'
import { createConfigLoader, formatProblem } from '../../src/platform/config.ts'
import { createTriage, loadTriage } from '../../src/triage/index.ts'
import { parseSentences } from '../triage-sentences.ts'
import type { Bench, BenchContext } from './context.ts'
import { figure, interleave, type Measures } from './rounds.ts'

/** Texts a second on one core that are asked of it. */
const WANTED = 20_000
const FILES = ['tune', 'held-out', 'held-out-2'].map((name) => `test/fixtures/triage/${name}.jsonl`)
/** Read so often per round: one reading takes a few hundredths of a second. */
const TIMES = 5

export const triage: Bench = {
  name: 'triage',
  async run({ sizes, say }: BenchContext) {
    const loader = createConfigLoader('config')
    const files = loadTriage(loader)
    if (!files) throw new Error(loader.problems.map(formatProblem).join('\n'))
    const lines = FILES.flatMap((file) => parseSentences(file, readFileSync(file, 'utf8')))
    const judge = createTriage(files)
    const words = Object.values(files.words.groups).flatMap((group) => group.words)
    say(`${lines.length} texts, ${words.length} words`)
    const rate = (read: (line: (typeof lines)[number]) => unknown): Measures => {
      // Seconds of one core, whatever else the machine does: nothing here waits.
      const before = process.cpuUsage()
      for (let i = 0; i < TIMES; i++) for (const line of lines) read(line)
      const { user, system } = process.cpuUsage(before)
      return { rate: (lines.length * TIMES * 1_000_000) / (user + system) }
    }
    const rounds = await interleave(
      sizes.shortRounds,
      {
        ours: async () => rate(judge),
        peer: async () => rate(({ text }) => words.filter((word) => text.includes(word))),
      },
      say,
    )
    const wanted = { ours: rounds.ours, peer: rounds.ours.map((): Measures => ({ rate: WANTED })) }
    return {
      name: 'triage',
      ours: 'words by meaning, sound and nearness, negation, person and time, rules by treatment and day, and the classifier',
      peer: 'every word of the lists looked for in the text, one after the other, and nothing understood; for the budget: 20,000 texts a second',
      figures: [
        figure(rounds, 'rate', { name: 'texts', unit: 'texts/s', target: { atLeast: 0.5 } }),
        figure(wanted, 'rate', { name: 'texts against 20,000/s', unit: 'texts/s', target: { atLeast: 1 } }),
      ],
      facts: { texts: lines.length, words: words.length },
    }
  },
}
