import { createConfigLoader } from '../../../src/platform/config.ts'
import { createTriage, loadTriage, type TriageFiles } from '../../../src/triage/index.ts'

const loader = createConfigLoader('config')
const loaded = loadTriage(loader)
if (!loaded) throw new Error(JSON.stringify(loader.problems))
/** What is shipped. */
export const SHIPPED: TriageFiles = loaded
/** The same without the classifier: what the rules say alone. */
export const RULES_ONLY = createTriage({
  ...SHIPPED,
  rules: { ...SHIPPED.rules, classifier: { emergency: 1, abnormal: 1 } },
})
export const triage = createTriage(SHIPPED)
