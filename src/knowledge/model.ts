/** Versions of articles at rest: what staff wrote, what was decided about any version, and what shipped with each release. */
import { gunzipSync, gzipSync } from 'node:zlib'
import { Binary } from 'mongodb'
import type { Connection } from 'mongoose'
import { collectionOf, ensureIndexes, insertMissing, isDuplicate, ONE_PAGE } from '../platform/db.ts'
import type { Article } from './articles.ts'

export interface Decision {
  at: Date
  by: string
  reason: string
}

export interface VersionRow {
  /** `<article>@<version>`. */
  _id: string
  article: string
  version: number
  /** As it was written, with its id and version; whoever reads it checks its shape, which later releases may extend. */
  body: Record<string, unknown>
  /** Of the body. */
  digest: string
  /** `file`: a version of the configuration about which something was decided. */
  source: 'file' | 'staff'
  status: 'draft' | 'approved' | 'retired'
  createdAt: Date
  createdBy: string | null
  approved: Decision | null
  retired: Decision | null
}
export type VersionFacts = Omit<VersionRow, 'body' | 'digest'>

/** All articles that one release of the configuration had. */
interface ShippedRow {
  /** Digest of them. */
  _id: string
  /** When a process first started with it. */
  at: Date
  keys: string[]
  /** The articles as JSON, packed: a fifth of half a megabyte. */
  packed: Binary
}

/** One question of one month that nobody could answer, or one sign after one treatment that no article is about. */
export interface GapRow {
  /** Month and keyed digest of what the question says, or of the treatment and the sign. */
  _id: string
  /** YYYY-MM. */
  month: string
  count: number
  /** One way of asking it, sealed, without names and numbers. */
  sample: string
  /** Who keeps the article that was nearest, and which one that was. */
  owner: Article['owner']
  near: string | null
  treatment: string | null
  firstAt: Date
  lastAt: Date
  /** Left out of older rows: a question. */
  kind?: 'question' | 'case'
  /** Who says which article answers it now; asked in vain once more, nobody does. */
  answered?: { article: string; by: string; at: Date } | null
  /** Digests of the latest messages. */
  seen: string[]
}

/** Messages of a question that are told apart from repeats. */
const REMEMBERED = 50
/** Questions of a month that anybody looks at. */
const LISTED = 2_000

export const versionId = (article: string, version: number): string => `${article}@${version}`

export type KnowledgeStore = ReturnType<typeof createKnowledgeStore>

export function createKnowledgeStore(db: Connection) {
  const versions = collectionOf<VersionRow>(db, 'knowledge_versions')
  const shipped = collectionOf<ShippedRow>(db, 'knowledge_shipped')
  const gaps = collectionOf<GapRow>(db, 'knowledge_gaps')
  return {
    /** Of everything that was decided: ids and how they stand, which a process compares with what it knows. */
    decided: (): Promise<Pick<VersionRow, '_id' | 'status'>[]> =>
      versions
        .find({ status: { $in: ['approved', 'retired'] } }, { projection: { status: 1 }, ...ONE_PAGE })
        .limit(10_000)
        .toArray(),
    byIds: (ids: readonly string[]): Promise<VersionRow[]> =>
      ids.length === 0 ? Promise.resolve([]) : versions.find({ _id: { $in: [...ids] } }, ONE_PAGE).toArray(),
    one: (article: string, version: number): Promise<VersionRow | null> =>
      versions.findOne({ _id: versionId(article, version) }),
    /** The highest number that staff have used; 0 where there is none. */
    async lastVersion(article: string): Promise<number> {
      const [last] = await versions
        .find({ article }, { projection: { version: 1 } })
        .sort({ version: -1 })
        .limit(1)
        .toArray()
      return last?.version ?? 0
    },
    draftWith: (article: string, digest: string) => versions.findOne({ article, status: 'draft', digest }),
    /** False where the number is taken. */
    insert: async (row: VersionRow): Promise<boolean> => !(await isDuplicate(versions.insertOne(row))),
    /** Only a draft is approved, and once. */
    approve: (_id: string, approved: Decision) =>
      versions.updateOne({ _id, status: 'draft' }, { $set: { status: 'approved' as const, approved } }),
    retire: (_id: string, retired: Decision) =>
      versions.updateOne({ _id, status: 'approved' }, { $set: { status: 'retired' as const, retired } }),
    /** The newest first, below `before`; without bodies. */
    page: (article: string, before: number | null, limit: number) =>
      versions
        .find(
          { article, ...(before === null ? {} : { version: { $lt: before } }) },
          { projection: { body: 0, digest: 0 } },
        )
        .sort({ version: -1 })
        .limit(limit + 1)
        .toArray() as Promise<VersionFacts[]>,
    /** What shipped is kept once per release, so that what was said of an article can be read later. */
    async keepShipped(_id: string, articles: readonly Article[], at: Date): Promise<void> {
      if (await shipped.findOne({ _id }, { projection: { _id: 1 } })) return
      const keys = articles.map(({ id, version }) => versionId(id, version))
      const packed = new Binary(gzipSync(JSON.stringify(articles)))
      await insertMissing(shipped, [{ _id, at, keys, packed }])
    },
    /** A version as the last release had it that shipped it. */
    async shippedVersion(article: string, version: number): Promise<Article | null> {
      const [row] = await shipped
        .find({ keys: versionId(article, version) })
        .sort({ at: -1 })
        .limit(1)
        .toArray()
      if (!row) return null
      const articles = JSON.parse(gunzipSync(row.packed.buffer).toString('utf8')) as Article[]
      return articles.find((one) => one.id === article && one.version === version) ?? null
    },
    /** Counts a message once. */
    async countGap(fresh: Omit<GapRow, 'count' | 'seen'>, message: string): Promise<void> {
      const { _id, lastAt } = fresh
      const count = () =>
        gaps.updateOne(
          { _id, seen: { $ne: message } },
          {
            $inc: { count: 1 },
            $set: { lastAt, answered: null },
            $push: { seen: { $each: [message], $slice: -REMEMBERED } },
          },
        )
      if ((await count()).matchedCount === 1) return
      await insertMissing(gaps, [{ ...fresh, count: 0, seen: [] }])
      await count()
    },
    /** Those that nobody has answered since, the most frequent first. */
    async gapsOf(month: string): Promise<GapRow[]> {
      const rows = await gaps
        .find({ month, answered: null as never }, ONE_PAGE)
        .limit(LISTED)
        .toArray()
      return rows.sort((a, b) => b.count - a.count || (a._id < b._id ? -1 : 1))
    },
    /** Which articles somebody said answer any of these. */
    answersTo: async (ids: readonly string[]): Promise<string[]> =>
      (await gaps.find({ _id: { $in: [...ids] }, answered: { $ne: null as never } }, ONE_PAGE).toArray()).flatMap(
        ({ answered }) => answered?.article ?? [],
      ),
    gap: (_id: string) => gaps.findOne({ _id }),
    /** Null: that article is said to answer it already. */
    answerGap: (_id: string, answered: NonNullable<GapRow['answered']>) =>
      gaps.findOneAndUpdate(
        { _id, 'answered.article': { $ne: answered.article } },
        { $set: { answered } },
        { returnDocument: 'after' },
      ),
    forgetGaps: async (before: string): Promise<number> =>
      (await gaps.deleteMany({ month: { $lt: before } })).deletedCount,
    async ready(): Promise<void> {
      await ensureIndexes(gaps, [{ keys: { month: 1 }, serves: 'gapsOf(), forgetGaps()' }])
      await ensureIndexes(versions, [
        { keys: { article: 1, version: -1 }, serves: 'page(), lastVersion(), draftWith()' },
        { keys: { status: 1 }, serves: 'decided()' },
      ])
    },
  }
}
