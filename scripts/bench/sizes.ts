/** How large the benchmarks are. */
import type { DatabaseKind } from '../db/ladder.ts'
import type { Sizes } from './context.ts'

const FULL: Sizes = {
  rounds: 5,
  shortRounds: 15,
  callbacks: 400,
  fewSteps: 1_000,
  manySteps: 200_000,
  ticks: 10,
  due: 2_000,
  planned: 20_000,
  dueJobs: 2_000,
  plannedJobs: 20_000,
  treatments: 200,
  articles: 5_000,
  questions: 400,
  plans: 10_000,
  replans: 400,
}

/**
 * SecantusDB walks every job for each one that Agenda locks (0.8 s at 20,000 jobs), so there the peer gets fewer: hours would
 * not change its commands per contact, and its rate only gains.
 */
const FEWER_JOBS = { dueJobs: 100, plannedJobs: 100 }

export function sizesFor(kind: DatabaseKind, given: Partial<Sizes>): Sizes {
  return { ...FULL, ...(kind.startsWith('secantusd') ? FEWER_JOBS : {}), ...given }
}

/** The same at a fraction: for the tests. */
export function scaled(sizes: Sizes, share: number): Sizes {
  const part = (count: number) => Math.max(2, Math.round(count * share))
  return {
    rounds: 1,
    shortRounds: 1,
    callbacks: part(sizes.callbacks),
    fewSteps: part(sizes.fewSteps),
    manySteps: part(sizes.manySteps),
    ticks: 2,
    due: part(sizes.due),
    planned: part(sizes.planned),
    dueJobs: part(sizes.dueJobs),
    plannedJobs: part(sizes.plannedJobs),
    treatments: part(sizes.treatments),
    articles: part(sizes.articles),
    questions: part(sizes.questions),
    plans: part(sizes.plans),
    replans: part(sizes.replans),
  }
}
