import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { type Lock, type Manifest, problemsOf, type Refused } from './lock.ts'

const read = <T>(path: string) => JSON.parse(readFileSync(path, 'utf8')) as T
const refused = parse(readFileSync(new URL('refused-packages.yaml', import.meta.url), 'utf8')) as Refused[]

test('what is installed is wanted, single, pinned, and comes from the public registry', () => {
  const mongoose = read<{ dependencies: Record<string, string> }>('node_modules/mongoose/package.json')
  // The driver's version is mongoose's to choose: declared with its very range, so that one copy serves both.
  const mayRange = { mongodb: mongoose.dependencies.mongodb ?? '' }
  expect(problemsOf(read('package-lock.json'), read('package.json'), refused, mayRange)).toEqual([])
})

test('the lock file is the one of this package.json', () => {
  const { dependencies, devDependencies } = read<Manifest>('package.json')
  expect(read<Lock>('package-lock.json').packages['']).toMatchObject({ dependencies, devDependencies })
})

const sound: Lock['packages'][string] = { version: '1.0.0', integrity: 'sha512-x' }
const base = { 'node_modules/mongodb': { ...sound, version: '7.8.0' }, 'node_modules/bson': sound }
const check = (packages: Lock['packages'], manifest: Manifest = {}) =>
  problemsOf({ packages: { '': {}, ...base, ...packages } }, manifest, refused, { mongodb: '~7.8' })

test.each(refused)('$name is found, however deep', ({ name, below, versions, reason }) => {
  const bad = versions?.[0] ?? (below === undefined ? '99.0.0' : '0.0.1')
  expect(check({ [`node_modules/a/node_modules/${name}`]: { ...sound, version: bad } })).toEqual([
    `${name} ${bad} is refused: ${reason}`,
  ])
  const good = versions ? '99.0.0' : below
  if (good) expect(check({ [`node_modules/${name}`]: { ...sound, version: good } })).toEqual([])
})

test('versions are compared as numbers', () => {
  expect(check({ 'node_modules/tough-cookie': { ...sound, version: '4.1.10' } })).toEqual([])
  expect(check({ 'node_modules/tough-cookie': { ...sound, version: '4.0.99' } })).toHaveLength(1)
})

test.each<[string, Lock['packages'], Manifest]>([
  ['mongodb is there 2 times', { 'node_modules/a/node_modules/mongodb': sound }, {}],
  ['a comes from mirror.example', { 'node_modules/a': { ...sound, resolved: 'https://mirror.example/a.tgz' } }, {}],
  ['a comes from github.com', { 'node_modules/a': { ...sound, resolved: 'git+ssh://git@github.com/a/a.git#1' } }, {}],
  ['a has no checksum', { 'node_modules/a': { version: '1.0.0' } }, {}],
  ['a runs a script when it is installed', { 'node_modules/a': { ...sound, hasInstallScript: true } }, {}],
  ['a 1.0.0 is deprecated: use b', { 'node_modules/a': { ...sound, deprecated: 'use b' } }, {}],
  ['a is not pinned: ^1.0.0', {}, { dependencies: { a: '^1.0.0' } }],
  ['a is not pinned: latest', {}, { devDependencies: { a: 'latest' } }],
  ['mongodb is not pinned: *', {}, { dependencies: { mongodb: '*' } }],
])('%s', (problem, packages, manifest) => {
  expect(check(packages, manifest)).toEqual([problem])
})

test('an address of the public registry, and a range that is mongoose’s own, are fine', () => {
  const resolved = 'https://registry.npmjs.org/a/-/a-1.0.0.tgz'
  expect(
    check({ 'node_modules/a': { ...sound, resolved } }, { dependencies: { mongodb: '~7.8', a: '1.0.0' } }),
  ).toEqual([])
})
