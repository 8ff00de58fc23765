/** Every route of the document, whatever room it belongs to, against callers who send nonsense or worse. */
import { describe, expect, test } from 'vitest'
import { ALLOWANCES } from '../../../src/platform/rate-limit.ts'
import { oddBodies, type Schema, sample, wrongBodies, wrongTexts } from './hostile.ts'
import { type Answer, apiWorld, dump, enterRecords, KEY } from './support.ts'

interface Operation {
  security: Record<string, unknown>[]
  parameters: { name: string; in: 'path' | 'query' | 'header'; schema: Schema }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: { Error: { properties: { error: { properties: { code: { enum: string[] } } } } } } }
}

// How often one may ask is `limits.test.ts`'s.
const often = { permits: 1_000_000, periodMs: 60_000 }
const world = await apiWorld({}, { ...ALLOWANCES, customer: often })
const known = await enterRecords(world)
const tokens = { integrationKey: KEY, miniProgramToken: await world.customerToken() } as Record<string, string>
const document = (await world.json('GET', '/api/openapi.json')).body as unknown as Document
const CODES = new Set(document.components.schemas.Error.properties.error.properties.code.enum)

const routes = Object.entries(document.paths).flatMap(([template, methods]) =>
  Object.entries(methods).map(([method, operation]) => routeOf(method.toUpperCase(), template, operation)),
)

function routeOf(method: string, template: string, { security, parameters, requestBody }: Operation) {
  const scheme = Object.keys(security[0] ?? {})[0] ?? null
  const inPath = parameters.filter((one) => one.in === 'path')
  const inQuery = parameters.filter((one) => one.in === 'query')
  const idempotent = parameters.some((one) => one.in === 'header' && one.name === 'Idempotency-Key')
  const schema = requestBody?.content['application/json']?.schema ?? null
  // A body that is no JSON is a stream, of this type.
  const [streams = null, streamed] = schema ? [] : (Object.entries(requestBody?.content ?? {})[0] ?? [])
  const pathWith = (values: Record<string, string>) =>
    template.replace(/\{(\w+)\}/g, (_, name: string) => {
      const one = inPath.find((parameter) => parameter.name === name)
      return values[name] ?? encodeURIComponent(String(sample(one?.schema ?? {}, name, known)))
    })
  return {
    name: `${method} ${template}`,
    method,
    scheme,
    inPath,
    inQuery,
    schema,
    streams,
    form: streams === 'multipart/form-data' ? (sample(streamed?.schema ?? {}, 'form', known) as object) : null,
    idempotent,
    path: pathWith({}),
    pathWith,
    body: schema ? sample(schema, 'body', known) : undefined,
    // A PUT of an id that nobody has makes it.
    makes: method === 'PUT' && !streams,
  }
}
type RouteUnderTest = (typeof routes)[number]

interface Over {
  path?: string
  body?: string | Buffer | undefined
  headers?: Record<string, string>
  token?: string | null
}
/** The right request, except for what `over` says. */
function send(route: RouteUnderTest, over: Over = {}): Promise<Answer> {
  const token = over.token === undefined ? (route.scheme ? (tokens[route.scheme] ?? null) : null) : over.token
  return world.ask({
    method: route.method,
    path: over.path ?? route.path,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(route.schema ? { 'content-type': 'application/json' } : {}),
      ...(route.streams ? { 'content-type': route.streams } : {}),
      ...over.headers,
    },
    body: 'body' in over ? over.body : route.schema ? JSON.stringify(route.body) : undefined,
  })
}

/** What is wrong with an answer that should be a refusal; null when nothing is. */
function faultOf({ status, text, headers }: Answer): string | null {
  if (status < 400 || status > 499) return `status ${status}`
  if (!String(headers['content-type']).includes('application/json')) return `type ${headers['content-type']}`
  if (/\bat .*\.[jt]s|node_modules|MongoServerError|Zod/.test(text)) return `shows its inside: ${text.slice(0, 200)}`
  const { error } = JSON.parse(text) as { error: Record<string, unknown> }
  if (!CODES.has(String(error.code))) return `code ${error.code} is not in the document`
  if (!/\p{Script=Han}/u.test(String(error.message))) return 'no sentence for people'
  if (typeof error.requestId !== 'string') return 'no request id'
  return text.length > 20_000 ? `an answer of ${text.length} characters` : null
}

interface Attack extends Over {
  label: string
}
/** Sends all of them, then says which were not refused as the contract has it, and what they left behind. */
async function refused(route: RouteUnderTest, attacks: readonly Attack[]): Promise<string[]> {
  const before = await dump(world)
  const faults: string[] = []
  for (const { label, ...over } of attacks) {
    const fault = faultOf(await send(route, over))
    if (fault) faults.push(`${label}: ${fault}`)
  }
  const after = await dump(world)
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
    if (before[name] !== after[name]) faults.push(`something was written into ${name}`)
  expect((await world.ask({ method: 'GET', path: '/readyz' })).status).toBe(200)
  return faults
}

const encoded = (text: string) => encodeURIComponent(text)
const withBody = routes.filter(({ schema }) => schema)
const withPath = routes.filter(({ inPath }) => inPath.length > 0)
const withQuery = routes.filter(({ inQuery }) => inQuery.length > 0)
const withStream = routes.filter(({ streams }) => streams)
const guarded = routes.filter(({ scheme }) => scheme)

test('the document names the routes that this file is about', () => {
  expect(routes.length).toBeGreaterThan(25)
  expect(withBody.length).toBeGreaterThan(8)
})

describe('a body that is wrong in one place is refused, and nothing is written:', () => {
  test.each(withBody)('$name', async (route) => {
    const wrong = wrongBodies(route.schema ?? {}, route.body)
    expect(wrong.length).toBeGreaterThan(15)
    expect(
      await refused(
        route,
        wrong.map(({ label, value }) => ({ label, body: JSON.stringify(value) })),
      ),
    ).toEqual([])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('a body that is no JSON, too large or of another type is refused:', () => {
  const json = (text: string | Buffer, label: string): Attack => ({ label, body: text })
  const typed = (type: string): Attack => ({ label: type || 'no type', headers: { 'content-type': type } })
  test.each(withBody)('$name', async (route) => {
    const good = JSON.stringify(route.body)
    const attacks: Attack[] = [
      json('', 'nothing'),
      json(good.slice(0, -1), 'cut off'),
      json(`${good}${good}`, 'twice'),
      json(`[${good}]`, 'a list'),
      json('null', 'null'),
      json('"text"', 'a text'),
      json(Buffer.from(good, 'utf16le'), 'UTF-16'),
      json(Buffer.concat([Buffer.from(good.slice(0, -1)), Buffer.from([0xff, 0x7d])]), 'no UTF-8'),
      json('['.repeat(45_000), 'deep'),
      json(`${'['.repeat(45_000)}${']'.repeat(45_000)}`, 'deep and closed'),
      json(`{"a":"${'x'.repeat(200_000)}"}`, '200 KB'),
      json(Buffer.alloc(10 * 1024 * 1024, 0x20), '10 MB'),
      typed('text/plain'),
      typed('application/x-www-form-urlencoded'),
      typed('multipart/form-data; boundary=x'),
      typed('application/xml'),
      typed('application/jsonx'),
      { label: 'compressed', headers: { 'content-encoding': 'gzip' } },
      {
        label: 'chunked and too large',
        headers: { 'transfer-encoding': 'chunked' },
        body: Buffer.alloc(300_000, 0x20),
      },
    ]
    expect(await refused(route, attacks)).toEqual([])
    expect((await send(route, { body: Buffer.alloc(300_000, 0x20) })).status).toBe(413)
    expect((await send(route, { headers: { 'content-type': 'text/plain' } })).status).toBe(415)
  })
})

describe('a stream that is no such thing, too large or of another type is refused, and nothing is written:', () => {
  const typed = (type: string): Attack => ({ label: type || 'no type', headers: { 'content-type': type } })
  test.each(withStream)('$name', async (route) => {
    const attacks: Attack[] = [
      { label: 'nothing' },
      { label: 'text', body: 'text' },
      { label: 'larger than any', body: Buffer.alloc(22 * 1024 * 1024) },
      { label: 'without a length', headers: { 'transfer-encoding': 'chunked' }, body: Buffer.alloc(300_000) },
      ...['', 'application/json', 'image/jpeg', 'text/plain', 'application/x-www-form-urlencoded'].map(typed),
      { label: 'compressed', headers: { 'content-encoding': 'gzip' } },
    ]
    expect(await refused(route, attacks)).toEqual([])
    expect((await send(route, { body: Buffer.alloc(22 * 1024 * 1024) })).status).toBe(413)
    expect((await send(route, { headers: { 'content-type': 'text/plain' } })).status).toBe(415)
  })
  test('is tried on every route that takes one', () => expect(withStream.length).toBeGreaterThan(1))
})

describe('a query that is wrong is refused:', () => {
  test.each(withQuery)('$name', async (route) => {
    const right = route.inQuery
      .filter(({ name }) => name === 'customerId')
      .map(({ name }) => `${name}=${encoded(String(known[name]))}`)
    const query = (name: string, text: string, label = `${name}=${text.slice(0, 40)}`): Attack => {
      const rest = right.filter((one) => !one.startsWith(`${name}=`))
      return { label, path: `${route.path}?${[...rest, text].join('&')}` }
    }
    const attacks = route.inQuery.flatMap(({ name, schema }) => [
      ...wrongTexts(schema)
        .map((text) => (text.length > 9_000 ? text.slice(0, 9_000) : text))
        .map((text) => query(name, `${name}=${encoded(text)}`)),
      query(name, `${name}[$gt]=`),
      query(name, `${name}[]=a`),
      query(name, `${name}=3&${name}=4`, `${name} twice`),
    ])
    const limits = ['0', '-1', '201', '1e3', '5.5', '0x10', ' 5', 'NaN', '9'.repeat(30)]
    const cursors = ['!!!', 'a'.repeat(201), 'eyIkZ3QiOiIifQ==', 'abcde\u0000']
    const paging = [
      ...limits.map((text) => query('limit', `limit=${encoded(text)}`)),
      ...cursors.map((text) => query('cursor', `cursor=${encoded(text)}`)),
    ]
    const paged = route.inQuery.some(({ name }) => name === 'cursor')
    const foreign = ['$where=1', '__proto__=1', '__proto__[x]=1', 'constructor=1', 'unknown=1']
    const all = [...attacks, ...foreign.map((text) => query('', text)), ...(paged ? paging : [])]
    expect(await refused(route, all)).toEqual([])
  })
})

describe('a path that names nothing is refused, and nothing is made of it:', () => {
  const HOSTILE = ['{"$gt":""}', '$where', '\u0000', 'a\u0000b', '../../etc/passwd', '[object Object]', '__proto__']
  test.each(withPath)('$name', async (route) => {
    const attacks = route.inPath.flatMap(({ name, schema }) => [
      ...[...HOSTILE, 'x'.repeat(4_000)].map((text) => ({
        label: `${name} = ${text.slice(0, 40)}`,
        path: route.pathWith({ [name]: encoded(text) }),
      })),
      { label: 'a broken escape', path: route.pathWith({ [name]: '%E0%A4%A' }) },
      { label: 'an escape that is no UTF-8', path: route.pathWith({ [name]: '%ff%fe' }) },
      ...(route.makes && !name.startsWith('treatment')
        ? []
        : ['constructor', 'nobody', '000000000000000000000000'].map((id) => ({
            label: `unknown ${id} of ${JSON.stringify(schema)}`,
            path: route.pathWith({ [name]: id }),
          }))),
    ])
    expect(await refused(route, attacks)).toEqual([])
  })
})

describe('without the right key nobody comes in:', () => {
  test.each(guarded)('$name', async (route) => {
    const others = Object.entries(tokens).filter(([scheme]) => scheme !== route.scheme)
    const own = tokens[route.scheme ?? ''] ?? ''
    const attempts: Attack[] = [
      { label: 'no key', token: null },
      { label: 'a wrong key', token: 'integration-key-of-nobody' },
      { label: 'a key with more', token: `${own}x` },
      { label: 'a key with less', token: own.slice(0, -1) },
      { label: 'an empty key', token: '' },
      { label: 'another scheme', token: null, headers: { authorization: `Basic ${own}` } },
      { label: 'an operator', token: null, headers: { authorization: '{"$gt":""}' } },
      { label: 'a huge key', token: 'x'.repeat(9_000) },
      { label: 'an empty session', token: 'mp1..' },
      { label: 'a session of nobody', token: 'mp1.bnVsbA.AAAA' },
      ...others.map(([scheme, token]) => ({ label: `a ${scheme}`, token })),
    ]
    expect(await refused(route, attempts)).toEqual([])
    for (const { label: _, ...over } of attempts) {
      const { status, text } = await send(route, over)
      expect([status, (JSON.parse(text) as { error: { code: string } }).error.code]).toEqual([401, 'unauthenticated'])
    }
  })
})

test('a path or method that does not exist is told so', async () => {
  const ask = async (method: string, path: string) => {
    const answer = await world.ask({ method, path, headers: { authorization: `Bearer ${KEY}` } })
    return [answer.status, faultOf(answer)]
  }
  expect(await ask('GET', '/api/v1/nothing')).toEqual([404, null])
  expect(await ask('GET', '/api/v1/constructor')).toEqual([404, null])
  expect(await ask('DELETE', '/api/v1/customers')).toEqual([405, null])
  const { headers } = await world.ask({ method: 'OPTIONS', path: '/api/v1/customers' })
  expect(String(headers.allow).split(', ').sort()).toEqual(['GET', 'HEAD', 'POST', 'PUT'])
  expect(await ask('GET', '/%E0%A4%A')).toEqual([404, null])
  expect(await ask('GET', `/api/v1/customers/${'x'.repeat(2_000)}`)).toEqual([400, null])
})

describe('an idempotency key that is none, or belongs to another request, is refused:', () => {
  const keyed = withBody.filter(({ idempotent }) => idempotent)
  test.each(keyed)('$name', async (route) => {
    const keys = ['x'.repeat(129), 'two words', '{"a": 1}', '\u00e9']
    const attacks = keys.map((key) => ({ label: key.slice(0, 20), headers: { 'idempotency-key': key } }))
    expect(await refused(route, attacks)).toEqual([])
    // The first of two different requests may be wrong as well: its failure is not kept, so the key is free again.
    const key = { 'idempotency-key': `key of ${route.name}`.replace(/[^\w]/g, '-') }
    expect((await send(route, { headers: key, body: '{"a":1}' })).status).toBe(400)
    const first = await send(route, { headers: key })
    const again = await send(route, { headers: key })
    expect(again.status).toBe(first.status)
    // A failure is tried anew, and has a number of its own; only what was done is told again.
    if (first.status >= 400) return
    expect(again.text).toBe(first.text)
    const changed = { ...(route.body as Record<string, unknown>), externalId: 'X-other' }
    const other = await send(route, { headers: key, body: JSON.stringify(changed) })
    expect([other.status, other.text]).toEqual([409, expect.stringContaining('idempotency_key_reused')])
    expect((await send(route, { headers: key, body: '{"a":1}' })).status).toBe(400)
  })
  test('is tried on every route that takes one', () => expect(keyed.length).toBeGreaterThan(1))
})

describe('what is odd but perhaps allowed never breaks the server:', () => {
  test.each(withBody)('$name', async (route) => {
    const broken: string[] = []
    for (const { label, value } of oddBodies(route.schema ?? {}, route.body)) {
      const answer = await send(route, { body: JSON.stringify(value) })
      if (answer.status >= 300 && faultOf(answer)) broken.push(`${label}: ${faultOf(answer)}`)
      const read = await send(route, { body: JSON.stringify(route.body) })
      if (read.status >= 500) broken.push(`after ${label}: status ${read.status}`)
    }
    expect(broken).toEqual([])
  })
  test('and what was written can be read', async () => {
    for (const { method, name, path } of routes.filter((one) => one.method === 'GET' && one.inPath.length === 0)) {
      const { status } = await world.json(
        method,
        name.includes('customerId') ? path : `${path}?customerId=${known.customerId}`,
      )
      expect([name, status < 500]).toEqual([name, true])
    }
  })
})

/** What a stream holds: the fields of a form, or bytes. */
function streamOf({ streams, form }: RouteUnderTest): Over {
  if (!form) return { body: Buffer.alloc(1) }
  const part = ([name, value]: [string, unknown]) =>
    `--x\r\ncontent-disposition: form-data; name="${name}"${name === 'file' ? '; filename="a.jpg"' : ''}\r\n\r\n${value}\r\n`
  const parts = Object.entries(form).sort(([a], [b]) => Number(a === 'file') - Number(b === 'file'))
  return { headers: { 'content-type': `${streams}; boundary=x` }, body: `${parts.map(part).join('')}--x--\r\n` }
}

// Last, because these do write. Without it the refusals above could come from a request that was never right.
describe('the same request with nothing wrong is taken:', () => {
  const last = (name: string) => (name.includes('cancel') ? 1 : 0)
  test.each([...routes].sort((a, b) => last(a.name) - last(b.name)))('$name', async (route) => {
    const query = route.inQuery
      .filter(
        ({ name, schema }) => sample(schema, name, known) !== undefined && name !== 'externalId' && name !== 'cursor',
      )
      .map(({ name, schema }) => `${name}=${encoded(String(sample(schema, name, known)))}`)
    const path = query.length > 0 ? `${route.path}?${query.join('&')}` : route.path
    const answer = await send(route, { path, ...(route.streams ? streamOf(route) : {}) })
    const isJson = String(answer.headers['content-type']).includes('json')
    const { error } = (isJson ? JSON.parse(answer.text) : {}) as { error?: { code: string } }
    // What no sample can know: a task or plan of this world, or a login code.
    if (error)
      expect(error.code).toMatch(
        /^(photo_not_found|photo_upload_not_found|photo_consent_needed|photo_type_unsupported|task_not_found|plan_not_found|case_not_found|wechat_code_invalid|pathway_version_not_found|pathway_has_problems|pathway_same_version|migration_not_found|contact_too_old|contact_way_refused|survey_not_found|survey_answers_invalid|survey_draft_outdated|complaint_not_now|signal_not_found|role_required|article_not_found|article_exists|exercise_answers_invalid|article_version_not_found|article_version_outdated|gap_not_found)$/,
      )
    else expect(answer.status).toBeLessThan(300)
  })
})
