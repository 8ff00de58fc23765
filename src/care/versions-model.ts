/** Versions of pathways at rest: what was in force, what is in force, and drafts. A published body never changes. */
import type { Connection } from 'mongoose'
import { collectionOf, insertMissing, isDuplicate, ONE_PAGE } from '../platform/db.ts'

export interface VersionRow {
  /** `<pathway>@<version>`: one body for each. */
  _id: string
  pathway: string
  version: number
  /** A pathway without its version, as it was read; whoever reads it checks its shape, which later releases may extend. */
  body: Record<string, unknown>
  /** Of the body, whatever the order of its keys. */
  digest: string
  /** `file`: came with the configuration of a process that started. */
  source: 'file' | 'draft'
  status: 'draft' | 'published'
  createdAt: Date
  createdBy: string | null
  /** In force from then on; null of a draft. */
  publishedAt: Date | null
  publishedBy: string | null
  reason: string | null
}
export type VersionFacts = Omit<VersionRow, 'body' | 'digest'>

export const versionId = (pathway: string, version: number): string => `${pathway}@${version}`

export type VersionStore = ReturnType<typeof createVersionStore>

export function createVersionStore(db: Connection) {
  // No index beside the key: some dozens of rows, and every plan that starts reads them from memory.
  const versions = collectionOf<VersionRow>(db, 'pathway_versions')
  return {
    /** Ids of everything that is or was in force: what a process compares with what it knows. */
    async publishedIds(): Promise<string[]> {
      const found = await versions.find({ status: 'published' }, { projection: { _id: 1 }, ...ONE_PAGE }).toArray()
      return found.map(({ _id }) => _id)
    },
    byIds: (ids: readonly string[]) =>
      ids.length === 0 ? Promise.resolve([]) : versions.find({ _id: { $in: [...ids] } }, ONE_PAGE).toArray(),
    isEmpty: async (): Promise<boolean> => (await versions.findOne({}, { projection: { _id: 1 } })) === null,
    /** The highest number that is taken, by a draft too; 0 where there is none. */
    async lastVersion(pathway: string): Promise<number> {
      const [last] = await versions
        .find({ pathway }, { projection: { version: 1 } })
        .sort({ version: -1 })
        .limit(1)
        .toArray()
      return last?.version ?? 0
    },
    insertMissing: (rows: readonly VersionRow[]) => insertMissing(versions, rows),
    draftWith: (pathway: string, digest: string) => versions.findOne({ pathway, status: 'draft', digest }),
    /** False where the number is taken. */
    insertDraft: async (row: VersionRow): Promise<boolean> => !(await isDuplicate(versions.insertOne(row))),
    version: (pathway: string, version: number) => versions.findOne({ _id: versionId(pathway, version) }),
    /** The newest first, below `before`; without bodies. */
    page: (pathway: string, status: VersionRow['status'] | null, before: number | null, limit: number) =>
      versions
        .find(
          {
            pathway,
            ...(status === null ? {} : { status }),
            ...(before === null ? {} : { version: { $lt: before } }),
          },
          { projection: { body: 0, digest: 0 } },
        )
        .sort({ version: -1 })
        .limit(limit + 1)
        .toArray() as Promise<VersionFacts[]>,
    /** Only a draft becomes published, and once. */
    publish: (_id: string, set: Pick<VersionRow, 'publishedAt' | 'publishedBy' | 'reason'>) =>
      versions.updateOne({ _id, status: 'draft' }, { $set: { ...set, status: 'published' as const } }),
  }
}
