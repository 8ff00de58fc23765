/** A Python package index on the loopback with one package: SecantusDB, whose daemon is the stand-in of these tests. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findOnPath } from '../../../scripts/db/daemon.ts'
import { webServer } from './support.ts'

/** The interpreter itself, not a shim that needs a home of its own; null where none can make an environment. */
export const python: string | null = (() => {
  const found = findOnPath('python3')
  if (!found) return null
  const check = 'import sys, venv, ensurepip; print(sys.executable if sys.version_info >= (3, 10) else "")'
  return spawnSync(found, ['-c', check], { encoding: 'utf8' }).stdout.trim() || null
})()

const WHEEL = 'secantusdb-0.7.0b3-py3-none-any.whl'
const FAKE = resolve('test/support/fake-mongod.mjs')

function wheel(folder: string): Buffer {
  const info = 'secantusdb-0.7.0b3.dist-info'
  const files = {
    'secantus/__init__.py': '',
    'secantus/cli.py': `import os, sys\ndef main():\n    os.execv(${JSON.stringify(process.execPath)}, ['node', ${JSON.stringify(FAKE)}, *sys.argv[1:]])\n`,
    [`${info}/METADATA`]: 'Metadata-Version: 2.1\nName: SecantusDB\nVersion: 0.7.0b3\n',
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/entry_points.txt`]: '[console_scripts]\nsecantusd-py = secantus.cli:main\n',
    [`${info}/RECORD`]: '',
  }
  const source = join(folder, 'wheel')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(source, path, '..'), { recursive: true })
    writeFileSync(join(source, path), text)
  }
  const packed = spawnSync(python ?? '', ['-m', 'zipfile', '-c', join(folder, WHEEL), 'secantus', info], {
    cwd: source,
  })
  if (packed.status !== 0) throw new Error(String(packed.stderr))
  return readFileSync(join(folder, WHEEL))
}

/** Settings that make pip use it. `hold` delays each download of the package. */
export async function packageIndex(folder: string, hold: () => Promise<void> = async () => undefined) {
  const body = wheel(folder)
  const address = await webServer(async (request, response) => {
    if (!request.url?.endsWith('.whl'))
      return void response.setHeader('content-type', 'text/html').end(`<a href="/${WHEEL}">${WHEEL}</a>`)
    await hold()
    response.end(body)
  })
  return { PIP_INDEX_URL: `${address}/simple`, PIP_NO_CACHE_DIR: '1', PIP_RETRIES: '0' }
}
