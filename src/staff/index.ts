/** Stores and staff: what the clinic says of its stores, what WeCom's directory says of its people. */
import { addDays, atTime, DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import { routine } from '../platform/routines.ts'
import type { WecomClient } from '../wecom/index.ts'
import { absenceRoutes } from './absence-routes.ts'
import { createAbsences } from './absences.ts'
import type { Organisation } from './config.ts'
import { createStaffStore } from './model.ts'
import { staffRoutes } from './routes.ts'
import { createStaffService, type StaffDesk } from './service.ts'

export { type Organisation, OrganisationSchema } from './config.ts'
export { pickOwner } from './rules.ts'
export type { StaffDesk, StoreInput } from './service.ts'
export * from './types.ts'

const CONTACT_CHANGES = [
  'create_user',
  'update_user',
  'delete_user',
  'create_party',
  'update_party',
  'delete_party',
  'update_tag',
]
/** The nightly reading of the directory. */
export const SYNC_ROUTINE = 'staff.sync-directory'
const SYNC_AT = '03:00'

export function createStaff(
  deps: Ports & { wecom: Pick<WecomClient, 'departments' | 'users'>; organisation: Organisation },
): Feature<StaffDesk> {
  const store = createStaffStore(deps.db)
  const service = createStaffService({ ...deps, store })
  const { absences, due } = createAbsences({ ...deps, store, stores: service.stores })
  // A callback is a hint: whatever it says, the directory itself is read again.
  for (const change of CONTACT_CHANGES)
    deps.inbox.on('wecom', `change_contact.${change}`, ({ receivedAt }) => service.syncSince(receivedAt))
  return {
    service,
    routes: [...staffRoutes(service), ...absenceRoutes(absences)],
    due: [due],
    routines: [
      routine({
        name: SYNC_ROUTINE,
        nextAt: (after) => {
          const today = dayOf(after, DEFAULT_ZONE)
          const at = atTime(today, SYNC_AT, DEFAULT_ZONE)
          return at > after ? at : atTime(addDays(today, 1), SYNC_AT, DEFAULT_ZONE)
        },
        run: async () => service.syncDirectory(),
      }),
    ],
    ready: () => store.ready(),
  }
}
