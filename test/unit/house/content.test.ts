/** The page that a doctor reviews: nothing that a customer may get is missing from it, and nothing that changes stays hidden. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { contentPage } from '../../../scripts/content-page.ts'
import { entryOf, momentsOf } from '../../../src/care/guides.ts'
import { loadConfig } from '../../../src/config.ts'

const config = loadConfig('config')
const page = contentPage(config)

test('the page in the tree is that of the configuration in the tree', () => {
  expect(readFileSync('docs/content.md', 'utf8')).toBe(page)
})

test.each([...config.guideFiles.keys()])('%s stands on it word for word, as it arrives', (name) => {
  const file = config.guideFiles.get(name)
  expect(file && momentsOf(file).length).toBeGreaterThan(0)
  for (const moment of file ? momentsOf(file) : []) {
    const entry = file && entryOf(file, moment)
    for (const line of entry?.text.split('\n') ?? []) expect(page).toContain(`> ${line}\\`)
    expect(page).toContain(entry?.notice)
    expect(page).toContain(entry?.brief)
  }
  expect(page).toContain(`请立即拨打021-60000120。`)
})

test('every template and every call script stands on it', () => {
  for (const key of config.templates.keys()) expect(page).toContain(`### ${key}\n`)
  for (const { script } of config.pathways.flatMap(({ steps }) => steps)) if (script) expect(page).toContain(script)
})

test('nothing is left to be filled in, and nothing was cut', () => {
  expect(page).not.toMatch(/\{\{|undefined|null|NaN/)
  expect(page).not.toContain('…')
})

test('every drawing is shown', () => {
  for (const file of readdirSync('config/illustrations')) expect(page).toContain(`../config/illustrations/${file}`)
})

describe('a change shows:', () => {
  test('an approved guide', () => {
    const [name, file] = [...config.guideFiles][0] ?? []
    if (!name || !file) throw new Error('there are no guides')
    const approved = contentPage({
      ...config,
      guideFiles: new Map(config.guideFiles).set(name, { ...file, status: 'approved' }),
    })
    expect(approved).toContain(`\`config/guides/${name}.yaml\` · 版本 ${file.version} · **已审核**`)
    expect(page).not.toContain('**已审核**')
  })
})
