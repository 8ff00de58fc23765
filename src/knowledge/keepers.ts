/** Who may decide about an article, or about what one is missing for. */
import { AppError, notFound } from '../platform/errors.ts'
import type { Role, StaffService } from '../staff/index.ts'
import { type Article, KEEPER_ROLES } from './articles.ts'

const LEADERS = ['cs_supervisor', 'store_manager', 'director'] as const

/** Whoever's role keeps it, a supervisor, store manager or director; a doctor may always. */
export const keepersOf = (owner: Article['owner']): readonly Role[] => [KEEPER_ROLES[owner], ...LEADERS, 'doctor']

/** @throws AppError not_found/staff_not_found, forbidden/role_required */
export async function needRole(
  staff: Pick<StaffService, 'member'>,
  userId: string,
  roles: readonly Role[],
): Promise<void> {
  const member = await staff.member(userId)
  if (!member?.active) throw notFound('staff_not_found', { userId })
  if (!roles.some((role) => member.roles.includes(role))) throw new AppError('forbidden', 'role_required', { userId })
}
