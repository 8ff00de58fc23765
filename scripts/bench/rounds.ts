/** Two sides of a comparison, measured alternately in one run: machines are noisy, and a slow minute must hit both. */

export type Measures = Record<string, number>
export interface Sides {
  ours: (round: number) => Promise<Measures>
  peer: (round: number) => Promise<Measures>
}
export interface Rounds {
  ours: Measures[]
  peer: Measures[]
}

/** What a figure must reach to be good enough; `null` = it is only told. */
export type Target = { atLeast: number } | { atMost: number } | null

export interface Figure {
  name: string
  unit: string
  /** Medians over the rounds. */
  ours: number
  peer: number
  /** Median of the rounds' own ratios, ours to peer. */
  ratio: number
  target: Target
  met: boolean | null
  rounds: { ours: number; peer: number }[]
}

/** One round of each side that is not counted (connections, caches, compilers), then `count` rounds, each side first in turn. */
export async function interleave(count: number, sides: Sides, say: (line: string) => void): Promise<Rounds> {
  const rounds: Rounds = { ours: [], peer: [] }
  for (let round = 0; round <= count; round++) {
    say(round === 0 ? 'warming up' : `round ${round} of ${count}`)
    for (const side of round % 2 === 0 ? (['ours', 'peer'] as const) : (['peer', 'ours'] as const)) {
      const measures = await sides[side](round)
      if (round > 0) rounds[side].push(measures)
    }
  }
  return rounds
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** Linear between the two nearest values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN]
  return low + (high - low) * (at - Math.floor(at))
}

export function figure(
  rounds: Rounds,
  measure: string,
  { name, unit, target = null }: { name: string; unit: string; target?: Target },
): Figure {
  const pairs = rounds.ours.map((ours, i) => ({
    ours: ours[measure] ?? Number.NaN,
    peer: rounds.peer[i]?.[measure] ?? Number.NaN,
  }))
  const ratio = median(pairs.map(({ ours, peer }) => ours / peer))
  const met = target === null ? null : 'atLeast' in target ? ratio >= target.atLeast : ratio <= target.atMost
  return {
    name,
    unit,
    ours: median(pairs.map(({ ours }) => ours)),
    peer: median(pairs.map(({ peer }) => peer)),
    ratio,
    target,
    met,
    rounds: pairs,
  }
}

/** Milliseconds of machine time that the work took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
