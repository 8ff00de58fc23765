/** The last rung: SecantusDB in a virtual environment of the project's own. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findOnPath } from './daemon.ts'

const PACKAGE = 'SecantusDB==0.7.0b3'
const HOME = join('.cache', 'secantus')
const INSTALL_LIMIT_MS = 10 * 60_000

/**
 * Path of `secantusd-py`, installed into `.cache/secantus` if needed. Two installs at once don't disturb each other: each
 * works in a folder of its own and the first to finish is kept. @throws Error with what to install
 */
export async function ensureSecantusVenv(onProgress: (line: string) => void): Promise<string> {
  const binary = resolve(HOME, 'bin', 'secantusd-py')
  if (existsSync(binary)) return binary
  const python = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python']
    .map((name) => findOnPath(name))
    .find((found) => found !== null)
  if (!python) throw new Error('no Python on the PATH')
  if ((await run(python, ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))'])).code !== 0)
    throw new Error(`${python} is older than 3.10`)

  // Made in a folder of this process and moved when complete: half an environment is never found in place.
  const folder = resolve('.cache', `secantus-${process.pid}`)
  mkdirSync(resolve('.cache'), { recursive: true })
  const startedAt = Date.now()
  const tell = (text: string) => onProgress(`${text} (${Math.round((Date.now() - startedAt) / 1000)} s)`)
  try {
    tell('making a Python environment for the database')
    const made = await run(python, ['-m', 'venv', folder])
    if (made.code !== 0)
      throw new Error(`python -m venv failed; on Debian: apt-get install python3-venv. ${made.words}`)
    tell(`downloading ${PACKAGE}`)
    const heartbeat = setInterval(() => tell(`still downloading ${PACKAGE}`), 10_000)
    const got = await run(join(folder, 'bin', 'python'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      PACKAGE,
    ])
    clearInterval(heartbeat)
    if (got.code !== 0) throw new Error(`pip could not install ${PACKAGE}: ${got.words}`)
    tell('database installed')
    return adopt(folder, binary)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** Moves the finished environment to its place, unless another process was quicker. */
function adopt(folder: string, binary: string): string {
  const home = resolve(HOME)
  if (existsSync(binary)) {
    rmSync(folder, { recursive: true, force: true })
    return binary
  }
  rmSync(home, { recursive: true, force: true })
  try {
    renameSync(folder, home)
  } catch {
    // another process was quicker
    rmSync(folder, { recursive: true, force: true })
  }
  relocate(home, folder)
  return binary
}

/** Installed scripts name their interpreter by its full path. */
function relocate(home: string, from: string): void {
  const script = join(home, 'bin', 'secantusd-py')
  const text = readFileSync(script, 'utf8')
  if (text.includes(from)) writeFileSync(script, text.replaceAll(from, home))
}

function run(command: string, args: string[]): Promise<{ code: number; words: string }> {
  return new Promise((done) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: INSTALL_LIMIT_MS })
    let words = ''
    child.stderr.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-600)
    })
    child.once('error', (error) => done({ code: 127, words: error.message }))
    child.once('exit', (code) => done({ code: code ?? 1, words: words.trim() }))
  })
}
