/** Files that are written from code are noticed when they no longer say what the code says. */
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const tree = mkdtempSync(join(tmpdir(), 'aftercare-generated-'))
afterAll(() => rmSync(tree, { recursive: true, force: true }))
for (const name of ['config', 'docs', 'miniprogram/typings']) cpSync(name, join(tree, name), { recursive: true })

function gen(...args: string[]): { status: number | null; said: string } {
  const loader = pathToFileURL(resolve('node_modules/tsx/dist/loader.mjs')).href
  const command = ['--import', loader, resolve('scripts/gen.ts'), ...args]
  const { status, stderr } = spawnSync(process.execPath, command, { cwd: tree, encoding: 'utf8' })
  return { status, said: stderr }
}

test('stale and missing files are named, nothing is written while checking, and gen repairs them', () => {
  appendFileSync(join(tree, 'docs/reasons.md'), '| `made_up` | 编造 | made up |\n')
  appendFileSync(join(tree, 'config/schema/pathway.json'), ' ')
  rmSync(join(tree, 'docs/openapi.json'))
  const stale = ['docs/openapi.json', 'docs/reasons.md', 'config/schema/pathway.json']
  const said = stale.map((path) => `${path} is stale: run npm run gen\n`).join('')
  expect(gen('--check')).toEqual({ status: 1, said })
  expect(gen()).toEqual({ status: 0, said: stale.map((path) => `${path} written\n`).join('') })
  expect(gen('--check')).toEqual({ status: 0, said: '' })
})
