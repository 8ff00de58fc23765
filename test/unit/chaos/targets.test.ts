/** Which occurrence is killed for. */
import { expect, test } from 'vitest'
import { createTargets, everywhere } from '../../../scripts/chaos/targets.ts'

test('a place gets its kills and no more, at the first occurrence and in the middle of a batch', () => {
  const targets = createTargets({ here: 3, there: 1 })
  const killedAt: number[] = []
  for (let i = 0; i < 30; i++)
    if (targets.meets('here')) {
      killedAt.push(i)
      targets.killed('here')
    }
  // 0, then three pass, then one.
  expect(killedAt).toEqual([0, 4, 6])
  expect(targets.open()).toEqual(['there'])
  expect(targets.counts()).toEqual({ here: 3, there: 0 })
})

test('an occurrence that turned out not to count is asked for again', () => {
  const targets = createTargets({ here: 1 })
  expect([targets.meets('here'), targets.meets('here')]).toEqual([true, true])
  expect(targets.open()).toEqual(['here'])
})

test('a place that nobody wants is passed', () => {
  expect(createTargets({}).meets('here')).toBe(false)
})

test('three stages over three channels, and eight places between commands', () => {
  expect(Object.keys(everywhere(7))).toHaveLength(17)
})
