/**
 * Reading all external contacts, page by page: what events didn't tell, or told in the wrong order. A reading keeps the cursor of
 * each request, so that whoever takes it over after a death goes on there.
 */
import { backoffMs, type RowResult } from '../platform/claims.ts'
import { addMs, type Clock, DAY_MS, HOUR_MS } from '../platform/clock.ts'
import { type DueTable, due } from '../platform/due.ts'
import { AppError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { PageRequest } from '../platform/views.ts'
import { isVendorError, RateLimited, type Rates, type WecomClient, withinRates } from '../wecom/index.ts'
import type { ContactPages } from './contact-pages.ts'
import {
  CONTACT_SYNCS,
  type ContactSyncRow,
  type ContactSyncStore,
  type Progress,
  type SyncBatch,
} from './contact-syncs-model.ts'
import { type ExternalContacts, unlessGone } from './external-contacts.ts'
import type { CustomerStore } from './model.ts'

export interface ContactSyncDeps {
  syncs: ContactSyncStore
  store: CustomerStore
  pages: ContactPages
  contacts: ExternalContacts
  wecom: Pick<WecomClient, 'followUsers' | 'externalContactIds' | 'externalContactsByUsers'>
  rates: Pick<Rates, 'reserve' | 'block'>
  clock: Clock
  random: Random
  log: Log
  leaseMs: number
  nudge: (table: string) => void
}

export interface ContactSync {
  due: DueTable
  /** Begins a reading of that name; one that isn't finished yet goes on instead. Says whether it began. */
  start(name: string): Promise<boolean>
  /** The latest first. */
  page(request: PageRequest): Promise<ContactSyncRow[]>
}

type Page = Awaited<ReturnType<WecomClient['externalContactsByUsers']>>

const USERS_PER_CALL = 100
/** Five million contacts: a list that is longer has no end. */
const MAX_PAGES = 50_000
const KEPT_MS = 90 * DAY_MS
/** A reading that hasn't ended by then never will; the next night's makes up for it. */
const GIVEN_UP_MS = 20 * HOUR_MS
/** Between two looks at the clock while our own people are gone through. */
const ROWS_A_LOOK = 2_000
/** The cursor is another reading's: from the start again; what was read costs no write. */
const BAD_CURSOR = new Set([50100, 60268])
/** It is a member of the list who is refused, not the list: no customers, no permission, out of scope, gone. */
const OF_A_MEMBER = new Set([84061, 84074, 60111, 60021, 46004, 40003, 40031, 92000])

/** Requests to one of the vendor's paths share its rate with all processes; also the name of its bucket. */
const PATHS = {
  users: 'externalcontact/get_follow_user_list',
  page: 'externalcontact/batch/get_by_user',
  ids: 'externalcontact/list',
  one: 'externalcontact/get',
} as const

/** The slice is over, and the next one begins at once. */
class Pause extends Error {}
/** Somebody else has taken the reading over. */
class Lost extends Error {}

export function createContactSync(deps: ContactSyncDeps): ContactSync {
  const { syncs, store, pages, contacts, wecom, rates, clock, random, log, leaseMs, nudge } = deps
  /** Whom each member was seen to have, of the members that this process has read from the start. */
  let seen: { sync: string; of: Map<string, Set<string>> } = { sync: '', of: new Map() }

  const errcodeOf = (error: unknown): number => (isVendorError(error) ? (error.errcode ?? 0) : 0)

  const ask = <T>(path: string, question: () => Promise<T>): Promise<T> => withinRates(rates, path, question)

  /** A part of a reading that ends well within its lease. @throws Pause, RateLimited, Lost */
  function slice(sync: ContactSyncRow) {
    const end = addMs(clock.wall(), leaseMs / 3)
    const keep = async (progress: Progress): Promise<void> => {
      Object.assign(sync, progress)
      const until = addMs(clock.wall(), leaseMs)
      if (!(await syncs.progress(sync._id, sync.claim, progress, until))) throw new Lost()
    }
    const breathe = (): void => {
      if (clock.wall() > end) throw new Pause()
    }
    const membersOf = ({ from, to }: SyncBatch) => (sync.userIds ?? []).slice(from, to)
    const count = (more: Partial<ContactSyncRow['counts']>) => {
      const counts = { ...sync.counts }
      for (const [name, n] of Object.entries(more)) counts[name as keyof typeof counts] += n
      return counts
    }

    async function begin(): Promise<void> {
      const userIds = await ask(PATHS.users, () => wecom.followUsers())
      const batches = Array.from({ length: Math.ceil(userIds.length / USERS_PER_CALL) }, (_, i) => ({
        from: i * USERS_PER_CALL,
        to: Math.min(userIds.length, (i + 1) * USERS_PER_CALL),
        cursor: '',
        isDone: false,
        contacts: 0,
      }))
      await keep({ userIds, batches })
    }

    /** A list that is refused because of somebody on it is asked for by halves, until that one is alone. */
    async function halve(batch: SyncBatch): Promise<void> {
      const middle = (batch.from + batch.to) >> 1
      const fresh = { cursor: '', isDone: false, contacts: 0 }
      const instead =
        batch.to - batch.from > 1
          ? [
              { ...fresh, from: batch.from, to: middle },
              { ...fresh, from: middle, to: batch.to },
            ]
          : [{ ...batch, isDone: true }]
      const batches = sync.batches.flatMap((one) => (one === batch ? instead : [one]))
      await keep({ batches, counts: count({ refused: instead.length === 1 ? 1 : 0 }) })
    }

    function remember(batch: SyncBatch, page: Page): void {
      if (batch.cursor === '') for (const userId of membersOf(batch)) seen.of.set(userId, new Set())
      for (const { externalUserId, followers } of page.contacts)
        for (const { userId } of followers) seen.of.get(userId.toLowerCase())?.add(externalUserId)
    }

    async function turn(batch: SyncBatch): Promise<void> {
      const change = (to: Partial<SyncBatch>) => sync.batches.map((one) => (one === batch ? { ...batch, ...to } : one))
      let page: Page
      try {
        page = await ask(PATHS.page, () => wecom.externalContactsByUsers(membersOf(batch), batch.cursor || undefined))
      } catch (error) {
        const errcode = errcodeOf(error)
        if (BAD_CURSOR.has(errcode) && batch.cursor !== '')
          return keep({ batches: change({ cursor: '', contacts: 0 }) })
        if (OF_A_MEMBER.has(errcode)) return halve(batch)
        throw error
      }
      const cursor = page.nextCursor ?? ''
      if (cursor !== '' && (cursor === batch.cursor || sync.counts.pages >= MAX_PAGES))
        throw new AppError('upstream', 'upstream', { reason: 'the list of contacts has no end' })
      remember(batch, page)
      const { created, changed } = await pages.absorb(page.contacts)
      await keep({
        batches: change({ cursor, isDone: cursor === '', contacts: batch.contacts + page.contacts.length }),
        counts: count({ pages: 1, contacts: page.contacts.length, created, changed }),
      })
    }

    /** Whoever is no longer on a member's list is asked about: an event may have come since the list was read. */
    async function lookForTheGone(): Promise<void> {
      for (const userId of sync.userIds ?? []) {
        if (seen.of.has(userId)) continue
        breathe()
        const ids = await ask(PATHS.ids, () => idsOf(userId))
        if (ids) seen.of.set(userId, new Set(ids))
      }
      let looked = 0
      for await (const row of store.followed()) {
        looked += 1
        if (looked % ROWS_A_LOOK === 0) await keep({})
        const isGone = (userId: string) =>
          seen.of.has(userId) && !row.externalUserIds.some((id) => seen.of.get(userId)?.has(id))
        const [card] = row.externalUserIds
        if (card === undefined || !row.followUserIds.some(isGone)) continue
        breathe()
        await ask(PATHS.one, () => contacts.refresh(card, { create: false }))
        await keep({ counts: count({ unfollowed: 1 }) })
      }
    }

    /** Null: WeCom doesn't tell. */
    async function idsOf(userId: string): Promise<string[] | null> {
      try {
        return (await unlessGone(wecom.externalContactIds(userId))) ?? []
      } catch (error) {
        if (OF_A_MEMBER.has(errcodeOf(error))) return null
        throw error
      }
    }

    return async (): Promise<void> => {
      if (sync.userIds === null) await begin()
      if (seen.sync !== sync._id) seen = { sync: sync._id, of: new Map() }
      for (let batch = next(sync); batch; batch = next(sync)) {
        breathe()
        await turn(batch)
      }
      await lookForTheGone()
      seen = { sync: '', of: new Map() }
    }
  }

  async function work(sync: ContactSyncRow): Promise<RowResult | null> {
    const { _id, claim, attempt } = sync
    try {
      await slice(sync)()
      const finishedAt = clock.now()
      log.info({ sync: _id, ...sync.counts }, 'external contacts read')
      return { _id, claim, set: { dueAt: null, finishedAt } }
    } catch (error) {
      if (error instanceof Lost) return null
      if (error instanceof Pause) return { _id, claim, set: { dueAt: clock.now() } }
      if (error instanceof RateLimited) return { _id, claim, set: { dueAt: error.retryAt } }
      log.warn({ err: error, sync: _id }, 'reading of external contacts failed')
      const lastError = error instanceof AppError ? error.code : 'internal'
      return { _id, claim, set: { lastError, attempt: attempt + 1, dueAt: addMs(clock.now(), backoffMs(attempt + 1)) } }
    }
  }

  return {
    async start(name) {
      const now = clock.now()
      await syncs.tidy({ forget: addMs(now, -KEPT_MS), giveUp: addMs(now, -GIVEN_UP_MS) }, now)
      const isNew = await syncs.start(name, now)
      if (isNew) nudge(CONTACT_SYNCS)
      return isNew
    },
    page: syncs.page,
    due: due({
      table: CONTACT_SYNCS,
      nextDueAt: syncs.nextDueAt,
      // A reading goes on at once, or within half an hour after a failure.
      whole: true,
      async drain(now) {
        const wall = clock.wall()
        const [sync] = await syncs.claim({ now, wall, limit: 1, leaseMs, token: random.id() })
        if (!sync) return { slices: 0 }
        const result = await work(sync)
        if (result) await syncs.finish(result)
        if (result?.set.dueAt instanceof Date && result.set.dueAt <= clock.now()) nudge(CONTACT_SYNCS)
        return { slices: 1 }
      },
    }),
  }
}

const next = ({ batches }: ContactSyncRow): SyncBatch | undefined => batches.find(({ isDone }) => !isDone)
