/** Loads `config/knowledge/` with the configuration's loader. */
import { join } from 'node:path'
import type { ConfigLoader } from '../platform/config.ts'
import { type Article, ArticlesFile } from './articles.ts'
import { type ArticleFacts, checkArticles } from './static-checks.ts'
import { SynonymsFile } from './synonyms.ts'
import { TrainingFile } from './training.ts'

export interface KnowledgeFiles {
  articles: readonly Article[]
  synonyms: SynonymsFile
  training: TrainingFile
}

const FOLDER = 'knowledge'
const SYNONYMS = 'synonyms.yaml'
const TRAINING = 'training.yaml'

/** The files of the knowledge; null while one has problems, which the loader keeps. `shown`: how a file of the folder is named. */
export function loadKnowledge(
  loader: ConfigLoader,
  shown: (file: string) => string,
  facts: ArticleFacts,
): KnowledgeFiles | null {
  const known = loader.problems.length
  const files = loader.loadAll(FOLDER, ArticlesFile, [SYNONYMS, TRAINING])
  const synonyms = loader.load(join(FOLDER, SYNONYMS), SynonymsFile)
  const training = loader.load(join(FOLDER, TRAINING), TrainingFile)
  const placed = [...files].flatMap(([name, { articles }]) =>
    articles.map((article, i) => ({ article, file: join(FOLDER, `${name}.yaml`), i })),
  )
  const articles = placed.map(({ article }) => article)
  for (const { at, code, path, message } of checkArticles(articles, facts)) {
    const { file = '', i = 0 } = placed[at] ?? {}
    const whole = ['articles', i, ...path]
    loader.report({ file: shown(file), line: loader.lineOf(file, whole), path: whole.join('.'), message, code })
  }
  for (const code of Object.keys(synonyms?.treatments ?? {}))
    if (facts.treatments && !facts.treatments.has(code)) {
      const file = join(FOLDER, SYNONYMS)
      const path = ['treatments', code]
      const message = `${code} is no treatment of config/treatments.yaml`
      loader.report({ file: shown(file), line: loader.lineOf(file, path), path: path.join('.'), message })
    }
  for (const [i, id] of (training?.handbooks.crisis ?? []).entries())
    if (articles.length > 0 && !articles.some((one) => one.id === id)) {
      const file = join(FOLDER, TRAINING)
      const path = ['handbooks', 'crisis', i]
      const message = `there is no article ${id}`
      loader.report({ file: shown(file), line: loader.lineOf(file, path), path: path.join('.'), message })
    }
  return synonyms && training && loader.problems.length === known ? { articles, synonyms, training } : null
}
