/** Articles that staff write: checked as the files are, approved by whoever keeps them, retired with a reason. */
import type { Clock } from '../platform/clock.ts'
import { AppError, conflict, notFound } from '../platform/errors.ts'
import type { StaffService } from '../staff/index.ts'
import type { Article, ArticleDraft } from './articles.ts'
import { articleOf, digestOf } from './effective.ts'
import { keepersOf, needRole } from './keepers.ts'
import { type KnowledgeStore, type VersionRow, versionId } from './model.ts'
import { type ArticleFacts, type ArticleProblem, checkArticle } from './static-checks.ts'
import type { ArticleVersions } from './versions.ts'

type Problem = Omit<ArticleProblem, 'at'>
/** A version with what the checks say of it. */
export interface Reviewed {
  row: VersionRow
  problems: Problem[]
}
export interface Said {
  /** WeCom userid of whoever decides. */
  by: string
  reason: string
}

export interface Publishing {
  /**
   * Keeps a draft of a further version under the next free number; the same draft again is that one.
   *
   * @throws AppError not_found/article_not_found, conflict/record_busy
   */
  draft(id: string, draft: ArticleDraft, by: string): Promise<Reviewed>
  /** @throws AppError not_found/article_not_found */
  need(id: string): Promise<void>
  /** The same of an article that is new. @throws AppError conflict/article_exists */
  begin(id: string, draft: ArticleDraft, by: string): Promise<Reviewed>
  /** Of the configuration, too. @throws AppError not_found/article_version_not_found */
  one(id: string, version: number): Promise<Reviewed>
  /**
   * From now on it is what is said, in every process within 15 seconds. Medical words are approved by a doctor, others by
   * whoever's role keeps them, a supervisor, store manager or director. What is approved already stays as it is.
   *
   * @throws AppError not_found/article_version_not_found, staff_not_found, forbidden/role_required,
   *   conflict/article_version_outdated (a higher one is said, or it was retired), conflict/article_has_problems
   */
  approve(id: string, version: number, said: Said): Promise<VersionRow>
  /** It is said no more, nor is any lower version. Safe to repeat. @throws AppError not_found/article_not_found, and as `approve` */
  retire(id: string, said: Said): Promise<VersionRow>
}

export interface PublishingDeps {
  store: KnowledgeStore
  versions: ArticleVersions
  staff: Pick<StaffService, 'member'>
  facts: ArticleFacts
  clock: Clock
}

const MAX_RACES = 5

export function createPublishing({ store, versions, staff, facts, clock }: PublishingDeps): Publishing {
  const problemsOf = ({ body }: VersionRow): Problem[] => {
    const article = articleOf(body)
    if (!article) return [{ code: 'unreadable', path: [], message: 'this release reads articles otherwise' }]
    return checkArticle(article, facts)
  }

  const isKnown = async (id: string) => versions.file(id) !== null || (await store.lastVersion(id)) > 0

  function rowOf(article: Article, source: VersionRow['source'], by: string | null): VersionRow {
    return {
      _id: versionId(article.id, article.version),
      article: article.id,
      version: article.version,
      body: { ...article },
      digest: digestOf(article),
      source,
      status: 'draft',
      createdAt: clock.now(),
      createdBy: by,
      approved: null,
      retired: null,
    }
  }

  async function keep(id: string, { medical, days, ...rest }: ArticleDraft, by: string): Promise<Reviewed> {
    const said = days ? { ...rest, days: [days.first, days.last] as [number, number] } : rest
    for (let race = 0; race < MAX_RACES; race++) {
      const version = Math.max(await store.lastVersion(id), versions.file(id)?.version ?? 0) + 1
      const row = rowOf({ ...said, id, version, status: medical ? 'needs_doctor' : 'approved' }, 'staff', by)
      const [last] = await store.page(id, null, 1)
      const same = last?.status === 'draft' ? await store.one(id, last.version) : null
      // The number is part of the words' digest: what is compared is the rest.
      if (same && digestOf({ ...(row.body as unknown as Article), version: same.version }) === same.digest)
        return { row: same, problems: problemsOf(same) }
      if (await store.insert(row)) return { row, problems: problemsOf(row) }
    }
    throw conflict('record_busy', { article: id })
  }

  /** As it is kept, or else as this or an earlier release ships it. */
  async function found(id: string, version: number): Promise<VersionRow> {
    const row = await store.one(id, version)
    if (row) return row
    const file = versions.file(id)
    const shipped = file?.version === version ? file : await store.shippedVersion(id, version)
    if (!shipped) throw notFound('article_version_not_found', { article: id, version })
    return rowOf(shipped, 'file', null)
  }

  function mayDecide({ body }: VersionRow, userId: string): Promise<void> {
    const { status, owner } = body as unknown as Article
    return needRole(staff, userId, status === 'needs_doctor' ? ['doctor'] : keepersOf(owner))
  }

  async function begin(id: string, draft: ArticleDraft, by: string): Promise<Reviewed> {
    const last = await store.lastVersion(id)
    // A mistyped id would be a second article beside the first; the same request again is no mistake.
    const isAgain = versions.file(id) === null && last === 1 && (await store.one(id, 1))?.status === 'draft'
    if ((await isKnown(id)) && !isAgain) throw conflict('article_exists', { article: id })
    const kept = await keep(id, draft, by)
    if (kept.row.version > 1) throw conflict('article_exists', { article: id })
    return kept
  }

  async function need(id: string): Promise<void> {
    if (!(await isKnown(id))) throw notFound('article_not_found', { article: id })
  }

  return {
    need,
    begin,
    async draft(id, draft, by) {
      await need(id)
      return keep(id, draft, by)
    },
    async one(id, version) {
      const row = await found(id, version)
      return { row, problems: problemsOf(row) }
    },
    async approve(id, version, { by, reason }) {
      await versions.refresh({ now: true })
      const row = await found(id, version)
      await mayDecide(row, by)
      if (row.status === 'approved') return row
      const said = versions.standing().effective.get(id)
      if (row.status === 'retired' || (said && said.version > version))
        throw conflict('article_version_outdated', { article: id, version })
      const problems = problemsOf(row)
      if (problems.length > 0)
        throw new AppError(
          'conflict',
          'article_has_problems',
          { article: id, version, codes: problems.map(({ code }) => code) },
          { publicDetails: { problems: problems.map(problemView) } },
        )
      const approved = { at: clock.now(), by, reason }
      // Of two who approve it at once the first one is named.
      if (row.source === 'file') await store.insert({ ...row, status: 'approved', approved })
      else await store.approve(row._id, approved)
      await versions.refresh({ now: true })
      return found(id, version)
    },
    async retire(id, { by, reason }) {
      await versions.refresh({ now: true })
      const said = versions.standing().effective.get(id)
      if (!said) {
        const last = await store.lastVersion(id)
        const row = last > 0 ? await store.one(id, last) : null
        if (row?.status === 'retired') return row
        throw notFound('article_not_found', { article: id })
      }
      const row = await found(id, said.version)
      await mayDecide(row, by)
      const retired = { at: clock.now(), by, reason }
      if (row.status === 'draft') await store.insert({ ...row, status: 'retired', retired })
      else await store.retire(row._id, retired)
      await versions.refresh({ now: true })
      return found(id, said.version)
    },
  }
}

export const problemView = ({ path, ...problem }: Problem) => ({ ...problem, path: path.join('.') })
