/** The one error class of the house. `kind` decides transport and retry; `code` is stable and public; `details` goes to the log. */

export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'rate_limited'
  | 'upstream'
  | 'internal'

export const HTTP_STATUS: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  rate_limited: 429,
  upstream: 502,
  internal: 500,
}

export interface ErrorOptions {
  cause?: unknown
  /** What the caller may see besides the code, e.g. the list of wrong fields. Never personal data. */
  publicDetails?: Record<string, unknown>
  /** Whether a job may try again; only meaningful for `upstream` and `rate_limited`. */
  retryable?: boolean
  /** Earliest sensible retry, in ms from now. */
  retryAfterMs?: number
}

export class AppError extends Error {
  readonly kind: ErrorKind
  readonly code: string
  readonly details: Record<string, unknown>
  readonly publicDetails: Record<string, unknown> | undefined
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined

  constructor(kind: ErrorKind, code: string, details: Record<string, unknown> = {}, options: ErrorOptions = {}) {
    super(code, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.kind = kind
    this.code = code
    this.details = details
    this.publicDetails = options.publicDetails
    this.retryable = options.retryable ?? (kind === 'rate_limited' || kind === 'internal')
    this.retryAfterMs = options.retryAfterMs
  }

  get status(): number {
    return HTTP_STATUS[this.kind]
  }
}

export const invalid = (code: string, details?: Record<string, unknown>, options?: ErrorOptions) =>
  new AppError('invalid', code, details, options)
export const notFound = (code: string, details?: Record<string, unknown>) => new AppError('not_found', code, details)
export const conflict = (code: string, details?: Record<string, unknown>) => new AppError('conflict', code, details)

/** MongoDB's answer to a second insert of the same unique key: for us "already done". */
export const isDuplicateKey = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 11000
