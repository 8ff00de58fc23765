/** Customers and identities that were read before, while this process is the only one that writes them (platform/memory.ts). */
import { createRecall, type RecallOptions } from '../platform/memory.ts'
import type { CustomerRow, CustomerStore, IdentityRow } from './model.ts'

export type CustomerMemory = ReturnType<typeof createCustomerMemory>

export function createCustomerMemory(
  store: Pick<CustomerStore, 'canonical' | 'identities'>,
  { clock, memory }: Pick<RecallOptions<never>, 'clock' | 'memory'>,
) {
  return {
    people: createRecall<CustomerRow>(
      // A chain of merged ones changes at its ends only: who is merged into somebody is never merged again.
      { clock, memory, collections: ['customers'], rowsOf: (id, row) => (row ? [id, row._id] : [id]) },
      store.canonical,
    ),
    identities: createRecall<IdentityRow>(
      { clock, memory, collections: ['customer_identities'], rowsOf: (key) => [key] },
      async (keys) => (await store.identities(keys)).map((row) => [row._id, row]),
    ),
  }
}
