/** The answers of the mini-program's routes as types, for its own services: `miniprogram/typings/api.d.ts`. */
import { z } from 'zod'
import type { Route } from '../src/platform/http.ts'

type Json = Record<string, unknown>
const PREFIX = '/api/mp'

const NAMED: Record<string, string> = {
  string: 'string',
  boolean: 'boolean',
  null: 'null',
  number: 'number',
  integer: 'number',
}

/** What of JSON schema zod writes for answers. */
export function typeOf(schema: Json): string {
  const { type, anyOf, allOf, enum: values, items, properties, additionalProperties } = schema
  if ('const' in schema) return JSON.stringify(schema.const)
  if (Array.isArray(values)) return values.map((one) => JSON.stringify(one)).join(' | ')
  if (Array.isArray(anyOf)) return unionOf(anyOf as Json[])
  if (Array.isArray(allOf)) return (allOf as Json[]).map((one) => `(${typeOf(one)})`).join(' & ')
  if (Array.isArray(type)) return unionOf(type.map((one) => ({ ...schema, type: one as unknown })))
  if (type === 'array') return `(${typeOf((items ?? {}) as Json)})[]`
  if (type === 'object' && properties) return fieldsOf(properties as Record<string, Json>, schema.required)
  if (type === 'object') return `Record<string, ${typeOf((additionalProperties || {}) as Json)}>`
  return NAMED[String(type)] ?? 'unknown'
}

const unionOf = (some: readonly Json[]): string => [...new Set(some.map(typeOf))].join(' | ')

function fieldsOf(properties: Record<string, Json>, required: unknown): string {
  const needed = new Set(Array.isArray(required) ? (required as string[]) : [])
  const fields = Object.entries(properties).map(
    ([name, schema]) =>
      `${/^\w+$/.test(name) ? name : JSON.stringify(name)}${needed.has(name) ? '' : '?'}: ${typeOf(schema)}`,
  )
  return `{ ${fields.join('; ')} }`
}

export function apiTypes(routes: readonly Route[]): string {
  const lines = routes
    .filter(({ path }) => path.startsWith(`${PREFIX}/`))
    .map(({ method, path, response }) => {
      const schema = z.toJSONSchema(response, { io: 'output', unrepresentable: 'any' }) as Json
      return `  '${method.toUpperCase()} ${path.slice(PREFIX.length)}': ${typeOf(schema)}`
    })
    .sort()
  return [
    "/** What the clinic's server answers, by route. Written from the routes by `npm run gen`. */",
    'export interface Answers {',
    ...lines,
    '}',
    '',
  ].join('\n')
}
