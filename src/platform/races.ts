/** Optimistic writes: read a row, decide, write if nobody else wrote meanwhile, else look again. */
import { AppError } from './errors.ts'

/** Somebody else was quicker. */
export const LOST: unique symbol = Symbol('lost')

/** In each round one of those who write a row at once gets through, so this is how many of them may meet. */
const MAX_ROUNDS = 40

/**
 * Tries until the race is won.
 * @throws AppError conflict/record_busy, to be tried again, when it is lost 40 times in a row
 */
export async function untilWon<T>(
  details: Record<string, unknown>,
  attempt: () => Promise<T | typeof LOST>,
): Promise<T> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const result = await attempt()
    if (result !== LOST) return result
  }
  throw new AppError('conflict', 'record_busy', details, { retryable: true, retryAfterMs: 1_000 })
}
