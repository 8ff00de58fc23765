import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import {
  buildTemplates,
  buildWordLint,
  classOf,
  render,
  TemplateFile,
  WordingFile,
} from '../../../src/messaging/index.ts'

const words = buildWordLint(WordingFile.parse(parse(readFileSync('config/wording.yaml', 'utf8'))))

const file = (templates: Record<string, unknown>) => new Map([['test', TemplateFile.parse({ version: 7, templates })]])
const problems = (template: Record<string, unknown>) =>
  buildTemplates(file({ one: { class: 'care', chat: '{{store}}提醒您，谢谢', ...template } }), words).problems.map(
    ({ message }) => message,
  )
const bookOf = (template: Record<string, unknown>) =>
  buildTemplates(file({ one: { class: 'care', chat: '{{store}}提醒您', ...template } }), words).book

describe('lint', () => {
  test.each([
    [{ chat: '{{store}}：你好，谢谢' }, /您/],
    [{ chat: '您好，今天感觉如何？谢谢' }, /who writes/],
    [{ sms: '您好，谢谢' }, /who writes/],
    [{ chat: '{{store}}提醒您保湿' }, /thanks/],
    [{ sms: '【{{store}}】请保湿' }, /thanks/],
    [{ chat: '{{store}}为您提供全市第一的护理，谢谢' }, /第一/],
    [{ chat: '{{store}}：本项目可根治，谢谢' }, /根治/],
    [{ chat: '{{store}}：今天到店有优惠，谢谢' }, /sells/],
    [{ chat: '{{store}}：{{nickname}}，谢谢' }, /unknown variable/],
  ])('%j is struck out', (template, message) => {
    expect(problems(template)).toEqual([expect.stringMatching(message)])
  })

  test('plain words pass, and promotion may name an offer', () => {
    expect(problems({ chat: '{{store}}：术后第一天请您注意保湿，第一次换药在明天。谢谢' })).toEqual([])
    expect(problems({ class: 'promotion', chat: '{{store}}：为您保留了优惠，谢谢' })).toEqual([])
  })

  test('a notice whose fixed words are longer than its field is struck out', () => {
    const subscribe = { kind: 'follow_up', fields: { thing4: '了解您近来的恢复情况、护理情况与真实感受和意见' } }
    expect(problems({ subscribe })).toEqual([expect.stringMatching(/thing4 is longer/)])
  })

  test('a text that a chat would cut once the longest guide is in it is struck out', () => {
    // 2,048 bytes of chat, less 1,500 for the guide, 48 for the name of the store and 3 for 谢.
    expect(problems({ chat: `{{store}}谢{{guide}}${'a'.repeat(497)}` })).toEqual([])
    expect(problems({ chat: `{{store}}谢{{guide}}${'a'.repeat(498)}` })).toEqual([
      'takes up to 2049 bytes of chat; the vendor takes 2048',
    ])
  })

  test('and so is an SMS', () => {
    // 300 characters, less 130 for the guide's short form, 16 for the store and 1 for 谢.
    expect(problems({ sms: `{{store}}谢{{brief}}{{urgent}}${'护'.repeat(153)}` })).toEqual([])
    expect(problems({ sms: `{{store}}谢{{brief}}{{urgent}}${'护'.repeat(154)}` })).toEqual([
      'takes up to 301 characters of SMS; 300 are sent',
    ])
  })

  test('a key that two files define is a problem of the second', () => {
    const one = TemplateFile.parse({ version: 1, templates: { a: { class: 'reply', chat: '{{store}}' } } })
    expect(
      buildTemplates(
        new Map([
          ['x', one],
          ['y', one],
        ]),
        words,
      ).problems,
    ).toEqual([{ file: 'y', key: 'a', message: 'is defined twice' }])
  })

  test('the shipped texts have nothing to strike out', () => {
    for (const name of ['system', 'care']) {
      const shipped = TemplateFile.parse(parse(readFileSync(`config/templates/${name}.yaml`, 'utf8')))
      expect(buildTemplates(new Map([[name, shipped]]), words).problems).toEqual([])
    }
  })
})

describe('render', () => {
  test('fills all forms and says which version it was', () => {
    const book = bookOf({
      sms: '【{{store}}】\n{{text}}',
      subscribe: { kind: 'follow_up', fields: { thing1: '{{treatment}}', name2: '{{staff}}', time3: '{{time}}' } },
    })
    const vars = { store: '华颜', text: '请保湿', treatment: '水光针', staff: '林悦', time: '2026年3月2日 11:00' }
    expect(render(book, 'one', vars)).toEqual({
      templateKey: 'one',
      templateVersion: 7,
      chat: '华颜提醒您',
      sms: '【华颜】 请保湿',
      subscribe: { kind: 'follow_up', fields: { thing1: '水光针', name2: '林悦', time3: '2026年3月2日 11:00' } },
      email: { sender: '华颜', subject: '华颜 · 水光针护理关怀' },
    })
    expect(classOf(book, 'one')).toBe('care')
    expect(classOf(book, 'two')).toBeNull()
  })

  test('a mail has the subject of its template, and a text for the chat alone makes none', () => {
    const vars = { store: '华颜', treatment: '水光针' }
    const about = bookOf({ sms: '【{{store}}】谢谢', subject: '{{store}}：{{treatment}}预约提醒' })
    expect(render(about, 'one', vars).email).toEqual({ sender: '华颜', subject: '华颜：水光针预约提醒' })
    expect(render(bookOf({ sms: undefined, subscribe: undefined }), 'one', vars).email).toBeNull()
  })

  test("values are cut to the vendors' limits, never in the middle of a character", () => {
    const book = bookOf({
      chat: '{{store}}{{text}}',
      subscribe: { kind: 'care_reminder', fields: { thing1: '{{text}}', name2: '{{text}}' } },
    })
    const { chat, subscribe } = render(book, 'one', { store: '华', treatment: '水光针', text: '😀护'.repeat(600) })
    expect(Buffer.byteLength(chat)).toBeLessThanOrEqual(2048)
    expect(Buffer.byteLength(chat)).toBeGreaterThan(2040)
    expect(chat).toMatch(/[😀护]…$/u)
    expect([...(subscribe?.fields.thing1 ?? '')]).toHaveLength(20)
    expect([...(subscribe?.fields.name2 ?? '')]).toHaveLength(10)
  })

  test('a value is text, never a template of its own', () => {
    const book = bookOf({ chat: '{{store}}{{text}}' })
    expect(render(book, 'one', { store: '华颜', text: '{{phone}} $1 $&' }).chat).toBe('华颜{{phone}} $1 $&')
  })

  test('a missing variable or key is our mistake and throws', () => {
    const book = bookOf({ chat: '{{store}}{{text}}' })
    expect(() => render(book, 'one', { store: '华颜' })).toThrow('internal')
    expect(() => render(book, 'other', {})).toThrow('internal')
  })
})
