/** The document of the control API. Vendor APIs are described by their vendors. */

const json = (description: string) => ({ description, content: { 'application/json': { schema: {} } } })
const body = (properties: Record<string, unknown>, required: string[] = []) => ({
  requestBody: {
    required: true,
    content: { 'application/json': { schema: { type: 'object', properties, required } } },
  },
})
const query = (...names: string[]) => ({
  parameters: names.map((name) => ({ name, in: 'query', required: false, schema: { type: 'string' } })),
})
const string = { type: 'string' }
const number = { type: 'number' }
const operation = (summary: string, more: Record<string, unknown> = {}) => ({
  summary,
  responses: { 200: json('Done') },
  ...more,
})

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
    '/_sim/state': { get: operation('Everybody in the world, with their identities') },
    '/_sim/ledger': {
      get: operation(
        'Everything that reached a person; a plain array, or a page when limit or cursor is given',
        query('since', 'person', 'kind', 'limit', 'cursor'),
      ),
    },
    '/_sim/ledger/sha256': { get: operation('One number for the whole ledger') },
    '/_sim/clock': {
      get: operation('Time, epoch, followers'),
      post: operation(
        'Move time in hops; 504 names who is not idle',
        body({ advance: {}, to: string, timeoutMs: number }),
      ),
    },
    '/_sim/clock/followers': {
      post: operation(
        'A follower reports and learns the time',
        body(
          {
            id: string,
            epoch: number,
            idle: { type: 'boolean' },
            nextDueAt: { type: 'string', nullable: true },
            waitMs: number,
          },
          ['id', 'epoch', 'idle'],
        ),
      ),
      delete: operation('A follower that stops says so', body({ id: string }, ['id'])),
    },
    '/_sim/callback-target': {
      get: operation('Where callbacks go'),
      post: operation(
        'Set where callbacks go; verifies the addresses',
        body({ wecomUrl: string, wechatUrl: string, appUrl: string }),
      ),
    },
    '/_sim/act': {
      post: operation(
        'Somebody does something',
        body({ as: { enum: ['customer', 'staff'] }, id: string, do: string }, ['as', 'id', 'do']),
      ),
    },
    '/_sim/faults': {
      get: operation('Active faults with hits'),
      post: operation(
        'Add a fault',
        body(
          {
            path: string,
            errcode: number,
            latencyMs: number,
            drop: { enum: ['before', 'after'] },
            duplicate: { type: 'boolean' },
            reorder: { type: 'boolean' },
            times: number,
            rate: number,
          },
          ['path'],
        ),
      ),
      delete: operation('No more faults'),
    },
    '/_sim/tokens/revoke': {
      post: operation(
        'Make all access tokens of a platform invalid',
        body({ platform: { enum: ['wecom', 'wechat'] } }),
      ),
    },
    '/_sim/permissions': {
      post: operation(
        'Take permissions from the app, or give them back; without one its APIs answer 48002',
        body({ contacts: { type: 'boolean' }, external: { type: 'boolean' }, kf: { type: 'boolean' } }),
      ),
    },
    '/_sim/limits': {
      post: operation(
        'Calls of one API per minute and hour of business time; past them 45009',
        body({ perMinute: number, perHour: number }),
      ),
    },
    '/_sim/events': {
      get: {
        summary: 'Server-Sent Events: delivered, card, callback, fault, clock, reset',
        responses: { 200: { description: 'A stream', content: { 'text/event-stream': { schema: string } } } },
      },
    },
    '/_sim/stats': { get: operation('Counts of callbacks and API calls') },
    '/_sim/chats': { get: operation('What one person sees on the phone', query('person')) },
    '/_sim/sms': {
      post: operation(
        'The SMS gateway: a repeated id is not delivered again',
        body({ id: string, to: string, text: string }, ['id', 'to', 'text']),
      ),
    },
    '/_sim/reset': {
      post: operation('The world as at the start, at the present time: no messages, contacts, grants, tokens, faults'),
    },
    '/_sim/openapi.json': { get: operation('This document') },
  },
}
