import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createConfigLoader } from '../../../src/platform/config.ts'

const Schema = z.strictObject({
  version: z.int(),
  steps: z.array(z.strictObject({ id: z.string(), after: z.string() })),
})

function folderWith(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'aftercare-config-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}
const short = (problems: readonly { file: string; line: number; path: string; message: string }[]) =>
  problems.map(({ file, line, path, message }) => `${file.split('/').at(-1)}:${line} ${path} ${message}`)

test('every problem of every file is reported with its line', () => {
  const loader = createConfigLoader(
    folderWith({
      'pathways/a.yaml': 'version: 1\nsteps:\n  - id: one\n    after: 24\n  - id: two\n    afterr: 24h\n',
      'pathways/b.yaml': 'version: 1\nsteps: []\nsteps: []\n',
      'pathways/c.yaml': 'version: 2\nsteps:\n  - id: fine\n    after: 24h\n',
    }),
  )
  const all = loader.loadAll('pathways', Schema)
  loader.load('missing.yaml', Schema)
  expect([...all.keys()]).toEqual(['c'])
  expect(short(loader.problems)).toEqual([
    'a.yaml:4 steps.0.after Invalid input: expected string, received number',
    'a.yaml:5 steps.1.after Invalid input: expected string, received undefined',
    'a.yaml:6 steps.1 Unrecognized key: "afterr"',
    'b.yaml:3  Map keys must be unique',
    'missing.yaml:1  the file is missing or unreadable',
  ])
})

test('a file in another encoding is refused at the line where that shows', () => {
  const root = folderWith({ 'x.yaml': 'version: 1\nsteps:\n' })
  const gbk = Buffer.from([0xc4, 0xe3, 0xba, 0xc3])
  writeFileSync(
    join(root, 'x.yaml'),
    Buffer.concat([Buffer.from('version: 1\nsteps:\n  - { id: '), gbk, Buffer.from(', after: 24h }\n')]),
  )
  const loader = createConfigLoader(root)
  expect(loader.load('x.yaml', Schema)).toBeNull()
  expect(short(loader.problems)).toEqual(['x.yaml:3  is not UTF-8; save the file in that encoding'])
})

test('the mark and the line ends of Windows editors change nothing', () => {
  const text = '\ufeffversion: 1\r\nsteps:\r\n  - id: 敷面膜\r\n    after: 24h\r\n'
  const loader = createConfigLoader(folderWith({ 'x.yaml': text }))
  expect(loader.load('x.yaml', Schema)).toEqual({ version: 1, steps: [{ id: '敷面膜', after: '24h' }] })
})

test('broken YAML is a problem with a line, not a crash', () => {
  const loader = createConfigLoader(folderWith({ 'x.yaml': 'version: 1\nsteps: [\n' }))
  expect(loader.load('x.yaml', Schema)).toBeNull()
  expect(loader.problems[0]?.line).toBeGreaterThanOrEqual(2)
})

test('an asterisk without quotes, and aliases without end, are problems of a file', () => {
  const loader = createConfigLoader(
    folderWith({
      'star.yaml': 'version: 1\nsteps:\n  - id: one\n    after: *重要\n',
      'bomb.yaml': `a: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e']
        .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcd'[i]}`)}]\n`)
        .join('')}`,
    }),
  )
  for (const name of ['star.yaml', 'bomb.yaml']) expect(loader.load(name, Schema)).toBeNull()
  expect(short(loader.problems)).toEqual([
    'star.yaml:4  *重要 names nothing; quote it if it is text',
    'bomb.yaml:1  the aliases of the file multiply beyond measure',
  ])
})

test('an alias of something is what it names', () => {
  const loader = createConfigLoader(folderWith({ 'x.yaml': 'version: 1\nsteps: [&s {id: a, after: 1h}, *s]\n' }))
  expect(loader.load('x.yaml', Schema)?.steps).toHaveLength(2)
})

test('a file of a folder that would not be read is a problem', () => {
  const file = 'version: 1\nsteps: []\n'
  const loader = createConfigLoader(
    folderWith({ 'pathways/a.yaml': file, 'pathways/b.yml': file, 'pathways/.c': file }),
  )
  expect([...loader.loadAll('pathways', Schema).keys()]).toEqual(['a'])
  expect(short(loader.problems)).toEqual(['b.yml:1  is not read: only *.yaml files are'])
})
