/** From a route's own schema: one request that is right, and all those that are wrong in one place. */
import type { Known } from './support.ts'

/** The part of OpenAPI 3.0 that our document uses. */
export interface Schema {
  type?: string
  nullable?: boolean
  enum?: unknown[]
  format?: string
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  minItems?: number
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
}

export interface Wrong {
  /** Where and what, e.g. `body.items.0.name = {"$gt":""}`. */
  label: string
  value: unknown
}

const TEXTS = ['huayan', '13800138000', '10:00', 'a', '2026-03-02', '文字', '3', '2026-Q1', `2026-03:${'a'.repeat(32)}`]
const matches = ({ pattern, minLength = 0, maxLength = 1e9, anyOf = [] }: Schema, text: string): boolean =>
  (anyOf.length === 0 || anyOf.some((one) => matches(one, text))) &&
  text.length >= minLength &&
  text.length <= maxLength &&
  (!pattern || new RegExp(pattern, 'u').test(text))

/** A value that the schema takes. @throws when this generator must learn a new shape */
export function sample(schema: Schema, name: string, known: Known): unknown {
  const value = known[name]
  const isNumber = schema.type === 'integer' || schema.type === 'number'
  if (name in known && (typeof value !== 'string' || (!isNumber && matches(schema, value)))) return value
  const [choice] = schema.anyOf ?? schema.oneOf ?? []
  if (choice) return sample(choice, name, known)
  if (schema.enum) return schema.enum[0]
  switch (schema.type) {
    case 'boolean':
      return true
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1)
    case 'array':
      return [sample(schema.items ?? {}, name, known)]
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .map(([key, one]) => [key, sample(one, key, known)] as const)
          .filter(([, value]) => value !== undefined),
      )
  }
  if (schema.format === 'date-time') return '2026-03-02T10:00:00+08:00'
  if (schema.format === 'date') return '2026-03-02'
  const text = TEXTS.find((one) => matches(schema, one))
  if (text === undefined) throw new Error(`no sample for ${name}: ${JSON.stringify(schema)}`)
  return text
}

const TYPES: [string, unknown][] = [
  ['boolean', true],
  ['number', 7],
  ['string', 'text'],
  ['array', []],
  ['object', {}],
]
const OPERATORS = [{ $gt: '' }, { $ne: null }, { $where: 'sleep(1000)' }, [{ $gt: '' }]]
const LONG = 'x'.repeat(60_000)
const DATES = [
  'yesterday',
  '2026-02-30T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-03-02T25:00:00Z',
  '2026-03-02T10:00:00', // whose 10 o'clock?
  '+275760-09-13T00:00:01Z',
  '1772416800',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
]
const DAYS = ['2026-02-30', '2026-3-2', '20260302', 'monday', '2026-03-02T00:00:00Z']
const PROTOTYPES = ['__proto__', 'constructor', 'prototype', 'toString']

/** Wrong texts for a string of this schema; also used for queries and paths, where everything is text. */
export function wrongTexts(schema: Schema): string[] {
  const dated = schema.format === 'date-time' ? DATES : schema.format === 'date' ? DAYS : []
  const chosen = schema.enum ? ['nonsense', ...PROTOTYPES] : []
  const tried = ['', ' ', LONG, '{"$gt":""}', '\u0000', 'a\u0000b', '$where', '../../etc/passwd']
  return [
    ...dated,
    ...chosen,
    ...(schema.enum ? tried : tried.filter((text) => text === LONG || !matches(schema, text))),
  ]
}

function wrongNumbers({ type, minimum = -1e21, maximum = 1e21 }: Schema): unknown[] {
  return [minimum - 1, maximum * 10, 1e308, '7', ...(type === 'integer' ? [1.5] : [])]
}

function wrongValues(schema: Schema): unknown[] {
  const plain = ({ type }: Schema) => (type === 'integer' ? 'number' : type)
  const type = plain(schema)
  const taken = [schema, ...(schema.anyOf ?? schema.oneOf ?? [])].map(plain)
  const ofOtherTypes = TYPES.filter(([one]) => !taken.includes(one)).map(([, value]) => value)
  return [
    ...ofOtherTypes,
    ...(schema.nullable ? [] : [null]),
    ...(type === 'object' && schema.additionalProperties !== false ? [] : OPERATORS),
    ...(type === 'string' ? wrongTexts(schema) : []),
    ...(type === 'number' ? wrongNumbers(schema) : []),
    ...(type === 'array' && (schema.minItems ?? 0) > 0 ? [[]] : []),
  ]
}

/** Values that nobody needs and some schemas allow: whatever is done with them, it is done whole. */
function oddValues(schema: Schema): unknown[] {
  if (schema.enum) return []
  if (schema.format === 'date-time')
    return ['1900-01-01T00:00:00Z', '2199-12-31T23:59:59.999+08:00', '2024-02-29T23:59:59-23:59']
  if (schema.format === 'date') return ['0000-01-01', '9999-12-31']
  if (schema.type === 'string') return ['\ud800', '\u202e\u0000', '💉'.repeat(10), '﷽', '$ne', 'constructor', '９']
  if (schema.type === 'integer' || schema.type === 'number') return [0, -0, 2 ** 53, 1e20]
  return []
}

/** Every value that is `value` with one field made odd. */
export function oddBodies(schema: Schema, value: unknown, path = 'body'): Wrong[] {
  const here = oddValues(schema).map((one) => ({ label: `${path} = ${JSON.stringify(one)}`, value: one }))
  if (Array.isArray(value))
    return oddBodies(schema.items ?? {}, value[0], `${path}.0`).map(({ label, value: one }) => ({
      label,
      value: [one],
    }))
  if (typeof value !== 'object' || value === null) return here
  return Object.entries(value).flatMap(([key, one]) =>
    oddBodies(schema.properties?.[key] ?? {}, one, `${path}.${key}`).map(({ label, value: bad }) => ({
      label,
      value: { ...value, [key]: bad },
    })),
  )
}

/** Every value that differs from `value` in one place and breaks the schema there. */
export function wrongBodies(schema: Schema, value: unknown, path = 'body'): Wrong[] {
  const here = wrongValues(schema).map((one) => ({
    label: `${path} = ${JSON.stringify(one)?.slice(0, 60)}`,
    value: one,
  }))
  if (Array.isArray(value)) {
    const inside = wrongBodies(schema.items ?? {}, value[0], `${path}.0`)
    return [...here, ...inside.map(({ label, value: one }) => ({ label, value: [one, ...value.slice(1)] }))]
  }
  if (typeof value !== 'object' || value === null) return here
  const fields = value as Record<string, unknown>
  const inside = Object.entries(schema.properties ?? {}).flatMap(([key, one]) =>
    (key in fields ? wrongBodies(one, fields[key], `${path}.${key}`) : []).map(({ label, value: bad }) => ({
      label,
      value: { ...fields, [key]: bad },
    })),
  )
  const without = (schema.required ?? []).map((key) => {
    const { [key]: _, ...rest } = fields
    return { label: `${path} without ${key}`, value: rest }
  })
  const foreign = ['$gt', '$where', '_id', 'unknownField', ...PROTOTYPES]
  const added = schema.additionalProperties === false ? foreign : ['__proto__']
  const more = added.map((key) => {
    const extended = { ...fields }
    // Assigning `__proto__` would set the prototype; a body of the network has it as a field.
    Object.defineProperty(extended, key, { value: { polluted: true }, enumerable: true })
    return { label: `${path} with ${key}`, value: extended }
  })
  return [...here, ...inside, ...without, ...more]
}
