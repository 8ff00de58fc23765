/** Who gets a task: people of the role who are there and on duty, own consultant first, else whoever has least to do. */
import { addMs, type Clock } from '../platform/clock.ts'
import type { Reason } from '../platform/reasons.ts'
import { pickOwner, type Role, type Roster, type StaffMember, type StaffService } from '../staff/index.ts'
import type { TaskRow, TasksStore } from './model.ts'
import { isAnswered, REMIND_BEFORE_MS, type Successor } from './rules.ts'

export interface Wanted {
  /** Spreads equal loads the same way in every process: the task's id. */
  id: string
  storeId: string
  role: Role
  preferredUserIds: readonly string[]
  /** When it is to be done; what lies in the past is to be done now. */
  openAt: Date
  redFlag?: boolean | undefined
}

export interface PickOptions {
  /** Read already. */
  roster?: Roster
}
export interface SuccessorOptions extends PickOptions {
  /** Somebody who doesn't work in these stores any more. */
  left?: { userId: string; storeIds: readonly string[] }
}

export interface Owners {
  /** One owner per task: two commands for people, one for loads, whatever the number; who gets one has one more. */
  pick(wanted: readonly Wanted[], options?: PickOptions): Promise<Map<string, string>>
  /** Who takes tasks over whose owner is away or has left, or that nobody owns; left out: those that stay as they are. */
  successors(rows: readonly TaskRow[], options?: SuccessorOptions): Promise<Map<string, Successor>>
  /** Everybody who could take it over, colleagues of the role with least to do first. */
  colleagues(storeId: string, role: Role): Promise<StaffMember[]>
}

/** A task that is there, as somebody to be found for: whoever owns it first, or who stands in. */
export const wantedAgain = (row: TaskRow): Wanted => ({
  id: row._id,
  storeId: row.storeId,
  role: row.role,
  preferredUserIds: [row.ownerUserId, ...row.preferredUserIds].filter(Boolean),
  openAt: row.openAt,
  redFlag: row.redFlag,
})

/** Why somebody doesn't go on with a task at that time. */
export function whyNot(roster: Roster, userId: string, at: Date): Reason {
  if (userId === '') return 'no_owner'
  if (!roster.isActive(userId)) return 'owner_left'
  return roster.isHere(userId, at) ? 'off_duty' : 'owner_absent'
}

const later = (a: Date, b: Date): Date => (a > b ? a : b)

/**
 * Whether its owner is there when the card comes, and when it falls due. What is due only after the return stays; a red flag
 * doesn't wait for anybody.
 */
export function isKept(row: TaskRow, roster: Roster, now: Date): boolean {
  const { ownerUserId, openAt, deadlineAt, redFlag } = row
  // Whoever has called finishes the form.
  if (isAnswered(row)) return roster.isHere(ownerUserId, now)
  const dueAt = later(now, addMs(deadlineAt, -REMIND_BEFORE_MS))
  const isHereFirst = (openAt <= now && !redFlag) || roster.isHere(ownerUserId, later(now, openAt))
  return isHereFirst && roster.isHere(ownerUserId, dueAt)
}

export interface OwnersDeps {
  staff: StaffService
  store: TasksStore
  clock: Clock
}

export function createOwners({ staff, store, clock }: OwnersDeps): Owners {
  const pick: Owners['pick'] = async (wanted, { roster: known } = {}) => {
    const owners = new Map<string, string>()
    if (wanted.length === 0) return owners
    const [roster, load] = await Promise.all([known ?? staff.roster(), store.load()])
    const now = clock.now()
    for (const { id, storeId, role, preferredUserIds, openAt, redFlag = false } of wanted) {
      const at = later(now, openAt)
      const owner = pickOwner({
        tiers: roster.candidates(storeId, role, { at, work: true, redFlag }),
        preferred: preferredUserIds.map((userId) => roster.standInOf(userId.toLowerCase(), at)),
        load,
        spreadKey: id,
      })
      if (owner === null) continue
      owners.set(id, owner)
      load.set(owner, (load.get(owner) ?? 0) + 1)
    }
    return owners
  }

  return {
    pick,
    async successors(rows, options = {}) {
      const now = clock.now()
      const roster = options.roster ?? (await staff.roster())
      const open = rows.filter(({ closedAt, status }) => closedAt === null && status !== 'summary')
      const isLeft = ({ ownerUserId, storeId }: TaskRow) =>
        ownerUserId === options.left?.userId && options.left.storeIds.includes(storeId)
      const lost = open.filter((row) => isLeft(row) || !isKept(row, roster, now))
      if (lost.length === 0) return new Map()
      const wanted = lost.map((row): Wanted => {
        const again = wantedAgain(row)
        const preferredUserIds = again.preferredUserIds.filter((userId) => userId !== row.ownerUserId)
        return isLeft(row) ? { ...again, preferredUserIds } : again
      })
      const owners = await pick(wanted, { roster })
      const names = await staff.members([
        ...new Set([...lost.map(({ ownerUserId }) => ownerUserId), ...owners.values()]),
      ])
      return new Map(
        lost.flatMap((row): [string, Successor][] => {
          const { _id, ownerUserId } = row
          const userId = owners.get(_id) ?? null
          if ((userId ?? '') === ownerUserId) return []
          const why = whyNot(roster, ownerUserId, now)
          // Here today, away when it falls due.
          const reason: Reason = isLeft(row) ? 'owner_left' : why === 'off_duty' ? 'owner_absent' : why
          const nameOf = (id: string | null) => names.get(id ?? '')?.name ?? '其他同事'
          return [[_id, { userId, name: nameOf(userId), fromName: nameOf(ownerUserId), reason }]]
        }),
      )
    },
    async colleagues(storeId, role) {
      const [tiers, load] = await Promise.all([staff.candidates(storeId, role), store.load()])
      const open = ({ userId }: StaffMember) => load.get(userId) ?? 0
      return tiers.flatMap((tier) => [...tier].sort((a, b) => open(a) - open(b) || (a.userId < b.userId ? -1 : 1)))
    },
  }
}
