/** Virtual environments of the project's own, under `.cache/`: programs in Python, installed once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findOnPath } from './daemon.ts'
import { during, type Tell } from './progress.ts'

const INSTALL_LIMIT_MS = 10 * 60_000
const CHECK_LIMIT_MS = 60_000
const PYTHONS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python']

export interface Environment {
  /** Its folder under `.cache/`; installs are prepared beside it, in `<name>-<pid>`. */
  name: string
  /** What it is for, in the words for whoever waits. */
  purpose: string
  /** As pip takes it: names and versions, with a space between. */
  requirement: string
  /** A program in it and its arguments that run far enough to load everything it needs. */
  probe: readonly [program: string, ...args: string[]]
}

/** No Python here that could make one. */
export class NoPythonError extends Error {}

/**
 * The folder of the environment, whose probe has run: one that is broken (half installed, its Python gone, the project
 * moved) is replaced. Two installs at once don't disturb each other: each works in a folder of its own and the first to finish
 * is kept. @throws NoPythonError; Error with what to install
 */
export async function ensureVenv(environment: Environment, tell: Tell): Promise<string> {
  const home = homeOf(environment)
  if (await works(environment)) return home
  const python = await findPython()
  mkdirSync(resolve('.cache'), { recursive: true })
  sweep(environment)
  const folder = `${home}-${process.pid}`
  const removeFolder = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', removeFolder)
  try {
    await install(python, folder, environment, tell)
    await adopt(folder, environment)
  } finally {
    process.off('exit', removeFolder)
    removeFolder()
  }
  tell(`${environment.purpose} installed`)
  return home
}

const homeOf = ({ name }: Environment) => resolve('.cache', name)

async function install(python: string, folder: string, environment: Environment, tell: Tell): Promise<void> {
  const { purpose, requirement, probe } = environment
  const made = await during(tell, `making a Python environment for the ${purpose}`, () =>
    run(python, ['-m', 'venv', folder], INSTALL_LIMIT_MS),
  )
  if (made.code !== 0) throw new Error(`python -m venv failed; on Debian: apt-get install python3-venv. ${made.words}`)
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirement.split(' ')]
  const got = await during(tell, `downloading ${requirement}`, () =>
    run(join(folder, 'bin', 'python'), pip, INSTALL_LIMIT_MS),
  )
  if (got.code !== 0) throw new Error(`pip could not install ${requirement}: ${got.words}`)
  const program = join(folder, 'bin', probe[0])
  const text = readFileSync(program, 'latin1')
  // Installed scripts name their interpreter by its full path: the one where they are going to be.
  if (text.startsWith('#!')) writeFileSync(program, text.replaceAll(folder, homeOf(environment)), 'latin1')
}

/** Moves the finished environment to its place, unless one that works is there already. */
async function adopt(folder: string, environment: Environment): Promise<void> {
  const home = homeOf(environment)
  for (;;) {
    try {
      renameSync(folder, home)
      return
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
    const seen = inodeOf(home)
    if (await works(environment)) return
    // Only what was looked at is moved away, never what another process has put there meanwhile.
    if (inodeOf(home) !== seen) continue
    const broken = `${folder}-broken`
    renameSync(home, broken)
    rmSync(broken, { recursive: true, force: true })
  }
}

const inodeOf = (folder: string): number | undefined => statSync(folder, { throwIfNoEntry: false })?.ino

async function works(environment: Environment): Promise<boolean> {
  const [program, ...args] = environment.probe
  return (await run(join(homeOf(environment), 'bin', program), args, CHECK_LIMIT_MS)).code === 0
}

/** What installs that were killed have left behind. */
function sweep({ name }: Environment): void {
  for (const entry of readdirSync(resolve('.cache'))) {
    const pid = entry.startsWith(`${name}-`) ? Number(/^(\d+)(-broken)?$/.exec(entry.slice(name.length + 1))?.[1]) : 0
    if (pid && !alive(pid)) rmSync(resolve('.cache', entry), { recursive: true, force: true })
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
  throw new NoPythonError(
    found.length === 0 ? 'no Python on the PATH' : `${found.join(', ')}: none is Python 3.10 or newer`,
  )
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
