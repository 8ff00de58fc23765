/** Ordered stop of a process, with a deadline after which it exits anyway. */
import { inTime } from './in-time.ts'
import type { Log } from './log.ts'

export interface StopStep {
  name: string
  stop: () => Promise<void> | void
}

/** Runs the steps in order; one that fails or hangs doesn't keep the next from running within the deadline. */
export async function stopInOrder(steps: readonly StopStep[], log: Log, stepTimeoutMs = 10_000): Promise<void> {
  for (const { name, stop } of steps) {
    try {
      await inTime(stepTimeoutMs, Promise.resolve(stop()), 'took too long')
    } catch (error) {
      log.warn({ err: error, step: name }, 'stop step failed')
    }
  }
}
