/** A child server that dies with us, however we die. */
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join, resolve } from 'node:path'

export interface Daemon {
  pid: number
  /** How it ended, with its last words; null while it runs. */
  exited(): string | null
  stop(): Promise<void>
}

const STOP_LIMIT_MS = 10_000

export async function startDaemon(binary: string, args: string[]): Promise<Daemon> {
  // Own process group: a Ctrl-C in the terminal reaches us, and we stop it in our order.
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  let words = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2_000)
  })
  let ended: string | null = null
  const exit = new Promise<void>((done) => {
    child.once('error', (error) => {
      ended = error.message
      done()
    })
    child.once('exit', (code, signal) => {
      ended = `${signal ?? `exit ${code}`} ${words.trim().split('\n').slice(-3).join(' / ')}`.trim()
      done()
    })
  })
  const { pid } = child
  if (pid === undefined) {
    await exit
    throw new Error(ended ?? 'did not start')
  }
  const onExit = () => killQuietly(child)
  process.once('exit', onExit)
  stopWithUs(pid)
  return {
    pid,
    exited: () => ended,
    async stop() {
      process.off('exit', onExit)
      if (ended !== null) return
      child.kill('SIGTERM')
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      await exit
      clearTimeout(force)
    },
  }
}

/** A shell that outlives a SIGKILL of ours and then stops the child. */
export function stopWithUs(pid: number): void {
  if (process.platform === 'win32') return
  const script = `while kill -0 ${process.pid} 2>/dev/null && kill -0 ${pid} 2>/dev/null; do sleep 1; done; kill ${pid} 2>/dev/null`
  spawn('sh', ['-c', script], { stdio: 'ignore', detached: true }).unref()
}

function killQuietly(child: ChildProcess): void {
  try {
    child.kill('SIGTERM')
  } catch {
    // it is gone already
  }
}

/** A program on the PATH or in one of the project's own folders; null if there is none. */
export function findOnPath(name: string, folders: readonly string[] = []): string | null {
  const places = [
    ...folders.map((folder) => resolve(folder)),
    ...(process.env.PATH ?? '').split(delimiter).filter(Boolean),
  ]
  for (const place of places) {
    const candidate = join(place, name)
    try {
      accessSync(candidate, constants.X_OK)
      return candidate
    } catch {
      // not here
    }
  }
  return null
}

/** A port of the loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
    probe.once('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address ? done(address.port) : fail(new Error('no port'))))
    })
  })
}
