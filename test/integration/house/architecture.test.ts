/** The architecture rules bite: a violation of each, planted in a tree of its own, is reported by that rule and by no other. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const tree = mkdtempSync(join(tmpdir(), 'aftercare-tree-'))
afterAll(() => rmSync(tree, { recursive: true, force: true }))

/** Files of a well-built house, for the violations to reach at. */
const HOUSE: Record<string, string> = {
  'src/app.ts':
    "import { care } from './care/index.ts'\nimport { sums } from './analytics/index.ts'\nimport { imports } from './imports/index.ts'\nexport const app = [care, sums, imports]\n",
  'src/platform/hash.ts': 'export const hash = 1\n',
  'src/wecom/index.ts': "import { hash } from '../platform/hash.ts'\nexport const wecom = hash\n",
  'src/wecom/wire.ts': 'export interface Wire { a: string }\n',
  'src/customers/index.ts':
    "import { wecom } from '../wecom/index.ts'\nimport { model } from './model.ts'\nexport const customers = [wecom, model]\n",
  'src/customers/model.ts': "import { Schema } from 'mongoose'\nexport const model = new Schema({})\n",
  'src/messaging/index.ts': "import { customers } from '../customers/index.ts'\nexport const messaging = customers\n",
  'src/care/index.ts':
    "import type { Connection } from 'mongoose'\nimport { messaging } from '../messaging/index.ts'\nexport const care = (db: Connection) => [db, messaging]\n",
  'src/care/two.ts': "import { one } from './one.ts'\nexport const two = () => one\n",
  'src/bot/index.ts': 'export const bot = 1\n',
  'src/imports/index.ts': "import { customers } from '../customers/index.ts'\nexport const imports = customers\n",
  'src/analytics/index.ts': "import { care } from '../care/index.ts'\nexport const sums = care\n",
  'simulator/index.ts': "import type { Wire } from '../src/wecom/wire.ts'\nexport const simulator: Wire = { a: '' }\n",
  'simulator/api/kf.ts': 'export const kf = 1\n',
  'simulator/audit/judge.ts': 'export const judge = 1\n',
  'scripts/demo.ts':
    "import { app } from '../src/app.ts'\nimport { simulator } from '../simulator/index.ts'\nexport const demo = [app, simulator]\n",
}

/** By rule: files that break it, each with one import. */
const PLANTED: Record<string, Record<string, string>> = {
  'features-meet-at-index': { 'src/care/peek.ts': "import { model } from '../customers/model.ts'" },
  'platform-knows-no-feature': { 'src/platform/knows.ts': "import type { care } from '../care/index.ts'" },
  'edges-know-no-rooms': {
    'src/wecom/decides.ts': "import { customers } from '../customers/index.ts'",
    'src/wechat/decides.ts': "import type { bot } from '../bot/index.ts'",
  },
  'records-are-below': {
    'src/treatments/asks.ts': "import { messaging } from '../messaging/index.ts'",
    'src/staff/asks.ts': "import { care } from '../care/index.ts'",
  },
  'means-are-below-journeys': { 'src/tasks/asks.ts': "import type { care } from '../care/index.ts'" },
  'journeys-do-not-meet': { 'src/care/meets.ts': "import { bot } from '../bot/index.ts'" },
  'nobody-reads-analytics': { 'src/care/steers.ts': "import { sums } from '../analytics/index.ts'" },
  'nobody-needs-imports': { 'src/care/remembers.ts': "import { imports } from '../imports/index.ts'" },
  'mongoose-lives-in-models': { 'src/care/rules.ts': "import { Types } from 'mongoose'" },
  'koa-lives-at-the-edge': { 'src/care/routes.ts': "import type { Context } from 'koa'" },
  'production-needs-no-dev-dependency': { 'src/care/tools.ts': "import { defineConfig } from 'vitest/config'" },
  'simulator-shares-no-logic': { 'simulator/api/borrows.ts': "import { hash } from '../../src/platform/hash.ts'" },
  'auditor-stands-alone': {
    'simulator/audit/asks.ts': "import { kf } from '../api/kf.ts'",
    'simulator/audit/reads.ts': "import { demo } from '../../scripts/demo.ts'",
  },
  'server-knows-no-test-world': {
    'src/care/plays.ts': "import { simulator } from '../../simulator/index.ts'",
    'src/platform/plays.ts': "import { demo } from '../../scripts/demo.ts'",
  },
  'leads-somewhere': { 'src/care/lost.ts': "import { care } from './gone.ts'" },
  // A circle is reported once; its other half stands in the house.
  'no-circular': {
    'src/care/one.ts': "import { two } from './two.ts'\nexport const one = () => two",
  },
}

interface Report {
  violations: { from: string; rule: { name: string; severity: string } }[]
  ruleSetUsed: { forbidden: { name: string }[] }
}
let report: Report
const breakers = (rule: string): string[] =>
  report.violations.flatMap(({ from, rule: { name } }) => (name === rule ? [from] : [])).sort()

beforeAll(() => {
  const files = Object.assign({}, HOUSE, ...Object.values(PLANTED)) as Record<string, string>
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), `${text}\n`)
  }
  for (const name of ['tsconfig.json', 'package.json', '.dependency-cruiser.mjs']) cpSync(name, join(tree, name))
  symlinkSync(resolve('node_modules'), join(tree, 'node_modules'))
  const { stdout } = spawnSync(
    process.execPath,
    [
      'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
      '--output-type',
      'json',
      '--config',
      '.dependency-cruiser.mjs',
      'src',
      'simulator',
      'scripts',
    ],
    { cwd: tree, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  )
  report = (JSON.parse(stdout) as { summary: Report }).summary
})

test('every rule has a violation planted', () => {
  expect(Object.keys(PLANTED).sort()).toEqual(report.ruleSetUsed.forbidden.map(({ name }) => name).sort())
  expect(report.violations.filter(({ rule }) => rule.severity !== 'error')).toEqual([])
})

test.each(Object.entries(PLANTED))('%s', (rule, files) => {
  expect(breakers(rule)).toEqual(Object.keys(files).sort())
})

test('a well-built house has nothing to answer for', () => {
  const named = new Set(report.violations.map(({ from }) => from))
  expect(Object.keys(HOUSE).filter((path) => named.has(path))).toEqual([])
})
