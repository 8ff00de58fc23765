/** Stores and staff: who works where, as what, and who may own work. */
import { dailyOpening } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import type { PageRequest } from '../platform/views.ts'
import { type DirectoryDeps, syncDirectory } from './directory.ts'
import type { StaffRow, StoreRow } from './model.ts'
import { tiersOf } from './rules.ts'
import { candidatesKey, type StaffMember, type StaffService, type Store } from './types.ts'

export interface StaffDeps extends DirectoryDeps {
  clock: Clock
}

/** What a caller may leave out of a store. */
export type StoreInput = Omit<Store, 'timeZone' | 'opening' | 'contactWindows' | 'quietHours'> &
  Partial<Pick<Store, 'timeZone' | 'opening' | 'contactWindows' | 'quietHours'>>

/** What this room's own routes need beyond the contract. */
export interface StaffDesk extends StaffService {
  /** Writes the whole store; what is left out takes its default. Safe to repeat. */
  putStore(input: StoreInput): Promise<Store>
  storesPage(request: PageRequest): Promise<(Store & { _id: string })[]>
  staffPage(
    filter: { unmapped?: boolean; active?: boolean; storeId?: string },
    request: PageRequest,
  ): Promise<StaffRow[]>
  /** Reads the directory unless a reading that began after `changedAt` is complete. */
  syncSince(changedAt: Date): Promise<void>
}

export const STORE_DEFAULTS = {
  timeZone: 'Asia/Shanghai',
  contactWindows: [
    { from: '11:00', to: '12:30' },
    { from: '14:30', to: '17:30' },
    { from: '19:30', to: '20:30' },
  ],
  quietHours: { from: '21:00', to: '09:00' },
} satisfies Partial<Store>

const storeOf = ({ _id, updatedAt: _, ...row }: StoreRow): Store => ({ id: _id, ...row })
const memberOf = ({ _id, name, roles, storeIds, active }: StaffRow): StaffMember => ({
  userId: _id,
  name,
  roles,
  storeIds,
  active,
})
const STORE_MEMORY_MS = 1_000
const unique = (ids: readonly string[]) => [...new Set(ids)]

export function createStaffService(deps: StaffDeps): StaffDesk {
  const { store, clock, organisation } = deps

  // Every drain asks for the same few stores. A change elsewhere is seen a second later.
  const remembered = new Map<string, { place: Store; until: number }>()
  async function stores(ids: readonly string[]): Promise<Map<string, Store>> {
    const wall = Number(clock.wall())
    const found = new Map<string, Store>()
    for (const id of ids) {
      const known = remembered.get(id)
      if (known && known.until > wall) found.set(id, known.place)
    }
    const asked = unique(ids).filter((id) => !found.has(id))
    for (const row of asked.length > 0 ? await store.storesByIds(asked) : []) {
      found.set(row._id, storeOf(row))
      remembered.set(row._id, { place: storeOf(row), until: wall + STORE_MEMORY_MS })
    }
    return found
  }
  async function members(userIds: readonly string[]): Promise<Map<string, StaffMember>> {
    if (userIds.length === 0) return new Map()
    const rows = await store.staffByIds(unique(userIds.map((id) => id.toLowerCase())))
    const byId = new Map(rows.map((row) => [row._id, memberOf(row)]))
    return new Map(
      userIds.flatMap((id) => (byId.has(id.toLowerCase()) ? [[id, byId.get(id.toLowerCase())]] : [])) as [
        string,
        StaffMember,
      ][],
    )
  }
  const candidatesMany: StaffService['candidatesMany'] = async (wanted) => {
    if (wanted.length === 0) return new Map()
    const known = await stores(wanted.map(({ storeId }) => storeId))
    const people = (await store.active()).map(memberOf)
    return new Map(
      wanted.map(({ storeId, role }) => [
        candidatesKey(storeId, role),
        tiersOf(people, known.get(storeId) ?? null, role, organisation.fallbacks),
      ]),
    )
  }

  const service: StaffDesk = {
    stores,
    members,
    candidatesMany,
    store: async (id) => (await stores([id])).get(id) ?? null,
    member: async (id) => (await members([id])).get(id) ?? null,
    allStores: async () => (await store.allStores()).map(storeOf),
    candidates: async (storeId, role) =>
      (await candidatesMany([{ storeId, role }])).get(candidatesKey(storeId, role)) ?? [],
    syncDirectory: () => syncDirectory(deps, clock.now()),

    async putStore(input) {
      const full: Store = { ...STORE_DEFAULTS, opening: dailyOpening(), ...input }
      const { id, ...fields } = full
      await store.putStore({ _id: id, ...fields, updatedAt: clock.now() })
      remembered.delete(id)
      return full
    },
    storesPage: async (request) =>
      (await store.pageOfStores(request)).map((row) => ({ _id: row._id, ...storeOf(row) })),
    staffPage: ({ storeId, ...filter }, request) =>
      store.pageOfStaff({ ...filter, ...(storeId === undefined ? {} : { storeIds: storeId }) }, request),
    async syncSince(changedAt) {
      const last = await store.lastSyncStart()
      if (!last || last <= changedAt) await service.syncDirectory()
    },
  }
  return service
}
