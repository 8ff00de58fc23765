/** Customers: who they are, how they are addressed, what they wish. */
import { isDeepStrictEqual } from 'node:util'
import type { Announcer } from '../platform/announcements.ts'
import type { BulkAnswer, BulkOptions } from '../platform/bulk.ts'
import { normalizePhone } from '../platform/crypto.ts'
import { AppError, conflict, notFound } from '../platform/errors.ts'
import type { DomainEvent } from '../platform/events.ts'
import { hashId } from '../platform/hash.ts'
import { createRecall, type Memory } from '../platform/memory.ts'
import { LOST, untilWon } from '../platform/races.ts'
import type { PageRequest } from '../platform/views.ts'
import { createBulkEntry } from './bulk.ts'
import { type CustomerCard, type CustomerInput, type CustomerPatch, createCustomerFacts, customerOf } from './facts.ts'
import { emptyCustomer, type GraphDeps, type IdentityGraph, PHONE_FIELD } from './identities.ts'
import type { ConflictRow, CustomerRow } from './model.ts'
import { type IdentityKey, identityKey } from './rules.ts'
import type { CustomersService } from './types.ts'

/** What this room's own routes need beyond the contract. */
export interface CustomersDesk extends CustomersService {
  /**
   * Writes a customer by the clinic's own number; safe to repeat. A provisional person with the same phone or WeChat
   * identity becomes this customer.
   *
   * @throws AppError conflict/identity_taken: a given WeChat identity belongs to another known customer
   * @throws AppError invalid/phone_malformed, invalid/email_malformed
   */
  upsert(input: CustomerInput): Promise<CustomerCard>
  /** @throws AppError not_found/customer_not_found, invalid/email_malformed */
  patch(customerId: string, patch: CustomerPatch): Promise<CustomerCard>
  /** @throws AppError not_found/customer_not_found */
  card(customerId: string): Promise<CustomerCard>
  page(filter: { phone?: string; externalId?: string }, request: PageRequest): Promise<CustomerCard[]>
  conflictsPage(request: PageRequest): Promise<ConflictRow[]>
  /**
   * As `upsert` for many whose numbers differ, each with its own answer: a constant number of commands, and more only for
   * those that have changed or share a phone. What was said already writes nothing.
   */
  putMany(inputs: readonly CustomerInput[], options?: BulkOptions): Promise<BulkAnswer[]>
  /** The same where nothing can be wrong: their ids. @throws AppError as `upsert`, of the first that is refused */
  insertMany(inputs: readonly CustomerInput[]): Promise<string[]>
}

export interface CustomersDeps extends GraphDeps {
  graph: IdentityGraph
  announcer: Announcer
  memory?: Memory
}

const customerIdOf = (externalId: string): string => hashId('customer', identityKey('external_id', externalId))

export function createCustomersService(deps: CustomersDeps): CustomersDesk {
  const { store, clock, crypto, graph, announcer, memory, remembered } = deps
  const { factsOf, cardOf, contactOf } = createCustomerFacts(crypto, clock)
  const rowOf = async (id: string): Promise<CustomerRow | null> => (await store.canonical([id])).get(id) ?? null
  const { people, identities } = remembered
  const kin = createRecall<string[]>(
    { clock, memory, collections: ['customers'], field: 'mergedInto' },
    async (asked) => {
      const rows = await people.many(asked)
      const ownOf = (id: string) => rows.get(id)?._id ?? id
      /** By every id of a customer, all of them. */
      const all = new Map(asked.map((id) => [ownOf(id), [ownOf(id)]]))
      for (let ring = [...all.keys()]; ring.length > 0; ) {
        const merged = (await store.mergedFrom(ring)).filter(({ _id }) => !all.has(_id))
        for (const { _id, mergedInto } of merged) {
          const ids = all.get(mergedInto ?? '') ?? []
          ids.push(_id)
          all.set(_id, ids)
        }
        ring = merged.map(({ _id }) => _id)
      }
      return asked.map((id) => [id, all.get(ownOf(id)) ?? [id]] as const)
    },
  )
  const known = async (id: string): Promise<CustomerRow> => {
    const row = await rowOf(id)
    if (!row) throw notFound('customer_not_found', { customerId: id })
    return row
  }

  /** What others must hear of a change. Publishing again is harmless: ids carry the revision that the change makes. */
  function tellingsOf(before: CustomerRow, set: Partial<CustomerRow>, now: Date): DomainEvent[] {
    const { all, promotion } = set.optOut ?? before.optOut
    const stopped = (type: string): DomainEvent => ({
      id: `${type}:${before._id}:${before.revision + 1}`,
      type,
      occurredAt: now,
      data: { customerId: before._id, all, promotion },
    })
    const more = (all && !before.optOut.all) || (promotion && !before.optOut.promotion)
    return [
      ...(set.deceased && !before.deceased ? [stopped('customer.deceased')] : []),
      ...(more ? [stopped('customer.opted_out')] : []),
    ]
  }

  const change = (customerId: string, input: Partial<CustomerInput>): Promise<CustomerRow> =>
    untilWon({ customerId }, async () => {
      const before = await known(customerId)
      const now = clock.now()
      const facts = factsOf(input, before)
      if (isDeepStrictEqual({ ...before, ...facts }, before)) return before
      const tell = tellingsOf(before, facts, now)
      const set = {
        ...facts,
        updatedAt: now,
        ...(tell.length > 0 ? { announceAt: announcer.fields(tell, now).announceAt } : {}),
      }
      if (!(await store.change(before._id, before.revision, set, tell))) return LOST
      // A number given up may be somebody else's tomorrow.
      if (before.phoneIndex && facts.phoneIndex !== undefined && facts.phoneIndex !== before.phoneIndex)
        await store.release(identityKey('phone_index', before.phoneIndex), before._id)
      if (tell.length > 0) await announcer.announce('customers', [{ _id: before._id, pending: tell }])
      return known(before._id)
    })

  /** @throws AppError conflict/identity_taken */
  async function checkIdentities(customerId: string, { identities = {} }: CustomerInput): Promise<void> {
    const keys: IdentityKey[] = [
      ...(identities.externalUserId ? [identityKey('external_userid', identities.externalUserId)] : []),
      ...(identities.unionId ? [identityKey('unionid', identities.unionId)] : []),
      ...(identities.openId ? [identityKey('openid', identities.openId)] : []),
    ]
    if (keys.length === 0) return
    const owners = await store.canonical((await store.identities(keys)).map((row) => row.customerId))
    for (const owner of owners.values())
      if (!owner.provisional && owner._id !== customerId) throw conflict('identity_taken', { customerId: owner._id })
  }

  /** Hands the customer the phone and identities, and takes in provisional people who have them. */
  async function settle(input: CustomerInput): Promise<CustomerRow> {
    const joined = await graph.join({
      externalId: input.externalId,
      ...(input.identities ?? {}),
      ...(input.phone ? { phone: input.phone } : {}),
    })
    if (!joined) throw new AppError('internal', 'internal', { reason: 'the entered customer is missing' })
    if (!input.phone) return joined
    const key = graph.keyOfPhone(input.phone)
    const [identity] = await store.identities([key])
    const owner = identity ? (await store.canonical([identity.customerId])).get(identity.customerId) : undefined
    // Two known customers, one number (mother and daughter): from now on it tells nobody apart.
    if (owner && owner._id !== joined._id && !identity?.shared) await store.share(key)
    return joined
  }

  const newRow = (input: CustomerInput, now: Date): CustomerRow => {
    const empty = emptyCustomer(customerIdOf(input.externalId), now)
    const row = { ...empty, provisional: false, ...factsOf(input, empty) }
    return { ...row, ...announcer.fields(tellingsOf(empty, row, now), now) }
  }
  const bulk = { ...deps, factsOf, idOf: customerIdOf, newRow, checkIdentities, change, settle }
  const putMany = createBulkEntry(bulk)

  return {
    async get(id) {
      const row = (await people.many([id])).get(id)
      return row ? customerOf(row) : null
    },
    async getMany(ids) {
      if (ids.length === 0) return new Map()
      return new Map([...(await people.many(ids))].map(([id, row]) => [id, customerOf(row)]))
    },
    async contacts(ids) {
      if (ids.length === 0) return new Map()
      return new Map([...(await people.many(ids))].map(([id, row]) => [id, contactOf(row)]))
    },
    async findByIdentity(kind, value) {
      const isIndex = kind !== 'phone_index' || /^[0-9a-f]{32}$/.test(value)
      const key = isIndex ? identityKey(kind, value) : graph.keyOfPhone(value)
      const identity = (await identities.many([key])).get(key)
      if (!identity || identity.shared) return null
      const row = (await people.many([identity.customerId])).get(identity.customerId)
      return row ? customerOf(row) : null
    },
    async findByIdentities(kind, values) {
      if (values.length === 0) return new Map()
      const found = [...(await identities.many(values.map((one) => identityKey(kind, one)))).values()]
      const rows = await people.many(found.map(({ customerId }) => customerId))
      return new Map(
        found.flatMap(({ _id, customerId, shared }) => {
          const row = shared ? undefined : rows.get(customerId)
          return row ? [[_id.slice(kind.length + 1), customerOf(row)] as const] : []
        }),
      )
    },
    idsOf: async (id) => [...((await kin.many([id])).get(id) ?? [id])],
    idsOfMany: async (ids) => new Map([...(await kin.many(ids))].map(([id, all]) => [id, [...all]])),
    passedOn: async (cause) =>
      (await store.passedOn(cause)).map(({ _id, storeIds, ownerUserId, followUserIds, externalUserIds }) => ({
        customerId: _id,
        storeId: storeIds[0] ?? '',
        ownerUserId,
        followUserIds,
        externalUserIds,
      })),
    async addStore(customerId, storeId) {
      await store.addFacts(customerId, { storeIds: [storeId] })
    },
    async join(input) {
      const row = await graph.join(input)
      return row ? customerOf(row) : null
    },

    async upsert(input) {
      const id = customerIdOf(input.externalId)
      await checkIdentities(id, input)
      const row = newRow(input, clock.now())
      // The number first: of two processes with the same customer one row comes out, whoever writes it.
      await store.claim([identityKey('external_id', input.externalId)], id)
      if ((await store.insert([row])) > 0) await announcer.announce('customers', [row])
      else await change(id, input)
      return cardOf(await settle(input))
    },
    patch: async (id, patch) => cardOf(await change(id, patch)),
    card: async (id) => cardOf(await known(id)),
    async page({ phone, externalId }, request) {
      const phoneIndex = phone === undefined ? undefined : crypto.blindIndex(PHONE_FIELD, normalizePhone(phone))
      if (externalId === undefined) {
        const rows = await store.page(phoneIndex === undefined ? {} : { phoneIndex }, request)
        return rows.map(cardOf)
      }
      const row = await rowOf(customerIdOf(externalId))
      return row && (phoneIndex === undefined || row.phoneIndex === phoneIndex) ? [cardOf(row)] : []
    },
    conflictsPage: (request) => store.conflictsPage(request),

    putMany,
    async insertMany(inputs) {
      for (const answer of await putMany(inputs)) if (answer instanceof AppError) throw answer
      return inputs.map(({ externalId }) => customerIdOf(externalId))
    },
  }
}
