/** What the house does about each of the vendors' codes, written by hand from their tables; and about codes nobody listed. */
import { describe, expect, test } from 'vitest'
import { ERROR_TABLE } from '../../../src/wecom/error-table.ts'
import { isVendorError, networkFailure, vendorRefusal, withoutToken } from '../../../src/wecom/errors.ts'
import type { VendorAction } from '../../../src/wecom/index.ts'

const codes = (text: string) => text.trim().split(/\s+/).map(Number)

/** WeCom's global table (document 90313), by its own sections. */
const WECOM: [section: string, action: VendorAction, codes: number[]][] = [
  ['passing trouble', 'retry', codes('-1 6000 45033 45035')],
  ['a token that is no longer good', 'refresh', codes('40014 42001 40001')],
  ['a limit', 'wait', codes('45009')],
  ['a call without its credentials: a bug', 'stop', codes('41001 41002 41004')],
  ['corp, secret', 'person', codes('40013 40091')],
  ['a login that must start again', 'stop', codes('40029 42003 42022 42013')],
  ['signing of web pages', 'stop', codes('42012 40093 91040')],
  ['operations', 'person', codes('45036 48011')],
  ['authorisation', 'person', codes('48001 48002 48004 48006 48007')],
  ['an API that is no more', 'person', codes('48005 48010')],
  ['directory from a new address', 'person', codes('48009')],
  ['trusted domains', 'person', codes('50001 80001 85005')],
  ['members and apps out of scope', 'person', codes('50002 50003 60031 60011 60021 60030 92000')],
  ['paging', 'stop', codes('50100 60268')],
  ['addresses that are not trusted', 'person', codes('60020 301042')],
  ['the app itself', 'person', codes('301002 92002 92003 40056 43012 701008')],
  ['parameters', 'stop', codes('40003 40008 40031 40032 40033 40035 40058 40063 40039 40066 40068 40071 40072 40073')],
  ['missing parameters', 'stop', codes('41009 41011 41016 41033 45034 46004 60111 60003 60123 60136 43004 40206')],
  ['content that is refused', 'stop', codes('40201 40204 82004 44004 45002 45008')],
  ['files in parts', 'stop', codes('40146 301019 830001 830002 830003')],
  ['who signed in', 'stop', codes('84014 84015 84025')],
  ['the group robot', 'person', codes('93000 93001 93004 93008')],
  ['what the robot is to say', 'stop', codes('93017 93018')],
  [
    'fields of cards',
    'stop',
    codes('42027 42028 42029 42030 42035 42036 42042 42043 42044 42045 42046 42049 42050 42051'),
  ],
  ['servicers and accounts', 'stop', codes('95005 95006 95020 95021 95022 95023')],
  ['an account that can’t be had', 'person', codes('60253 95026 95027')],
  ['media', 'stop', codes('40004 40005 40006 45001 40007 40009 40011 40123 40145 41006 44001 45007 301016 301017')],
  ['receivers', 'stop', codes('81012 82001 81013 82002 82003')],
  ['a tag that the app may not use', 'person', codes('81011')],
  ['a card that was clicked already', 'settled', codes('60140')],
  ['a recall that is too late', 'stop', codes('42052')],
  ['cards', 'stop', codes('42014 42015 42016 42017 42018 42019 42020 42031 42033 42037 42038 42039 42040 42041 42047')],
  ['notices of a linked mini-program', 'person', codes('90206 90207 90208')],
  ['fields of such notices', 'stop', codes('90200 90201 90202 90203 90204')],
  ['external contacts', 'stop', codes('40096 41035 84061 84083 84084 41048 41049 41050 41051')],
  [
    'customer contact that is not switched on',
    'person',
    codes('84074 41054 40098 41057 610015 610016 610017 610023 610024'),
  ],
  ['handing customers over', 'stop', codes('40097 40099 40128 40130 40131')],
  ['a customer who is being handed over', 'settled', codes('40100 40129')],
  ['a mass message that was cancelled', 'settled', codes('41093')],
  ['a member who is banned, and what is used up in the corp', 'person', codes('40143 40126 41045')],
  [
    'what is wrong with tags, ways to be added, mass messages',
    'stop',
    codes('40144 41037 41038 41039 41040 41041 41042 41043 41044 41046 41047 41053 41056 81017 86214 610014 610018'),
  ],
  [
    'what is wrong with attachments and moments',
    'stop',
    codes('41059 41060 41061 41062 41064 41065 41072 41080 41081 41082 41088 41089 41090'),
  ],
  ['customer groups', 'stop', codes('41091 90500 90501 90502 90507 90508 90511')],
  ['moments of the month', 'wait', codes('41210')],
  ['busy with another', 'retry', codes('41063 41096')],
  ['reminded too often', 'wait', codes('41094')],
  ['customer service account', 'person', codes('60251 60252 95000 95004 95003 95011 95012 95017')],
  [
    'customer service message',
    'stop',
    codes('95001 95002 95007 95008 95009 95013 95014 95016 95018 95019 95030 95031'),
  ],
  ['a message id that was sent before', 'settled', codes('95033')],
]

/** The mini-program platform. */
const WECHAT: typeof WECOM = [
  ['passing trouble', 'retry', codes('-1 43108')],
  ['a token that is no longer good', 'refresh', codes('40001 40014 42001')],
  ['limits', 'wait', codes('45009 45011 44990 44991 44993')],
  ['appid, secret, address', 'person', codes('40013 40125 40164 40243 50004 50007 89503 89506 89507')],
  ['grant type: a bug', 'stop', codes('40002')],
  ['logins', 'stop', codes('40029 40163 40226')],
  ['subscription messages', 'stop', codes('40003 43101 47003 41030 45168')],
  ['a template or right that is gone', 'person', codes('40037 43107')],
  ['methods: a bug', 'stop', codes('43001 43002')],
  ['codes', 'stop', codes('40097 40129 40169 85096')],
  ['links', 'stop', codes('40165 40212 85401 85402 85403 85406')],
  ['links that an administrator must allow', 'person', codes('85079 85088 85407 85408')],
  ['checks of content', 'stop', codes('43104 44002 47001 61010 87014 87020')],
  ['sessions', 'stop', codes('87007 87008 87009')],
  ['customer service of the mini-program', 'stop', codes('45015 45047 45072 45080 45081 70000')],
]

describe.each([
  ['wecom', WECOM],
  ['wechat', WECHAT],
] as const)('%s', (vendor, table) => {
  const rows = table.flatMap(([section, action, list]) => list.map((code) => ({ section, action, code })))
  test.each(rows)('$code ($section): $action', ({ action, code }) => {
    expect(vendorRefusal(vendor, '/cgi-bin/x', code)).toMatchObject({
      vendor,
      errcode: code,
      code: `${vendor}_${code}`,
      action,
      // An errcode is an answer: whatever it says, the vendor did nothing on this call.
      executed: 'no',
      path: '/cgi-bin/x',
      details: { meaning: expect.stringMatching(/\w/) },
    })
  })
})

test.each(['wecom', 'wechat'] as const)('no code stands twice in the table of %s', (one) => {
  const listed = ERROR_TABLE.filter(({ vendor = one }) => vendor === one).map(({ code }) => code)
  expect(listed.filter((code, i) => listed.indexOf(code) !== i)).toEqual([])
})

test('a code that nobody listed stops: the same request would only be refused again', () => {
  for (const code of [99_999, 1, -40_001, 2 ** 31]) {
    const refusal = vendorRefusal('wecom', '/p', code)
    expect(refusal).toMatchObject({ action: 'stop', kind: 'invalid', retryable: false, executed: 'no' })
  }
})

test('what each action means to those who run jobs', () => {
  const of = (code: number) => {
    const { kind, retryable } = vendorRefusal('wecom', '/p', code)
    return [kind, retryable]
  }
  expect(of(-1)).toEqual(['upstream', true])
  expect(of(42001)).toEqual(['upstream', true])
  expect(of(45009)).toEqual(['rate_limited', true])
  expect(of(95033)).toEqual(['conflict', false])
  expect(of(60020)).toEqual(['upstream', false])
  expect(of(40003)).toEqual(['invalid', false])
})

describe('no answer', () => {
  const failed = (code: string, wrapped = false) => {
    const error = Object.assign(new Error(code), { code })
    return networkFailure('wecom', '/p', wrapped ? new TypeError('fetch failed', { cause: error }) : error)
  }
  test.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])(
    '%s: nothing left us',
    (code) => {
      expect(failed(code)).toMatchObject({ executed: 'no', action: 'retry', errcode: null, code: 'wecom_unreachable' })
      expect(failed(code, true).executed).toBe('no')
    },
  )
  test.each(['ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'UND_ERR_SOCKET'])('%s: nobody knows', (code) => {
    expect(failed(code)).toMatchObject({ executed: 'unknown', action: 'retry', retryable: true })
  })
  test('an answer that is not the vendor’s: nobody knows', () => {
    expect(networkFailure('wechat', '/p', new SyntaxError('no JSON'))).toMatchObject({ executed: 'unknown' })
    expect(networkFailure('wechat', '/p', null)).toMatchObject({ executed: 'unknown' })
  })
})

describe('without a token', () => {
  const at = '/cgi-bin/gettoken'
  test.each(codes('40001 40013 40091 40125 41004 60020 99999'))(
    '%d of the token’s own request is a person’s matter',
    (code) => {
      expect(withoutToken('wecom', '/p', vendorRefusal('wecom', at, code))).toMatchObject({
        errcode: code,
        action: 'person',
        executed: 'no',
        path: at,
        retryable: true,
      })
    },
  )
  test('a limit is waited for, and a lost answer left nothing done', () => {
    expect(withoutToken('wecom', '/p', vendorRefusal('wecom', at, 45009))).toMatchObject({ action: 'wait' })
    const reset = networkFailure('wecom', at, Object.assign(new Error(), { code: 'ECONNRESET' }))
    expect(withoutToken('wecom', '/p', reset)).toMatchObject({ action: 'retry', executed: 'no', errcode: null })
    expect(withoutToken('wecom', '/p', new Error('database'))).toMatchObject({ action: 'retry', executed: 'no' })
  })
})

test('only vendor errors are vendor errors', () => {
  expect(isVendorError(vendorRefusal('wecom', '/p', -1))).toBe(true)
  for (const other of [new Error('x'), null, undefined, { action: 'retry' }]) expect(isVendorError(other)).toBe(false)
})

test('no secret or token is part of an error', () => {
  const refusal = vendorRefusal('wecom', '/cgi-bin/message/send', 40014)
  expect(JSON.stringify({ ...refusal, message: refusal.message })).not.toMatch(/access_token=|corpsecret/)
})
