/** Ordered stop of a process, with a deadline after which it exits anyway. */
import type { Log } from './log.ts'

export interface StopStep {
  name: string
  stop: () => Promise<void> | void
}

/** Runs the steps in order; one that fails or hangs doesn't keep the next from running within the deadline. */
export async function stopInOrder(steps: readonly StopStep[], log: Log, stepTimeoutMs = 10_000): Promise<void> {
  for (const { name, stop } of steps) {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('took too long')), stepTimeoutMs)
    })
    try {
      await Promise.race([Promise.resolve(stop()), late])
    } catch (error) {
      log.warn({ err: error, step: name }, 'stop step failed')
    } finally {
      clearTimeout(timer)
    }
  }
}
