/** The headless demo as a newcomer runs it: small, audited, repeatable, and caught when a step is missing. */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const scratch = mkdtempSync(join(tmpdir(), 'aftercare-demo-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

interface Report {
  promises: { made: number; kept: number; lost: number; duplicated: number; late: number }
  channels: Record<string, number>
  enrolments: Record<string, number>
  ledgerSha256: string
}

async function demo(
  name: string,
  env: Record<string, string> = {},
): Promise<{ code: number; out: Report; words: string }> {
  const json = join(scratch, `${name}.json`)
  const args = [
    'node_modules/tsx/dist/cli.mjs',
    'scripts/demo.ts',
    '--headless',
    '--days',
    '9',
    '--customers',
    '8',
    '--seed',
    '8',
    '--json',
    json,
    '--promises',
    join(scratch, `${name}.jsonl`),
  ]
  let words = ''
  const code = await new Promise<number>((done) => {
    const child = spawn(process.execPath, args, {
      env: { ...process.env, DATA_DIR: join(scratch, name), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (words += chunk.toString()))
    child.once('exit', (exit) => done(exit ?? 1))
  })
  return { code, out: JSON.parse(readFileSync(json, 'utf8')) as Report, words }
}

test('every promise is kept or explained, none is doubled, and one seed gives one ledger', async () => {
  const first = await demo('first')
  expect(first.words).not.toContain('failed:')
  expect(first.code).toBe(0)
  expect(first.out.promises).toMatchObject({ lost: 0, duplicated: 0 })
  expect(first.out.promises.made).toBeGreaterThan(80)
  // So few people are nearly all special cases: in hospital, in a course, entered late.
  expect(first.out.promises.kept / first.out.promises.made).toBeGreaterThanOrEqual(0.8)
  // The first eight customers alone meet every pathway, whatever the seed.
  for (const file of readdirSync('config/pathways')) {
    const pathway = file.replace('.yaml', '')
    expect(first.out.enrolments[pathway] ?? 0, pathway).toBeGreaterThan(0)
  }
  // A channel that refuses everything would only push its messages to the next rung.
  for (const kind of ['kf', 'subscribe', 'sms', 'call', 'card'])
    expect(first.out.channels[kind] ?? 0, kind).toBeGreaterThan(3)
  const second = await demo('second')
  expect(second.out.ledgerSha256).toBe(first.out.ledgerSha256)
})

test('a step deleted from a pathway file is found by the auditor', async () => {
  const config = join(scratch, 'config')
  cpSync('config', config, { recursive: true })
  const path = join(config, 'pathways', 'base.yaml')
  const text = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    text
      .split('\n')
      .filter((line) => !line.includes('id: guidance_day2'))
      .join('\n'),
  )
  const { code, out } = await demo('deleted', { CONFIG_DIR: config })
  expect(out.promises.lost).toBeGreaterThan(0)
  expect(code).toBe(1)
})
