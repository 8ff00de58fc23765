/** A start by hand, as the README tells it: the settings stand in a file. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readSettings } from '../../../src/platform/settings.ts'
import { TEST_FIELD_KEYS } from '../../support/ports.ts'

const folder = mkdtempSync(join(tmpdir(), 'aftercare-start-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The example, filled in. */
function filled(values: Record<string, string>): string {
  const given = new Set<string>()
  const text = readFileSync('.env.example', 'utf8').replace(/^(\w+)=.*$/gm, (line, name: string) => {
    given.add(name)
    return name in values ? `${name}=${values[name]}` : line
  })
  expect([...given]).toEqual(expect.arrayContaining(Object.keys(values)))
  return text
}

/** What it says when it starts in the folder with nothing in its environment but this. */
function start(environment: Record<string, string>): string {
  const loader = resolve('node_modules/tsx/dist/loader.mjs')
  const { stderr, status } = spawnSync(process.execPath, ['--import', loader, resolve('src/main.ts')], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...environment },
    encoding: 'utf8',
  })
  expect(status).toBe(1)
  return stderr
}

const settings = {
  MONGODB_URI: 'mongodb://127.0.0.1:9/x?serverSelectionTimeoutMS=300',
  CONFIG_DIR: resolve('config'),
  WECOM_CORP_ID: 'ww1',
  WECOM_AGENT_ID: '1000002',
  WECOM_AGENT_SECRET: 'secret',
  WECOM_CALLBACK_TOKEN: 'token',
  WECOM_CALLBACK_AES_KEY: 'a'.repeat(43),
  WECOM_OPEN_KFID: 'wk1',
  FIELD_KEYS: TEST_FIELD_KEYS,
  SESSION_SECRET: 's'.repeat(32),
}

test('a filled-in copy of .env.example in the folder of the start is all that it needs', () => {
  // As an editor of Windows saves it.
  writeFileSync(join(folder, '.env'), `\ufeff${filled(settings).replaceAll('\n', '\r\n')}`)
  // It gets as far as the database, which is not there.
  expect(start({})).toBe('Aftercare cannot start: the database of MONGODB_URI does not answer\n')
})

test('what the environment itself names wins over the file; an empty value names nothing', () => {
  writeFileSync(join(folder, '.env'), filled(settings))
  expect(start({ PORT: 'many', WECOM_CORP_ID: '' })).toBe(
    'Aftercare cannot start: 1 problem(s).\n  PORT must be a whole number\n',
  )
})

test('without the file, every setting that is missing is named', () => {
  rmSync(join(folder, '.env'), { force: true })
  const { problems } = readSettings({})
  expect(problems.length).toBeGreaterThan(5)
  const said = start({ CONFIG_DIR: resolve('config') })
  for (const { setting, message } of problems) expect(said).toContain(`  ${setting} ${message}\n`)
})
