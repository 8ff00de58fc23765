/** Notes to staff: something to know, with nothing to do. Every room tells people of a store this way. */
import type { EnqueueContact, MessagingService } from '../messaging/index.ts'
import { candidatesKey, pickOwner, type Role, type StaffMember, type StaffService } from '../staff/index.ts'
import { noteTo } from './contacts.ts'
import type { StaffNote } from './types.ts'

export interface NotesDeps {
  staff: Pick<StaffService, 'candidatesMany'>
  messaging: Pick<MessagingService, 'enqueueMany'>
}

/** Everybody of the role; where there is none, one stand-in, not everybody of the next tier. Pure. */
export function readersOf(tiers: readonly StaffMember[][], role: Role, storeId: string): string[] {
  // Directors answer for every store, wherever they are.
  const near = role === 'director' ? tiers.flat() : (tiers[0] ?? [])
  const own = near.filter(({ roles }) => roles.includes(role))
  if (own.length > 0) return own.map(({ userId }) => userId)
  const standIn = pickOwner({ tiers, preferred: [], load: new Map(), spreadKey: storeId })
  return standIn === null ? [] : [standIn]
}

/** Once per key and person, who is told for the first store that names them. Safe to repeat. */
export async function tellStaff({ staff, messaging }: NotesDeps, notes: readonly StaffNote[]): Promise<void> {
  const wanted = notes.flatMap(({ storeId, role }) => (role ? [{ storeId, role }] : []))
  const tiers = wanted.length > 0 ? await staff.candidatesMany(wanted) : new Map<string, StaffMember[][]>()
  const told = new Set<string>()
  const contacts: EnqueueContact[] = []
  for (const { key, storeId, userIds = [], role, except, said, at } of notes) {
    const people = role ? readersOf(tiers.get(candidatesKey(storeId, role)) ?? [], role, storeId) : []
    for (const userId of [...userIds, ...people]) {
      if (userId === except || told.has(`${key} ${userId}`)) continue
      told.add(`${key} ${userId}`)
      contacts.push(noteTo({ userId, storeId, key }, said, at))
    }
  }
  await messaging.enqueueMany(contacts)
}
