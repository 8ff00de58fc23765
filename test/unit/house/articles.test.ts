/** The page on which a doctor reads the knowledge: every article once, word for word, with what decides about it. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { articlesPage } from '../../../scripts/articles-page.ts'
import { loadConfig } from '../../../src/config.ts'

const config = loadConfig('config')
const { articles } = config.knowledge
const page = articlesPage(config)
const withFirst = (over: object) => {
  const [first, ...rest] = articles
  if (!first) throw new Error('there are no articles')
  return articlesPage({ ...config, knowledge: { ...config.knowledge, articles: [{ ...first, ...over }, ...rest] } })
}

test('the page in the tree is that of the configuration in the tree', () => {
  expect(readFileSync('docs/articles.md', 'utf8')).toBe(page)
})

test('every article stands on it once, word for word, to be ticked', () => {
  expect(articles.length).toBeGreaterThan(0)
  for (const { id, title, answer, more = '', version, reviewOn } of articles) {
    const [, entry = '', twice] = page.split(`### <a id="${id}"></a>`)
    expect([id, twice]).toEqual([id, undefined])
    const own = entry.split('\n###')[0] ?? ''
    expect(own.startsWith(`${title}\n`)).toBe(true)
    expect(own).toContain(`- [ ] 审核通过　\`${id}\` · 版本 ${version} · `)
    expect(own).toContain(`复核日期：${reviewOn}`)
    for (const line of `${answer}\n${more}`.split('\n')) if (line) expect(own).toContain(`> ${line}`)
  }
  expect(page).not.toMatch(/undefined|null|NaN/)
})

test('every treatment that has articles is in the contents, and every link leads somewhere', () => {
  const anchors = new Set([...page.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id))
  for (const [, to] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(to)
  for (const code of new Set(articles.flatMap(({ treatments }) => treatments))) expect(anchors).toContain(`t-${code}`)
})

test('a change of status, days, treatments or sources shows', () => {
  expect(withFirst({ status: 'needs_doctor', version: 9 })).toContain('版本 9 · **待医生审核**')
  expect(withFirst({ days: [0, 7] })).toContain('天数：治疗当天至第 7 天')
  expect(withFirst({ sources: ['药品说明书'] })).toContain('- 来源：药品说明书')
  const id = articles[0]?.id
  const shared = withFirst({ treatments: ['ipl', 'picosecond'] })
  expect(shared.split(`(#${id})`).length - 1).toBe(3)
})
