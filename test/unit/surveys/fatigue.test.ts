/** Who may be asked, and why not. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Asked, mayAsk, type Person } from '../../../src/surveys/fatigue.ts'

const DAY = 24 * 3_600_000
const now = new Date('2026-03-31T04:00:00Z')
const ago = (days: number) => new Date(now.getTime() - days * DAY)
const figures = { minDays: 3, max: 3, inDays: 30, sameSurveyDays: 20 }
const person = (asked: Asked[] = [], more: Partial<Person> = {}): Person => ({
  deceased: false,
  optOut: { all: false },
  hold: null,
  asked,
  ...more,
})
const once = (id: string, days: number, more: Partial<Asked> = {}): Asked => ({
  surveyIds: [id],
  always: false,
  at: ago(days),
  expiresAt: ago(days - 7),
  answered: true,
  ...more,
})
const verdict = (who: Person, id = 'visit_card', always = false) => {
  const one = mayAsk(who, { id, always }, figures, now)
  return one.ask ? 'ask' : one.reason
}

describe('a person', () => {
  test('who was never asked may be', () => expect(verdict(person())).toBe('ask'))
  test('who has died or wants no contact is not, whatever it is about', () => {
    expect(verdict(person([], { deceased: true }), 'recovery_day7', true)).toBe('deceased')
    expect(verdict(person([], { optOut: { all: true } }), 'recovery_day7', true)).toBe('opted_out')
  })
  test('is left in peace about service while something is wrong', () => {
    expect(verdict(person([], { hold: 'abnormal_open' }))).toBe('abnormal_open')
    expect(verdict(person([], { hold: 'abnormal_open' }), 'recovery_day7', true)).toBe('ask')
  })
  test('with the same one still open is not asked again; once it has run out, after its days', () => {
    const open = once('visit_card', 2, { answered: false, expiresAt: ago(-3) })
    expect(verdict(person([open]))).toBe('survey_open')
    expect(verdict(person([once('visit_card', 19)]))).toBe('survey_asked')
    expect(verdict(person([once('visit_card', 20)]))).toBe('ask')
  })
  test('is asked some days apart, and not too often', () => {
    expect(verdict(person([once('other', 2)]))).toBe('survey_fatigue')
    expect(verdict(person([once('other', 3)]))).toBe('ask')
    const often = [5, 10, 29].map((days) => once(`other${days}`, days))
    expect(verdict(person(often))).toBe('survey_fatigue')
    expect(verdict(person([...often.slice(1), once('long_ago', 30)]))).toBe('ask')
  })
  test('is not tired by what had to be asked', () =>
    expect(verdict(person([once('recovery_day7', 1, { always: true })]))).toBe('ask'))
})

test('whoever follows the rule never asks more often than its figures', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(4), fc.integer({ min: 0, max: 200 }))), (wishes) => {
      const asked: Asked[] = []
      for (const [n, day] of wishes.sort((a, b) => a[1] - b[1])) {
        const at = ago(200 - day)
        const survey = { id: `survey${n}`, always: false }
        if (mayAsk(person(asked), survey, figures, at).ask)
          asked.push({ ...once(survey.id, 0), at, expiresAt: new Date(at.getTime() + 7 * DAY) })
      }
      const days = asked.map(({ at }) => at.getTime() / DAY)
      days.forEach((day, i) => {
        expect(day - (days[i - 1] ?? -100)).toBeGreaterThanOrEqual(figures.minDays)
        expect(days.filter((one) => one > day - figures.inDays && one <= day).length).toBeLessThanOrEqual(figures.max)
      })
    }),
  )
})
