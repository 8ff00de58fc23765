/**
 * Contacts of who leaves, or gives customers away, handed over in WeCom: asked for once, then looked after until each customer has
 * been taken, has refused, or can't go, with the reason. A repeat starts nothing twice, so a death anywhere is made up for.
 */

import type { CustomersFeature, CustomersService } from '../customers/index.ts'
import { backoffMs, type RowResult } from '../platform/claims.ts'
import { addMs, type Clock } from '../platform/clock.ts'
import { type DueTable, due } from '../platform/due.ts'
import { AppError } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { StaffService } from '../staff/index.ts'
import type { TasksService } from '../tasks/index.ts'
import {
  isVendorError,
  RateLimited,
  type Rates,
  TRANSFER_BATCH,
  type WecomClient,
  withinRates,
} from '../wecom/index.ts'
import { afterResults, afterStart, type HandedOver, handoverNote, isOpen, nextLook } from './handover-rules.ts'
import { HANDOVERS, type HandoverRow, type NewHandover, type RelationsStore } from './model.ts'

export interface HandoverDeps {
  store: RelationsStore
  wecom: Pick<WecomClient, 'transferCustomers' | 'transferResults'>
  rates: Pick<Rates, 'reserve' | 'block'>
  customers: Pick<CustomersService, 'passedOn' | 'getMany'>
  contacts: Pick<CustomersFeature['externalContacts'], 'refresh'>
  staff: Pick<StaffService, 'members'>
  tasks: Pick<TasksService, 'tell'>
  /** What a customer reads when a colleague who stays hands over; at most 200 characters. */
  wordsFor: (taker: { userId: string; storeId: string }) => Promise<string>
  clock: Clock
  random: Random
  log: Log
  leaseMs: number
  nudge: (table: string) => void
}

export interface Handovers {
  due: DueTable
  /** For everybody whom `customers.passed_on` of this cause gave to somebody else. Safe to repeat. */
  afterLeaving(cause: string, fromUserId: string): Promise<void>
  /** Of a colleague who stays. Safe to repeat under the same cause. Returns how many customers it concerns. */
  begin(cause: string, order: Order): Promise<number>
  /** WeCom says that something has happened: it is looked at now. */
  hurry(toUserId: string, externalUserId: string): Promise<void>
}

export interface Order {
  storeId: string
  fromUserId: string
  toUserId: string
  hasLeft: boolean
  customers: readonly { customerId: string; externalUserId: string }[]
}

const BATCH = 5
const MAX_RESULT_PAGES = 100
const BUCKETS = { ask: 'externalcontact/transfer_customer', look: 'externalcontact/transfer_result' }
const isAsked = ({ customers }: HandoverRow): boolean => customers.every(({ state }) => state !== 'to_ask')
/** The member whom we think gone is still there: the other path. */
const STILL_THERE = 40097

export function createHandovers(deps: HandoverDeps): Handovers {
  const { store, wecom, rates, customers, contacts, staff, tasks, clock, random, log, leaseMs, nudge } = deps
  const rowsOf = (cause: string, { customers: people, ...order }: Order): NewHandover[] =>
    Array.from({ length: Math.ceil(people.length / TRANSFER_BATCH) }, (_, i) => ({
      _id: hashId('handover', cause, order.storeId, order.fromUserId, order.toUserId, i),
      cause,
      ...order,
      customers: people
        .slice(i * TRANSFER_BATCH, (i + 1) * TRANSFER_BATCH)
        .map((one): HandedOver => ({ ...one, state: 'to_ask', at: null })),
    }))

  async function insert(rows: readonly NewHandover[]): Promise<void> {
    if (rows.length === 0) return
    await store.handover.insert(rows, clock.now())
    nudge(HANDOVERS)
  }

  async function ask(row: HandoverRow): Promise<HandedOver[]> {
    const { fromUserId, toUserId, storeId, hasLeft } = row
    const wanted = row.customers.filter(({ state }) => state === 'to_ask').map(({ externalUserId }) => externalUserId)
    const message = hasLeft ? {} : { message: await deps.wordsFor({ userId: toUserId, storeId }) }
    try {
      const pair = { fromUserId, toUserId, hasLeft }
      const answers = await wecom.transferCustomers({ ...pair, externalUserIds: wanted, ...message })
      return afterStart(row.customers, answers, clock.now())
    } catch (error) {
      // Nobody of this request can go over: of the two members one is unknown, or may not.
      if (!isVendorError(error) || error.action !== 'stop' || error.errcode === STILL_THERE) throw error
      const answers = wanted.map((externalUserId) => ({ externalUserId, start: 'member' as const }))
      return afterStart(row.customers, answers, clock.now())
    }
  }

  async function look(row: HandoverRow): Promise<HandedOver[]> {
    try {
      return afterResults(row.customers, await resultsOf(row), row.startedAt ?? clock.now(), clock.now())
    } catch (error) {
      if (!isVendorError(error) || error.action !== 'stop' || error.errcode === STILL_THERE) throw error
      log.warn({ err: error, handover: row._id }, 'WeCom does not tell what became of a hand-over')
      return lookAtContacts(row)
    }
  }

  /** One of the two has left meanwhile, and WeCom answers no more about them: whose contacts they are by now says enough. */
  async function lookAtContacts({ toUserId, customers: people, startedAt }: HandoverRow): Promise<HandedOver[]> {
    const waiting = people.filter(isOpen)
    const [known, members] = await Promise.all([
      customers.getMany(waiting.map(({ customerId }) => customerId)),
      staff.members([toUserId]),
    ])
    const isThere = members.get(toUserId)?.active ?? false
    const results = waiting.map(({ customerId, externalUserId }) => {
      const isTaken = known.get(customerId)?.followUserIds.includes(toUserId) ?? false
      const outcome = isTaken ? ('done' as const) : isThere ? ('waiting' as const) : ('member' as const)
      return { externalUserId, outcome }
    })
    return afterResults(people, results, startedAt ?? clock.now(), clock.now())
  }

  async function resultsOf({ fromUserId, toUserId, hasLeft }: HandoverRow) {
    const results: Awaited<ReturnType<WecomClient['transferResults']>>['customers'] = []
    let cursor: string | null = null
    for (let page = 0; page < MAX_RESULT_PAGES; page++) {
      const answer: Awaited<ReturnType<WecomClient['transferResults']>> = await wecom.transferResults({
        fromUserId,
        toUserId,
        hasLeft,
        cursor,
      })
      results.push(...answer.customers)
      cursor = answer.nextCursor
      if (!cursor) break
    }
    return results
  }

  /** Once for all that was begun for one cause in one store. */
  async function tell({ cause, storeId, fromUserId }: HandoverRow): Promise<void> {
    const rows = (await store.handover.ofCause(cause)).filter((one) => one.storeId === storeId)
    if (rows.some(({ finishedAt }) => finishedAt === null)) return
    const all = rows.flatMap(({ customers: people, toUserId }) => people.map(({ state }) => ({ state, toUserId })))
    const names = await staff.members([fromUserId, ...rows.map(({ toUserId }) => toUserId)])
    const nameOf = (id: string) => names.get(id)?.name ?? '同事'
    await tasks.tell([
      {
        key: `handover:${hashId(cause, storeId)}`,
        storeId,
        role: 'store_manager',
        userIds: [...new Set(rows.map(({ toUserId }) => toUserId))],
        said: { text: handoverNote(all, nameOf(fromUserId), nameOf) },
        at: clock.now(),
      },
    ])
  }

  /** The next state; null: somebody else has the row. */
  async function advance(row: HandoverRow): Promise<Record<string, unknown> | null> {
    const people = isAsked(row) ? await look(row) : await ask(row)
    const startedAt = row.startedAt ?? clock.now()
    const isOver = !people.some(isOpen)
    const known = { customers: people, startedAt, finishedAt: isOver ? clock.now() : null }
    const wasOpen = new Set(row.customers.filter(isOpen).map(({ externalUserId }) => externalUserId))
    for (const { externalUserId, state } of people)
      if (state === 'done' && wasOpen.has(externalUserId)) await contacts.refresh(externalUserId, { create: false })
    // Kept after the records follow: a death in between asks WeCom again, which answers the same.
    if (!(await store.handover.progress(row._id, row.claim, known))) return null
    if (!isOver) return { dueAt: nextLook(startedAt, clock.now()), attempt: 0, lastError: null }
    await tell({ ...row, ...known })
    return { dueAt: null, attempt: 0, lastError: null }
  }

  async function work(row: HandoverRow): Promise<RowResult | null> {
    const { _id, claim } = row
    try {
      const set = await withinRates(rates, isAsked(row) ? BUCKETS.look : BUCKETS.ask, () => advance(row))
      return set && { _id, claim, set }
    } catch (error) {
      const now = clock.now()
      if (isVendorError(error) && error.errcode === STILL_THERE && row.hasLeft)
        return { _id, claim, set: { hasLeft: false, dueAt: now } }
      if (error instanceof RateLimited) return { _id, claim, set: { dueAt: error.retryAt } }
      log.warn({ err: error, handover: _id }, 'hand-over of contacts failed')
      const attempt = row.attempt + 1
      const lastError = error instanceof AppError ? error.code : 'internal'
      return { _id, claim, set: { attempt, lastError, dueAt: addMs(now, backoffMs(attempt)) } }
    }
  }

  return {
    async afterLeaving(cause, fromUserId) {
      const orders = new Map<string, Order & { customers: { customerId: string; externalUserId: string }[] }>()
      for (const { customerId, storeId, ownerUserId, followUserIds, externalUserIds } of await customers.passedOn(
        cause,
      )) {
        // Only who is a contact of the one who left can be handed over, and only to whom isn't one already.
        if (!ownerUserId || !followUserIds.includes(fromUserId) || followUserIds.includes(ownerUserId)) continue
        const key = `${storeId} ${ownerUserId}`
        const order = orders.get(key) ?? { storeId, fromUserId, toUserId: ownerUserId, hasLeft: true, customers: [] }
        order.customers.push(...externalUserIds.map((externalUserId) => ({ customerId, externalUserId })))
        orders.set(key, order)
      }
      await insert([...orders.values()].flatMap((order) => rowsOf(cause, order)))
    },
    async begin(cause, order) {
      await insert(rowsOf(cause, order))
      return order.customers.length
    },
    async hurry(toUserId, externalUserId) {
      await store.handover.hurry(toUserId, externalUserId, clock.now())
      nudge(HANDOVERS)
    },
    due: due({
      table: HANDOVERS,
      nextDueAt: () => store.handover.nextDueAt(),
      whole: true,
      async drain(now) {
        const wall = clock.wall()
        const rows = await store.handover.claim({ now, wall, limit: BATCH, leaseMs, token: random.id() })
        for (const row of rows) {
          const result = await work(row)
          if (result) await store.handover.finish([result])
        }
        return { handled: rows.length }
      },
    }),
  }
}
