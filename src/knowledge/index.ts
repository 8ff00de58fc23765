/** What the clinic knows and may say: articles with versions, their search, and what nobody could answer yet. */
import type { Feature, Ports } from '../platform/ports.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import { createLibrary } from './library.ts'
import type { KnowledgeFiles } from './load.ts'
import { createKnowledgeService, type KnowledgeService } from './service.ts'

export { type Article, ArticlesFile, type Audience } from './articles.ts'
export { type KnowledgeFiles, loadKnowledge } from './load.ts'
export type { Answer, Asking, KnowledgeService } from './service.ts'
export { SynonymsFile } from './synonyms.ts'

export interface KnowledgeDeps extends Ports {
  files: KnowledgeFiles
  kinds: readonly TreatmentKind[]
  /** What no doctor has approved is not said to customers. */
  withholdUnapproved: boolean
}

export function createKnowledge({ files, kinds, withholdUnapproved }: KnowledgeDeps): Feature<KnowledgeService> {
  const shown = files.articles.filter(({ status }) => !withholdUnapproved || status === 'approved')
  const library = createLibrary({ articles: shown, synonyms: files.synonyms, kinds })
  return {
    service: createKnowledgeService({ library }),
    routes: [],
    due: [],
    routines: [],
    ready: async () => undefined,
  }
}
