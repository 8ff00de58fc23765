/** `npm run check`: types, lint, architecture, dead code, format, configuration and words, generated files. All run; a summary at the end. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { freshPhone } from '../simulator/phone/build/fresh.ts'
import { inKb } from '../simulator/phone/build/sizes.ts'
import { loadConfig } from '../src/config.ts'
import { buildWordLint, WordingFile } from '../src/messaging/index.ts'
import { ConfigError } from '../src/platform/config.ts'
import { clockReads } from './checks/clock.ts'
import { forbiddenWords } from './checks/words.ts'
import { refusedTemplates } from './checks/wxml.ts'

interface Check {
  name: string
  run: () => boolean | Promise<boolean>
}

const tool =
  (script: string, ...args: string[]) =>
  () =>
    spawnSync(process.execPath, [join('node_modules', script), ...args], { stdio: 'inherit' }).status === 0

function isEmpty(found: readonly string[]): boolean {
  for (const line of found) process.stderr.write(`${line}\n`)
  return found.length === 0
}

/** What would stop a start: shapes, references between files, words in templates, guides and scripts. */
function configProblems(): readonly string[] {
  try {
    loadConfig('config')
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.lines
    throw error
  }
}

const wordsInCode = (): string[] =>
  forbiddenWords(buildWordLint(WordingFile.parse(parse(readFileSync('config/wording.yaml', 'utf8')))))

/** It builds, and each of its packages is small enough. */
async function miniProgramBuilds(): Promise<boolean> {
  const { problems, sizes } = await freshPhone()
  const packages = Object.entries(sizes).map(([name, bytes]) => `${name} ${inKb(bytes)}`)
  process.stderr.write(`packages: ${packages.join(', ')}\n`)
  return isEmpty(problems)
}

const checks: Check[] = [
  { name: 'types', run: tool('typescript/bin/tsc', '-p', '.') },
  { name: 'types of the mini-program', run: tool('typescript/bin/tsc', '-p', 'miniprogram') },
  { name: 'types of its phone', run: tool('typescript/bin/tsc', '-p', 'simulator/phone/runtime') },
  { name: 'format and lint', run: tool('@biomejs/biome/bin/biome', 'check', '.') },
  {
    name: 'promises',
    run: tool(
      'oxlint/bin/oxlint',
      '--type-aware',
      '-A',
      'all',
      '-D',
      'typescript/no-floating-promises',
      '-D',
      'typescript/no-misused-promises',
      'src',
      'simulator',
      'scripts',
    ),
  },
  {
    name: 'architecture',
    run: tool(
      'dependency-cruiser/bin/dependency-cruise.mjs',
      '--config',
      '.dependency-cruiser.mjs',
      'src',
      'simulator',
      'scripts',
    ),
  },
  { name: 'dead code', run: tool('knip/bin/knip.js') },
  { name: 'clock', run: () => isEmpty(clockReads()) },
  { name: 'configuration', run: () => isEmpty(configProblems()) },
  { name: 'templates of the mini-program', run: () => isEmpty(refusedTemplates()) },
  { name: 'build of the mini-program', run: miniProgramBuilds },
  { name: 'words in code', run: () => isEmpty(wordsInCode()) },
  { name: 'generated files', run: tool('tsx/dist/cli.mjs', 'scripts/gen.ts', '--check') },
]

const results: { name: string; ok: boolean }[] = []
for (const { name, run } of checks) {
  process.stderr.write(`\n— ${name}\n`)
  results.push({ name, ok: await run() })
}
process.stdout.write(`\n${results.map(({ name, ok }) => `${ok ? 'ok    ' : 'FAILED'} ${name}`).join('\n')}\n`)
process.exit(results.every(({ ok }) => ok) ? 0 : 1)
