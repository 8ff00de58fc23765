/** One build per content: whatever is named by what went into it can't be stale. */
import { createHash, randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Built, buildPhone } from './index.ts'

const HERE = fileURLToPath(new URL('../', import.meta.url))
const HOUSE = fileURLToPath(new URL('../../../', import.meta.url))
const NPM_ROOT = join(HOUSE, 'node_modules')
const BUILDS = join(HOUSE, '.cache', 'phone')
const KEPT = 12
const REPORT = 'build.json'

/** The mini-program of this project. */
export const MINI_PROGRAM = join(HOUSE, 'miniprogram')

export interface FreshBuild extends Built {
  folder: string
}

const running = new Map<string, Promise<FreshBuild>>()

/** Builds what is not built yet; several processes may ask at once. */
export function freshPhone(root: string = MINI_PROGRAM): Promise<FreshBuild> {
  const folder = join(BUILDS, contentName(root))
  const known = running.get(folder)
  if (known) return known
  const making = make(root, folder).finally(() => running.delete(folder))
  running.set(folder, making)
  return making
}

async function make(root: string, folder: string): Promise<FreshBuild> {
  if (!existsSync(folder)) {
    const draft = `${folder}.${randomUUID()}`
    const built = await buildPhone({ root, out: draft, npmRoot: NPM_ROOT })
    writeFileSync(join(draft, REPORT), JSON.stringify(built))
    try {
      renameSync(draft, folder)
    } catch (error) {
      // Another process was faster; its build is the same.
      rmSync(draft, { recursive: true, force: true })
      if (!existsSync(folder)) throw error
    }
    forgetOld()
  }
  const now = Date.now() / 1_000
  utimesSync(folder, now, now)
  return { folder, ...(JSON.parse(readFileSync(join(folder, REPORT), 'utf8')) as Built) }
}

function contentName(root: string): string {
  const hash = createHash('sha256')
  const add = (folder: string, base: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && entry.name !== 'miniprogram_npm') add(path, base)
      } else
        hash
          .update(`${relative(base, path)}\0`)
          .update(readFileSync(path))
          .update('\0')
    }
  }
  add(root, root)
  for (const part of ['build', 'runtime', 'web']) add(join(HERE, part), HERE)
  // Packages are as the lock file says.
  hash.update(readFileSync(join(HOUSE, 'package-lock.json')))
  return hash.digest('hex').slice(0, 24)
}

function forgetOld(): void {
  mkdirSync(BUILDS, { recursive: true })
  const builds = readdirSync(BUILDS)
    .map((name) => ({ path: join(BUILDS, name), usedAt: statSync(join(BUILDS, name)).mtimeMs }))
    .sort((a, b) => b.usedAt - a.usedAt)
  for (const { path } of builds.slice(KEPT)) rmSync(path, { recursive: true, force: true })
}
