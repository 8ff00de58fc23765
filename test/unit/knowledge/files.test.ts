/** Mistakes in `config/knowledge/`: each is named with its file and line, before anybody is answered with it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadKnowledge } from '../../../src/knowledge/index.ts'
import { createConfigLoader, formatProblem } from '../../../src/platform/config.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const GOOD = `articles:
  - id: filler-bruise
    kind: faq
    title: 淤青多久退？
    asks: [紫了一块]
    audience: customer
    treatments: [hyaluronic_filler]
    days: [0, 14]
    owner: doctor
    reviewOn: 2027-05-31
    version: 1
    status: needs_doctor
    answer: |
      淤青多在两周内消退，请您不要揉搓。
  - id: late
    kind: script
    title: 让客户久等了
    audience: staff
    owner: customer_service
    reviewOn: 2027-05-31
    version: 1
    status: approved
    answer: "{{customer}}您好，让您久等了，非常抱歉。"
`
const SYNONYMS = `version: 1
groups:
  - [淤青, 乌青]
treatments:
  hyaluronic_filler: [波尿酸]
fillers: [的]
`

const TRAINING = readFileSync('config/knowledge/training.yaml', 'utf8').replace(/crisis: .*/, 'crisis: [late]')

function problems({ articles = GOOD, synonyms = SYNONYMS, training = TRAINING }): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-knowledge-'))
  folders.push(folder)
  mkdirSync(join(folder, 'knowledge'))
  writeFileSync(join(folder, 'knowledge', 'filler.yaml'), articles)
  writeFileSync(join(folder, 'knowledge', 'synonyms.yaml'), synonyms)
  writeFileSync(join(folder, 'knowledge', 'training.yaml'), training)
  const loader = createConfigLoader(folder)
  const found = loadKnowledge(loader, (file) => join(folder, file), {
    treatments: new Set(['hyaluronic_filler']),
    words: (text) => (text.includes('永久') ? ['contains the forbidden word 永久'] : []),
  })
  expect(found === null).toBe(loader.problems.length > 0)
  return loader.problems.map((one) => formatProblem(one).replace(/^.*knowledge\//, ''))
}

test('files without a mistake have no problem', () => {
  expect(problems({})).toEqual([])
})

describe('a mistake is named with its place:', () => {
  test.each<[string, (text: string) => string, RegExp]>([
    [
      'an id twice',
      (text) => text.replace('id: late', 'id: filler-bruise'),
      /^filler\.yaml:15 articles\.1\.id filler-bruise stands twice/,
    ],
    [
      'a treatment that nobody does',
      (text) => text.replace('[hyaluronic_filler]', '[filler]'),
      /^filler\.yaml:7 articles\.0\.treatments\.0 filler is no treatment/,
    ],
    [
      'days that end before they begin',
      (text) => text.replace('[0, 14]', '[14, 0]'),
      /^filler\.yaml:8 articles\.0\.days must begin/,
    ],
    [
      'an answer that no chat shows whole',
      (text) => text.replace('请您不要揉搓。', '请您不要揉搓。'.repeat(40)),
      /^filler\.yaml:13 articles\.0\.answer has \d+ characters/,
    ],
    [
      'a promise',
      (text) => text.replace('淤青多在两周内消退', '效果永久'),
      /^filler\.yaml:13 articles\.0\.answer .*永久/,
    ],
    [
      'a place to fill in where nobody fills it in',
      (text) => text.replace('请您不要揉搓', '{{customer}}请不要揉搓'),
      /^filler\.yaml:13 articles\.0\.answer has \{\{customer\}\}/,
    ],
    [
      'a name that no script has',
      (text) => text.replace('{{customer}}您好', '{{nurse}}您好'),
      /^filler\.yaml:23 articles\.1\.answer \{\{nurse\}\} is filled in by nobody/,
    ],
    [
      'a brace that was left behind',
      (text) => text.replace('{{customer}}您好', '{{customer}您好'),
      /articles\.1\.answer \{ is filled in/,
    ],
    [
      'nobody asks it',
      (text) => text.replace('[紫了一块]', '[]'),
      /^filler\.yaml:5 articles\.0\.asks must say how else/,
    ],
    [
      'a script for customers',
      (text) => text.replace('audience: staff', 'audience: customer'),
      /articles\.1\.audience scripts and cases are for staff/,
    ],
    [
      'a word that is no key',
      (text) => text.replace('owner: doctor', 'owner: doctor\n    speaker: doctor'),
      /^filler\.yaml:10 .*speaker/,
    ],
    [
      'a day that isn’t one',
      (text) => text.replace('reviewOn: 2027-05-31', 'reviewOn: 2027-02-31'),
      /^filler\.yaml:10 articles\.0\.reviewOn/,
    ],
  ])('%s', (_, change, expected) => {
    const articles = change(GOOD)
    expect(articles).not.toBe(GOOD)
    expect(problems({ articles }).join('\n')).toMatch(expected)
  })

  test.each<[string, (text: string) => string, RegExp]>([
    [
      'a synonym of two meanings',
      (text) => text.replace('fillers', '  x: [y]\nfillers').replace('[淤青, 乌青]', '[淤青, 乌青]\n  - [青紫, 乌青]'),
      /^synonyms\.yaml:4 groups\.1 乌青 stands in group 0, too/,
    ],
    [
      'synonyms of a treatment that nobody does',
      (text) => text.replace('hyaluronic_filler:', 'filler:'),
      /^synonyms\.yaml:5 treatments\.filler filler is no treatment/,
    ],
  ])('%s', (_, change, expected) => {
    expect(problems({ synonyms: change(SYNONYMS) }).join('\n')).toMatch(expected)
  })

  test.each<[string, (text: string) => string, RegExp]>([
    [
      'a right answer that isn’t there',
      (text) => text.replace('right: [2]', 'right: [7]'),
      /^training\.yaml:\d+ quizzes\.0\.questions\.0\.right names an option/,
    ],
    [
      'a scenario without a right choice',
      (text) => text.replace('points: 10', 'points: 9'),
      /^training\.yaml:\d+ scenarios\.0\.options must have one/,
    ],
    [
      'an exercise twice',
      (text) => text.replace('id: service-contact', 'id: nurse-care'),
      /^training\.yaml:\d+ quizzes\.1\.id nurse-care stands twice/,
    ],
    [
      'an emergency step that nobody wrote',
      (text) => text.replace('crisis: [late]', 'crisis: [late, later]'),
      /^training\.yaml:\d+ handbooks\.crisis\.1 there is no article later/,
    ],
    [
      'a role that nobody has',
      (text) => text.replace('roles: [nurse]', 'roles: [healer]'),
      /^training\.yaml:\d+ quizzes\.0\.roles\.0/,
    ],
  ])('%s', (_, change, expected) => {
    expect(problems({ training: change(TRAINING) }).join('\n')).toMatch(expected)
  })
})
