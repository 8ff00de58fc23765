/** A child server that dies with us, however we die. */
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

export interface Daemon {
  pid: number
  /** How it ended, with its last words; null while it runs. */
  exited(): string | null
  stop(): Promise<void>
}

const STOP_LIMIT_MS = 10_000

/** `throwaway`: its data is deleted at our exit, so it is killed there rather than asked to write everything down first. */
export async function startDaemon(binary: string, args: string[], { throwaway = false } = {}): Promise<Daemon> {
  // Own process group: a Ctrl-C in the terminal reaches us, and we stop it in our order.
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let words = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-2_000)
    })
  let ended: string | null = null
  const exit = new Promise<void>((done) => {
    child.once('error', (error) => {
      ended = error.message
      done()
    })
    child.once('close', (code, signal) => {
      ended ??= `${signal ?? `exit ${code}`} ${words.trim().split('\n').slice(-3).join(' / ')}`.trim()
      done()
    })
  })
  const { pid } = child
  if (pid === undefined) {
    await exit
    throw new Error(ended ?? 'did not start')
  }
  const onExit = () => killQuietly(child, throwaway ? 'SIGKILL' : 'SIGTERM')
  // First of all: its folder may be deleted by who else waits for our exit.
  process.prependOnceListener('exit', onExit)
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
  // Without a shell on the PATH only a SIGKILL of ours leaves the child behind.
  spawn('sh', ['-c', script], { stdio: 'ignore', detached: true })
    .once('error', () => undefined)
    .unref()
}

function killQuietly(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    child.kill(signal)
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
