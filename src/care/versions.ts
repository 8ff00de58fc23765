/**
 * Which version of a pathway runs. New plans begin with what is in force; a plan keeps the versions it began with until it
 * is migrated. Versions come from files and from drafts that were published; all that was ever in force is kept.
 */

import { addMs, type Clock, EPOCH } from '../platform/clock.ts'
import { ConfigError } from '../platform/config.ts'
import { AppError } from '../platform/errors.ts'
import { sha256Hex } from '../platform/hash.ts'
import type { Log } from '../platform/log.ts'
import type { PlanRow } from './model.ts'
import { type Pathway, PathwayFile } from './pathway.ts'
import { type VersionRow, type VersionStore, versionId } from './versions-model.ts'

/** One pathway of a plan in another version. */
export interface Pin {
  id: string
  version: number
}

export interface PathwayVersions {
  /** In force in this process now, by id: each file, or what was published with a higher number. */
  current(): readonly Pathway[]
  /** Everything that is or was in force, as far as this process has heard. */
  all(): readonly Pathway[]
  /**
   * What a plan is made anew from: the versions it pins, and of what it doesn't pin those in force when it began. A version
   * that nobody kept is taken in its current one, and the log says so. `instead`: as if it pinned that one.
   *
   * @throws AppError internal/internal a version that is kept, but that only another release can read
   */
  of(plan: Pick<PlanRow, '_id' | 'pathways' | 'createdAt'>, instead?: Pin): Promise<readonly Pathway[]>
  /** Hears of what other processes have published; looks at most every 15 seconds of machine time, or `now`. */
  refresh(options?: { now?: boolean }): Promise<void>
  /**
   * Keeps the files' versions; several processes may start at once.
   *
   * @throws ConfigError a file that says something else than the version of its number that is kept
   */
  keepFiles(): Promise<void>
  /** Where a version comes from, and since when it is in force; null for what this process hasn't kept yet. */
  facts(id: string, version: number): Pick<VersionRow, 'source' | 'publishedAt' | 'publishedBy'> | null
  /** The version that the file of a pathway has here. */
  fileVersion(id: string): number | null
}

export interface VersionDeps {
  versions: VersionStore
  clock: Clock
  log: Log
  /** As the files have them. */
  files: readonly Pathway[]
  /** Where a file says its version. */
  placeOf?: ((id: string) => string) | undefined
}

interface Known {
  pathway: Pathway
  row: Pick<VersionRow, 'source' | 'publishedAt' | 'publishedBy'>
}

const LOOK_MS = 15_000
const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)

/** Without undefined fields, and with keys in order: equal bodies have equal texts. */
const canonical = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(canonical)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([, one]) => one !== undefined)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, one]) => [key, canonical(one)]),
        )
      : value

export function bodyOf(pathway: Omit<PathwayFile, 'version'> & { id?: string; version?: number }) {
  const { id: _, version: __, ...body } = pathway
  const plain = canonical(body) as Record<string, unknown>
  return { body: plain, digest: sha256Hex(JSON.stringify(plain)) }
}

/** Null where this release can't read it. */
export function pathwayOf({ pathway, version, body }: Pick<VersionRow, 'pathway' | 'version' | 'body'>) {
  const { success, data } = PathwayFile.safeParse({ ...body, version })
  return success ? { id: pathway, ...data } : null
}

export function createVersions({ versions, clock, log, files, placeOf }: VersionDeps): PathwayVersions {
  const known = new Map<string, Known>()
  const unreadable = new Set<string>()
  /** Pinned by plans, and kept by nobody: of plans from before versions were kept. */
  const lost = new Set<string>()
  let ids: readonly string[] = []
  let current: readonly Pathway[] = [...files].sort(byId)
  let lookAt = EPOCH
  let looking: Promise<void> | null = null

  function learn(rows: readonly VersionRow[]): void {
    for (const row of rows) {
      const pathway = pathwayOf(row)
      if (pathway) known.set(row._id, { pathway, row })
      else {
        unreadable.add(row._id)
        log.error({ pathway: row.pathway, version: row.version }, 'pathway version of another release cannot be read')
      }
    }
    ids = [...new Set([...files.map(({ id }) => id), ...[...known.values()].map(({ pathway: { id } }) => id)])].sort()
    current = ids.flatMap((id) => {
      const file = files.find((one) => one.id === id)
      const published = highest(id, ({ row }) => row.source === 'draft')
      return published && published.version > (file?.version ?? 0) ? published : (file ?? [])
    })
  }

  function highest(id: string, fits: (one: Known) => boolean): Pathway | null {
    let best: Pathway | null = null
    for (const one of known.values())
      if (one.pathway.id === id && one.pathway.version > (best?.version ?? 0) && fits(one)) best = one.pathway
    return best
  }

  async function look(): Promise<void> {
    const found = await versions.publishedIds()
    const fresh = found.filter((id) => !known.has(id) && !unreadable.has(id))
    if (fresh.length > 0) learn(await versions.byIds(fresh))
    lookAt = addMs(clock.wall(), LOOK_MS)
  }

  async function refresh({ now = false } = {}): Promise<void> {
    if (!now && clock.wall() < lookAt) return
    // Whoever has just published must not be answered by a look that began before.
    if (now && looking) await looking.catch(() => undefined)
    looking ??= look().finally(() => {
      looking = null
    })
    await looking
  }

  const clash = (row: VersionRow, free: number) => {
    const kept =
      row.status === 'draft'
        ? `is taken by a draft of ${row.createdAt.toISOString().slice(0, 10)}`
        : 'is kept with another content, which running plans follow'
    const place = placeOf?.(row.pathway) ?? row.pathway
    return `${place} version ${row.version} ${kept}: raise it to ${free} (or start with an empty database) [version_reused]`
  }

  return {
    current: () => current,
    all: () => [...known.values()].map(({ pathway }) => pathway),
    refresh,
    facts: (id, version) => known.get(versionId(id, version))?.row ?? null,
    fileVersion: (id) => files.find((one) => one.id === id)?.version ?? null,

    async of({ _id, pathways, createdAt }, instead) {
      const pins = new Map(pathways.map(({ id, version }) => [id, version]))
      if (instead) pins.set(instead.id, instead.version)
      const missing = () => [...pins].map(([id, version]) => versionId(id, version)).filter((id) => !known.has(id))
      // Another process may have kept it a moment ago; what nobody kept is not asked for again and again.
      if (missing().some((id) => !lost.has(id))) await refresh({ now: true })
      const gone = missing()
      // A newer release can read it: to plan by another version here would undo what that one planned.
      const foreign = gone.filter((id) => unreadable.has(id))
      if (foreign.length > 0)
        throw new AppError('internal', 'internal', { planId: _id, versions: foreign, reason: 'of another release' })
      for (const id of gone) lost.add(id)
      if (gone.length > 0)
        log.warn({ planId: _id, versions: gone }, 'plan follows current pathways: its own versions were not kept')
      return [...new Set([...ids, ...pins.keys()])].sort().flatMap((id) => {
        const pin = pins.get(id)
        if (pin === undefined)
          return highest(id, ({ row }) => row.publishedAt !== null && row.publishedAt <= createdAt) ?? []
        return known.get(versionId(id, pin))?.pathway ?? current.find((one) => one.id === id) ?? []
      })
    },

    async keepFiles() {
      const wanted = files.map((file) => ({ file, id: versionId(file.id, file.version), ...bodyOf(file) }))
      const isOther = (row: VersionRow) => {
        const one = wanted.find(({ id }) => id === row._id)
        if (!one || (row.status === 'published' && row.digest === one.digest)) return false
        // A later release fills in what files may leave out now: both are compared as it reads them.
        const pathway = row.status === 'published' ? pathwayOf(row) : null
        return !pathway || bodyOf(pathway).digest !== one.digest
      }
      const check = async () => {
        const rows = await versions.byIds(wanted.map(({ id }) => id))
        const others = rows.filter(isOther).sort((a, b) => (a._id < b._id ? -1 : 1))
        if (others.length === 0) return rows
        const lines = others.map(async (row) => clash(row, (await versions.lastVersion(row.pathway)) + 1))
        throw new ConfigError(await Promise.all(lines))
      }
      const there = new Set((await check()).map(({ _id }) => _id))
      const now = clock.now()
      // What was there when versions began to be kept had been in force before.
      const publishedAt = (await versions.isEmpty()) ? EPOCH : now
      await versions.insertMissing(
        wanted
          .filter(({ id }) => !there.has(id))
          .map(({ file, id, body, digest }): VersionRow => {
            const { id: pathway, version } = file
            const source = { source: 'file' as const, status: 'published' as const, createdBy: null, publishedBy: null }
            return { _id: id, pathway, version, body, digest, ...source, createdAt: now, publishedAt, reason: null }
          }),
      )
      // Of processes that start together with different files the second one sees the first one's.
      if (there.size < wanted.length) await check()
      await refresh({ now: true })
    },
  }
}
