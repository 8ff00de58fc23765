/** Who is who, and who gets the work: pure. */
import type { Span } from '../platform/calendar.ts'
import { hashUnit } from '../platform/hash.ts'
import type { Department, DirectoryUser } from '../wecom/index.ts'
import type { Organisation } from './config.ts'
import type { Role, StaffMember } from './types.ts'

/**
 * One owner for a piece of work, or null when nobody active could be found.
 *
 * The first preferred person who stands in any tier; else, in the first tier, whoever has least open work. Equal loads are
 * spread by `spreadKey` (the task's id), the same way in every process.
 */
export function pickOwner({
  tiers,
  preferred,
  load,
  spreadKey,
}: {
  tiers: readonly (readonly StaffMember[])[]
  preferred: readonly (string | null)[]
  /** Open work by userId; who is missing has none. */
  load: ReadonlyMap<string, number>
  spreadKey: string
}): string | null {
  const capable = new Set(tiers.flatMap((tier) => tier.filter((member) => member.active).map(({ userId }) => userId)))
  for (const userId of preferred) if (userId !== null && capable.has(userId)) return userId
  for (const tier of tiers) {
    const [best] = tier
      .filter((member) => member.active)
      .map(({ userId }) => ({ userId, open: load.get(userId) ?? 0, draw: hashUnit(spreadKey, userId) }))
      .sort((a, b) => a.open - b.open || a.draw - b.draw || (a.userId < b.userId ? -1 : 1))
    if (best) return best.userId
  }
  return null
}

/** A department's path from the root: `集团/华颜整形医院/护理部`. A loop in the vendor's answer ends instead of hanging. */
function pathOf(departmentId: number, byId: ReadonlyMap<number, Department>): Department[] {
  const path: Department[] = []
  for (let one = byId.get(departmentId); one && !path.includes(one); one = byId.get(one.parentId)) path.unshift(one)
  return path
}

/** The store that a department belongs to: the nearest mapped one on its way up. */
export function storeOfDepartments(
  departments: readonly Department[],
  organisation: Pick<Organisation, 'stores'>,
): Map<number, string> {
  const byId = new Map(departments.map((one) => [one.id, one]))
  const found = new Map<number, string>()
  for (const { id } of departments) {
    const path = pathOf(id, byId)
    for (let depth = path.length; depth > 0; depth--) {
      const name = `/${path
        .slice(0, depth)
        .map((one) => one.name)
        .join('/')}`
      const mapped = organisation.stores.find(({ department }) => name.endsWith(`/${department.replace(/^\//, '')}`))
      if (mapped) {
        found.set(id, mapped.storeId)
        break
      }
    }
  }
  return found
}

const words = (position: string): string[] =>
  position
    .normalize('NFKC')
    .split(/[/、,;|\s]+/)
    .filter(Boolean)

export interface DirectoryEntry extends StaffMember {
  position: string
  departmentIds: number[]
  /** On the administrator's list: no role follows from position or place. */
  unmapped: boolean
}

/** What the directory's user is to us. Without a store only company-wide roles count; without a role nobody gets work. */
export function mapUser(
  user: DirectoryUser,
  storeOf: ReadonlyMap<number, string>,
  { roles, people, companyRoles }: Pick<Organisation, 'roles' | 'people' | 'companyRoles'>,
): DirectoryEntry {
  const userId = user.userId.toLowerCase()
  const said = new Set(words(user.position))
  const stated = roles.filter(({ positions }) => positions.some((text) => said.has(text.normalize('NFKC'))))
  const given = people.filter((one) => one.userId.toLowerCase() === userId).flatMap((one) => one.roles)
  const storeIds = [...new Set(user.departmentIds.flatMap((id) => storeOf.get(id) ?? []))].sort()
  const allowed = (role: Role) => storeIds.length > 0 || companyRoles.includes(role)
  const mapped = [...new Set([...stated.map(({ role }) => role), ...given])].filter(allowed)
  return {
    userId,
    name: user.name,
    roles: mapped,
    storeIds,
    active: user.status === 'active',
    position: user.position,
    departmentIds: [...user.departmentIds].sort((a, b) => a - b),
    unmapped: mapped.length === 0,
  }
}

/** Does some part of a contact window lie outside the quiet hours, which may run over midnight? */
export function leavesRoom(windows: readonly Span[], { from, to }: Span): boolean {
  const isQuiet = (time: string) => (from < to ? from <= time && time < to : time >= from || time < to)
  return windows.some((window) => !isQuiet(window.from) || (window.from <= to && to < window.to))
}
