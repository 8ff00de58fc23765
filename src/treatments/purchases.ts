/** Purchases: money paid, as the clinic's receipts say it. Append-only: a number means one purchase for ever. */
import type { CustomersService } from '../customers/index.ts'
import type { Announcer } from '../platform/announcements.ts'
import type { Clock } from '../platform/clock.ts'
import { AppError, conflict, invalid } from '../platform/errors.ts'
import { hashId, sha256Hex } from '../platform/hash.ts'
import type { PageRequest } from '../platform/views.ts'
import type { PurchaseRow, RecordStore } from './model.ts'
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
  getMany(ids: readonly string[]): Promise<Map<string, Purchase>>
  page(wanted: ListFilter, request: PageRequest): Promise<(Purchase & { _id: string })[]>
}

export interface PurchaseDeps {
  store: RecordStore<PurchaseRow>
  references: References
  customers: Pick<CustomersService, 'idsOf' | 'getMany'>
  announcer: Announcer
  clock: Clock
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

export function createPurchaseDesk({ store, references, customers, announcer, clock }: PurchaseDeps): PurchaseDesk {
  return {
    async record({ customerId, customerExternalId, externalId, storeId, paidAt, amountFen, items: given }) {
      const ref = { ...(customerId ? { customerId } : {}), ...(customerExternalId ? { customerExternalId } : {}) }
      const items = given.map(({ name, code, type, quantity, amountFen: fen }) => ({
        name,
        code: code ?? null,
        ...(type ? { type } : {}),
        quantity,
        amountFen: fen,
      }))
      for (const { code } of items)
        if (code !== null && !references.kind(code)) throw invalid('unknown_treatment_code', { code })
      const [refs] = await references.resolve([{ ...ref, storeId }])
      if (!refs) throw new AppError('internal', 'internal')
      const now = clock.now()
      const _id = hashId('purchase', externalId)
      const facts = { storeId, paidAt, amountFen, items }
      const event = {
        id: `purchase.recorded:${_id}`,
        type: 'purchase.recorded',
        occurredAt: now,
        data: { purchaseId: _id, customerId: refs.customer.id, storeId },
      }
      const row: PurchaseRow = {
        _id,
        externalId,
        customerId: refs.customer.id,
        ...facts,
        digest: sha256Hex(JSON.stringify(facts)),
        revision: 0,
        updatedAt: now,
        ...announcer.fields([event], now),
      }
      if ((await store.insert([row])) > 0) {
        await announcer.announce('purchases', [row])
        return purchaseOf(row)
      }
      const [known] = await store.byIds([_id])
      const owner = known ? (await customers.getMany([known.customerId])).get(known.customerId) : undefined
      if (!known || known.digest !== row.digest || owner?.id !== row.customerId)
        throw conflict('external_id_conflict', { purchaseId: _id })
      return purchaseOf(known)
    },
    getMany: async (ids) =>
      ids.length === 0 ? new Map() : new Map((await store.byIds(ids)).map((row) => [row._id, purchaseOf(row)])),
    async page({ customer, externalId }, request) {
      const ids = customer === null ? null : await customers.idsOf((await references.customer(customer)).id)
      const one = externalId === null ? null : hashId('purchase', externalId)
      return (await store.page(ids, one, request)).map((row) => ({ ...purchaseOf(row), _id: row._id }))
    },
  }
}
