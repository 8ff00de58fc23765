/** `npm run build`: compiles the server to `dist/`, and the mini-program for the phone in a browser. What is unchanged costs a look. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const { status } = spawnSync(
  process.execPath,
  [join('node_modules', 'typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  { stdio: 'inherit' },
)

/** An image of the server has no world outside to play with. */
async function buildMiniProgram(): Promise<boolean> {
  if (!existsSync('simulator/phone')) return true
  const { freshPhone } = await import('../simulator/phone/build/fresh.ts')
  const { problems } = await freshPhone()
  for (const line of problems) process.stderr.write(`${line}\n`)
  return !problems.some((line) => line.startsWith('ERROR'))
}

process.exit(status || ((await buildMiniProgram()) ? 0 : 1))
