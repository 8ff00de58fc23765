/** What a customer sees of it all in the mini-program: home, care calendar, guides to tick off, help. It decides nothing. */
import type { Feature, Ports } from '../platform/ports.ts'
import type { PortalDeps } from './home.ts'
import { createPortalStore } from './model.ts'
import { type MovesDeps, moveHandlers } from './moves.ts'
import { type PortalRouteDeps, portalRoutes } from './routes.ts'

export { copyOf } from './copy.ts'
export { askStaffWith } from './data-requests.ts'
export type { Question } from './home.ts'
export { noMembership } from './membership.ts'

export type PortalRoomDeps = Ports &
  Omit<PortalDeps, 'clock'> &
  Omit<PortalRouteDeps, 'store' | 'clock'> &
  Omit<MovesDeps, 'clock'>

export function createPortal(deps: PortalRoomDeps): Omit<Feature<never>, 'service'> {
  deps.events.subscribe('portal', moveHandlers(deps))
  return {
    routes: portalRoutes({ ...deps, store: createPortalStore(deps.db) }),
    due: [],
    routines: [],
    ready: async () => undefined,
  }
}
