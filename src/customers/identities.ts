/**
 * The identity graph: one human, many identities. Each step is one document's atomic write, in an order that a crash
 * anywhere leaves repairable: who reads follows `mergedInto`, who joins again finishes what was begun.
 */
import type { Announcer } from '../platform/announcements.ts'
import type { Clock } from '../platform/clock.ts'
import { type FieldCrypto, normalizePhone } from '../platform/crypto.ts'
import type { Events } from '../platform/events.ts'
import { hashId } from '../platform/hash.ts'
import { LOST, untilWon } from '../platform/races.ts'
import type { ConflictRow, CustomerRow, CustomerStore } from './model.ts'
import type { CustomerMemory } from './remembered.ts'
import { type Clash, decideJoin, type IdentityKey, identityKey, kindOf } from './rules.ts'
import type { CustomersService } from './types.ts'

export interface GraphDeps {
  store: CustomerStore
  remembered: CustomerMemory
  clock: Clock
  crypto: FieldCrypto
  events: Pick<Events, 'publishMany'>
  announcer: Pick<Announcer, 'announce'>
}

export type JoinInput = Parameters<CustomersService['join']>[0] & {
  /** The clinic's own number: the strongest key; only the clinic's entry gives it. */
  externalId?: string
}

export interface IdentityGraph {
  /** As `CustomersService.join`; the surviving row. */
  join(input: JoinInput): Promise<CustomerRow | null>
  /** Carries on merges that a dead process left half-way. Returns how many. */
  repairMerges(): Promise<number>
  keyOfPhone(phone: string): IdentityKey
  /** A phone as it stands in the record. */
  sealedPhone(phone: string): { phone: string; phoneIndex: string }
}

export const PHONE_FIELD = 'customers.phone'
export const NAME_FIELD = 'customers.name'

/** A person of whom nothing is known yet. */
export const emptyCustomer = (_id: string, now: Date): CustomerRow => ({
  _id,
  externalId: null,
  storeIds: [],
  ownerUserId: null,
  followUserIds: [],
  externalUserIds: [],
  openIds: [],
  unionId: null,
  preferredTime: null,
  deceased: false,
  optOut: { all: false, promotion: false },
  promotionConsentAt: null,
  provisional: true,
  name: null,
  gender: 'unknown',
  phone: null,
  phoneIndex: null,
  email: null,
  skinType: null,
  allergies: null,
  notes: null,
  tags: [],
  mergedInto: null,
  mergeDone: true,
  createdAt: now,
  updatedAt: now,
  revision: 0,
  pending: [],
  announceAt: null,
})

export function createIdentityGraph({ store, remembered, clock, crypto, events, announcer }: GraphDeps): IdentityGraph {
  const keyOfPhone = (phone: string): IdentityKey =>
    identityKey('phone_index', crypto.blindIndex(PHONE_FIELD, normalizePhone(phone)))

  function sealedPhone(phone: string) {
    const plain = normalizePhone(phone)
    return { phone: crypto.seal(PHONE_FIELD, plain), phoneIndex: crypto.blindIndex(PHONE_FIELD, plain) }
  }

  /** Strongest first: the first key also names a person who is created. */
  const keysOf = ({ externalId, unionId, externalUserId, openId, phone }: JoinInput): IdentityKey[] => [
    ...(externalId ? [identityKey('external_id', externalId)] : []),
    ...(unionId ? [identityKey('unionid', unionId)] : []),
    ...(externalUserId ? [identityKey('external_userid', externalUserId)] : []),
    ...(openId ? [identityKey('openid', openId)] : []),
    ...(phone ? [keyOfPhone(phone)] : []),
  ]

  async function ownersOf(keys: readonly IdentityKey[]) {
    const rows = await remembered.identities.many(keys)
    const people = await remembered.people.many([...rows.values()].map(({ customerId }) => customerId))
    for (const { _id, customerId } of rows.values()) {
      // Claimed by a process that died before it wrote the person. A clinic's entry is repeated by the clinic.
      if (people.has(customerId) || kindOf(_id) === 'external_id') continue
      await store.insert([emptyCustomer(customerId, clock.now())])
      const row = await store.raw(customerId)
      if (row) people.set(customerId, row)
    }
    for (const { customerId } of rows.values())
      if (people.get(customerId) && people.get(customerId)?._id !== customerId) await finishMerge(customerId)
    return keys.map((key) => {
      const row = rows.get(key)
      const person = row ? people.get(row.customerId) : undefined
      return {
        key,
        shared: row?.shared ?? false,
        person,
        owner: person ? { ...person, id: person._id } : null,
      }
    })
  }

  async function recordClashes(clashes: readonly Clash[], now: Date): Promise<void> {
    if (clashes.length === 0) return
    const rows = clashes.map(({ kind, key, ownerId, otherId }): ConflictRow => {
      const customerIds = otherId === null ? [ownerId] : [ownerId, otherId]
      return { _id: hashId('conflict', key, ...[...customerIds].sort()), kind, customerIds, firstSeenAt: now }
    })
    await store.insertConflicts(rows)
    await events.publishMany(
      rows.map(({ _id, firstSeenAt }) => ({
        id: `identity.conflict:${_id}`,
        type: 'identity.conflict',
        occurredAt: firstSeenAt,
        data: { conflictId: _id },
      })),
    )
  }

  /** Whoever wanted no messages before the clinic knew who it was still wants none. */
  async function keepWish({ _id, optOut }: CustomerRow, into: CustomerRow): Promise<void> {
    const all = optOut.all && !into.optOut.all
    const promotion = optOut.promotion && !into.optOut.promotion
    if (!all && !promotion) return
    await store.stopMessages(into._id, optOut)
    await events.publishMany([
      {
        id: `customer.opted_out:${_id}:merged`,
        type: 'customer.opted_out',
        occurredAt: clock.now(),
        data: {
          customerId: into._id,
          all: optOut.all || into.optOut.all,
          promotion: optOut.promotion || into.optOut.promotion,
        },
      },
    ])
  }

  /** Everything after the point of no return; safe to repeat. */
  async function finishMerge(fromId: string): Promise<void> {
    const from = await store.raw(fromId)
    const into = (await store.canonical([fromId])).get(fromId)
    if (!from?.mergedInto || !into) return
    await store.moveIdentities(fromId, into._id)
    const { externalUserIds, openIds, followUserIds, storeIds } = from
    await store.addFacts(into._id, { externalUserIds, openIds, followUserIds, storeIds })
    for (const field of ['unionId', 'ownerUserId', 'name'] as const) {
      const value = from[field]
      if (value !== null && into[field] === null) await store.fill(into._id, field, value)
    }
    if (from.phone !== null && from.phoneIndex !== null && into.phone === null)
      await store.fillPhone(into._id, from.phone, from.phoneIndex)
    await keepWish(from, into)
    await announcer.announce('customers', [from])
    await store.mergeDone(fromId)
  }

  /** False when somebody else merged that person just now, perhaps into a third one. */
  async function merge(fromId: string, intoId: string, now: Date): Promise<boolean> {
    const tell = {
      id: `customer.merged:${fromId}`,
      type: 'customer.merged',
      occurredAt: now,
      data: { customerId: fromId, intoCustomerId: intoId },
    }
    const mine = await store.markMerged(fromId, intoId, now, tell)
    if (mine) await finishMerge(fromId)
    return mine
  }

  /**
   * A new person for identities that nobody has; null when somebody took the first of them meanwhile. The identity comes
   * before the record, so that a lost race leaves no record that nothing points to.
   */
  async function createProvisional(keys: readonly IdentityKey[], now: Date): Promise<string | null> {
    const [first] = keys
    if (first === undefined) return null
    for (let n = 0; ; n++) {
      // Named by its first key, so that two who create the same person make one; counted on where that one is long merged.
      const id = hashId('customer', first, n)
      if ((await store.raw(id))?.mergedInto) continue
      await store.claim([first], id)
      const [identity] = await store.identities([first])
      if (identity?.customerId !== id) return null
      await store.insert([emptyCustomer(id, now)])
      return id
    }
  }

  async function claimAll(keys: readonly IdentityKey[], customerId: string): Promise<boolean> {
    if ((await store.claim(keys, customerId)) === keys.length) return true
    const rows = await store.identities(keys)
    return rows.every((row) => row.customerId === customerId)
  }

  /** What a join adds to the person, without a write when the record has it all. */
  async function enrich(person: CustomerRow, input: JoinInput, owned: readonly IdentityKey[]): Promise<boolean> {
    const has = (key: IdentityKey) => owned.includes(key)
    const { externalUserId, openId, followUserId, unionId, phone, displayName } = input
    const missing = (list: readonly string[], value: string | undefined) =>
      value !== undefined && !list.includes(value) ? [value] : []
    const ofGraph = externalUserId && has(identityKey('external_userid', externalUserId)) ? externalUserId : undefined
    const ok = await store.addFacts(person._id, {
      externalUserIds: missing(person.externalUserIds, ofGraph),
      openIds: missing(person.openIds, openId && has(identityKey('openid', openId)) ? openId : undefined),
      followUserIds: missing(person.followUserIds, followUserId?.toLowerCase()),
    })
    if (!ok) return false
    if (unionId && person.unionId === null && has(identityKey('unionid', unionId)))
      await store.fill(person._id, 'unionId', unionId)
    if (phone && person.phone === null && has(keyOfPhone(phone))) {
      const sealed = sealedPhone(phone)
      await store.fillPhone(person._id, sealed.phone, sealed.phoneIndex)
    }
    if (displayName && person.name === null) await store.fill(person._id, 'name', crypto.seal(NAME_FIELD, displayName))
    return true
  }

  async function join(input: JoinInput): Promise<CustomerRow | null> {
    const keys = keysOf(input)
    if (keys.length === 0) return null
    const now = clock.now()
    // Each round is lost only to somebody else's progress on the same few identities.
    return untilWon({ kinds: keys.map(kindOf) }, async () => {
      const found = await ownersOf(keys)
      const decision = decideJoin(found, input.unionId ?? null)
      // With nothing but a number that several people share, nobody can be told, and nobody made.
      if (!decision.target && (!input.create || decision.claim.length === 0)) {
        await recordClashes(decision.clashes, now)
        return null
      }
      const targetId = decision.target?.id ?? (await createProvisional(decision.claim, now))
      // Losing one of these to somebody else means that the two are one human: look again.
      if (targetId === null) return LOST
      let overtaken = false
      for (const other of decision.absorb) overtaken = !(await merge(other.id, targetId, now)) || overtaken
      if (overtaken) return LOST
      if (!(await claimAll(decision.claim, targetId))) return LOST
      await recordClashes(
        decision.clashes.map((clash) => ({ ...clash, otherId: targetId })),
        now,
      )
      const before = found.find(({ person }) => person?._id === targetId)?.person ?? (await store.raw(targetId))
      const refused = new Set<string>(decision.clashes.map(({ key }) => key))
      const owned = keys.filter((key) => !refused.has(key))
      const untouched = decision.absorb.length === 0 && decision.claim.length === 0 && decision.target !== null
      if (!before || !(await enrich(before, input, owned))) return LOST
      if (untouched && isKnownAlready(before, input)) return before
      return (await store.canonical([targetId])).get(targetId) ?? null
    })
  }

  return {
    join,
    keyOfPhone,
    sealedPhone,
    async repairMerges() {
      const rows = await store.unfinishedMerges(500)
      for (const { _id } of rows) await finishMerge(_id)
      return rows.length
    },
  }
}

/** Whether a join told us nothing new, so that the row read before it is still the answer. */
const isKnownAlready = (
  row: CustomerRow,
  { externalUserId, openId, followUserId, unionId, phone, displayName }: JoinInput,
) =>
  (!externalUserId || row.externalUserIds.includes(externalUserId)) &&
  (!openId || row.openIds.includes(openId)) &&
  (!followUserId || row.followUserIds.includes(followUserId.toLowerCase())) &&
  (!unionId || row.unionId === unionId) &&
  (!phone || row.phone !== null) &&
  (!displayName || row.name !== null)
