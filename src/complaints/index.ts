/** Complaints and opinions: taken at once, acknowledged with a number, given to a first owner, followed by the customer. */
import { createAnnouncer } from '../platform/announcements.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import type { Choice, TaskAnswered, TaskCompleted, TaskUnanswered } from '../tasks/index.ts'
import type { LowScore } from './drafts.ts'
import { createComplaintStore } from './model.ts'
import { complaintRoutes } from './routes.ts'
import { DRAFT_CHOICES } from './rules.ts'
import { type ComplaintsDeps, type ComplaintsService, createComplaints } from './service.ts'

export { COMPLAINT_TEMPLATES } from './letters.ts'
export type { ComplaintsService } from './service.ts'

/** On the card of whoever talks with a customer whose answers suggest a complaint. */
export const REGISTER_CHOICE: Choice = {
  title: '是否登记为投诉',
  options: Object.entries(DRAFT_CHOICES).map(([id, text]) => ({ id, text })),
}

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
    'survey.low_score': ({ data, occurredAt }) => desk.draft(data as unknown as LowScore, occurredAt),
    async 'task.answered'({ data, occurredAt }) {
      const answered = data as unknown as TaskAnswered
      if (answered.kind === 'survey_low') await desk.decide(answered, occurredAt)
    },
    async 'task.unanswered'({ data, occurredAt }) {
      const unanswered = data as unknown as TaskUnanswered
      if (unanswered.kind === 'survey_low') await desk.drop(unanswered, occurredAt)
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
