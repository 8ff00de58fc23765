/** Members as an API may see them: present, in the app's scope, and allowed to have customers. */
import type { Staff, World } from '../state.ts'
import { ApiError, text } from './values.ts'

export const present = (world: World): Staff[] => world.staff.filter(({ resigned }) => !resigned)

/** Who the app may see. */
export const visible = (world: World): Staff[] => present(world).filter(({ inScope }) => inScope)

/** @throws ApiError 41009, 60111; `outside` for a member out of the app's scope */
export function memberOf(world: World, userId: unknown, outside = 60011): Staff {
  if (!text(userId)) throw new ApiError(41009, 'userid missing')
  const staff = world.byUserId.get(text(userId).toLowerCase())
  if (!staff || staff.resigned) throw new ApiError(60111, 'userid not found')
  if (!staff.inScope) throw new ApiError(outside, 'no permission on this member')
  return staff
}

/** A member who may have customers. @throws ApiError 41009, 60111, 60021, 84074 */
export function servingMember(world: World, userId: unknown): Staff {
  const staff = memberOf(world, userId, 60021)
  if (!staff.servesCustomers) throw new ApiError(84074, 'no permission to external contact')
  return staff
}

/** A member whom new customers may add. @throws ApiError also 41054, 40098 */
export function addableMember(world: World, userId: unknown): Staff {
  const staff = servingMember(world, userId)
  if (!staff.activated) throw new ApiError(41054, 'user not activated')
  if (!staff.realNamed) throw new ApiError(40098, 'user not real-named')
  return staff
}

export const isFull = (world: World, { userId, customerCap }: Staff): boolean =>
  customerCap !== null && (world.friends.get(userId)?.length ?? 0) >= customerCap
