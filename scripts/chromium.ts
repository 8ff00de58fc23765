/** Where a Chromium is, or how to get one. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { findOnPath } from './db/daemon.ts'

export interface Browser {
  path: string | null
  /** Why browser tests don't run, when somebody asked for that. */
  skipped: string | null
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const INSTALL_LIMIT_MS = 5 * 60_000
const onPath = () => NAMES.map((name) => findOnPath(name)).find((path) => path !== null) ?? null

/** @throws Error that says what to install */
export async function findChromium(
  onProgress: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Browser> {
  if (env.E2E === 'skip') return { path: null, skipped: 'E2E=skip' }
  if (env.CHROMIUM_PATH) {
    if (!existsSync(env.CHROMIUM_PATH))
      throw new Error(`CHROMIUM_PATH names ${env.CHROMIUM_PATH}, which does not exist`)
    return { path: env.CHROMIUM_PATH, skipped: null }
  }
  const found = onPath()
  if (found) return { path: found, skipped: null }
  if (process.getuid?.() === 0 && findOnPath('apt-get')) {
    onProgress('installing the Debian package of Chromium, with Chinese fonts')
    const run = (...args: string[]) =>
      spawnSync('apt-get', args, {
        stdio: 'ignore',
        timeout: INSTALL_LIMIT_MS,
        env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
      })
    run('update', '-qq')
    run('install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-noto-cjk')
    const installed = onPath()
    if (installed) return { path: installed, skipped: null }
  }
  throw new Error(
    'No Chromium found. Install it (Debian: apt-get install chromium fonts-noto-cjk), or set CHROMIUM_PATH, or E2E=skip to leave the browser tests out.',
  )
}
