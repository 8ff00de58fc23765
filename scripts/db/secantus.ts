/** The last rung: SecantusDB in a virtual environment of the project's own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findOnPath } from './daemon.ts'
import { during, type Tell } from './progress.ts'

const PACKAGE = 'SecantusDB==0.7.0b3'
const INSTALL_LIMIT_MS = 10 * 60_000
const CHECK_LIMIT_MS = 60_000
const PYTHONS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python']

/** The environment that is used; installs are prepared beside it, in `secantus-<pid>`. */
const home = () => resolve('.cache', 'secantus')
const daemonOf = (folder: string) => join(folder, 'bin', 'secantusd-py')

/**
 * Path of a `secantusd-py` that starts, in `.cache/secantus`: one that is broken (half installed, its Python gone, the project
 * moved) is replaced. Two installs at once don't disturb each other: each works in a folder of its own and the first to finish
 * is kept. @throws Error with what to install
 */
export async function ensureSecantusVenv(tell: Tell): Promise<string> {
  if (await works(home())) return daemonOf(home())
  const python = await findPython()
  mkdirSync(resolve('.cache'), { recursive: true })
  sweep()
  const folder = resolve('.cache', `secantus-${process.pid}`)
  const removeFolder = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', removeFolder)
  try {
    await install(python, folder, tell)
    await adopt(folder)
  } finally {
    process.off('exit', removeFolder)
    removeFolder()
  }
  tell('database installed')
  return daemonOf(home())
}

async function install(python: string, folder: string, tell: Tell): Promise<void> {
  const made = await during(tell, 'making a Python environment for the database', () =>
    run(python, ['-m', 'venv', folder], INSTALL_LIMIT_MS),
  )
  if (made.code !== 0) throw new Error(`python -m venv failed; on Debian: apt-get install python3-venv. ${made.words}`)
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', PACKAGE]
  const got = await during(tell, `downloading ${PACKAGE}`, () =>
    run(join(folder, 'bin', 'python'), pip, INSTALL_LIMIT_MS),
  )
  if (got.code !== 0) throw new Error(`pip could not install ${PACKAGE}: ${got.words}`)
  // Installed scripts name their interpreter by its full path: the one where they are going to be.
  const text = readFileSync(daemonOf(folder), 'utf8')
  writeFileSync(daemonOf(folder), text.replaceAll(folder, home()))
}

/** Moves the finished environment to its place, unless one that works is there already. */
async function adopt(folder: string): Promise<void> {
  for (;;) {
    try {
      renameSync(folder, home())
      return
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
    const seen = inodeOf(home())
    if (await works(home())) return
    // Only what was looked at is moved away, never what another process has put there meanwhile.
    if (inodeOf(home()) !== seen) continue
    const broken = `${folder}-broken`
    renameSync(home(), broken)
    rmSync(broken, { recursive: true, force: true })
  }
}

const inodeOf = (folder: string): number | undefined => statSync(folder, { throwIfNoEntry: false })?.ino

/** Runs the daemon's own program far enough to load everything that it needs. */
const works = async (folder: string): Promise<boolean> =>
  (await run(daemonOf(folder), ['--help'], CHECK_LIMIT_MS)).code === 0

/** What installs that were killed have left behind. */
function sweep(): void {
  for (const name of readdirSync(resolve('.cache'))) {
    const pid = Number(/^secantus-(\d+)(-broken)?$/.exec(name)?.[1])
    if (pid && !alive(pid)) rmSync(resolve('.cache', name), { recursive: true, force: true })
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function findPython(): Promise<string> {
  const found = PYTHONS.map((name) => findOnPath(name)).filter((path) => path !== null)
  for (const python of found) {
    const { code } = await run(python, ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))'], CHECK_LIMIT_MS)
    if (code === 0) return python
  }
  throw new Error(found.length === 0 ? 'no Python on the PATH' : `${found.join(', ')}: none is Python 3.10 or newer`)
}

/** Runs a program to its end; it does not outlive us. */
function run(command: string, args: string[], limitMs: number): Promise<{ code: number; words: string }> {
  return new Promise((done) => {
    const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let words = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-600)
    })
    const kill = () => child.kill('SIGKILL')
    process.prependOnceListener('exit', kill)
    const limit = setTimeout(() => {
      words = `it took longer than ${limitMs / 60_000} minutes`
      kill()
    }, limitMs)
    const end = (code: number, more = '') => {
      clearTimeout(limit)
      process.off('exit', kill)
      done({ code, words: `${words}${more}`.trim() })
    }
    child.once('error', (error) => end(127, error.message))
    child.once('close', (code) => end(code ?? 1))
  })
}
