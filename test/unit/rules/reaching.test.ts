/** Rules of reaching people in the business's own words (docs/rules.md), each with literal times. */
import { describe, expect, test } from 'vitest'
import type { DueStep, StepRow } from '../../../src/care/model.ts'
import { decide } from '../../../src/care/rules.ts'
import { type StepFacts, varsOf } from '../../../src/care/wording.ts'
import { loadConfig } from '../../../src/config.ts'
import { decideCustomer, type ReachFacts } from '../../../src/messaging/ladder.ts'
import { outboxId } from '../../../src/messaging/service.ts'
import { render } from '../../../src/messaging/templates.ts'
import { dailyOpening, holidayName, isOfficeDay, isOpenOn } from '../../../src/platform/calendar.ts'
import { at, facts, fates, planOf, WINDOW } from '../care/clinic.ts'
import { reach, row, window } from '../messaging/support.ts'

const { templates, guides, treatments } = loadConfig('config')
const [talk] = reach().sessions
if (!talk) throw new Error('no conversation to vary')
/** What a message of that instant does, with a conversation in which the customer last wrote at 11:30 on 2 March. */
const ladder = (now: string, more: Partial<ReachFacts> = {}, conversation: Partial<typeof talk> = {}) => {
  const sessions = [{ ...talk, lastInboundAt: at('2026-03-02 11:30'), ...conversation }]
  const contact = row({ notBefore: at('2026-03-02 11:00'), notAfter: at('2026-03-10 12:00') })
  const decision = decideCustomer(contact, reach({ sessions, ...more }), window, at(now))
  if (decision.do === 'wait') return ['wait', decision.reason]
  const skips = decision.skips.map(({ channel, reason }) => `${channel}: ${reason}`)
  return [decision.do === 'send' ? decision.channel : decision.outcome, ...skips]
}

describe('the channel ladder', () => {
  test('customer-service message within 48 hours, then the granted notice, then SMS, then email, then a person', () => {
    expect(ladder('2026-03-04 11:29')).toEqual(['kf'])
    expect(ladder('2026-03-04 11:30')).toEqual(['subscribe', 'kf: kf_window_over'])
    expect(ladder('2026-03-04 11:30', { grants: {} })).toEqual(['sms', 'kf: kf_window_over', 'subscribe: no_grant'])
    expect(ladder('2026-03-04 11:30', { grants: {}, phone: null })).toEqual([
      'email',
      'kf: kf_window_over',
      'subscribe: no_grant',
      'sms: no_phone',
    ])
    expect(ladder('2026-03-04 11:30', { grants: {}, phone: null, email: null })).toEqual([
      'delegated',
      'kf: kf_window_over',
      'subscribe: no_grant',
      'sms: no_phone',
      'email: no_email',
    ])
  })
  test('five messages after the customer’s last one, the sixth goes on to the next channel', () => {
    expect(ladder('2026-03-02 11:40', {}, { places: ['1', '2', '3', '4'] })).toEqual(['kf'])
    expect(ladder('2026-03-02 11:40', {}, { places: ['1', '2', '3', '4', '5'] })).toEqual([
      'subscribe',
      'kf: kf_five_used',
    ])
  })
  test('blocked: that channel is dropped, the ladder goes on', () => {
    expect(ladder('2026-03-02 11:40', {}, { blocked: true })).toEqual(['subscribe', 'kf: blocked'])
  })
})

describe('calls', () => {
  const customer = { deceased: false, optOut: { all: false, promotion: false } } as never
  const treatment = { status: 'completed' as const }
  const called = (contactClass: string, now: string) =>
    decide(
      {
        ...{ status: 'planned', action: 'call', contactClass, neverMoves: false, calls: [] },
        ...{ windowFrom: at('2026-03-03 00:00'), windowTo: at('2026-03-04 00:00') },
      } as never as DueStep,
      { customer, treatment, opening: dailyOpening(), window: WINDOW },
      at(now),
    )
  test('are made in the windows only, unless for safety', () => {
    expect(called('care', '2026-03-03 13:00')).toEqual({
      do: 'wait',
      at: at('2026-03-03 14:30'),
      reason: 'outside_window',
    })
    expect(called('care', '2026-03-03 14:30')).toMatchObject({ do: 'call' })
    expect(called('safety', '2026-03-03 03:00')).toMatchObject({ do: 'call', openAt: at('2026-03-03 03:10') })
  })

  const said = (templateKey: string, now: string) => {
    const vars = varsOf(
      { guideDay: null, ownerRole: 'customer_service', title: '第3天电话回访', carries: [] } as never as StepRow,
      {
        contact: { salutation: '王女士' },
        treatment: { id: 't1', code: 'ipl', technique: null, treatedOn: '2026-03-02', endedAt: at('2026-03-02 15:00') },
        place: { displayName: '华颜整形医院', callbackPhone: '021-60000001', timeZone: 'Asia/Shanghai' },
        member: { name: '林悦', roles: ['customer_service'] },
        at: at(now),
      } as never as StepFacts,
      guides,
      { kind: (code: string) => treatments.find((one) => one.code === code) ?? null } as never,
    )
    const { chat, sms } = render(templates, templateKey, vars)
    return [chat, sms ?? '']
  }
  test('message first, then call: it names clinic, person and day, and asks whether it is convenient', () => {
    for (const text of said('care.prelude', '2026-03-05 11:20')) {
      for (const part of ['王女士', '华颜整形医院', '客服林悦', '光子嫩肤治疗后第3天', '方便吗'])
        expect(text).toContain(part)
    }
    expect(called('care', '2026-03-03 11:20')).toMatchObject({ do: 'call', openAt: at('2026-03-03 11:30') })
  })
  test('after the first miss a message names the clinic, the person and the number to call back', () => {
    for (const text of said('care.missed', '2026-03-05 11:40'))
      for (const part of ['华颜整形医院', '客服林悦', '未能接通', '021-60000001']) expect(text).toContain(part)
  })
})

describe('two calendars', () => {
  test('a working day of a pathway is an opening day; legal clocks count office days with 调休', () => {
    // Saturday 14 February 2026 is worked in exchange, Tuesday 17 February is Spring Festival.
    expect([isOfficeDay('2026-02-14'), isOfficeDay('2026-02-15'), isOfficeDay('2026-02-17')]).toEqual([
      true,
      false,
      false,
    ])
    expect(holidayName('2026-02-17')).toBe('春节')
    expect(isOpenOn(dailyOpening(), '2026-02-17')).toBe(true)
    const planned = planOf(['treatment_call'], facts('ipl', '2026-02-14 15:00', { storeType: 'hospital' }))
    expect(fates(planned, 'treatment_call')).toMatchObject({ cs_day3: '2026-02-17 planned' })
  })
})

test('exactly once: a contact is one message by its step, however often it fires and whichever channel carries it', () => {
  const id = (occurrence: number) => outboxId('t1.surgery.day3 2026-03-05', occurrence, 'customer')
  expect(id(0)).toBe(id(0))
  // Only a step that was taken back and opened again may speak again.
  expect(id(1)).not.toBe(id(0))
})
