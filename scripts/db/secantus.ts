/** The last rung: SecantusDB in a virtual environment of the project's own. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tell } from './progress.ts'
import { ensureVenv } from './venv.ts'

/** Path of a `secantusd-py` that starts, in `.cache/secantus`. @throws Error with what to install */
export async function ensureSecantusVenv(tell: Tell): Promise<string> {
  const daemon = 'secantusd-py'
  const environment = {
    name: 'secantus',
    purpose: 'database',
    requirement: 'SecantusDB==0.7.0b3',
    probe: [daemon, '--help'],
  } as const
  return join(await ensureVenv(environment, tell), 'bin', daemon)
}

const LAUNCHER = join(import.meta.dirname, 'secantusd.py')

/** How an installed `secantusd-py` is started: by its own interpreter, through our launcher, which spares it much reading. */
export function launcherOf(binary: string): { program: string; before: string[] } {
  const [first = ''] = readFileSync(binary, 'latin1').split('\n', 1)
  // Long paths are handed to a shell on the next line: such a one starts as it comes.
  const interpreter = /^#!\s*(\/\S*python\S*)\s*$/.exec(first)?.[1]
  return interpreter ? { program: interpreter, before: [LAUNCHER] } : { program: binary, before: [] }
}
