/** A `.env` in the working directory, for whoever starts the server by hand. */
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

type Env = Record<string, string | undefined>

/** The environment with what the file adds; what the environment itself names wins, and an empty value names nothing. No file is no problem. */
export function withEnvFile(env: Env, path = '.env'): Env {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return env
    throw error
  }
  // Editors of Windows write a mark and other line ends, which would become part of a name or a value.
  const named = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  return { ...(parseEnv(text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n')) as Env), ...named }
}
