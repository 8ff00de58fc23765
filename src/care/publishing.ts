/** Drafts of pathways, and how one comes into force: checked as the files are, and published once. */
import type { Clock } from '../platform/clock.ts'
import { AppError, conflict, notFound } from '../platform/errors.ts'
import type { PathwayFile } from './pathway.ts'
import type { PathwayProblem } from './static-checks.ts'
import { bodyOf, type PathwayVersions, pathwayOf } from './versions.ts'
import { type VersionRow, type VersionStore, versionId } from './versions-model.ts'

export interface PublishingDeps {
  store: VersionStore
  versions: PathwayVersions
  /** What is wrong with pathways beside this installation's templates, guides and roles. */
  review: (pathways: readonly (PathwayFile & { id: string })[]) => PathwayProblem[]
  clock: Clock
}

export type DraftBody = Omit<PathwayFile, 'version'>
/** A version with what the checks say of it, beside all that is in force now. */
export interface Reviewed {
  row: VersionRow
  problems: PathwayProblem[]
}

export interface Publishing {
  /**
   * Keeps a draft under the next free number, whatever the checks say of it; the same draft again is that one.
   *
   * @throws AppError not_found/pathway_not_found, conflict/record_busy
   */
  draft(pathway: string, body: DraftBody, by: string): Promise<Reviewed>
  /** The same for a pathway that is new. @throws AppError conflict/pathway_exists */
  begin(pathway: string, body: DraftBody, by: string): Promise<Reviewed>
  /** @throws AppError not_found/pathway_not_found */
  need(pathway: string): Promise<void>
  /** @throws AppError not_found/pathway_version_not_found */
  one(pathway: string, version: number): Promise<Reviewed>
  /**
   * From now on new plans begin with it, in every process within 15 seconds. What is published already stays as it is.
   *
   * @throws AppError not_found/pathway_version_not_found, conflict/pathway_version_outdated (a higher one is in force),
   *   conflict/pathway_has_problems with all of them
   */
  publish(pathway: string, version: number, decision: { by: string; reason: string }): Promise<VersionRow>
}

const MAX_RACES = 5

export function createPublishing({ store, versions, review, clock }: PublishingDeps): Publishing {
  function problemsOf(row: VersionRow): PathwayProblem[] {
    const pathway = pathwayOf(row)
    if (!pathway)
      return [{ code: 'unreadable', pathway: row.pathway, path: [], message: 'this release reads pathways otherwise' }]
    return review([...versions.current().filter(({ id }) => id !== pathway.id), pathway])
  }

  async function found(pathway: string, version: number): Promise<VersionRow> {
    const row = await store.version(pathway, version)
    if (!row) throw notFound('pathway_version_not_found', { pathway, version })
    return row
  }

  const isKnown = async (pathway: string) =>
    versions.fileVersion(pathway) !== null || (await store.lastVersion(pathway)) > 0

  async function need(pathway: string): Promise<void> {
    if (!(await isKnown(pathway))) throw notFound('pathway_not_found', { pathway })
  }

  async function keep(pathway: string, content: DraftBody, by: string): Promise<Reviewed> {
    await versions.refresh()
    const now = clock.now()
    const written = bodyOf(content)
    const same = await store.draftWith(pathway, written.digest)
    if (same) return { row: same, problems: problemsOf(same) }
    for (let race = 0; race < MAX_RACES; race++) {
      const version = Math.max(await store.lastVersion(pathway), versions.fileVersion(pathway) ?? 0) + 1
      const row: VersionRow = {
        _id: versionId(pathway, version),
        pathway,
        version,
        ...written,
        source: 'draft',
        status: 'draft',
        createdAt: now,
        createdBy: by,
        publishedAt: null,
        publishedBy: null,
        reason: null,
      }
      if (await store.insertDraft(row)) return { row, problems: problemsOf(row) }
    }
    throw conflict('record_busy', { pathway })
  }

  return {
    need,
    async draft(pathway, content, by) {
      await need(pathway)
      return keep(pathway, content, by)
    },
    async begin(pathway, content, by) {
      const last = (await isKnown(pathway)) ? await store.draftWith(pathway, bodyOf(content).digest) : null
      // A mistyped name would be a second promise beside the first; the same request again is no mistake.
      if (!last && (await isKnown(pathway))) throw conflict('pathway_exists', { pathway })
      return keep(pathway, content, by)
    },

    async one(pathway, version) {
      await versions.refresh()
      const row = await found(pathway, version)
      return { row, problems: problemsOf(row) }
    },

    async publish(pathway, version, { by, reason }) {
      await versions.refresh({ now: true })
      const row = await found(pathway, version)
      if (row.status === 'published') {
        // By another process since the look above: whoever is told so finds it in force here, too.
        if (!versions.facts(pathway, version)) await versions.refresh({ now: true })
        return row
      }
      const inForce = versions.current().find(({ id }) => id === pathway)
      if (inForce && inForce.version > version)
        throw conflict('pathway_version_outdated', { pathway, version, inForce: inForce.version })
      const problems = problemsOf(row)
      if (problems.length > 0)
        throw new AppError(
          'conflict',
          'pathway_has_problems',
          { pathway, version, codes: problems.map(({ code }) => code) },
          { publicDetails: { problems: problems.map(problemView) } },
        )
      // Of two who publish it at once the first one is named.
      await store.publish(row._id, { publishedAt: clock.now(), publishedBy: by, reason })
      await versions.refresh({ now: true })
      return found(pathway, version)
    },
  }
}

export const problemView = ({ path, ...problem }: PathwayProblem) => ({ ...problem, path: path.join('.') })
