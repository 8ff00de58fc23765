/** Stores and staff: who works where, as what, and who may own work. */
import { dailyOpening } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import { notFound } from '../platform/errors.ts'
import type { PageRequest } from '../platform/views.ts'
import { type DirectoryDeps, syncDirectory } from './directory.ts'
import type { StaffRow, StoreRow } from './model.ts'
import { createRoster } from './roster.ts'
import type { StaffMember, StaffService, Store, WeeklyHours } from './types.ts'

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
  /** Hours of work for ever, in the store's zone; null = any hour. Safe to repeat. @throws AppError not_found/staff_not_found */
  setHours(userId: string, hours: WeeklyHours | null): Promise<StaffRow>
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
const MEMORY_MS = 1_000
const unique = (ids: readonly string[]) => [...new Set(ids)]

/**
 * Every drain asks for the same few stores and people: what was found stands for a second. A change elsewhere is seen that
 * much later, one of this process at once through `forget`.
 */
function remembering<T>(load: (ids: readonly string[]) => Promise<[string, T][]>, clock: Clock) {
  const known = new Map<string, { value: T; until: number }>()
  return {
    async many(ids: readonly string[]): Promise<Map<string, T>> {
      const wall = Number(clock.wall())
      const found = new Map<string, T>()
      for (const id of ids) {
        const one = known.get(id)
        if (one && one.until > wall) found.set(id, one.value)
      }
      const asked = unique(ids).filter((id) => !found.has(id))
      for (const [id, value] of asked.length > 0 ? await load(asked) : []) {
        found.set(id, value)
        known.set(id, { value, until: wall + MEMORY_MS })
      }
      return found
    },
    forget: () => known.clear(),
  }
}

export function createStaffService(deps: StaffDeps): StaffDesk {
  const { store, clock, organisation } = deps

  const places = remembering(
    async (ids) => (await store.storesByIds(ids)).map((row): [string, Store] => [row._id, storeOf(row)]),
    clock,
  )
  const people = remembering(
    async (ids) => (await store.staffByIds(ids)).map((row): [string, StaffMember] => [row._id, memberOf(row)]),
    clock,
  )
  const stores = places.many
  async function members(userIds: readonly string[]): Promise<Map<string, StaffMember>> {
    const byId = await people.many(userIds.map((id) => id.toLowerCase()))
    return new Map(
      userIds.flatMap((id): [string, StaffMember][] => {
        const member = byId.get(id.toLowerCase())
        return member ? [[id, member]] : []
      }),
    )
  }
  /** All stores at once: a batch asks for tiers in several. */
  let company: { value: ReadonlyMap<string, Store>; until: number } | null = null
  async function companyStores(): Promise<ReadonlyMap<string, Store>> {
    const wall = Number(clock.wall())
    if (!company || company.until <= wall) {
      const all = (await store.allStores()).map(storeOf)
      company = { value: new Map(all.map((one) => [one.id, one])), until: wall + MEMORY_MS }
    }
    return company.value
  }
  // People and absences are read anew each time: who has just left must not get the next task.
  const roster: StaffService['roster'] = async () => {
    const [everyone, absences, known] = await Promise.all([
      store.active(),
      store.absencesFrom(clock.now()),
      companyStores(),
    ])
    const hours = new Map(everyone.flatMap(({ _id, hours: own }) => (own ? [[_id, own] as const] : [])))
    return createRoster({ people: everyone.map(memberOf), stores: known, absences, hours, organisation })
  }

  const service: StaffDesk = {
    stores,
    members,
    roster,
    store: async (id) => (await stores([id])).get(id) ?? null,
    member: async (id) => (await members([id])).get(id) ?? null,
    allStores: async () => (await store.allStores()).map(storeOf),
    candidates: async (storeId, role) => (await roster()).candidates(storeId, role, { at: clock.now() }),
    syncDirectory: () => syncDirectory(deps, clock.now()).finally(people.forget),

    async putStore(input) {
      const full: Store = { ...STORE_DEFAULTS, opening: dailyOpening(), ...input }
      const { id, ...fields } = full
      await store.putStore({ _id: id, ...fields, updatedAt: clock.now() })
      places.forget()
      company = null
      return full
    },
    async setHours(userId, hours) {
      const id = userId.toLowerCase()
      await store.setHours(id, hours)
      const [row] = await store.staffByIds([id])
      if (!row) throw notFound('staff_not_found', { userId })
      return row
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
