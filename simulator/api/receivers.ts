/** Who an app message goes to: named members, departments with all below them, or everybody in the app's scope. */
import type { Staff, World } from '../state.ts'
import { visible } from './members.ts'
import { ApiError, text } from './values.ts'

export interface Receivers {
  valid: Staff[]
  /** In lower case, as the vendor answers them. */
  invalid: string[]
  invalidParties: string[]
  invalidTags: string[]
}

const split = (value: unknown): string[] => text(value).split('|').filter(Boolean)

/** @throws ApiError 40032, 82001–82003, 81013 */
export function receiversOf(world: World, body: Record<string, unknown>): Receivers {
  const present = visible(world)
  const [users, parties, tags] = [split(body.touser), split(body.toparty), split(body.totag)]
  if (users.length + parties.length + tags.length === 0) throw new ApiError(82001, 'no receiver')
  if (text(body.touser) === '@all') return { valid: present, invalid: [], invalidParties: [], invalidTags: [] }
  if (users.length > 1_000) throw new ApiError(40032, 'invalid userid list length')
  if (parties.length > 100) throw new ApiError(82002, 'too many departments')
  if (tags.length > 100) throw new ApiError(82003, 'too many tags')

  const valid = new Set<Staff>()
  const invalid: string[] = []
  for (const userId of users) {
    const staff = world.byUserId.get(userId.toLowerCase())
    if (staff && !staff.resigned && staff.inScope) valid.add(staff)
    else invalid.push(userId.toLowerCase())
  }
  const known = parties.filter((id) => world.departments.some((department) => department.id === Number(id)))
  const within = new Set(known.flatMap((id) => departmentsUnder(world, Number(id))))
  for (const staff of present) if (within.has(staff.departmentId)) valid.add(staff)
  // This corp has no contact tags, so each named one is invalid.
  const rejected = { invalid, invalidParties: parties.filter((id) => !known.includes(id)), invalidTags: tags }
  if (valid.size > 0) return { valid: [...valid], ...rejected }
  throw new ApiError(81013, 'user & party & tag all invalid', {
    invaliduser: invalid.join('|'),
    invalidparty: rejected.invalidParties.join('|'),
    invalidtag: tags.join('|'),
  })
}

/** A department's id and those of all below it. */
export function departmentsUnder(world: Pick<World, 'departments'>, root: number): number[] {
  const below = world.departments.filter(({ parentid }) => parentid === root)
  return [root, ...below.flatMap(({ id }) => departmentsUnder(world, id))]
}
