/** The last rung: SecantusDB in a virtual environment of the project's own. */
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
