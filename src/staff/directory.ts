/** Reading WeCom's directory: the vendor's list is the truth, ours follows. */
import { AppError } from '../platform/errors.ts'
import type { DomainEvent, Events } from '../platform/events.ts'
import type { Log } from '../platform/log.ts'
import type { DirectoryUser, WecomClient } from '../wecom/index.ts'
import type { Organisation } from './config.ts'
import type { StaffRow, StaffStore } from './model.ts'
import { type DirectoryEntry, mapUser, storeOfDepartments } from './rules.ts'
import type { StaffService } from './types.ts'

export interface DirectoryDeps {
  store: StaffStore
  wecom: Pick<WecomClient, 'departments' | 'users'>
  organisation: Organisation
  events: Pick<Events, 'publishMany'>
  log: Log
}

type SyncCounts = Awaited<ReturnType<StaffService['syncDirectory']>>

const comparable = ({
  name,
  roles,
  storeIds,
  active,
  position,
  departmentIds,
  unmapped,
}: Omit<DirectoryEntry, 'userId'>) => JSON.stringify([name, roles, storeIds, active, position, departmentIds, unmapped])

/** Can get work: is in the directory, and has a role. */
const works = (row: Pick<StaffRow, 'active' | 'roles'> | undefined): boolean =>
  row?.active === true && row.roles.length > 0

/**
 * One complete reading. Safe to repeat and to run twice at once.
 *
 * @throws AppError upstream/upstream: nobody at all is visible although we know active people, which is what a wrong
 *   visible scope looks like; nobody is deactivated then
 */
export async function syncDirectory(
  { store, wecom, organisation, events, log }: DirectoryDeps,
  now: Date,
): Promise<SyncCounts> {
  const departments = await wecom.departments()
  const seen = new Map<string, DirectoryUser>()
  // A person of two departments is listed in both, each time with all of them.
  for (const { id } of departments)
    for (const user of await wecom.users(id)) seen.set(user.userId.toLowerCase(), mergeUser(user, seen))
  const known = new Map((await store.everybody()).map((row) => [row._id, row]))
  if (seen.size === 0 && [...known.values()].some((row) => row.active))
    throw new AppError('upstream', 'upstream', { reason: 'the directory is empty' }, { retryable: true })

  const storeOf = storeOfDepartments(departments, organisation)
  for (const { storeId, department } of organisation.stores)
    if (![...storeOf.values()].includes(storeId)) log.warn({ storeId, department }, 'no department of this store')

  const added: StaffRow[] = []
  const changed: StaffRow[] = []
  for (const user of [...seen.values()].sort((a, b) => (a.userId < b.userId ? -1 : 1))) {
    const { userId, ...entry } = mapUser(user, storeOf, organisation)
    const before = known.get(userId)
    if (!before) added.push({ _id: userId, ...entry, deactivations: 0, syncedAt: now })
    else if (comparable(before) !== comparable(entry)) changed.push({ ...before, ...entry, syncedAt: now })
  }
  // Gone people keep name, roles and stores: old records still say who it was.
  for (const row of known.values())
    if (row.active && !seen.has(row._id)) changed.push({ ...row, active: false, syncedAt: now })

  const lost = changed.filter((row) => {
    const before = known.get(row._id)
    return before && ((works(before) && !works(row)) || (before.active && !row.active))
  })
  for (const row of lost) {
    row.deactivations += 1
    row.untold = true
  }
  for (const row of changed) {
    const before = known.get(row._id)
    const left = (before?.storeIds ?? []).filter((id) => !row.storeIds.includes(id))
    if (!works(before) || !works(row) || left.length === 0) continue
    row.moves = (before?.moves ?? 0) + 1
    row.leftStores = [...new Set([...(before?.leftStores ?? []), ...left])]
  }
  await store.insertStaff(added)
  await store.updateStaff(changed)
  // Told after it is written: of several who leave together none is found as another's successor. A death in between
  // leaves them untold, and the next reading tells it.
  const people = new Map([...known, ...changed.map((row) => [row._id, row] as const)])
  const untold = [...people.values()].filter((row) => row.untold && !works(row))
  const moved = [...people.values()].filter((row) => works(row) && (row.leftStores ?? []).length > 0)
  // Likewise whoever hears who is there finds them. A death in between is made up for by the tasks' own look.
  const back = [...added, ...changed.filter(({ _id }) => !works(known.get(_id)))].filter(works)
  const tell = (type: string, { _id, deactivations }: StaffRow, what = ''): DomainEvent => ({
    id: `${type}:${_id}:${what}${deactivations}`,
    type,
    occurredAt: now,
    data: { userId: _id },
  })
  await events.publishMany([
    // Who has no role any more is still a colleague: customers keep their consultant until a person decides.
    ...untold.map((row) => (row.active ? tell('staff.absent', row, 'role:') : tell('staff.deactivated', row))),
    ...back.map((row) => tell('staff.available', row)),
    ...moved.map(({ _id, moves = 0, leftStores: storeIds = [] }) => ({
      id: `staff.moved:${_id}:${moves}`,
      type: 'staff.moved',
      occurredAt: now,
      data: { userId: _id, storeIds },
    })),
  ])
  await store.told(untold)
  await store.toldMoves(moved)
  await store.syncDone(now)
  const left = lost.filter(({ active }) => !active)
  const unmapped = [...seen.values()].filter((user) => mapUser(user, storeOf, organisation).unmapped).length
  if (unmapped > 0) log.warn({ unmapped }, 'people of the directory have no role')
  return {
    seen: seen.size,
    added: added.length,
    changed: changed.length - left.length,
    deactivated: left.length,
    unmapped,
  }
}

function mergeUser(user: DirectoryUser, seen: ReadonlyMap<string, DirectoryUser>): DirectoryUser {
  const before = seen.get(user.userId.toLowerCase())
  if (!before) return user
  return { ...user, departmentIds: [...new Set([...before.departmentIds, ...user.departmentIds])] }
}
