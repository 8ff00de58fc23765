/** Chinese in code is held to the list of forbidden words; what no person reads is left alone. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { forbiddenWords } from '../../../scripts/checks/words.ts'
import { buildWordLint, WordingFile } from '../../../src/messaging/index.ts'

const lint = buildWordLint(WordingFile.parse(parse(readFileSync('config/wording.yaml', 'utf8'))))
const root = mkdtempSync(join(tmpdir(), 'aftercare-words-'))
mkdirSync(join(root, 'src', 'care'), { recursive: true })
afterAll(() => rmSync(root, { recursive: true, force: true }))

test.each([
  ["const a = '你好'", true],
  ['const a = `你好`', true],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: source that is judged as text
  ['const a = `${name}，你好`', true],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: source that is judged as text
  ['const a = `${name}保证${day}`', true],
  ["const a = { text: '效果永久' }", true],
  ["const a = '您好，最近好吗？'", false],
  ["const a = ['优惠', '储值卡']", false],
  ['// 你好', false],
  ['const a = /你/', false],
  ["const a = '100%'", false],
])('%s', (text, found) => {
  writeFileSync(join(root, 'src', 'care', 'rules.ts'), `\n${text}\n`)
  expect(forbiddenWords(lint, root).map((line) => line.split(' ')[0])).toEqual(found ? ['src/care/rules.ts:2'] : [])
})

test('the code has none', () => {
  expect(forbiddenWords(lint)).toEqual([])
})
