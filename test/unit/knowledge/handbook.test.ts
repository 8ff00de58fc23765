/** Handbooks: what is looked for first stands first, once, and nothing of an article can break the page. */
import { expect, test } from 'vitest'
import { loadConfig } from '../../../src/config.ts'
import { handbookOf, printHandbook } from '../../../src/knowledge/handbook.ts'
import type { Role } from '../../../src/staff/index.ts'
import { article, HANDFUL } from './support.ts'

const { knowledge, treatments: kinds } = loadConfig('config')
const byId = (articles: typeof HANDFUL) => new Map(articles.map((one) => [one.id, one]))
const of = (role: Role, articles = HANDFUL, crisis = ['invoice']) =>
  handbookOf(role, '手册', { articles: byId(articles), kinds, crisis }).chapters.map((one) => [
    one.title,
    one.articles.map(({ id }) => id),
  ])

test('emergencies first, then wordings, then the treatments that the role answers for', () => {
  expect(of('nurse')).toEqual([
    ['紧急情况：第一步做什么', ['invoice']],
    ['标准话术', ['script-late']],
    ['光子嫩肤', ['ipl-wash']],
    ['玻尿酸填充', ['filler-wash', 'filler-bruise']],
    ['肉毒素', ['botox-alcohol']],
  ])
  expect(of('front_desk')).toEqual([
    ['紧急情况：第一步做什么', ['invoice']],
    ['标准话术', ['script-late']],
  ])
})

test('every shipped handbook begins with the emergency, and has each article once', () => {
  const { handbooks } = knowledge.training
  for (const { role, title } of handbooks.roles) {
    const book = handbookOf(role, title, { articles: byId(knowledge.articles), kinds, crisis: handbooks.crisis })
    expect(book.chapters[0]?.articles.map(({ id }) => id)).toEqual(handbooks.crisis)
    const ids = book.chapters.flatMap(({ articles }) => articles.map(({ id }) => id))
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThan(20)
  }
})

test('words with signs of HTML stay words', () => {
  const odd = article('odd', '<b>“&”</b>', '请您<script>alert(1)</script>放心。', { treatments: ['ipl'] })
  const html = printHandbook(handbookOf('nurse', '手册', { articles: byId([odd]), kinds, crisis: [] }), '2026-03-02')
  expect(html).not.toContain('<script>')
  expect(html).toContain('&lt;b&gt;“&amp;”&lt;/b&gt;')
})
