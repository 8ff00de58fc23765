/** What came of a run, for machines and for people. */
import { cpus } from 'node:os'
import type { BenchResult } from './context.ts'
import type { Figure, Target } from './rounds.ts'

export const machine = () => ({
  cores: cpus().length,
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  node: process.version,
  platform: process.platform,
})

const wordsOf = (target: Target): string =>
  target === null ? '' : 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`
const verdictOf = ({ met }: Figure): string => (met === null ? '' : met ? 'met' : 'MISSED')

function short(value: number): string {
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1) : value.toPrecision(3)
}

/** Medians side by side; the ratio is the median of the rounds' own. */
export function table(results: readonly BenchResult[]): string {
  const rows = results.flatMap(({ name, figures }) =>
    figures.map((figure) => [
      name,
      figure.name,
      short(figure.ours),
      short(figure.peer),
      figure.unit,
      figure.ratio.toFixed(3),
      wordsOf(figure.target),
      verdictOf(figure),
    ]),
  )
  const lines = [['benchmark', 'figure', 'ours', 'peer', 'unit', 'ratio', 'target', ''], ...rows]
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
