/** docs/rules.md names a test for every rule: each exists, and each rule has one that names a literal day or time. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const ROW = /^\| (?!---|rule )(.+?) \| (.+) \|$/
const NAMED = /`([\w/-]+)` “([^”]+)”/g
/** A literal day, or a time of day. */
const LITERAL = /\b\d{4}-\d{2}-\d{2}\b|\b\d{2}:\d{2}\b/

const rules = readFileSync('docs/rules.md', 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, rule = '', proofs = ''] = ROW.exec(line) ?? []
    return rule
      ? [[rule, [...proofs.matchAll(NAMED)].map(([, file = '', name = '']) => ({ file, name }))] as const]
      : []
  })

/** The source of a test of that name: from its own `test(` to the next one. Null where there is none. */
function sourceOf(file: string, name: string): string | null {
  const path = `test/${file}.test.ts`
  if (!existsSync(path)) return null
  const parts = readFileSync(path, 'utf8').split(/^(?=\s*test(?:\.\w+)?\()/m)
  return (
    parts.find(
      (part) => part.startsWith('test', part.search(/\S/)) && part.replace(/\(\s+'/g, "('").includes(`('${name}',`),
    ) ?? null
  )
}

test('the table is read whole', () => {
  expect(rules.length).toBeGreaterThan(60)
})

describe.each(rules)('%s', (_, proofs) => {
  test('is proven by tests that exist, with a literal day or time', () => {
    expect(proofs).not.toEqual([])
    expect(proofs.filter(({ file, name }) => sourceOf(file, name) === null)).toEqual([])
    expect(proofs.some(({ file, name }) => LITERAL.test(sourceOf(file, name) ?? ''))).toBe(true)
  })
})
