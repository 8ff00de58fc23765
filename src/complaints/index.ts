/** Complaints and opinions: taken at once, acknowledged with a number, given to a first owner, followed by the customer. */
import { createAnnouncer } from '../platform/announcements.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import type { TaskCompleted } from '../tasks/index.ts'
import { createComplaintStore } from './model.ts'
import { complaintRoutes } from './routes.ts'
import { type ComplaintsDeps, type ComplaintsService, createComplaints } from './service.ts'

export { COMPLAINT_TEMPLATES } from './letters.ts'
export type { ComplaintsService } from './service.ts'

export type ComplaintsRoomDeps = Ports & Omit<ComplaintsDeps, 'store' | 'announcer'>

export function createComplaintsRoom(deps: ComplaintsRoomDeps): Feature<ComplaintsService> {
  const store = createComplaintStore(deps.db)
  const announcer = createAnnouncer('complaints', { complaints: store.announcing }, deps)
  const desk = createComplaints({ ...deps, store, announcer })
  deps.events.subscribe('complaints', {
    async 'task.completed'({ data, occurredAt }) {
      const { kind, taskId } = data as unknown as TaskCompleted
      if (kind === 'complaint') await desk.acknowledge(taskId, occurredAt)
    },
  })
  return {
    service: desk,
    routes: complaintRoutes({ ...deps, service: desk }),
    due: [announcer.due],
    routines: [],
    ready: () => store.ready(),
  }
}
