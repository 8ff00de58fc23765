/** pino, with the request or job id on every line. Sentences are fixed; data goes into fields; people never do. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { type DestinationStream, type Logger, pino } from 'pino'

export type Log = Logger

export interface LogContext {
  requestId?: string
  job?: string
}

const context = new AsyncLocalStorage<LogContext>()

/** Runs `work` so that each log line inside carries `fields`. */
export const withLogContext = <T>(fields: LogContext, work: () => T): T =>
  context.run({ ...context.getStore(), ...fields }, work)
export const currentRequestId = (): string | undefined => context.getStore()?.requestId

// The second net: the first is that nobody logs people. Paths reach one level only, so serializers pick allowed fields.
const SECRET_PATHS = [
  'authorization',
  'cookie',
  'phone',
  'mobile',
  'name',
  'text',
  'content',
  'secret',
  'token',
  'password',
  'access_token',
  'corpsecret',
  'external_userid',
  'openid',
  'unionid',
  'session_key',
]

const pickIds = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  const { _id, id, kind } = value as Record<string, unknown>
  return { ...(_id ? { id: _id } : { id }), ...(kind ? { kind } : {}) }
}

export function createLog({
  level = 'info',
  destination,
}: {
  level?: string
  destination?: DestinationStream
} = {}): Log {
  const options = {
    level,
    base: null,
    mixin: () => ({ ...context.getStore() }),
    serializers: { customer: pickIds, staff: pickIds, message: pickIds, err: serializeError },
    redact: { paths: [...SECRET_PATHS, ...SECRET_PATHS.map((path) => `*.${path}`)], censor: '[redacted]' },
  }
  return destination ? pino(options, destination) : pino(options)
}

/** An error's own words may quote a request, so only what we wrote ourselves (code, details of an AppError) and the stack's places are kept. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error }
  const { name, stack } = error
  const fields = error as Error & { code?: unknown; kind?: unknown; details?: unknown; cause?: unknown }
  return {
    type: name,
    message: fields.kind ? error.message : redactNumbers(error.message),
    ...(fields.code === undefined ? {} : { code: fields.code }),
    ...(fields.kind === undefined ? {} : { kind: fields.kind, details: fields.details }),
    at: stack
      ?.split('\n')
      .slice(1, 5)
      .map((line) => line.trim()),
    ...(fields.cause instanceof Error ? { cause: serializeError(fields.cause) } : {}),
  }
}

// Phone and ID numbers are long digit runs; a driver's error text may contain a document.
const redactNumbers = (text: string): string => text.slice(0, 300).replace(/\d{7,}/g, '…')

export const silentLog: Log = pino({ level: 'silent' })
