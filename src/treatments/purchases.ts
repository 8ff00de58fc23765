/** Purchases: money paid, as the clinic's receipts say it. Append-only: a number means one purchase for ever. */
import type { CustomersService } from '../customers/index.ts'
import type { Announcer } from '../platform/announcements.ts'
import type { BulkAnswer, BulkOptions } from '../platform/bulk.ts'
import type { Clock } from '../platform/clock.ts'
import { AppError, conflict, invalid } from '../platform/errors.ts'
import { hashId, sha256Hex } from '../platform/hash.ts'
import type { Memory } from '../platform/memory.ts'
import type { PageRequest } from '../platform/views.ts'
import { writeMany } from './bulk.ts'
import { type PurchaseRow, type RecordStore, rememberById } from './model.ts'
import type { CustomerRef, ListFilter, References } from './references.ts'
import type { ProductType, Purchase } from './types.ts'

export interface PurchaseInput extends CustomerRef {
  externalId: string
  storeId: string
  paidAt: Date
  amountFen: number
  items: { name: string; code?: string | null; type?: ProductType; quantity: number; amountFen: number }[]
}

export interface PurchaseDesk {
  /**
   * Records a purchase and announces it; the same entry again gives the same record.
   *
   * @throws AppError conflict/external_id_conflict: the number is taken by other facts
   * @throws AppError as `References.resolve`
   */
  record(input: PurchaseInput): Promise<Purchase>
  /** Many at once, each with its own answer: a number that other facts have is refused. Their numbers differ. */
  recordMany(inputs: readonly PurchaseInput[], options?: BulkOptions): Promise<BulkAnswer[]>
  getMany(ids: readonly string[]): Promise<Map<string, Purchase>>
  page(wanted: ListFilter, request: PageRequest): Promise<(Purchase & { _id: string })[]>
}

export interface PurchaseDeps {
  store: RecordStore<PurchaseRow>
  references: References
  customers: Pick<CustomersService, 'idsOf' | 'getMany'>
  announcer: Announcer
  clock: Clock
  memory?: Memory
}

const purchaseOf = (row: PurchaseRow): Purchase => ({
  id: row._id,
  externalId: row.externalId,
  customerId: row.customerId,
  storeId: row.storeId,
  paidAt: row.paidAt,
  amountFen: row.amountFen,
  items: row.items,
})

export function createPurchaseDesk({
  store,
  references,
  customers,
  announcer,
  clock,
  memory,
}: PurchaseDeps): PurchaseDesk {
  const records = rememberById('purchases', store, { clock, memory }, purchaseOf)
  /** The record of each entry as it would be if it were new, or why it can't be. */
  async function rowsOf(inputs: readonly PurchaseInput[], now: Date): Promise<(PurchaseRow | AppError)[]> {
    const resolved = await references.resolveEach(
      inputs.map(({ customerId, customerExternalId, storeId }) => ({
        ...(customerId ? { customerId } : {}),
        ...(customerExternalId ? { customerExternalId } : {}),
        storeId,
      })),
    )
    return inputs.map(({ externalId, storeId, paidAt, amountFen, items: given }, i) => {
      const unknown = given.find(({ code }) => code != null && !references.kind(code))
      if (unknown) return invalid('unknown_treatment_code', { code: unknown.code })
      const refs = resolved[i]
      if (!refs) throw new AppError('internal', 'internal')
      if (refs instanceof AppError) return refs
      const items = given.map(({ name, code, type, quantity, amountFen: fen }) => ({
        name,
        code: code ?? null,
        ...(type ? { type } : {}),
        quantity,
        amountFen: fen,
      }))
      const _id = hashId('purchase', externalId)
      const facts = { storeId, paidAt, amountFen, items }
      const event = {
        id: `purchase.recorded:${_id}`,
        type: 'purchase.recorded',
        occurredAt: now,
        data: { purchaseId: _id, customerId: refs.customer.id, storeId },
      }
      return {
        _id,
        externalId,
        customerId: refs.customer.id,
        ...facts,
        digest: sha256Hex(JSON.stringify(facts)),
        revision: 0,
        updatedAt: now,
        ...announcer.fields([event], now),
      }
    })
  }

  /** @throws AppError conflict/external_id_conflict: the number is taken by other facts */
  async function checkSame(known: PurchaseRow | undefined, row: PurchaseRow): Promise<'same'> {
    const isOwner = async () =>
      known?.customerId === row.customerId ||
      (known && (await customers.getMany([known.customerId])).get(known.customerId)?.id === row.customerId)
    if (known?.digest !== row.digest || !(await isOwner()))
      throw conflict('external_id_conflict', { purchaseId: row._id })
    return 'same'
  }

  return {
    async record(input) {
      const [row] = await rowsOf([input], clock.now())
      if (!row) throw new AppError('internal', 'internal')
      if (row instanceof AppError) throw row
      if ((await store.insert([row])) > 0) {
        await announcer.announce('purchases', [row])
        return purchaseOf(row)
      }
      const [known] = await store.byIds([row._id])
      await checkSame(known, row)
      return purchaseOf(known ?? row)
    },
    async recordMany(inputs, options = {}) {
      return writeMany(
        {
          store,
          announcer,
          collection: 'purchases',
          rows: await rowsOf(inputs, clock.now()),
          judge: checkSame,
          change: async () => undefined,
        },
        options,
      )
    },
    getMany: records.many,
    async page({ customer, externalId }, request) {
      const ids = customer === null ? null : await customers.idsOf((await references.customer(customer)).id)
      const one = externalId === null ? null : hashId('purchase', externalId)
      return (await store.page(ids, one, request)).map((row) => ({ ...purchaseOf(row), _id: row._id }))
    },
  }
}
