/**
 * What the vendors let us spend on a person: five messages since the customer last wrote, one notice per grant. A place is
 * taken under the message's own key before the message is sent, so that two processes never count one place twice and a
 * repeat after a crash finds the place that it had.
 */
import type { Collection, Filter, UpdateFilter } from 'mongodb'
import { collectionOf, insertMissing, ONE_PAGE } from '../platform/db.ts'
import { createRecall } from '../platform/memory.ts'
import type { Ports } from '../platform/ports.ts'

export const KF_MESSAGES = 5
const LAST = KF_MESSAGES - 1
/** Keys remembered per grant: events seen, places taken. */
const REMEMBERED = 50

export interface KfSession {
  /** `<open_kfid>|<external_userid>` */
  _id: string
  lastInboundAt: Date | null
  /** The vendor's clock has whole seconds: within one, the message's id tells a new word from a repeated one. */
  lastInboundId: string | null
  /** Keys of the messages since then. */
  places: string[]
  /** The vendor said that the five are used up, whatever we counted. */
  full: boolean
  /** The vendor's session state as last heard: 0 and 1 may be sent to. */
  state: number
  blocked: boolean
}

/** A conversation that nobody has written in. */
const FRESH: Omit<KfSession, '_id'> = {
  lastInboundAt: null,
  lastInboundId: null,
  places: [],
  full: false,
  state: 0,
  blocked: false,
}

export interface Grant {
  /** `<openid>|<template id>` */
  _id: string
  count: number
  /** Events applied already: a repeated callback counts once. */
  seen: string[]
  /** Keys of messages that took one. */
  places: string[]
}

type Placed = { _id: string; places: string[] }
/** One message that wants a place: in a session, or of a grant. */
export interface Wish {
  id: string
  key: string
  /** So many are left to others. */
  spare?: number
}
export type SessionChange = { id: string; set?: Partial<KfSession>; release?: string }
export type GrantChange = { id: string; clear?: boolean; release?: string }

export type Budgets = ReturnType<typeof createBudgets>

interface Spend<T> {
  filter: Filter<T>
  update: UpdateFilter<T>
}

/** Rows with places, of one kind. */
function createPlaces<T extends Placed>(rows: Collection<T>, { clock, memory }: Pick<Ports, 'clock' | 'memory'>) {
  const among = (ids: readonly string[]) => ({ _id: { $in: [...new Set(ids)] } }) as Filter<T>
  const rowsOf = (id: string) => [id]
  const recall = createRecall<T>({ clock, memory, collections: [rows.collectionName], rowsOf }, async (ids) =>
    (await rows.find(among(ids), ONE_PAGE).toArray()).map((row) => [String(row._id), row as T] as const),
  )
  const of = async (ids: readonly string[]): Promise<T[]> =>
    // Whoever asks counts its own places in.
    [...(await recall.many(ids)).values()].map((row) => ({ ...row, places: [...row.places] }))
  return {
    of,
    /**
     * Takes a place for each wish where there is one. Returns the keys that hold one now, from before or since: one command
     * where a single wish gets its place, else two.
     */
    async take(wishes: readonly Wish[], spend: (wish: Wish) => Spend<T>): Promise<Set<string>> {
      const [first] = wishes
      if (!first) return new Set()
      if (wishes.length === 1) {
        const { filter, update } = spend(first)
        const taken = await recall.through([first.id], async () => {
          const row = await rows.findOneAndUpdate(filter, update, { returnDocument: 'after' })
          return new Map(row ? [[first.id, row as T]] : [])
        })
        if (taken.size > 0) return new Set([first.key])
      } else await rows.bulkWrite(wishes.map((wish) => ({ updateOne: spend(wish) })))
      const places = new Map((await of(wishes.map(({ id }) => id))).map((one) => [one._id, new Set(one.places)]))
      return new Set(wishes.filter(({ id, key }) => places.get(id)?.has(key)).map(({ key }) => key))
    },
  }
}

export function createBudgets(ports: Pick<Ports, 'db' | 'clock' | 'memory'>) {
  const sessions = collectionOf<KfSession>(ports.db, 'kf_sessions')
  const grants = collectionOf<Grant>(ports.db, 'subscribe_grants')
  const inSessions = createPlaces(sessions, ports)
  const ofGrants = createPlaces(grants, ports)

  return {
    sessionsOf: inSessions.of,
    grantsOf: ofGrants.of,

    /** Takes a place in each session that has one left. Returns the keys that hold one, from before or now. */
    takeKf: (wishes: readonly Wish[]): Promise<Set<string>> =>
      inSessions.take(wishes, ({ id, key, spare = 0 }) => ({
        filter: { _id: id, places: { $ne: key }, [`places.${Math.max(0, LAST - spare)}`]: { $exists: false } },
        update: { $push: { places: key } },
      })),
    /** Takes one of each grant that has any left. Returns the keys that hold one, from before or now. */
    takeGrants: (wishes: readonly Wish[]): Promise<Set<string>> =>
      ofGrants.take(wishes, ({ id, key, spare = 0 }) => ({
        filter: { _id: id, places: { $ne: key }, count: { $gte: 1 + spare } },
        update: { $inc: { count: -1 }, $push: { places: { $each: [key], $slice: -REMEMBERED } } },
      })),
    async changeSessions(changes: readonly SessionChange[]): Promise<void> {
      if (changes.length === 0) return
      await sessions.bulkWrite(
        changes.map(({ id, set, release }) => ({
          updateOne: {
            filter: { _id: id },
            update: { ...(set ? { $set: set } : {}), ...(release ? { $pull: { places: release } } : {}) },
          },
        })),
      )
    },
    /** `release` gives a place back once: the key is gone afterwards. */
    async changeGrants(changes: readonly GrantChange[]): Promise<void> {
      if (changes.length === 0) return
      await grants.bulkWrite(
        changes.map(({ id, clear, release }) => ({
          updateOne: clear
            ? { filter: { _id: id }, update: { $set: { count: 0 } } }
            : {
                filter: { _id: id, places: release ?? '' },
                update: { $inc: { count: 1 }, $pull: { places: release ?? '' } },
              },
        })),
      )
    },
    /** The customers wrote: a new window of 48 hours and five messages. An older instant than the known one changes nothing. */
    async heardFrom(heard: ReadonlyMap<string, { at: Date; messageId: string }>): Promise<void> {
      if (heard.size === 0) return
      const renew = () =>
        sessions.bulkWrite(
          [...heard].map(([_id, { at, messageId }]) => ({
            updateOne: {
              filter: {
                _id,
                $or: [
                  { lastInboundAt: null },
                  { lastInboundAt: { $lt: at } },
                  { lastInboundAt: at, lastInboundId: { $ne: messageId } },
                ],
              },
              update: { $set: { ...FRESH, lastInboundAt: at, lastInboundId: messageId } },
            },
          })),
        )
      // Nearly everybody who writes has written before.
      if ((await renew()).matchedCount === heard.size) return
      await insertMissing(
        sessions,
        [...heard.keys()].map((_id) => ({ _id, ...FRESH })),
      )
      await renew()
    },
    /** Applies one event of the platform once. */
    async applyGrant(_id: string, eventKey: string, change: 'add' | 'clear'): Promise<void> {
      const apply = () =>
        grants.updateOne(
          { _id, seen: { $ne: eventKey } },
          {
            ...(change === 'add' ? { $inc: { count: 1 } } : { $set: { count: 0 } }),
            $push: { seen: { $each: [eventKey], $slice: -REMEMBERED } },
          },
        )
      if ((await apply()).matchedCount === 1) return
      await insertMissing(grants, [{ _id, count: 0, seen: [], places: [] }])
      await apply()
    },
  }
}
