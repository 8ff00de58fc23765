/** Stores and staff: who works where, as what, and who may own work. */
import { dailyOpening } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import { AppError, notFound } from '../platform/errors.ts'
import { createRecall, type Memory } from '../platform/memory.ts'
import type { PageRequest } from '../platform/views.ts'
import { type DirectoryDeps, syncDirectory } from './directory.ts'
import type { StaffRow, StoreRow } from './model.ts'
import { createRoster } from './roster.ts'
import type { Roster, StaffMember, StaffService, Store, WeeklyHours } from './types.ts'

export interface StaffDeps extends DirectoryDeps {
  clock: Clock
  memory?: Memory
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
/** Stores and people change seldom, and every drain asks for the same few. */
const MEMORY_MS = 1_000
const COMPANY = 'company'

export function createStaffService(deps: StaffDeps): StaffDesk {
  const { store, clock, organisation } = deps

  const { memory } = deps
  const remember = { clock, memory, atLeastMs: MEMORY_MS }
  const people = createRecall<StaffMember>({ ...remember, collections: ['staff'] }, async (ids) =>
    (await store.staffByIds(ids)).map((row) => [row._id, memberOf(row)]),
  )
  async function members(userIds: readonly string[]): Promise<Map<string, StaffMember>> {
    const byId = await people.many(userIds.map((id) => id.toLowerCase()))
    return new Map(
      userIds.flatMap((id): [string, StaffMember][] => {
        const member = byId.get(id.toLowerCase())
        return member ? [[id, member]] : []
      }),
    )
  }
  /** A company has few: one of them is found among all. */
  const everyStore = createRecall<Store[]>({ ...remember, collections: ['stores'] }, async () => [
    [COMPANY, (await store.allStores()).map(storeOf)],
  ])
  const stores = async (ids: readonly string[]): Promise<Map<string, Store>> => {
    const wanted = new Set(ids)
    if (wanted.size === 0) return new Map()
    const all = await service.allStores()
    return new Map(all.filter(({ id }) => wanted.has(id)).map((one) => [one.id, one]))
  }
  // Who has just left must not get the next task: only a process that is alone remembers people and absences.
  const company = createRecall<Roster>(
    { clock, memory, collections: ['staff', 'staff_absences', 'stores'] },
    async () => {
      const [everyone, absences, known] = await Promise.all([
        store.active(),
        store.absencesFrom(clock.now()),
        service.allStores(),
      ])
      const hours = new Map(everyone.flatMap(({ _id, hours: own }) => (own ? [[_id, own] as const] : [])))
      const byId = new Map(known.map((one) => [one.id, one]))
      const roster = createRoster({ people: everyone.map(memberOf), stores: byId, absences, hours, organisation })
      return [[COMPANY, roster]]
    },
  )
  const roster = async (): Promise<Roster> => {
    const found = (await company.many([COMPANY])).get(COMPANY)
    if (!found) throw new AppError('internal', 'internal', { reason: 'no roster' })
    return found
  }

  const service: StaffDesk = {
    stores,
    members,
    roster,
    store: async (id) => (await stores([id])).get(id) ?? null,
    member: async (id) => (await members([id])).get(id) ?? null,
    allStores: async () => [...(await everyStore.many([COMPANY])).values()].flat(),
    candidates: async (storeId, role) => (await roster()).candidates(storeId, role, { at: clock.now() }),
    syncDirectory: () => syncDirectory(deps, clock.now()).finally(people.forget),

    async putStore(input) {
      const full: Store = { ...STORE_DEFAULTS, opening: dailyOpening(), ...input }
      const { id, ...fields } = full
      await store.putStore({ _id: id, ...fields, updatedAt: clock.now() })
      everyStore.forget()
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
