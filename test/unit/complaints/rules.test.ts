/** What customers read of promises: kept, late, or still owed. */
import { expect, test } from 'vitest'
import { promisesOf } from '../../../src/complaints/rules.ts'

const at = (hours: number) => new Date(Date.UTC(2026, 2, 2, hours))
const lateAt = (now: number, history: [number, string][]) =>
  promisesOf(
    { kind: 'complaint', createdAt: at(0), history: history.map(([hours, what]) => ({ at: at(hours), what })) },
    at(now),
  ).map(({ keptAt, late }) => [keptAt?.getUTCHours() ?? null, late])

test.each<[string, number, [number, string][], unknown[]]>([
  [
    'in time',
    1,
    [],
    [
      [null, false],
      [null, false],
    ],
  ],
  [
    'the first one is over, and nobody has come',
    2,
    [],
    [
      [null, true],
      [null, false],
    ],
  ],
  [
    'late, and said so for good',
    30,
    [
      [2, 'acknowledged'],
      [3, 'replied'],
    ],
    [
      [2, true],
      [3, false],
    ],
  ],
  [
    'an answer at once keeps both',
    30,
    [[0, 'replied']],
    [
      [0, false],
      [0, false],
    ],
  ],
  [
    'taken back while it was still early',
    30,
    [[0, 'withdrawn']],
    [
      [null, false],
      [null, false],
    ],
  ],
])('%s', (_, now, history, wanted) => expect(lateAt(now, history)).toEqual(wanted))
