import { describe, expect, test } from 'vitest'
import { smsParts, smsRefusal } from '../../../src/messaging/channels.ts'
import type { ChannelDriver } from '../../../src/messaging/driver.ts'
import { applyVerdict, repeatable, type Verdict, verdictOf } from '../../../src/messaging/settle.ts'
import { withoutToken } from '../../../src/wecom/errors.ts'
import { networkFailure, vendorRefusal } from '../../../src/wecom/index.ts'
import { hours, intent, NOW, row } from './support.ts'

const driver = (dedupe: ChannelDriver['dedupe']): ChannelDriver => ({
  dedupe,
  freeze: () => '{}',
  send: async () => ({ messageId: null, responseCode: null }),
  idOf: () => 'ours',
})
const refusal = (errcode: number) => vendorRefusal('wecom', '/p', errcode)
const reset = networkFailure('wecom', '/p', Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
const unreachable = networkFailure('wecom', '/p', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))

describe('what an answer means', () => {
  const verdict = (
    error: unknown,
    dedupe: ChannelDriver['dedupe'] = 'id',
    resent = false,
    channel = intent().channel,
  ) => verdictOf(error, driver(dedupe), intent({ channel }), resent, NOW)

  test('a repeated id is the message itself', () => {
    expect(verdict(refusal(95033))).toEqual({ kind: 'sent', messageId: 'ours', responseCode: null })
  })
  test('a used-up card code proves the update only on a row that was being sent', () => {
    expect(verdict(refusal(60140), 'id', true, 'card_update').kind).toBe('sent')
    expect(verdict(refusal(60140), 'id', false, 'card_update').kind).toBe('refused')
  })
  test('a used-up welcome code proves the welcome on a row that was being sent, within the code’s twenty seconds', () => {
    const sent = (firstSentAt: Date, resent: boolean, errcode: number) =>
      verdictOf(refusal(errcode), driver('id'), intent({ channel: 'contact_welcome', firstSentAt }), resent, NOW).kind
    const ago = (seconds: number) => hours(-seconds / 3_600)
    expect(sent(ago(19), true, 41050)).toBe('sent')
    expect(sent(ago(20), true, 41050)).toBe('refused')
    expect(sent(ago(20), true, 41051)).toBe('sent')
    expect(sent(ago(1), false, 41050)).toBe('refused')
    expect(sent(ago(1), false, 41051)).toBe('refused')
  })
  test('limits and busy vendors are waited for, refusals are final', () => {
    expect(verdict(refusal(45009))).toMatchObject({ kind: 'busy', limit: true })
    expect(verdict(refusal(-1))).toMatchObject({ kind: 'busy', limit: false })
    expect(verdict(refusal(95002))).toEqual({ kind: 'refused', errcode: 95002 })
    expect(verdict(smsRefusal(503))).toMatchObject({ kind: 'busy', limit: false })
    expect(verdict(smsRefusal(429))).toMatchObject({ kind: 'busy', limit: true })
    expect(verdict(smsRefusal(400))).toEqual({ kind: 'refused', errcode: 400 })
  })
  test('a lost answer is repeated only where the other side deduplicates; nothing left means nothing done', () => {
    expect(verdict(reset, 'id').kind).toBe('repeat')
    expect(verdict(reset, 'body').kind).toBe('repeat')
    expect(verdict(reset, 'none').kind).toBe('unknown')
    expect(verdict(unreachable, 'none').kind).toBe('busy')
    expect(verdict(new Error('a bug of ours')).kind).toBe('unknown')
  })
  test('without a token nothing was asked: the row waits, whatever is the matter', () => {
    const wrongSecret = withoutToken('wecom', '/p', vendorRefusal('wecom', '/cgi-bin/gettoken', 40001))
    const lost = withoutToken('wecom', '/p', reset)
    const database = withoutToken('wecom', '/p', new Error('connection closed'))
    for (const error of [wrongSecret, lost, database])
      expect(verdict(error, 'none')).toMatchObject({ kind: 'busy', limit: false })
  })
  test('WeCom compares bodies for four hours', () => {
    expect(repeatable(driver('body'), intent({ firstSentAt: hours(-3.9) }), NOW)).toBe(true)
    expect(repeatable(driver('body'), intent({ firstSentAt: hours(-4) }), NOW)).toBe(false)
    expect(repeatable(driver('id'), intent({ firstSentAt: hours(-400) }), NOW)).toBe(true)
    expect(repeatable(driver('none'), intent(), NOW)).toBe(false)
  })
})

describe('what becomes of the row', () => {
  const refused = { kind: 'refused', errcode: 40096 } as const
  const busy = { kind: 'busy', errcode: -1, limit: false } as const

  test('a refusal moves a customer on to the next rung, and ends a message to staff', () => {
    expect(applyVerdict(row(), intent(), refused, false, NOW)).toMatchObject({
      set: { status: 'ready', refusals: { kf: 1 }, dueAt: NOW, intent: null },
      settled: false,
    })
    const toStaff = row({ to: { staffUserId: 'u' } })
    expect(applyVerdict(toStaff, intent({ channel: 'app' }), refused, false, NOW)).toMatchObject({
      set: { status: 'settling', outcome: 'dead', reason: 'refused' },
      settled: true,
    })
  })

  test('after a lost answer neither a refusal nor a busy vendor moves it: the first try may have arrived', () => {
    const afterRefusal = applyVerdict(row(), intent(), refused, true, NOW)
    expect(afterRefusal).toMatchObject({ set: { outcome: 'unknown', reason: 'send_unknown' }, settled: true })
    const afterBusy = applyVerdict(row(), intent(), busy, true, NOW)
    expect(afterBusy.settled).toBe(false)
    expect(afterBusy.set).not.toHaveProperty('status')
    expect(afterBusy.set).not.toHaveProperty('intent')
  })

  test('an unknown end is told to a person, but safety is said again on the next rung', () => {
    const unknown = { kind: 'unknown' } as const
    expect(applyVerdict(row(), intent(), unknown, false, NOW).set).toMatchObject({ outcome: 'unknown' })
    expect(applyVerdict(row({ contactClass: 'safety' }), intent(), unknown, false, NOW).set).toMatchObject({
      status: 'ready',
      refusals: { kf: 1 },
    })
  })

  test('a busy vendor gets three more tries with growing pauses, a limit all the time it needs', () => {
    const tried = (n: number) =>
      row({
        attempt: n,
        attempts: Array.from({ length: n }, () => ({
          channel: 'kf' as const,
          n: 0,
          at: NOW,
          result: 'busy' as const,
          errcode: -1,
          reason: null,
          messageId: null,
        })),
      })
    expect(applyVerdict(tried(0), intent(), busy, false, NOW).set).toMatchObject({
      status: 'ready',
      dueAt: new Date(NOW.getTime() + 10_000),
    })
    expect(applyVerdict(tried(2), intent(), busy, false, NOW).set).toMatchObject({
      dueAt: new Date(NOW.getTime() + 40_000),
    })
    expect(applyVerdict(tried(3), intent(), busy, false, NOW).set).toMatchObject({ refusals: { kf: 1 } })
    const limited = { ...busy, errcode: 45009, limit: true }
    expect(applyVerdict(tried(3), intent(), limited, false, NOW).set).toMatchObject({ reason: 'rate_limited' })
    const toStaff = { ...tried(9), to: { staffUserId: 'u' } }
    expect(applyVerdict(toStaff, intent({ channel: 'app' }), busy, false, NOW).settled).toBe(false)
  })
  test('what a message was charged is kept where it went out, or may have, once', () => {
    const fenOf = (verdict: Verdict, resent = false) =>
      applyVerdict(row(), intent({ channel: 'sms' }), verdict, resent, NOW, 9).attempt?.costFen
    expect(fenOf({ kind: 'sent', messageId: 'm', responseCode: null })).toBe(9)
    expect(fenOf({ kind: 'unknown' })).toBe(9)
    expect(fenOf({ kind: 'repeat' })).toBeUndefined()
    expect(fenOf({ kind: 'busy', errcode: 503, limit: false })).toBeUndefined()
    expect(fenOf({ kind: 'refused', errcode: 400 })).toBeUndefined()
  })
  test('an SMS has one part up to 70 signs, and parts of 67 beyond', () => {
    expect([0, 1, 70, 71, 134, 135, 300].map((n) => smsParts('字'.repeat(n)))).toEqual([1, 1, 1, 2, 2, 3, 5])
  })
})
