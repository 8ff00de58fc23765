/** Loads `config/triage/` with the configuration's loader. */
import type { ConfigLoader } from '../platform/config.ts'
import { TriageModel } from './classifier.ts'
import { type TriageFiles, TriageFindingsFile, TriageNormalFile, TriageRulesFile, TriageWordsFile } from './files.ts'

/** The files of the triage; null while one has problems, which the loader keeps. */
export function loadTriage(loader: ConfigLoader): TriageFiles | null {
  const words = loader.load('triage/words.yaml', TriageWordsFile)
  const findings = loader.load('triage/findings.yaml', TriageFindingsFile)
  const normal = loader.load('triage/normal.yaml', TriageNormalFile)
  const rules = loader.load('triage/rules.yaml', TriageRulesFile)
  const model = loader.loadJson('triage/classifier.json', TriageModel)
  return words && findings && normal && rules && model ? { words, findings, normal, rules, model } : null
}
