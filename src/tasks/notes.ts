/** Notes to staff: something to know, with nothing to do. Every room tells people of a store this way. */
import type { CustomersPassedOn } from '../customers/index.ts'
import type { EnqueueContact, MessagingService } from '../messaging/index.ts'
import { pickOwner, type Role, type StaffMember, type StaffService } from '../staff/index.ts'
import { noteTo } from './contacts.ts'
import type { StaffNote } from './types.ts'

export interface NotesDeps {
  staff: Pick<StaffService, 'roster'>
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

/** Once per key and person, who is told for the first store that names them; who is away is left to whoever stands in. Safe to repeat. */
export async function tellStaff({ staff, messaging }: NotesDeps, notes: readonly StaffNote[]): Promise<void> {
  if (notes.length === 0) return
  const roster = await staff.roster()
  const told = new Set<string>()
  const contacts: EnqueueContact[] = []
  for (const { key, storeId, userIds = [], role, except, said, at } of notes) {
    const people = role ? readersOf(roster.candidates(storeId, role, { at }), role, storeId) : []
    for (const userId of [...userIds.map((one) => roster.standInOf(one, at)), ...people]) {
      if (userId === null || userId === except || told.has(`${key} ${userId}`)) continue
      told.add(`${key} ${userId}`)
      contacts.push(noteTo({ userId, storeId, key }, said, at))
    }
  }
  await messaging.enqueueMany(contacts)
}

/** What the store manager, and whoever got some, hears of the customers of somebody who has left. Pure. */
export function passedOnNote(
  key: string,
  { storeId, to, left }: CustomersPassedOn['stores'][number],
  nameOf: (userId: string) => string,
  leaver: string,
  at: Date,
): StaffNote {
  const total = to.reduce((sum, { count }) => sum + count, left)
  const taken = to.map(({ userId, count }) => `${nameOf(userId)} ${count} 位`).join('、')
  const text = [
    `【客户交接】${nameOf(leaver)}已离职，名下客户 ${total} 位。`,
    taken && `已由新的咨询师接手：${taken}。`,
    left > 0 && `还有 ${left} 位暂无咨询师，请您尽快安排。`,
  ]
  return {
    key,
    storeId,
    role: 'store_manager',
    userIds: to.map(({ userId }) => userId),
    said: { text: text.filter(Boolean).join('') },
    at,
  }
}
