/** Who may decide about a step by hand: the doctor, the nurse about her own contacts; who may take a change back: the supervisor, too. */
import { AppError, notFound } from '../platform/errors.ts'
import type { Role, StaffMember, StaffService } from '../staff/index.ts'
import type { PlanChange } from './changes.ts'
import type { StepRow } from './model.ts'

type People = Pick<StaffService, 'member' | 'candidates'>

async function memberOf(staff: People, userId: string): Promise<StaffMember> {
  const member = await staff.member(userId)
  if (!member?.active) throw notFound('staff_not_found', { userId })
  return member
}

const isHere = ({ storeIds }: StaffMember, storeId: string) => storeIds.includes(storeId) || storeIds.length === 0
const hasRole = (member: StaffMember, storeId: string, role: Role) =>
  member.roles.includes(role) && isHere(member, storeId)

/** Has the role in the store; or stands in for it where nobody has it, as in a salon without a doctor. */
async function actsAs(staff: People, member: StaffMember, storeId: string, role: Role): Promise<boolean> {
  if (hasRole(member, storeId, role)) return true
  const [first = []] = await staff.candidates(storeId, role)
  return !first.some(({ roles }) => roles.includes(role)) && first.some(({ userId }) => userId === member.userId)
}

const refuse = (userId: string, storeId: string) => new AppError('forbidden', 'role_required', { userId, storeId })

/** @throws AppError staff_not_found, role_required */
export async function mayDecide(
  staff: People,
  { storeId, ownerRole }: Pick<StepRow, 'storeId' | 'ownerRole'>,
  userId: string,
): Promise<void> {
  const member = await memberOf(staff, userId)
  // Contacts after operations are the nurse's: she sees the wound, and when the customer can come.
  if (ownerRole === 'nurse' && hasRole(member, storeId, 'nurse')) return
  if (!(await actsAs(staff, member, storeId, 'doctor'))) throw refuse(userId, storeId)
}

/** @throws AppError staff_not_found, role_required */
export async function mayUndo(staff: People, storeId: string, userId: string, change: PlanChange): Promise<void> {
  const member = await memberOf(staff, userId)
  // Whoever decided may take it back.
  if (change.hand?.byUserId === member.userId) return
  for (const role of ['doctor', 'cs_supervisor'] as const) if (await actsAs(staff, member, storeId, role)) return
  throw refuse(userId, storeId)
}
