/** OpenAPI 3.0 from the same route data that is mounted: the document cannot promise what the server doesn't do. */
import { z } from 'zod'
import { ERROR_MESSAGES } from './error-messages.ts'
import type { Route } from './http.ts'

type Json = Record<string, unknown>

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { target: 'openapi-3.0', io, unrepresentable: 'any' }) as Json
  return json
}

const parametersOf = (place: 'path' | 'query', schema: z.ZodType | undefined): Json[] => {
  if (!schema) return []
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }))
}

const SECURITY: Record<Route['auth'], Json[]> = {
  public: [],
  integration: [{ integrationKey: [] }],
  customer: [{ miniProgramToken: [] }],
  staff: [{ staffSession: [] }],
}

const GENERAL_ERRORS = ['invalid_request', 'unauthenticated', 'rate_limited', 'internal'] as const
const STREAM_ERRORS = ['unsupported_media_type', 'body_too_large', 'upload_cut', 'upload_too_slow'] as const

const BINARY = { type: 'string', format: 'binary' }

function bodyOf({ body, receives }: Route): Json {
  const required = (content: Json) => ({ requestBody: { required: true, content } })
  if (body) return required({ 'application/json': { schema: schemaOf(body, 'input') } })
  if (!receives) return {}
  const { type, limit, fields, file } = receives
  if (!file) return required({ [type]: { schema: { ...BINARY, maxLength: limit } } })
  const form = fields ? schemaOf(fields, 'input') : {}
  const { properties = {}, required: needed = [] } = form as { properties?: Json; required?: string[] }
  const schema = { ...form, properties: { ...properties, [file]: BINARY }, required: [...needed, file] }
  return required({ [type]: { schema } })
}

const answerOf = ({ answers, response }: Route): Json =>
  answers
    ? Object.fromEntries(answers.map((type) => [type, { schema: BINARY }]))
    : { 'application/json': { schema: schemaOf(response, 'output') } }

function operationOf(route: Route): Json {
  const codes = [
    ...new Set([
      ...GENERAL_ERRORS,
      ...(route.receives ? [...STREAM_ERRORS, ...(route.receives.tooLarge ? [route.receives.tooLarge] : [])] : []),
      ...route.errors,
      ...(route.idempotent ? (['idempotency_key_reused', 'idempotency_in_progress'] as const) : []),
    ]),
  ]
  return {
    summary: route.summary,
    tags: [route.tag],
    operationId: `${route.method}_${route.path.replace(/[^\w]+/g, '_').replace(/^_|_$/g, '')}`,
    security: SECURITY[route.auth],
    parameters: [
      ...parametersOf('path', route.params),
      ...parametersOf('query', route.query),
      ...(route.idempotent
        ? [
            {
              name: 'Idempotency-Key',
              in: 'header',
              required: false,
              description: 'A repeated key answers the first answer again.',
              schema: { type: 'string', maxLength: 128 },
            },
          ]
        : []),
    ],
    ...bodyOf(route),
    responses: {
      [route.status]: { description: 'Done', content: answerOf(route) },
      default: {
        description: `Refused. Codes: ${codes.join(', ')}`,
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}

export function openApiOf(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {}
  for (const route of [...routes].sort((a, b) =>
    a.path < b.path ? -1 : a.path > b.path ? 1 : a.method < b.method ? -1 : 1,
  )) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method]: operationOf(route) }
  }
  return {
    openapi: '3.0.3',
    info: {
      title: 'Aftercare 术后管家',
      version: '1',
      description:
        'After-treatment care over WeCom and WeChat. Instants are ISO 8601 with an offset; money is whole fen.',
    },
    paths,
    components: {
      securitySchemes: {
        integrationKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key of INTEGRATION_KEYS, for clinic systems.',
        },
        miniProgramToken: { type: 'http', scheme: 'bearer', description: 'Token of POST /api/mp/session.' },
        staffSession: { type: 'apiKey', in: 'cookie', name: 'aftercare_session' },
      },
      schemas: {
        Error: {
          type: 'object',
          required: ['error'],
          properties: {
            error: {
              type: 'object',
              required: ['code', 'message'],
              properties: {
                code: { type: 'string', enum: Object.keys(ERROR_MESSAGES) },
                message: { type: 'string', description: 'Chinese sentence for people.' },
                requestId: { type: 'string' },
                problems: {
                  type: 'array',
                  items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } } },
                },
              },
            },
          },
        },
      },
    },
  }
}
