/** What the clinic knows and may say: articles with versions, their search, and what nobody could answer yet. */
import type { Feature, Ports } from '../platform/ports.ts'
import type { StaffService } from '../staff/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import { gapRoutes } from './gap-routes.ts'
import { createGaps, gapRoutine, type TellRole } from './gaps.ts'
import { handbookRoutes } from './handbook-routes.ts'
import { createLibrary } from './library.ts'
import type { KnowledgeFiles } from './load.ts'
import { createKnowledgeStore } from './model.ts'
import { createPublishing } from './publishing.ts'
import { type RevisionDesk, revisionRoutine } from './revision.ts'
import { createRevisionStore } from './revision-model.ts'
import { revisionRoutes } from './revision-routes.ts'
import { knowledgeRoutes } from './routes.ts'
import { createKnowledgeService, type KnowledgeService } from './service.ts'
import { createTrainingStore } from './training-model.ts'
import { trainingRoutes } from './training-routes.ts'
import { createTraining } from './training-service.ts'
import { createArticleVersions } from './versions.ts'

export { type Article, ArticlesFile, type Audience, KEEPER_NAMES } from './articles.ts'
export type { CaseSeen, TellRole } from './gaps.ts'
export { type KnowledgeFiles, loadKnowledge } from './load.ts'
export type { RevisionDesk } from './revision.ts'
export type { Search } from './search.ts'
export type { Answer, Asking, KnowledgeService } from './service.ts'
export { SynonymsFile } from './synonyms.ts'

export { TrainingFile } from './training.ts'

export interface KnowledgeDeps extends Ports {
  files: KnowledgeFiles
  kinds: readonly TreatmentKind[]
  staff: Pick<StaffService, 'member' | 'store' | 'roster'>
  /** What no text may say, one line each. */
  words: (text: string) => string[]
  /** Tells everybody of a role something. */
  tellRole: TellRole
  revisionDesk: RevisionDesk
  /** What no doctor has approved is not said. */
  withholdUnapproved: boolean
}

export function createKnowledge(deps: KnowledgeDeps): Feature<KnowledgeService> {
  const { files, kinds, words } = deps
  const store = createKnowledgeStore(deps.db)
  const library = createLibrary({ articles: [], synonyms: files.synonyms, kinds })
  const versions = createArticleVersions({ ...deps, store, library, files: files.articles })
  const facts = { treatments: new Set(kinds.map(({ code }) => code)), words }
  const publishing = createPublishing({ ...deps, store, versions, facts })
  const trainingStore = createTrainingStore(deps.db)
  const training = createTraining({ ...deps, store: trainingStore, versions, file: files.training })
  const revisions = { ...deps, store: createRevisionStore(deps.db), versions, desk: deps.revisionDesk }
  const gaps = createGaps({ ...deps, store, library, versions })
  return {
    service: createKnowledgeService({ library, versions, gaps }),
    routes: [
      ...knowledgeRoutes({ ...deps, store, versions, library, publishing }),
      ...gapRoutes({ ...deps, gaps }),
      ...revisionRoutes(revisions),
      ...trainingRoutes(training),
      ...handbookRoutes({ ...deps, versions, handbooks: files.training.handbooks }),
    ],
    due: [],
    routines: [gapRoutine({ ...deps, gaps, versions }), revisionRoutine(revisions)],
    async ready() {
      await store.ready()
      await trainingStore.ready()
      await revisions.store.ready()
      await versions.keepFiles()
    },
  }
}
