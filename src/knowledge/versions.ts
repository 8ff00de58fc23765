/** What is said in this process now: the configuration's articles and what was decided here or in another process. */
import { DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import { addMs, type Clock, EPOCH } from '../platform/clock.ts'
import { sha256Hex } from '../platform/hash.ts'
import type { Log } from '../platform/log.ts'
import { type Article, isOverdue } from './articles.ts'
import { articleOf, digestOf, type Standing, standingOf } from './effective.ts'
import type { Library } from './library.ts'
import type { KnowledgeStore, VersionRow } from './model.ts'

export interface VersionsDeps {
  store: KnowledgeStore
  library: Library
  files: readonly Article[]
  withholdUnapproved: boolean
  clock: Clock
  log: Log
}

export interface ArticleVersions {
  /** Hears of what other processes have decided; looks at most every 15 seconds of machine time, or `now`. */
  refresh(options?: { now?: boolean }): Promise<void>
  standing(): Standing
  /** The configuration's version here. */
  file(id: string): Article | null
  /** Of a version that was decided about. */
  facts(id: string, version: number): VersionRow | null
  /** Keeps what this release ships; several processes may start at once. */
  keepFiles(): Promise<void>
}

const LOOK_MS = 15_000

export function createArticleVersions(deps: VersionsDeps): ArticleVersions {
  const { store, library, files, withholdUnapproved, clock, log } = deps
  const byId = new Map(files.map((one) => [one.id, one]))
  const known = new Map<string, VersionRow>()
  let standing = standingOf(files, [], { withholdUnapproved })
  let lookAt = EPOCH
  let looking: Promise<void> | null = null
  library.take([...standing.effective.values()])

  async function look(): Promise<void> {
    const found = await store.decided()
    const changed = found.filter(({ _id, status }) => known.get(_id)?.status !== status).map(({ _id }) => _id)
    if (changed.length > 0) {
      for (const row of await store.byIds(changed)) {
        known.set(row._id, row)
        if (!articleOf(row.body)) log.error({ version: row._id }, 'article version of another release cannot be read')
      }
      standing = standingOf(files, [...known.values()], { withholdUnapproved })
      library.take([...standing.effective.values()])
    }
    lookAt = addMs(clock.wall(), LOOK_MS)
  }

  return {
    standing: () => standing,
    file: (id) => byId.get(id) ?? null,
    facts: (id, version) => known.get(`${id}@${version}`) ?? null,
    async refresh({ now = false } = {}) {
      if (!now && clock.wall() < lookAt) return
      // Whoever has just decided must not be answered by a look that began before.
      if (now && looking) await looking.catch(() => undefined)
      looking ??= look().finally(() => {
        looking = null
      })
      await looking
    },
    async keepFiles() {
      const digest = sha256Hex(files.map(digestOf).sort().join(''))
      await store.keepShipped(digest, files, clock.now())
      await look()
      const { waiting, effective } = standing
      if (withholdUnapproved && waiting.length > 0)
        log.warn({ articles: waiting.length }, 'articles are not said: nobody has approved them')
      const today = dayOf(clock.now(), DEFAULT_ZONE)
      const late = [...effective.values()].filter((one) => isOverdue(one, today)).map(({ id }) => id)
      if (late.length > 0) log.warn({ articles: late }, 'articles whose day of review is over')
    },
  }
}
