/**
 * `npm run knowledge-eval -- --file F.jsonl --json O`: asks what people ask and looks whether the right article is found.
 * A line that isn't one stops it. Ends with 0 whatever the figures are: what is enough is for tests.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { loadConfig } from '../src/config.ts'
import { createLibrary } from '../src/knowledge/library.ts'
import { ConfigError } from '../src/platform/config.ts'
import { judgeQuestions } from './knowledge-judge.ts'
import { parseQuestions } from './knowledge-questions.ts'

const { values } = parseArgs({ options: { file: { type: 'string' }, json: { type: 'string' } } })
if (values.file === undefined) stop('usage: npm run knowledge-eval -- --file F.jsonl [--json O]')

function stop(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    return stop(error instanceof ConfigError ? error.lines.join('\n') : String(error))
  }
}

const { file } = values
const questions = attempt(() => parseQuestions(file, readFileSync(file, 'utf8')))
const { knowledge, treatments } = attempt(() => loadConfig('config'))
const report = judgeQuestions(createLibrary({ ...knowledge, kinds: treatments }), questions)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
const { misses, ...figures } = report
process.stdout.write(`${JSON.stringify({ ...figures, misses: misses.length }, null, 2)}\n`)
