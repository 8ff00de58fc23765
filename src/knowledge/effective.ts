/**
 * Which version of an article is said. Of each article the one with the highest number that may be said: of staff's versions
 * the approved ones; of the configuration's those that need no approval here, or whose very words were approved. Of a file's
 * and staff's version with the same number staff's counts: the clinic's people wrote it after the release. What is retired
 * takes every lower number with it; a higher one that is approved brings the article back. Pure.
 */
import { sha256Hex } from '../platform/hash.ts'
import { type Article, ArticlesFile } from './articles.ts'
import type { VersionRow } from './model.ts'

export type Decided = Pick<VersionRow, 'article' | 'version' | 'source' | 'status' | 'digest' | 'body'>

export interface Standing {
  /** What may be said now, by id. */
  effective: ReadonlyMap<string, Article>
  /** Versions of the configuration that are newer than what is said and wait for somebody. */
  waiting: readonly Article[]
}

/** Equal words have equal digests, whatever the order of the fields and whether they wait. */
export function digestOf({ status: _, ...article }: Article): string {
  const sorted = Object.entries(article)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return sha256Hex(JSON.stringify(sorted))
}

/** Null where this release can't read it. */
export function articleOf(body: Record<string, unknown>): Article | null {
  const { data } = ArticlesFile.safeParse({ articles: [body] })
  return data?.articles[0] ?? null
}

export function standingOf(
  files: readonly Article[],
  rows: readonly Decided[],
  { withholdUnapproved }: { withholdUnapproved: boolean },
): Standing {
  const effective = new Map<string, Article>()
  const retiredTo = new Map<string, number>()
  for (const { article, version, status } of rows)
    if (status === 'retired') retiredTo.set(article, Math.max(version, retiredTo.get(article) ?? 0))
  const isRetired = (id: string, version: number) => version <= (retiredTo.get(id) ?? 0)
  const approvedWords = new Set(
    rows.filter(({ source, status }) => source === 'file' && status === 'approved').map(({ digest }) => digest),
  )
  const take = (article: Article) => {
    if (isRetired(article.id, article.version)) return
    const best = effective.get(article.id)
    if (!best || best.version <= article.version) effective.set(article.id, article)
  }
  for (const file of files)
    if (!withholdUnapproved || file.status === 'approved' || approvedWords.has(digestOf(file))) take(file)
  // After the files: of two with one number the later one is taken.
  for (const row of rows) {
    const article = row.source === 'staff' && row.status === 'approved' ? articleOf(row.body) : null
    if (article) take(article)
  }
  const waiting = files.filter(
    ({ id, version }) => !isRetired(id, version) && version > (effective.get(id)?.version ?? 0),
  )
  return { effective, waiting }
}
