import { expect, test } from 'vitest'
import { openness } from '../../../src/care/diff.ts'
import type { StepRow } from '../../../src/care/model.ts'

const row = (_id: string, status: StepRow['status'], more: Partial<StepRow> = {}): StepRow =>
  ({ _id, status, reason: null, mergedInto: null, ...more }) as StepRow
const riding = (mergedInto: string) => row('guest', 'merged', { mergedInto })

test.each<[string, StepRow[], StepRow[], boolean]>([
  ['a contact of its own that is planned', [row('host', 'planned')], [], true],
  ['a contact of its own that was made', [row('host', 'done')], [], false],
  ["another plan's contact that is planned", [], [row('host', 'planned')], true],
  ["another plan's contact that was made", [], [row('host', 'done')], false],
  ["another plan's contact that was taken away", [], [row('host', 'cancelled')], true],
  ['nothing that there is', [], [], true],
  // The other contact carries nobody since it is part of a third one, on that one's day.
  [
    "another plan's contact that is part of a third one now",
    [],
    [row('host', 'merged', { mergedInto: 'third' })],
    true,
  ],
  [
    'its own contact, which rides on one of another plan that was made',
    [row('host', 'merged', { mergedInto: 'third' })],
    [row('third', 'done')],
    false,
  ],
])('a step that rides on %s is open or not', (_, own, foreign, isOpen) => {
  expect(openness([...own, riding('host')], foreign)(riding('host'))).toBe(isOpen)
})

test('what was too late when it was entered is open, what was told is not', () => {
  expect(openness([], [])(row('one', 'missed_before_entry'))).toBe(true)
  expect(openness([], [])(row('one', 'done'))).toBe(false)
})
