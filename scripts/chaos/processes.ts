/** Real processes of the server, started as production starts them, and killed as machines kill them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { stopWithUs } from '../db/daemon.ts'

export interface ServerProcess {
  pid: number
  address: string
  /** SIGKILL; resolves when it is dead, with whether this is what it died of. */
  kill(): Promise<boolean>
}

export interface ProcessOptions {
  /** The compiled entry. */
  main: string
  env: Record<string, string>
  logFile: string
  /** Told of each line at level error. */
  onError: (message: string) => void
}

const START_LIMIT_MS = 60_000
const ERROR_LEVEL = 50

interface Line {
  level?: number
  msg?: string
  host?: string
  port?: number
  table?: string
  err?: { message?: string; code?: unknown }
}

/** Resolves when the process serves. @throws Error when it ends before, or takes too long */
export async function startProcess({ main, env, logFile, onError }: ProcessOptions): Promise<ServerProcess> {
  const { PATH = '', HOME = '', TMPDIR = '' } = process.env
  const child: ChildProcess = spawn(process.execPath, [main], {
    env: { PATH, HOME, TMPDIR, NODE_ENV: 'test', CONFIG_DIR: resolve('config'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error('a server process does not start')
  stopWithUs(pid)
  const onExit = () => child.kill('SIGKILL')
  process.once('exit', onExit)
  const ended = new Promise<NodeJS.Signals | null>((done) =>
    child.once('exit', (_, signal) => {
      process.off('exit', onExit)
      done(signal)
    }),
  )
  const note = (line: string) => appendFileSync(logFile, `${pid} ${line}\n`)
  const address = await new Promise<string>((serving, fail) => {
    const limit = setTimeout(() => fail(new Error(`process ${pid} does not get ready; see ${logFile}`)), START_LIMIT_MS)
    void ended.then(() => fail(new Error(`process ${pid} ended while it started; see ${logFile}`)))
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue
      createInterface({ input: stream }).on('line', (text) => {
        note(text)
        const line = parsed(text)
        if ((line.level ?? 0) >= ERROR_LEVEL)
          onError([line.msg, line.table, line.err?.message ?? line.err?.code].filter(Boolean).join(' · '))
        if (line.msg !== 'serving') return
        clearTimeout(limit)
        serving(`http://${line.host}:${line.port}`)
      })
    }
  })
  return {
    pid,
    address,
    async kill() {
      child.kill('SIGKILL')
      return (await ended) === 'SIGKILL'
    },
  }
}

function parsed(text: string): Line {
  try {
    return JSON.parse(text) as Line
  } catch {
    return {}
  }
}
