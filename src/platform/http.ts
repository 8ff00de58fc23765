/**
 * Routes as data. `route()` states who may call, what goes in and what comes out; `mountRoutes` checks the actor, parses
 * the input, runs the handler and parses the answer, which drops every field that the view doesn't name: our privacy floor.
 * `receiving()` is a route whose body is a stream, `answering()` one whose answer is. The same data makes `docs/openapi.json`.
 */
import type { Readable } from 'node:stream'
import { z } from 'zod'
import type { DomainErrorCode } from './error-messages.ts'

/** Who is calling. `stores: 'all'` only for integration keys without a store list and for directors. */
export interface Actor {
  kind: 'public' | 'integration' | 'customer' | 'staff'
  id: string
  roles: readonly string[]
  stores: readonly string[] | 'all'
}

export interface RequestInput<P, Q, B> {
  params: P
  query: Q
  body: B
  actor: Actor
  requestId: string
}

export interface RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** Full path with `:params`, e.g. `/api/v1/customers/:customerId`. */
  path: string
  /** From the user's side, e.g. "Record a completed treatment". */
  summary: string
  tag: string
  /** Which kind of caller; default deny: there is no route without it. */
  auth: Actor['kind']
  /** For staff: any of these roles. */
  roles?: readonly string[]
  params?: P
  query?: Q
  body?: B
  response: R
  /** Success status, default 200. */
  status?: number
  /** Error codes beyond the general ones, for the document. */
  errors?: readonly DomainErrorCode[]
  /** POSTs that create: a repeated `Idempotency-Key` answers the first answer again. */
  idempotent?: boolean
  /** Who asks must not be found by the log: a refusal leaves no line. */
  unlogged?: boolean
  /** Of a customer's route: open also to who has not agreed to the service, or no longer does. Default: closed. */
  withoutConsent?: boolean
  handle(input: RequestInput<z.output<P>, z.output<Q>, z.output<B>>): Promise<z.input<R>>
}

/** A body that is never whole in memory, bounded in bytes and in time. */
export interface Receives<F extends z.ZodType = z.ZodType> {
  type: 'application/octet-stream' | 'multipart/form-data'
  /** Bytes of the body; of a form, of its file. */
  limit: number
  /** Until the last byte. */
  timeoutMs: number
  /** The code of a body that is larger; `body_too_large` where nothing is said. */
  tooLarge?: DomainErrorCode
  /** Of a form: the fields beside the file, in whatever order they come. */
  fields?: F
  /** Of a form: the name of the file's part. */
  file?: string
}

export interface Incoming<F> {
  /**
   * The body, or the file of a form. It fails with an AppError when the sender goes away, dawdles or sends too much; the
   * handler may leave or destroy it at any point.
   */
  stream: Readable
  /** Settles as soon as the fields are there and right: before the file's last byte, when they come first. */
  fields: Promise<F>
}

/** An answer that is sent as it is read. */
export interface Bytes {
  type: string
  length: number
  stream: Readable
}

type AnyRouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> = Omit<
  RouteSpec<P, Q, B, R>,
  'body' | 'idempotent' | 'unlogged' | 'handle'
>

/** A route with its types erased, as the app mounts it. */
export interface Route {
  method: RouteSpec<z.ZodType, z.ZodType, z.ZodType, z.ZodType>['method']
  path: string
  summary: string
  tag: string
  auth: Actor['kind']
  roles?: readonly string[]
  params?: z.ZodType
  query?: z.ZodType
  body?: z.ZodType
  response: z.ZodType
  status: number
  errors: readonly DomainErrorCode[]
  idempotent: boolean
  unlogged: boolean
  withoutConsent: boolean
  /** Asked before anything of the request is read. @throws AppError: this caller may not, as things are */
  admit?(actor: Actor): Promise<void>
  receives?: Receives
  /** The types of an answer of bytes, which has no view to be parsed by. */
  answers?: readonly string[]
  handle(input: RequestInput<unknown, unknown, unknown> & { incoming?: Incoming<unknown> }): Promise<unknown>
}

const DEFAULTS = { status: 200, errors: [], idempotent: false, unlogged: false, withoutConsent: false } as const

export function route<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  spec: RouteSpec<P, Q, B, R>,
): Route {
  return { ...DEFAULTS, ...spec } as Route
}

/** A route whose body is a stream. Nothing of it is kept but what the handler keeps: a handler that fails must undo its own. */
export function receiving<
  P extends z.ZodType,
  Q extends z.ZodType,
  R extends z.ZodType,
  F extends z.ZodType = z.ZodUndefined,
>(
  spec: AnyRouteSpec<P, Q, z.ZodType, R> & {
    receives: Receives<F>
    handle(
      input: RequestInput<z.output<P>, z.output<Q>, unknown> & { incoming: Incoming<z.output<F>> },
    ): Promise<z.input<R>>
  },
): Route {
  return { ...DEFAULTS, ...spec } as unknown as Route
}

/** A route that answers bytes. Whoever asks keeps no copy: the next look is asked for again, and may be refused. */
export function answering<P extends z.ZodType, Q extends z.ZodType>(
  spec: Omit<AnyRouteSpec<P, Q, z.ZodType, z.ZodType>, 'response' | 'status'> & {
    answers: readonly string[]
    handle(input: RequestInput<z.output<P>, z.output<Q>, unknown>): Promise<Bytes>
  },
): Route {
  return { ...DEFAULTS, response: z.any(), ...spec } as unknown as Route
}
