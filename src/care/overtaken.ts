/** Steps that somebody has cancelled or moved in the very moment in which they fired: what they began with is withdrawn. */
import type { MessagingService } from '../messaging/index.ts'
import type { TasksService } from '../tasks/index.ts'
import { OPEN } from './diff.ts'
import type { CareStore, StepRow } from './model.ts'
import { withoutCard } from './reconsider.ts'

export interface OvertakenDeps {
  store: Pick<CareStore, 'steps' | 'change'>
  messaging: Pick<MessagingService, 'cancel' | 'outboxId'>
  tasks: Pick<TasksService, 'cancel'>
}

export interface Begun {
  /** As it was read. */
  step: StepRow
  taskIds: readonly string[]
  /** Audiences to whom something was enqueued. */
  audiences: readonly string[]
}

/**
 * Of what was begun, that of steps which are cancelled now or planned for later than `until`. A message that has left already
 * is settled like any other: then the step is done after all. Steps that another worker has taken over, or whose message was
 * settled before they were written, are as they should be.
 */
export async function withdrawOvertaken(
  { store, messaging, tasks }: OvertakenDeps,
  all: readonly Begun[],
  until: Date,
): Promise<void> {
  const begun = all.filter(({ taskIds, audiences }) => taskIds.length + audiences.length > 0)
  if (begun.length === 0) return
  const rows = new Map((await store.steps(begun.map(({ step }) => step._id))).map((row) => [row._id, row]))
  const overtaken = begun.filter(({ step }) => {
    const row = rows.get(step._id)
    return (
      row && (row.status === 'cancelled' || (OPEN.includes(row.status) && (row.dueAt === null || row.dueAt > until)))
    )
  })
  if (overtaken.length === 0) return
  const idsOf = ({ step, audiences }: Begun) =>
    audiences.map((audience) => messaging.outboxId(step._id, step.occurrence, audience))
  await messaging.cancel(overtaken.flatMap(idsOf), 'superseded')
  await tasks.cancel(
    overtaken.flatMap(({ taskIds }) => taskIds),
    'superseded',
  )
  // What was withdrawn can't come again under its number.
  await store.change(
    overtaken.map(({ step }) => ({
      id: step._id,
      from: [...OPEN, 'cancelled'],
      where: { taskId: rows.get(step._id)?.taskId ?? null },
      set: withoutCard(step),
    })),
  )
}
