import { expect, test } from 'vitest'
import { isEmail, maskEmail, senderOf } from '../../../src/platform/email-address.ts'

test.each([
  ['lin.yue+care@mail.example.com', true],
  ['1380000@qq.com', true],
  ['lin@localhost', false],
  ['lin@@example.com', false],
  ['lin yue@example.com', false],
  ['lin..yue@example.com', false],
  ['.lin@example.com', false],
  ['lin@-example.com', false],
  ['lin@10.0.0.1', false],
  ['lin@example.com\r\nBCC: all@example.com', false],
  ['林@example.com', false],
  ['Lin <lin@example.com>', false],
  ['@example.com', false],
  [`${'a'.repeat(65)}@example.com`, false],
  [`lin@${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.com`, false],
])('%j is an address: %s', (text, is) => {
  expect(isEmail(text)).toBe(is)
})

test('of an address the first letter and the provider are shown', () => {
  expect(maskEmail('lin.yue@example.com')).toBe('l***@example.com')
  expect(maskEmail('l@example.com')).toBe('l***@example.com')
})

test('mails come from the user of the mail server where that is an address', () => {
  expect(senderOf('smtp://care%40huayan.example:secret@mail.example:587')).toBe('care@huayan.example')
  expect(senderOf('smtps://care:secret@mail.example')).toBeNull()
  expect(senderOf('smtp://127.0.0.1:25')).toBeNull()
  expect(senderOf('smtp://%zz@mail.example')).toBeNull()
})
