/** Many entries at once, each with an answer of its own: a wrong one keeps no other out. */
import { AppError, type ErrorKind } from './errors.ts'

/** `same`: the record says it already, and nothing was written. */
export type Written = 'new' | 'changed' | 'same'
/** An error is this entry's own fault; whatever else goes wrong is thrown. */
export type BulkAnswer = Written | AppError

export interface BulkOptions {
  /** Only say what would become of the entries; nothing is written. */
  dryRun?: boolean
}

const OWN_FAULT: ReadonlySet<ErrorKind> = new Set(['invalid', 'not_found', 'conflict'])

/** The answer that an attempt ends in, or the refusal of this one entry. */
export async function answerOf<T>(attempt: () => T | Promise<T>): Promise<T | AppError> {
  try {
    return await attempt()
  } catch (error) {
    if (error instanceof AppError && OWN_FAULT.has(error.kind) && !error.retryable) return error
    throw error
  }
}
