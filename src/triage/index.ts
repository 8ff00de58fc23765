/** How urgent a customer's words are: read by rules from approved words, explained, and never lowered by the machine. Pure. */
import { createClassifier } from './classifier.ts'
import {
  checkTriage,
  type TriageFiles,
  TriageFindingsFile,
  TriageNormalFile,
  TriageRulesFile,
  TriageWordsFile,
} from './files.ts'
import { createReader } from './reading.ts'
import { createRules, highest } from './rules.ts'
import { type Finding, isAtLeast, type Level, type Verdict, type Words } from './types.ts'

export { softmax, TriageModel } from './classifier.ts'
export { loadTriage } from './load.ts'
export { normalise, soundOf } from './text.ts'
export { isAtLeast, LEVELS, type Level, type Verdict, type Words } from './types.ts'
export { checkTriage, type TriageFiles, TriageFindingsFile, TriageNormalFile, TriageRulesFile, TriageWordsFile }

/** Judges one text at a time; same words, same verdict. Never throws for a text. */
export type Triage = (words: Words) => Verdict

/** The triage of these files; making it takes some hundred milliseconds, a verdict tens of microseconds. */
export function createTriage(files: TriageFiles): Triage {
  const read = createReader(files)
  const judge = createRules(files)
  const classify = createClassifier(files.model)
  const raiseAt = files.rules.classifier
  const names = new Map(files.findings.findings.map(({ id, name }) => [id, name]))

  /** What the rules say. */
  function byRules({ treatment, day }: Words, findings: readonly Finding[]): Verdict {
    const best = highest(judge(findings, treatment, day))
    if (!best) return { level: 'none', rule: null, explanation: '没有读到客户本人当前的不适', signs: [], matched: [] }
    const matched = [...new Set(best.findings.map(({ words }) => words))]
    const signs = [...new Set(best.findings.map(({ id }) => names.get(id) ?? '体温'))]
    const explanation = `${best.why}（${signs.join('、')}：${quoted(matched)}）`
    return { level: best.level, rule: best.rule, explanation, signs, matched }
  }

  return (words) => {
    const { text, findings } = read(words.text)
    const verdict = byRules(words, findings)
    if (verdict.level === 'emergency') return verdict
    const { shares, strongest } = classify(text)
    const [, , , abnormal = 0, emergency = 0] = shares
    const alike: Level =
      emergency >= raiseAt.emergency ? 'emergency' : abnormal + emergency >= raiseAt.abnormal ? 'abnormal' : 'none'
    if (isAtLeast(verdict.level, alike)) return verdict
    const matched = strongest(alike)
    // What it can't show to a doctor, it doesn't raise: a bare number has no piece that it knows.
    if (matched.length === 0) return verdict
    const share = Math.round((alike === 'emergency' ? emergency : abnormal + emergency) * 100)
    return {
      level: alike,
      rule: `classifier_${alike}`,
      explanation: `与${NAMES[alike]}例句相似（${share}%，${quoted(matched)}），请人工确认`,
      signs: [],
      matched,
    }
  }
}

const NAMES: Record<Level, string> = {
  none: '无症状',
  expected: '正常反应',
  watch: '留意',
  abnormal: '异常',
  emergency: '紧急',
}
const quoted = (words: readonly string[]): string => words.map((word) => `“${word}”`).join('')
