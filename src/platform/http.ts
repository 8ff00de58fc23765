/**
 * Routes as data. `route()` states who may call, what goes in and what comes out; `mountRoutes` checks the actor, parses
 * the input, runs the handler and parses the answer, which drops every field that the view doesn't name: our privacy floor.
 * The same data makes `docs/openapi.json`.
 */
import type { z } from 'zod'
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
  handle(input: RequestInput<z.output<P>, z.output<Q>, z.output<B>>): Promise<z.input<R>>
}

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
  handle(input: RequestInput<unknown, unknown, unknown>): Promise<unknown>
}

export function route<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  spec: RouteSpec<P, Q, B, R>,
): Route {
  return { status: 200, errors: [], idempotent: false, unlogged: false, ...spec } as Route
}
