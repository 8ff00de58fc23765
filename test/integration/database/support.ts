/** The ladder as its users run it, `npm run db`, in a folder and on a PATH of the test's own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MongoClient } from 'mongodb'
import { onTestFinished } from 'vitest'
import { findOnPath } from '../../../scripts/db/daemon.ts'

const LOADER = pathToFileURL(resolve('node_modules/tsx/dist/loader.mjs')).href
const SCRIPT = resolve('scripts/db.ts')
const FAKE = resolve('test/support/fake-mongod.mjs')

/** Nobody answers there: no mongod can be downloaded. */
const NO_HOST = 'http://127.0.0.1:9'

export interface Ladder {
  folder: string
  /** An executable on the ladder's PATH, or at a path inside its folder. */
  program(name: string, script: string): void
  /** A program that exists on this machine. */
  borrow(name: string, path: string): void
  run(env?: Record<string, string>): Run
}

export interface Run {
  child: ChildProcess
  /** Everything on stderr so far. */
  words(): string
  /** The printed address; rejects with the words when the process ends first. */
  uri(): Promise<string>
  exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

export const fakeServer = `#!/bin/sh\nexec '${process.execPath}' '${FAKE}' "$@"\n`

export function ladder(): Ladder {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'aftercare-ladder-')))
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const runs: ChildProcess[] = []
  onTestFinished(async () => {
    for (const child of runs) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  })
  const place = (name: string) => (name.includes('/') ? join(folder, name) : join(bin, name))
  const self: Ladder = {
    folder,
    program(name, script) {
      mkdirSync(join(place(name), '..'), { recursive: true })
      writeFileSync(place(name), script)
      chmodSync(place(name), 0o755)
    },
    borrow: (name, path) => symlinkSync(path, place(name)),
    run(env = {}) {
      const child = spawn(process.execPath, ['--import', LOADER, SCRIPT], {
        cwd: folder,
        env: { PATH: bin, HOME: folder, MONGOMS_DOWNLOAD_MIRROR: NO_HOST, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      runs.push(child)
      let words = ''
      let said = ''
      child.stderr?.on('data', (chunk: Buffer) => (words += chunk.toString()))
      child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
      const exit = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) =>
        child.once('close', (code, signal) => done({ code, signal })),
      )
      const line = new Promise<string>((done, fail) => {
        child.stdout?.on('data', () => said.includes('\n') && done(said.trim()))
        void exit.then(() => fail(new Error(`no address was printed:\n${words}`)))
      })
      line.catch(() => undefined)
      return { child, words: () => words, uri: () => line, exit }
    },
  }
  // What the watching shell needs.
  for (const name of ['sh', 'sleep']) self.borrow(name, findOnPath(name) ?? '')
  return self
}

/** The real driver connects as the application would. */
export async function answers(uri: string): Promise<boolean> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 })
  try {
    await client.connect()
    return (await client.db('admin').command({ ping: 1 })).ok === 1
  } finally {
    await client.close()
  }
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

export async function until(what: () => boolean, limitMs = 15_000): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!what()) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

/** A web server on the loopback for the length of one test. */
export async function webServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
