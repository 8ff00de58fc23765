/**
 * Who may decide about a step by hand: the doctor, the nurse about her own contacts; who may take a change back, or find that
 * something urgent is less: the supervisor, too.
 */
import { AppError, notFound } from '../platform/errors.ts'
import type { StaffMember, StaffService } from '../staff/index.ts'
import { isAtLeast, type Level } from '../triage/index.ts'
import type { PlanChange } from './changes.ts'
import type { StepRow } from './model.ts'
import type { SignalRow } from './signals/model.ts'

type People = Pick<StaffService, 'member' | 'roster'>

async function memberOf(staff: People, userId: string): Promise<StaffMember> {
  const member = await staff.member(userId)
  if (!member?.active) throw notFound('staff_not_found', { userId })
  return member
}

const refuse = (userId: string, storeId: string) => new AppError('forbidden', 'role_required', { userId, storeId })

/** @throws AppError staff_not_found, role_required */
export async function mayDecide(
  staff: People,
  { storeId, ownerRole }: Pick<StepRow, 'storeId' | 'ownerRole'>,
  userId: string,
  at: Date,
): Promise<void> {
  const member = await memberOf(staff, userId)
  const roster = await staff.roster()
  // Contacts after operations are the nurse's: she sees the wound, and when the customer can come.
  if (ownerRole === 'nurse' && roster.having(storeId, 'nurse').some((one) => one.userId === member.userId)) return
  if (!roster.mayActAs(member.userId, storeId, 'doctor', at)) throw refuse(userId, storeId)
}

/** @throws AppError staff_not_found, role_required */
export async function mayUndo(
  staff: People,
  storeId: string,
  userId: string,
  change: PlanChange,
  at: Date,
): Promise<void> {
  const member = await memberOf(staff, userId)
  // Whoever decided may take it back.
  if (change.hand?.byUserId === member.userId) return
  const roster = await staff.roster()
  if (!(['doctor', 'cs_supervisor'] as const).some((role) => roster.mayActAs(member.userId, storeId, role, at)))
    throw refuse(userId, storeId)
}

/**
 * What a doctor was called for is found to be less by a doctor, of whatever store, or by whoever answers for the store; anything
 * else by anybody. @throws AppError staff_not_found, role_required
 */
export async function mayJudge(
  staff: People,
  { storeId, level }: Pick<SignalRow, 'storeId' | 'level'>,
  by: { userId: string; level: Level },
  at: Date,
): Promise<void> {
  const member = await memberOf(staff, by.userId)
  if (!isAtLeast(level, 'abnormal') || isAtLeast(by.level, level) || member.roles.includes('doctor')) return
  const roster = await staff.roster()
  if (!(['cs_supervisor', 'director'] as const).some((role) => roster.mayActAs(member.userId, storeId, role, at)))
    throw refuse(member.userId, storeId)
}
