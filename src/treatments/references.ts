/** What an entry points to: customer, store, kind of treatment. Checked before anything is written. */
import type { Customer, CustomersService } from '../customers/index.ts'
import { answerOf } from '../platform/bulk.ts'
import { AppError, invalid, notFound } from '../platform/errors.ts'
import type { StaffService, Store } from '../staff/index.ts'
import type { TreatmentKind } from './types.ts'

/** A customer by our id or by the clinic's own number; one of the two. */
export interface CustomerRef {
  customerId?: string
  customerExternalId?: string
}

/** What a list is asked for. */
export interface ListFilter {
  customer: CustomerRef | null
  /** The clinic's own number of one record. */
  externalId: string | null
}

export interface References {
  kind(code: string): TreatmentKind | null
  /** @throws AppError not_found/customer_not_found */
  customer(ref: CustomerRef): Promise<Customer>
  /**
   * Customer and store of each entry, in a constant number of commands.
   *
   * @throws AppError not_found/customer_not_found, not_found/store_not_found, invalid/unknown_treatment_code,
   *   invalid/invalid_request: a technique that the treatment doesn't have
   */
  resolve(entries: readonly Pointing[]): Promise<Resolved[]>
  /** The same, each entry with its own refusal. */
  resolveEach(entries: readonly Pointing[]): Promise<(Resolved | AppError)[]>
}

type Pointing = CustomerRef & { storeId: string; code?: string | null; technique?: string | null }
export interface Resolved {
  customer: Customer
  store: Store
}

export interface ReferenceDeps {
  customers: Pick<CustomersService, 'getMany' | 'findByIdentities'>
  staff: Pick<StaffService, 'stores'>
  kinds: readonly TreatmentKind[]
}

export function createReferences({ customers, staff, kinds }: ReferenceDeps): References {
  const byCode = new Map(kinds.map((kind) => [kind.code, kind]))

  async function customersOf(refs: readonly CustomerRef[]): Promise<(ref: CustomerRef) => Customer> {
    const known = await customers.getMany(refs.flatMap(({ customerId }) => customerId ?? []))
    const byNumber = await customers.findByIdentities(
      'external_id',
      refs.flatMap(({ customerExternalId }) => customerExternalId ?? []),
    )
    return ({ customerId, customerExternalId }) => {
      const found = customerId === undefined ? byNumber.get(customerExternalId ?? '') : known.get(customerId)
      if (!found) throw notFound('customer_not_found', { customerId, customerExternalId })
      return found
    }
  }

  function checkKind(code: string, technique: string | null): void {
    const kind = byCode.get(code)
    if (!kind) throw invalid('unknown_treatment_code', { code })
    const allowed = kind.techniques ?? []
    if (technique !== null && allowed.length > 0 && !allowed.includes(technique))
      throw wrongField('technique', `must be one of ${allowed.join(', ')}`)
  }

  async function resolveEach(entries: readonly Pointing[]): Promise<(Resolved | AppError)[]> {
    const customerOf = await customersOf(entries)
    const stores = await staff.stores(entries.map(({ storeId }) => storeId))
    return Promise.all(
      entries.map((entry) =>
        answerOf(() => {
          if (entry.code) checkKind(entry.code, entry.technique ?? null)
          const store = stores.get(entry.storeId)
          if (!store) throw notFound('store_not_found', { storeId: entry.storeId })
          return { customer: customerOf(entry), store }
        }),
      ),
    )
  }

  return {
    kind: (code) => byCode.get(code) ?? null,
    customer: async (ref) => (await customersOf([ref]))(ref),
    resolveEach,
    async resolve(entries) {
      return (await resolveEach(entries)).map((found) => {
        if (found instanceof AppError) throw found
        return found
      })
    },
  }
}

/** The same answer as a schema's refusal: which field of the body, and why. `reason`: the same for who imports files. */
export const wrongField = (field: string, message: string, reason?: string) =>
  invalid(
    'invalid_request',
    { field, ...(reason === undefined ? {} : { reason }) },
    { publicDetails: { problems: [{ path: `body.${field}`, message }] } },
  )
