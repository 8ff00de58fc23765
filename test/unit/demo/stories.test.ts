/** What the demo's clinics enter, whatever the seed: every pathway of the configuration, and every rule that moves a plan. */
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createChart } from '../../../scripts/demo/chart.ts'
import type { Entry } from '../../../scripts/demo/entries.ts'
import { storesOf } from '../../../scripts/demo/stores.ts'
import { planEntries } from '../../../scripts/demo/stories.ts'
import { judge } from '../../../simulator/audit/judge.ts'
import { createWorld } from '../../../simulator/state.ts'

const START = new Date('2026-03-02T00:00+08:00')
const PATHWAYS = readdirSync('config/pathways').map((file) => file.replace('.yaml', ''))

function played(seed: number, days: number, customers: number) {
  const world = createWorld({ seed, customers, staff: 14 })
  const end = new Date(START.getTime() + days * 86_400_000)
  const stores = storesOf(START, days)
  const entries = planEntries({ world }, stores, START, days).filter(({ at }) => at < end)
  const chart = createChart()
  for (const entry of entries) chart.note(entry)
  const { promises } = judge({
    treatments: chart.treatments(),
    calendars: new Map(stores.map(({ id, closed }) => [id, { closed: new Set(closed) }])),
    ledger: [],
    claims: [],
    end,
  })
  const enrolled = (pathway: string) =>
    new Set(promises.filter((one) => one.pathway === pathway).map(({ treatment }) => treatment)).size
  return { entries, promises, enrolled, chart }
}

test.each([1, 7, 8, 123_456_789])('three months of two hundred people meet every pathway often, seed %i', (seed) => {
  const { promises, enrolled } = played(seed, 90, 200)
  for (const pathway of PATHWAYS) expect(enrolled(pathway), pathway).toBeGreaterThanOrEqual(5)
  expect(promises.length).toBeGreaterThan(3_100)
  expect(promises.length).toBeLessThan(3_700)
})

test.each([1, 7, 11])('the first eight people alone meet every pathway within nine days, seed %i', (seed) => {
  const { chart } = played(seed, 9, 8)
  const { treatments } = { treatments: chart.treatments() }
  const has = (wanted: (one: (typeof treatments)[number]) => unknown) => treatments.some((one) => Boolean(wanted(one)))
  expect(has(({ course }) => course)).toBe(true)
  expect(has(({ record, products }) => record === 'purchase' && products)).toBe(true)
  expect(has(({ record }) => record === 'appointment')).toBe(true)
  expect(has(({ record }) => record === 'consultation')).toBe(true)
  for (const code of ['salon_care', 'picosecond', 'hair_transplant', 'rhinoplasty', 'rf'])
    expect(
      has((one) => one.code === code && !one.record),
      code,
    ).toBe(true)
})

const RULES: Record<string, (entry: Entry, all: readonly Entry[]) => boolean> = {
  'stitches said later': (one) => one.what === 'corrected' && one.facts.suturesOn !== undefined,
  'stitches that only the doctor knows': (one) =>
    one.what === 'treated' && one.done.code === 'hair_transplant' && one.done.technique === undefined,
  'a stay in hospital': (one) => one.what === 'corrected' && one.facts.dischargedOn !== undefined,
  'a wrong day of an operation': (one) => one.what === 'corrected' && one.facts.endedAt !== undefined,
  'a second operation': (one, all) =>
    one.what === 'treated' &&
    one.done.code === 'rhinoplasty' &&
    all.some(
      (other) => other.what === 'treated' && other.customer === one.customer && other.done.code === 'double_eyelid',
    ),
  'the last session of a course': (one) =>
    one.what === 'treated' && one.done.course !== undefined && one.done.course.session === one.done.course.of,
  'a next session that the doctor says': (one) => one.what === 'treated' && one.done.nextSessionOn !== undefined,
  'a late entry': (one) => one.what === 'treated' && one.at.getTime() - one.done.endedAt.getTime() > 29 * 3_600_000,
  'a visit that is moved': (one) => one.what === 'booked' && one.booking.status === 'moved',
  'a visit that is cancelled': (one) => one.what === 'booked' && one.booking.status === 'cancelled',
  'a visit that is kept': (one) => one.what === 'booked' && one.booking.status === 'arrived',
  'no messages any more': (one) => one.what === 'wished' && one.wish === 'no messages',
  'no promotion': (one) => one.what === 'wished' && one.wish === 'no promotion',
  'a death': (one) => one.what === 'wished' && one.wish === 'died',
  'a contact that is deleted': (one) => one.what === 'left',
  ...Object.fromEntries(
    ['skin_care', 'make_up', 'fragrance', 'medical', 'device'].map((type) => [
      `a purchase: ${type}`,
      (one: Entry) => one.what === 'bought' && one.bought.type === type,
    ]),
  ),
}
const three = played(8, 90, 200).entries
test.each(Object.entries(RULES))('whatever moves or ends a plan is played: %s', (_, isIt) => {
  expect(three.some((one) => isIt(one, three))).toBe(true)
})

test('one seed, one story; another seed, another', () => {
  const told = (seed: number) => JSON.stringify(played(seed, 30, 40).entries)
  expect(told(5)).toBe(told(5))
  expect(told(5)).not.toBe(told(6))
})
