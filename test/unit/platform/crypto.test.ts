import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFieldCrypto, maskPhone, normalizePhone, parseFieldKeys } from '../../../src/platform/crypto.ts'

const key = (fill: number) => Buffer.alloc(32, fill).toString('base64')
const one = createFieldCrypto(parseFieldKeys(`k1:${key(1)}`))

test('what is sealed opens again, and two seals of one value differ', () => {
  fc.assert(
    fc.property(fc.string(), (plain) => {
      expect(one.open('customer.phone', one.seal('customer.phone', plain))).toBe(plain)
    }),
  )
  expect(one.seal('customer.phone', '13800000000')).not.toBe(one.seal('customer.phone', '13800000000'))
})

test('a value moved to another field, or changed anywhere, does not open', () => {
  const sealed = one.seal('customer.phone', '13800000000')
  expect(() => one.open('customer.name', sealed)).toThrow('field_unreadable')
  for (let i = 0; i < sealed.length; i += 7) {
    const other = sealed[i] === 'A' ? 'B' : 'A'
    const damaged = sealed.slice(0, i) + other + sealed.slice(i + 1)
    // The last characters of base64url may carry unused bits: then the bytes are the same.
    if (damaged === sealed) continue
    expect(() => {
      const opened = one.open('customer.phone', damaged)
      if (opened === '13800000000') throw new Error('field_unreadable')
    }).toThrow('field_unreadable')
  }
})

test('after rotation old values open, new ones use the new key, and the blind index still finds them', () => {
  const rotated = createFieldCrypto(parseFieldKeys(`k2:${key(2)},k1:${key(1)}`))
  const old = one.seal('customer.phone', '13800000000')
  expect(rotated.open('customer.phone', old)).toBe('13800000000')
  expect(rotated.isStale(old)).toBe(true)
  expect(rotated.isStale(rotated.seal('customer.phone', 'x'))).toBe(false)
  expect(rotated.blindIndex('phone', '13800000000')).toBe(one.blindIndex('phone', '13800000000'))
  expect(one.blindIndex('phone', '13800000000')).not.toBe(one.blindIndex('phone', '13800000001'))
})

test.each(['', 'k1', 'k1:short', `:${key(1)}`, `k1:${key(1)},k2`])('malformed keys %j are refused', (text) => {
  expect(() => parseFieldKeys(text)).toThrow('field_key_malformed')
})

test('phones have one form and are shown masked', () => {
  expect(normalizePhone('+86 138-1234-5678')).toBe('13812345678')
  expect(normalizePhone('13812345678')).toBe('13812345678')
  expect(maskPhone('13812345678')).toBe('138****5678')
  expect(maskPhone('12345')).toBe('****')
})
