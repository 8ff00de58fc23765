/** What the builder makes of WXS, WXSS and the paths of a program. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openCodeSpace } from '../../../simulator/phone/build/code-space.ts'
import { findComponents } from '../../../simulator/phone/build/components.ts'
import { sizesOf, tooLarge } from '../../../simulator/phone/build/sizes.ts'
import { compileWxss } from '../../../simulator/phone/build/styles.ts'
import { createTemplates } from '../../../simulator/phone/build/templates.ts'
import { asJavaScript } from '../../../simulator/phone/build/wxs.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function program(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'aftercare-program-'))
  folders.push(root)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), content)
  }
  return root
}
const open = (files: Record<string, string>) => openCodeSpace(program(files), 'node_modules')

describe('WXS', () => {
  test('constructor is a name', () => {
    expect(asJavaScript("return item.list[0].constructor === 'Array'")).toBe(
      "return __mp.wxsConstructor(item.list[0]) === 'Array'",
    )
  })
  test('an escape without meaning keeps its backslash, a known one stays as it is', () => {
    expect(asJavaScript(String.raw`getRegExp('^\d+\n\'$')`)).toBe(String.raw`getRegExp('^\\d+\n\'$')`)
    expect(
      asJavaScript(String.raw`// don't \d
"\\d"`),
    ).toBe(String.raw`// don't \d
"\\d"`)
  })
})

describe('WXSS', () => {
  const compile = (css: string, scope?: string, more: Record<string, string> = {}) => {
    const space = open({ 'app.json': '{"pages":[]}', 'page.wxss': css, ...more })
    return compileWxss({ file: join(space.root, 'page.wxss'), scope, space })
      .replace(/\s+/g, ' ')
      .trim()
  }
  test('rpx, tags and classes', () => {
    expect(compile('view.a > .b { width: -7.5rpx }')).toBe('wx-view.a > .b { width: calc(-7.5 * 100vw / 750) }')
    expect(compile(':host .b { top: 0 }', 'c1')).toBe('[wx-host=c1] .c1--b { top: 0 }')
  })
  test('keyframes are no selectors, and what is imported twice comes once', () => {
    expect(compile('@keyframes x { from { top: 0 } to { top: 1px } }')).toContain('{ from { top: 0 } to {')
    const twice = { 'shared/one.wxss': '.one { top: 0 }' }
    expect(compile('@import "shared/one.wxss"; @import "/shared/one.wxss";', undefined, twice)).toBe('.one { top: 0 }')
  })
})

describe('a program', () => {
  test('components are found from the pages, once each, with the scope that their json asks for', () => {
    const component = {
      'components/a/a.ts': '',
      'components/a/a.json': '{"component":true,"usingComponents":{"self":"./a"}}',
    }
    const space = open({
      'app.json': '{"pages":["pages/x/x"],"subPackages":[{"root":"sub","pages":["pages/y/y"]}]}',
      'pages/x/x.ts': '',
      'pages/x/x.json': '{"usingComponents":{"one":"/components/a/a","t-cell":"tdesign-miniprogram/cell/cell"}}',
      'sub/pages/y/y.js': '',
      'sub/pages/y/y.json': '{"usingComponents":{"two":"../../../components/a/a"},"styleIsolation":"apply-shared"}',
      ...component,
    })
    expect(space.pages).toEqual(['pages/x/x', 'sub/pages/y/y'])
    const { components, problems } = findComponents(space, createTemplates(space))
    expect(problems).toEqual([])
    const scopes = Object.fromEntries(components.map(({ path, scope }) => [path, scope !== undefined]))
    expect(scopes).toMatchObject({
      'pages/x/x': false,
      'sub/pages/y/y': true,
      'components/a/a': true,
      'miniprogram_npm/tdesign-miniprogram/cell/cell': true,
    })
    expect(components.filter(({ path }) => path === 'components/a/a')).toHaveLength(1)
  })

  test('what is wrong is said with its place', () => {
    const space = open({
      'app.json': '{"pages":["pages/x/x"]}',
      'pages/x/x.ts': '',
      'pages/x/x.json': '{"usingComponents":{"gone":"/components/gone/gone"}}',
      'pages/x/x.wxml': '<view>\n<view wx:if="{{a +}}"></view>\n</view>',
    })
    const templates = createTemplates(space)
    const { problems } = findComponents(space, templates)
    expect(problems).toEqual(['ERROR components/gone/gone has no script'])
    expect(templates.problems).toEqual([expect.stringMatching(/^ERROR pages\/x\/x\.wxml:2 /)])
  })

  test('what WeChat loads is counted by package, and too much is refused', () => {
    const space = open({
      'app.json': '{"pages":["a"],"subPackages":[{"root":"sub","pages":["b"]}]}',
      'a.ts': '12345',
      'sub/b.js': '123',
      'sub/large.png': 'x'.repeat(2_100_000),
      'tsconfig.json': '{}',
      'notes.md': 'for people',
    })
    const sizes = sizesOf(space, [], [join(space.root, 'a.ts')])
    expect(sizes).toEqual({ main: 65, sub: 2_100_003 })
    expect(tooLarge(sizes)).toEqual(['ERROR package sub has 2051 KB, more than 2048 KB'])
    expect(tooLarge({ main: 1_600_000 })).toHaveLength(1)
  })
})
