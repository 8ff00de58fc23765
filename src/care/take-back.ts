/** What was planned, announced or handed to staff is taken back; what has reached somebody stays as it is. */

import type { MessagingService } from '../messaging/index.ts'
import type { Reason } from '../platform/reasons.ts'
import { passOnTaskId, type TasksService } from '../tasks/index.ts'
import { OPEN } from './diff.ts'
import { callTaskId, followTaskId } from './fire.ts'
import { unreachedTaskId } from './follow.ts'
import type { CareStore, StepRow } from './model.ts'
import { cancelled, NOT_FIRING, withoutCard } from './reconsider.ts'

const TRIES = 3

export interface TakeBackDeps {
  store: CareStore
  messaging: Pick<MessagingService, 'cancel' | 'outboxId'>
  tasks: Pick<TasksService, 'cancel'>
}

/** What was too late when it was entered stays so, whatever ends the rest. */
const isToCome = ({ status }: StepRow): boolean => OPEN.includes(status) && status !== 'missed_before_entry'

/** Cancels what is planned, waits in the outbox, or lies as a card with staff. What has been sent stays as it is. */
export async function takeBack(
  deps: TakeBackDeps,
  rows: readonly StepRow[],
  reason: Reason,
  now: Date,
  tries = TRIES,
): Promise<void> {
  const { store, messaging, tasks } = deps
  const outboxId = ({ _id, occurrence }: StepRow, audience: string) => messaging.outboxId(_id, occurrence, audience)
  const waiting = rows.filter(({ status }) => status === 'enqueued')
  const calling = rows.filter(({ status }) => status === 'calling')
  const unsent = new Set(
    await messaging.cancel(
      [
        ...waiting.map((row) => outboxId(row, 'customer')),
        ...rows.flatMap((row) =>
          row.action === 'call' ? [outboxId(row, 'customer:prelude'), outboxId(row, 'customer:missed')] : [],
        ),
      ],
      reason,
    ),
  )
  await tasks.cancel(
    rows.flatMap((row) => [
      ...(row.action === 'task'
        ? [row.taskId].filter((id) => id !== null)
        : row.taskId !== null || row.status === 'calling'
          ? [callTaskId(row._id, row.occurrence)]
          : []),
      // A call that came to nothing, or only to a few words, is followed up.
      ...(row.action === 'call' && ['unreachable', 'done'].includes(row.status)
        ? [followTaskId(row._id, 1), followTaskId(row._id, 2), unreachedTaskId(row._id)]
        : []),
      // "Please pass this on": no longer.
      ...(row.status === 'delegated' ? [passOnTaskId(outboxId(row, 'customer'))] : []),
    ]),
    reason,
  )
  const back = [...rows.filter(isToCome), ...waiting.filter((row) => unsent.has(outboxId(row, 'customer'))), ...calling]
  const changed = await store.change(
    back.map((row) => ({
      id: row._id,
      from: [row.status],
      where: { taskId: row.taskId ?? null },
      set: {
        ...cancelled(reason, now),
        ...(row.taskId !== null || !OPEN.includes(row.status) ? withoutCard(row) : {}),
        ...NOT_FIRING,
      },
    })),
  )
  if (changed === back.length || tries <= 1) return
  // Some have fired or got their card since they were read.
  const again = await store.steps(back.map(({ _id }) => _id))
  const left = again.filter((row) => isToCome(row) || row.status === 'enqueued' || row.status === 'calling')
  if (left.length > 0) await takeBack(deps, left, reason, now, tries - 1)
}
