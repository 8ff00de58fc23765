import { expect, test } from 'vitest'
import { firstSince, tellingOf } from '../../../src/treatments/consultations.ts'

const open = (digest = 'a') => ({ outcome: 'open', digest }) as const
const over = (outcome: 'bought' | 'closed') => ({ outcome, digest: 'a' })

test.each([
  ['a new one that is open is told', null, open(), 'recorded'],
  ['over before we heard of it means nothing', null, over('closed'), null],
  ['the same again is nothing', open(), open(), null],
  ['other facts are told', open(), open('b'), 'recorded'],
  ['an end is told', open(), over('bought'), 'closed'],
  ['and only once', over('bought'), over('closed'), null],
  ['one that is open again is told', over('closed'), open(), 'recorded'],
] as const)('%s', (_, before, after, expected) => {
  expect(tellingOf(before, after)).toBe(expected)
})

test('bought is what was done or paid at the same instant or later, the first of it', () => {
  const at = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`)
  const consulted = at('2026-03-02 14:00')
  expect(firstSince(consulted, [at('2026-03-02 13:59')])).toBeNull()
  expect(firstSince(consulted, [at('2026-05-01 10:00'), at('2026-03-02 14:00')])).toEqual(at('2026-03-02 14:00'))
})
