/** Many customers at once: a constant number of commands, and single ones only for whoever shares a number or has changed. */
import { isDeepStrictEqual } from 'node:util'
import type { Announcer } from '../platform/announcements.ts'
import { answerOf, type BulkAnswer, type BulkOptions, type Written } from '../platform/bulk.ts'
import type { Clock } from '../platform/clock.ts'
import { AppError } from '../platform/errors.ts'
import type { CustomerFacts, CustomerInput } from './facts.ts'
import type { IdentityGraph } from './identities.ts'
import type { CustomerRow, CustomerStore } from './model.ts'
import { type IdentityKey, identityKey } from './rules.ts'

/** The service's own steps for one customer, which this takes wherever a batch can't do. */
export interface BulkDeps {
  store: CustomerStore
  graph: Pick<IdentityGraph, 'keyOfPhone'>
  announcer: Announcer
  clock: Clock
  factsOf: CustomerFacts['factsOf']
  idOf: (externalId: string) => string
  newRow: (input: CustomerInput, now: Date) => CustomerRow
  checkIdentities: (customerId: string, input: CustomerInput) => Promise<void>
  change: (customerId: string, input: CustomerInput) => Promise<CustomerRow>
  settle: (input: CustomerInput) => Promise<CustomerRow>
}

export function createBulkEntry(deps: BulkDeps) {
  const { store, graph, announcer, clock, factsOf, idOf, newRow, checkIdentities, change, settle } = deps

  /** Numbers before records, as for a single customer. */
  async function insert(rows: readonly CustomerRow[]): Promise<void> {
    await store.claimRows(
      rows.map(({ _id, externalId }) => ({
        _id: identityKey('external_id', externalId ?? ''),
        customerId: _id,
        shared: false,
      })),
    )
    await store.insert(rows)
    await announcer.announce(
      'customers',
      rows.filter(({ pending }) => pending.length > 0),
    )
  }

  /** Who has which of these phones once the free ones are taken. */
  async function claimPhones(wanted: ReadonlyMap<IdentityKey, string>) {
    const keys = [...wanted.keys()]
    const known = await store.identities(keys)
    const taken = new Set(known.map(({ _id }) => _id))
    const free = [...wanted].filter(([key]) => !taken.has(key))
    const claimed = await store.claimRows(free.map(([_id, customerId]) => ({ _id, customerId, shared: false })))
    const all =
      claimed === free.length
        ? [...known, ...free.map(([_id, customerId]) => ({ _id, customerId, shared: false }))]
        : await store.identities(keys)
    return new Map(all.map((row) => [row._id, row]))
  }

  /** As `CustomersDesk.putMany`. */
  return async function putMany(
    inputs: readonly CustomerInput[],
    { dryRun = false }: BulkOptions = {},
  ): Promise<BulkAnswer[]> {
    const now = clock.now()
    const before = await store.canonical(inputs.map(({ externalId }) => idOf(externalId)))
    const answers: BulkAnswer[] = []
    const fresh: CustomerRow[] = []
    for (const input of inputs) {
      const id = idOf(input.externalId)
      answers.push(
        await answerOf(async () => {
          await checkIdentities(id, input)
          const row = before.get(id)
          if (row) return isDeepStrictEqual({ ...row, ...factsOf(input, row) }, row) ? 'same' : 'changed'
          fresh.push(newRow(input, now))
          return 'new'
        }),
      )
    }
    if (dryRun) return answers

    await insert(fresh)
    for (const [i, input] of inputs.entries())
      if (answers[i] === 'changed')
        answers[i] = await answerOf(async (): Promise<Written> => {
          await change(idOf(input.externalId), input)
          return 'changed'
        })
    // Also for those that say nothing new: a process may have died between their record and their phone.
    const accepted = inputs.filter((_, i) => !(answers[i] instanceof AppError))
    const keyOf = ({ phone }: CustomerInput) => (phone ? graph.keyOfPhone(phone) : null)
    const wanted = new Map<IdentityKey, string>()
    for (const input of accepted) {
      const key = keyOf(input)
      if (key && !wanted.has(key)) wanted.set(key, before.get(idOf(input.externalId))?._id ?? idOf(input.externalId))
    }
    const owners = await claimPhones(wanted)
    for (const input of accepted) {
      const key = keyOf(input)
      const owner = key ? owners.get(key) : undefined
      const id = before.get(idOf(input.externalId))?._id ?? idOf(input.externalId)
      // Somebody else has the number, or more identities come along: the careful way.
      if (input.identities || (owner && owner.customerId !== id && !owner.shared)) await settle(input)
    }
    return answers
  }
}
