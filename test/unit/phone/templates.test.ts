/** The check of templates by WeChat's own compiler finds what a phone would refuse. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { refusedTemplates } from '../../../scripts/checks/wxml.ts'

const root = mkdtempSync(join(tmpdir(), 'aftercare-templates-'))
afterAll(() => rmSync(root, { recursive: true }))

test.each([
  ['a.wxml', '<view>', /a\.wxml:1:1: end tag missing/],
  ['a.wxml', '<view wx:if="{{a?.b}}"></view>', /unexpected token/],
  ['a.wxs', 'const x = (a) => a', /a\.wxs:1/],
])('%s with %s is refused', (name, content, said) => {
  writeFileSync(join(root, name), content)
  expect(refusedTemplates(root)[0]).toMatch(said)
  rmSync(join(root, name))
})

test('what it knows passes', () => {
  writeFileSync(join(root, 'a.wxml'), '<view wx:for="{{list}}" wx:key="*this">{{item}}</view>')
  expect(refusedTemplates(root)).toEqual([])
})
