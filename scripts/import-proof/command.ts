/** `npm run import` as a process of its own, with its time and the most memory that it ever had. Memory is Linux's to tell. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export interface ImportRun {
  code: number | null
  /** What it says on stdout, where the result stands. */
  out: string
  /** From the call to its end, npm included. */
  seconds: number
  /** Most memory that the importing process ever had, MB; null when nobody tells. */
  memory: number | null
}

const SCRIPT = 'scripts/import.ts'
const LOOK_MS = 100

export async function runImport(
  args: readonly string[],
  env: Record<string, string>,
  say: (line: string) => void,
): Promise<ImportRun> {
  const startedAt = performance.now()
  const child = spawn('npm', ['run', '--silent', 'import', '--', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = () => void child.kill('SIGTERM')
  process.once('exit', stop)
  let out = ''
  child.stdout.on('data', (text) => {
    out += text
  })
  child.stderr.on('data', (text) => {
    for (const line of String(text).split('\n').filter(Boolean)) say(line)
  })
  let importer: number | null = null
  let memory: number | null = null
  // The kernel keeps the high-water mark: a look misses only what comes after the last one.
  const looks = setInterval(() => {
    importer ??= importerBelow(child.pid ?? 0)
    if (importer !== null) memory = peakOf(importer) ?? memory
  }, LOOK_MS)
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    return { code, out, seconds: (performance.now() - startedAt) / 1_000, memory }
  } finally {
    clearInterval(looks)
    process.off('exit', stop)
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Gone meanwhile, or not Linux.
    return null
  }
}

/** npm starts a shell, and that the process that imports: the one that was given the script itself. */
function importerBelow(ancestor: number): number | null {
  const pids = foldersOf('/proc').map(Number).filter(Number.isInteger)
  // Behind the name, which may hold anything: state, then the parent.
  const parents = new Map(
    pids.map((pid) => [pid, Number(textOf(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ')[1])]),
  )
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && (parent === ancestor || isBelow(parent))
  }
  const isImporter = (pid: number) => textOf(`/proc/${pid}/cmdline`)?.split('\0').includes(SCRIPT)
  return pids.find((pid) => isBelow(pid) && isImporter(pid)) ?? null
}

function foldersOf(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

/** MB. */
function peakOf(pid: number): number | null {
  const found = textOf(`/proc/${pid}/status`)?.match(/^VmHWM:\s+(\d+) kB$/m)?.[1]
  return found === undefined ? null : Number(found) / 1_024
}
