/**
 * `npm run triage-eval -- --file F.jsonl --json O`: judges labelled lines `{ text, treatment, day, level }` and compares.
 * A line that isn't one stops it before anything is judged. Ends with 0 whatever the figures are: what is enough is for tests.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createConfigLoader, formatProblem } from '../src/platform/config.ts'
import { checkTriage, createTriage, isAtLeast, LEVELS, type Level, loadTriage } from '../src/triage/index.ts'
import { parseSentences, type Sentence } from './triage-sentences.ts'

const { values } = parseArgs({ options: { file: { type: 'string' }, json: { type: 'string' } } })
if (values.file === undefined) stop('usage: npm run triage-eval -- --file F.jsonl [--json O]')

function stop(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

function read(file: string): Sentence[] {
  try {
    return parseSentences(file, readFileSync(file, 'utf8'))
  } catch (error) {
    return stop(error instanceof Error ? error.message : String(error))
  }
}

const loader = createConfigLoader('config')
const files = loadTriage(loader)
if (!files) stop(loader.problems.map(formatProblem).join('\n'))
const problems = checkTriage(files, null)
if (problems.length > 0)
  stop(problems.map(({ file, path, message }) => `config/triage/${file}.yaml ${path.join('.')} ${message}`).join('\n'))
const triage = createTriage(files)
const judged = read(values.file).map((line) => ({ ...line, verdict: triage(line) }))

const zeros = (): Record<Level, number> => ({ none: 0, expected: 0, watch: 0, abnormal: 0, emergency: 0 })
const confusion = Object.fromEntries(LEVELS.map((level) => [level, zeros()])) as Record<Level, Record<Level, number>>
for (const { level, verdict } of judged) confusion[level][verdict.level] += 1

const share = (part: number, whole: number): number | null =>
  whole === 0 ? null : Math.round((part / whole) * 1e4) / 1e4
/** Of lines of a level, the share judged so; an abnormal line judged an emergency is seen, too. */
const recallOf = (level: Level): number | null => {
  const of = judged.filter((one) => one.level === level)
  const got = of.filter(({ verdict }) =>
    level === 'abnormal' ? isAtLeast(verdict.level, 'abnormal') : verdict.level === level,
  )
  return share(got.length, of.length)
}
const urgent = judged.filter(({ verdict }) => isAtLeast(verdict.level, 'abnormal'))
const report = {
  n: judged.length,
  confusion,
  recall: Object.fromEntries(LEVELS.map((level) => [level, recallOf(level)])),
  precision: share(urgent.filter(({ level }) => isAtLeast(level, 'abnormal')).length, urgent.length),
  misses: judged
    .filter(({ level, verdict }) => verdict.level !== level)
    .map(({ text, treatment, day, level, verdict }) => ({
      text,
      treatment,
      day,
      expected: level,
      got: verdict.level,
      rule: verdict.rule,
    })),
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
const { misses, ...figures } = report
process.stdout.write(`${JSON.stringify({ ...figures, misses: misses.length }, null, 2)}\n`)
