/** Who gets a task: people of the role who work now, own consultant first, else whoever has least to do. */
import { candidatesKey, pickOwner, type Role, type StaffMember, type StaffService } from '../staff/index.ts'
import type { TasksStore } from './model.ts'

export interface Wanted {
  /** Spreads equal loads the same way in every process: the task's id. */
  id: string
  storeId: string
  role: Role
  preferredUserIds: readonly string[]
}

export interface Owners {
  /** One owner per task: two commands for people, one for loads, whatever the number; who gets one has one more. */
  pick(wanted: readonly Wanted[]): Promise<Map<string, string>>
  /** Everybody who could take it over, colleagues of the role with least to do first. */
  colleagues(storeId: string, role: Role): Promise<StaffMember[]>
}

export function createOwners({ staff, store }: { staff: StaffService; store: TasksStore }): Owners {
  return {
    async pick(wanted) {
      const owners = new Map<string, string>()
      if (wanted.length === 0) return owners
      const tiers = await staff.candidatesMany(wanted)
      const load = await store.load()
      for (const { id, storeId, role, preferredUserIds } of wanted) {
        const owner = pickOwner({
          tiers: tiers.get(candidatesKey(storeId, role)) ?? [],
          preferred: preferredUserIds,
          load,
          spreadKey: id,
        })
        if (owner === null) continue
        owners.set(id, owner)
        load.set(owner, (load.get(owner) ?? 0) + 1)
      }
      return owners
    },
    async colleagues(storeId, role) {
      const tiers = await staff.candidates(storeId, role)
      const load = await store.load()
      const open = ({ userId }: StaffMember) => load.get(userId) ?? 0
      return tiers.flatMap((tier) => [...tier].sort((a, b) => open(a) - open(b) || (a.userId < b.userId ? -1 : 1)))
    },
  }
}
