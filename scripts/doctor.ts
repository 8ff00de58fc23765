/** `npm run doctor`: checks a real installation step by step and says what to do. Exit 0: nothing failed; 1: something did; 2: usage. */
import { parseArgs } from 'node:util'
import { withEnvFile } from '../src/platform/env-file.ts'
import { runDoctor, type StepReport } from './doctor/run.ts'
import { ADVICE, STEPS } from './doctor/words.ts'

const MARKS = { ok: '✓ 正常', warning: '! 注意', failed: '✗ 失败', skipped: '- 未检查' } as const

function linesOf({ step, status, finding, details }: StepReport, place: string): string[] {
  const { zh, en } = STEPS[step]
  const lines = [
    `${place} ${MARKS[status]}  ${zh} / ${en} (${status})${status === 'ok' ? ` ${details.join(', ')}` : ''}`,
  ]
  if (!finding) return lines
  const { means, do: todo } = ADVICE[finding]
  lines.push(`        ${means.zh}。`, `        ${means.en}.`, ...details.map((detail) => `          ${detail}`))
  lines.push(`        怎么办：${todo.zh}。`, `        What to do: ${todo.en}.`)
  return lines
}

function optionsOf(): { json: boolean } | null {
  try {
    return parseArgs({ options: { json: { type: 'boolean', default: false } } }).values
  } catch {
    return null
  }
}

const options = optionsOf()
if (!options) {
  process.stderr.write('usage: npm run doctor [-- --json]   (the environment or .env is the server’s)\n')
  process.exit(2)
}
const reports = await runDoctor(withEnvFile(process.env))
const isWell = reports.every(({ status }) => status !== 'failed')
if (options.json) {
  const steps = reports.map((one) => ({ ...one, advice: one.finding ? ADVICE[one.finding] : null }))
  process.stdout.write(`${JSON.stringify({ ok: isWell, steps })}\n`)
} else {
  for (const [i, report] of reports.entries())
    process.stdout.write(`${linesOf(report, `${String(i + 1).padStart(2)}/${reports.length}`).join('\n')}\n`)
}
// Not `exit`: what stands in a pipe is still to be read.
process.exitCode = isWell ? 0 : 1
