/** The document of the control API. Vendor APIs are described by their vendors. */
import { ROBOT_STATES } from './api/robot.ts'
import { LEDGER_KINDS } from './ledger.ts'
import { actSchemas } from './openapi-acts.ts'

type Schema = Record<string, unknown>

const string = { type: 'string' }
const number = { type: 'number' }
const whole = { type: 'integer' }
const flag = { type: 'boolean' }
const instant = { type: 'string', format: 'date-time' }
const orNull = (schema: Schema): Schema => ({ ...schema, nullable: true })
const listOf = (items: Schema): Schema => ({ type: 'array', items })
const object = (properties: Record<string, Schema>, required = Object.keys(properties)): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 ? { required } : {}),
})
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })

const json = (description: string, schema: Schema) => ({ description, content: { 'application/json': { schema } } })
const refusal = (description: string) => json(description, ref('Error'))

interface More {
  body?: Schema
  answer?: Schema
  query?: string[]
  /** Statuses beyond 200 and 400. */
  refusals?: Record<number, string>
}
const operation = (summary: string, { body, answer = {}, query = [], refusals = {} }: More = {}) => ({
  summary,
  ...(query.length > 0
    ? { parameters: query.map((name) => ({ name, in: 'query', required: false, schema: string })) }
    : {}),
  ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } } : {}),
  responses: {
    200: json('Done', answer),
    ...(body || query.length > 0 ? { 400: refusal('What is wrong with the request') } : {}),
    ...Object.fromEntries(Object.entries(refusals).map(([status, description]) => [status, refusal(description)])),
  },
})

const address = orNull({ type: 'string', format: 'uri' })
const verified = orNull(object({ ok: flag, detail: string }))
const FAULT = {
  path: { type: 'string', description: 'Path of an API or its end, * = every API, callback = callbacks' },
  errcode: whole,
  latencyMs: number,
  drop: { enum: ['before', 'after'] },
  duplicate: flag,
  reorder: flag,
  delayMs: number,
  times: whole,
  rate: number,
}
const PERMISSIONS = { contacts: flag, external: flag, kf: flag }
const names = orNull(listOf(string))
const SETTINGS = {
  unionIds: flag,
  appEnabled: flag,
  trustedAddresses: names,
  trustedDomains: names,
  massQuota: { enum: ['month', 'week', 'day'] },
  cardsNeedCallback: flag,
  ownWelcome: flag,
}
const MEMBER = { inScope: flag, servesCustomers: flag, activated: flag, realNamed: flag, customerCap: orNull(whole) }
const LIMITS = { perMinute: whole, perHour: whole, concurrent: whole }

const schemas = {
  Error: object({ error: object({ code: string, message: string }) }),
  Person: object({
    personId: string,
    kind: { enum: ['customer', 'staff'] },
    name: string,
    externalUserId: orNull(string),
    unionId: orNull(string),
    openId: orNull(string),
    phone: orNull(string),
    email: orNull(string),
    userId: orNull(string),
  }),
  LedgerEntry: object({
    at: instant,
    person: { type: 'string', description: 'personId of whom it reached' },
    kind: { enum: [...LEDGER_KINDS] },
    messageId: orNull(string),
    channel: string,
    payload: { type: 'object' },
    text: string,
  }),
  Fault: object({ ...FAULT, id: whole, hits: whole }, ['path', 'id', 'hits']),
}

export const controlDocument = {
  openapi: '3.0.3',
  info: {
    title: 'Simulator control',
    version: '1',
    description:
      'Moves and shows the simulated world. Vendor paths beside it behave as WeCom and WeChat describe them.',
  },
  paths: {
    '/_sim/ready': { get: operation('The ready line again: addresses and keys') },
    '/_sim/state': {
      get: operation('Everybody in the world, with their identities; a page when limit or cursor is given', {
        query: ['limit', 'cursor'],
        answer: object({ people: listOf(ref('Person')), nextCursor: orNull(string) }, ['people']),
      }),
    },
    '/_sim/contacts': {
      get: operation('Contacts, of one member where one is named', {
        query: ['userId', 'limit', 'cursor'],
        answer: object({ contacts: listOf({ type: 'object' }), total: whole, nextCursor: orNull(string) }),
      }),
    },
    '/_sim/mass': {
      get: operation('Mass messages that wait for a member', {
        answer: object({ waiting: listOf({ type: 'object' }) }),
      }),
    },
    '/_sim/ledger': {
      get: operation('Everything that reached a person; a plain array, or a page when limit or cursor is given', {
        query: ['since', 'person', 'kind', 'limit', 'cursor'],
        answer: {
          oneOf: [
            listOf(ref('LedgerEntry')),
            object({ entries: listOf(ref('LedgerEntry')), nextCursor: orNull(string) }),
          ],
        },
      }),
    },
    '/_sim/ledger/sha256': {
      get: operation('One number for the whole ledger', { answer: object({ sha256: string, entries: whole }) }),
    },
    '/_sim/clock': {
      get: operation('Time, epoch, followers', { answer: object({ now: instant, epoch: whole, mode: string }) }),
      post: operation('Move time in hops', {
        body: object(
          {
            advance: { oneOf: [number, string], description: 'Milliseconds, like 90m, or an ISO duration' },
            to: instant,
            timeoutMs: number,
          },
          [],
        ),
        answer: object({ now: instant, hops: whole }),
        refusals: { 409: 'Time does not run backwards', 504: 'Names who is not idle' },
      }),
    },
    '/_sim/clock/followers': {
      post: operation('A follower reports and learns the time', {
        body: object({ id: string, epoch: whole, idle: flag, nextDueAt: orNull(instant), waitMs: number }, [
          'id',
          'epoch',
          'idle',
        ]),
        answer: object({ now: instant, epoch: whole }),
      }),
      delete: operation('A follower that stops says so', { body: object({ id: string }) }),
    },
    '/_sim/callback-target': {
      get: operation('Where callbacks go'),
      post: operation('Set where callbacks go; verifies the addresses', {
        body: object(
          {
            wecomUrl: address,
            wechatUrl: address,
            appUrl: address,
            wecomFormat: { enum: ['xml', 'json'] },
            wechatFormat: { enum: ['json', 'xml'] },
            wechatMode: { enum: ['safe', 'plain', 'compatible'] },
          },
          [],
        ),
        answer: object({ verification: object({ wecom: verified, wechat: verified }) }),
      }),
    },
    '/_sim/act': {
      post: operation('Somebody does something', {
        body: { oneOf: actSchemas },
        answer: { type: 'object' },
        refusals: { 404: 'Nobody of this id, or nothing of this name', 409: 'It makes no sense now' },
      }),
    },
    '/_sim/faults': {
      get: operation('Active faults with hits', {
        answer: object({ faults: listOf(ref('Fault')), paths: listOf(string) }),
      }),
      post: operation('Add a fault; met once unless times or rate is given', {
        body: object(FAULT, ['path']),
        answer: ref('Fault'),
      }),
      delete: operation('No more faults'),
    },
    '/_sim/tokens/revoke': {
      post: operation('Make all access tokens of a platform invalid', {
        body: object({ platform: { enum: ['wecom', 'wechat'] } }),
        answer: object({ issued: object({ wecom: whole, wechat: whole }) }),
      }),
    },
    '/_sim/permissions': {
      post: operation('Take permissions from the app, or give them back; without one its APIs answer 48002', {
        body: object(PERMISSIONS, []),
        answer: object(PERMISSIONS),
      }),
    },
    '/_sim/limits': {
      post: operation(
        'Calls of one API per minute and hour of business time; past them 45009; calls of it at once, past which 45033',
        {
          body: object(LIMITS, []),
          answer: object(LIMITS),
        },
      ),
    },
    '/_sim/settings': {
      post: operation('What the administrator of the corp has set up', {
        body: object(SETTINGS, []),
        answer: object(SETTINGS),
      }),
    },
    '/_sim/member': {
      post: operation('What the administrator has set up for one member', {
        body: object({ userId: string, ...MEMBER }, ['userId']),
        answer: object(MEMBER),
        refusals: { 404: 'Nobody of this userid' },
      }),
    },
    '/_sim/robot': {
      post: operation('How the group robot is', {
        body: object({ state: { enum: [...ROBOT_STATES] } }),
        answer: object({ roomId: string, name: string, key: string, state: string }),
      }),
    },
    '/_sim/jssdk': {
      post: operation("What a page's config or agentConfig would answer to this signature", {
        body: object({
          kind: { enum: ['config', 'agentConfig'] },
          url: string,
          timestamp: string,
          nonceStr: string,
          signature: string,
        }),
        answer: object({ errcode: whole }),
      }),
    },
    '/_sim/events': {
      get: {
        summary: 'Server-Sent Events: delivered, card, callback, fault, clock, reset',
        responses: { 200: { description: 'A stream', content: { 'text/event-stream': { schema: string } } } },
      },
    },
    '/_sim/stats': { get: operation('Counts of callbacks and API calls') },
    '/_sim/chats': {
      get: operation('What one person sees on the phone', {
        query: ['person'],
        refusals: { 404: 'Nobody of this id' },
      }),
    },
    '/_sim/sms': {
      post: {
        ...operation('The SMS gateway: a repeated id is not delivered again', {
          body: object({ id: string, to: string, text: string }),
          answer: object({ id: string, delivered: flag, duplicate: flag }),
          refusals: { 401: 'Wrong key', 422: 'Nobody has this number', 503: 'An injected fault' },
        }),
        security: [{ smsKey: [] }],
      },
    },
    '/_sim/reset': {
      post: operation('The world as at the start, at the present time: no messages, contacts, grants, tokens, faults'),
    },
    '/_sim/openapi.json': { get: operation('This document') },
  },
  components: { schemas, securitySchemes: { smsKey: { type: 'http', scheme: 'bearer' } } },
}
