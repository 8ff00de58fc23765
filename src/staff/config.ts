/** `config/organisation.yaml`: which WeCom departments are which store, which positions are which role. */
import { z } from 'zod'
import { Id, ShortText } from '../platform/views.ts'
import { ROLES, type Role } from './types.ts'

const RoleName = z.enum(ROLES)
const FallbackTable = z.partialRecord(RoleName, z.array(RoleName).min(1))

/** Unknown keys, roles or doubled departments are refused with their place in the file. */
export const OrganisationSchema = z
  .strictObject({
    version: z.int().min(1),
    /** A department, by name or by the end of its path (`集团/华东/华颜整形医院`), and everything below it is this store. */
    stores: z.array(z.strictObject({ department: ShortText(200), storeId: Id })).min(1),
    /** Position texts, word for word; several positions in one text are split at `/`, `、`, `,` and spaces. */
    roles: z.array(z.strictObject({ role: RoleName, positions: z.array(ShortText(40)).min(1) })).min(1),
    /** People by userid, beside what their position says: for posts that the directory doesn't show. */
    people: z.array(z.strictObject({ userId: Id, roles: z.array(RoleName).min(1) })).default([]),
    /** Doctors who answer for red flags of stores without a doctor, by userid, the first first. */
    dutyDoctors: z.array(Id).max(50).default([]),
    /** Roles that need no store: who sits outside all stores' departments keeps only these. */
    companyRoles: z.array(RoleName).default(['director', 'admin', 'operations', 'finance', 'legal']),
    /** Who stands in for a role that a store doesn't have, in order, before the store manager and the directors. */
    fallbacks: z.strictObject({
      hospital: FallbackTable.default({}),
      clinic: FallbackTable.default({}),
      salon: FallbackTable.default({}),
    }),
  })
  .superRefine(({ stores, roles }, ctx) => {
    const double = (path: (string | number)[], what: string) =>
      ctx.addIssue({ code: 'custom', path, message: `${what} appears twice` })
    const departments = new Set<string>()
    for (const [i, { department }] of stores.entries()) {
      if (departments.has(department)) double(['stores', i, 'department'], department)
      departments.add(department)
    }
    const positions = new Set<string>()
    for (const [i, { role, positions: texts }] of roles.entries()) {
      for (const [k, text] of texts.entries()) {
        const key = `${role} ${text}`
        if (positions.has(key)) double(['roles', i, 'positions', k], text)
        positions.add(key)
      }
    }
  })

export type Organisation = z.output<typeof OrganisationSchema>
export type Fallbacks = Partial<Record<Role, Role[]>>
