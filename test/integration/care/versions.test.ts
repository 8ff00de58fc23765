/** Versions of pathways: what a plan began with it keeps; drafts, publishing, and processes that hear of it. */
import { expect, test } from 'vitest'
import type { App } from '../../../src/app.ts'

import { addDays } from '../../../src/platform/calendar.ts'
import { ConfigError } from '../../../src/platform/config.ts'
import { careWorld, clinicTime } from './support.ts'

type Json = Record<string, unknown>
interface Body extends Json {
  steps: (Json & { id: string })[]
}
const w = await careWorld({ customers: 20 })
let n = 0
async function customer(): Promise<number> {
  n += 1
  await w.customer(n)
  return n
}
const today = () => clinicTime(w.now()).slice(0, 10)
const bodyOf = async (id: string, version: number) =>
  (await w.api('GET', `/pathways/${id}/versions/${version}`)).body as Body
const draft = (id: string, pathway: unknown) => w.api('POST', `/pathways/${id}/drafts`, { by: 'linyue', pathway })
const publish = (id: string, version: unknown) =>
  w.api('POST', `/pathways/${id}/drafts/${version}/publish`, { by: 'linyue', reason: '改为两个月回访' })
const without = (body: Body, step: string): Body => ({ ...body, steps: body.steps.filter(({ id }) => id !== step) })
/** Base without its contact after three months, and with one after two. */
async function nextBase(version: number): Promise<Body> {
  const body = await bodyOf('base', version)
  const month3 = body.steps.find(({ id }) => id === 'periodic_month3')
  return {
    ...without(body, 'periodic_month3'),
    steps: [...without(body, 'periodic_month3').steps, { ...month3, id: 'periodic_month2', when: { month: 2 } }],
  }
}
const running = async (id: string) => ((await w.api('GET', '/pathways')).items as Json[]).find((one) => one.id === id)
const planOf = (id: string) => w.api('GET', `/care-plans/${id}`)
const stepsOf = async (id: string) => (await w.steps(id)).map(({ pathway, step }) => `${pathway}.${step}`)
const pinsOf = async (id: string) =>
  Object.fromEntries(
    ((await planOf(id)).pathways as { id: string; version: number }[]).map((one) => [one.id, one.version]),
  )
/** A process enters a treatment itself, as a worker that hears of it does. */
const route = (app: App, method: string, path: string) =>
  app.routes.find((one) => one.method === method && one.path === path)
const ask = (app: App, method: string, path: string, input: Json) =>
  route(app, method, path)?.handle({
    params: {},
    query: {},
    body: {},
    actor: { kind: 'integration', id: 'k', roles: [], stores: 'all' },
    requestId: 'r',
    ...input,
  }) as Promise<Json>

test('a plan keeps the version it began with: corrected later, it follows v1, while a new one follows v2', async () => {
  const one = await customer()
  await w.to(`${today()} 15:00`)
  const old = await w.treatment(one, `${today()} 14:30`)
  await w.work()
  expect(await running('base')).toMatchObject({ version: 1, source: 'file', fileVersion: 1, publishedAt: null })

  await w.to(`${today()} 15:10`)
  const kept = await draft('base', await nextBase(1))
  expect(kept).toMatchObject({ version: 2, status: 'draft', source: 'draft', createdBy: 'linyue', problems: [] })
  expect(await running('base')).toMatchObject({ version: 1 })
  expect(await publish('base', 2)).toMatchObject({
    status: 'published',
    publishedBy: 'linyue',
    reason: '改为两个月回访',
  })
  expect(await running('base')).toMatchObject({ version: 2, source: 'draft', fileVersion: 1 })

  const other = await customer()
  const fresh = await w.treatment(other, `${today()} 14:30`)
  await w.work()
  expect(await pinsOf(fresh)).toMatchObject({ base: 2, treatment_call: 1 })
  expect(await stepsOf(fresh)).toContain('base.periodic_month2')
  expect(await stepsOf(fresh)).not.toContain('base.periodic_month3')

  // The old one is put right by a day: it moves as v1 has it, and nothing of v2 comes in.
  const yesterday = addDays(today(), -1)
  const preview = await w.api('POST', `/care-plans/${old}/preview`, { endedAt: `${yesterday}T14:30:00+08:00` })
  expect([preview.added, preview.dropped]).toEqual([[], []])
  const facts = { customerExternalId: `C-${one}`, storeId: 'huayan', endedAt: `${yesterday}T14:30:00+08:00` }
  await w.api('PUT', `/treatments/${old}`, { ...facts, code: 'ipl' })
  await w.work()
  expect(await pinsOf(old)).toMatchObject({ base: 1, treatment_call: 1 })
  expect(await stepsOf(old)).toContain('base.periodic_month3')
  expect(await stepsOf(old)).not.toContain('base.periodic_month2')
  expect((await w.steps(old)).filter(({ pathway }) => pathway === 'base').map((row) => row.pathwayVersion)).toContain(1)
  expect((await w.steps(old)).some(({ pathwayVersion }) => pathwayVersion === 2)).toBe(false)

  // It turns out to be an injection: what it didn't pin comes as it was when the plan began.
  const later = await draft('injection', without(await bodyOf('injection', 1), 'month6'))
  await publish('injection', later.version)
  await w.api('PUT', `/treatments/${old}`, { ...facts, code: 'botulinum' })
  await w.work()
  expect(await pinsOf(old)).toMatchObject({ base: 1, injection: 1 })
  expect(await stepsOf(old)).toContain('injection.month6')
})

test('a pathway that is new since a plan began does not join it', async () => {
  const one = await customer()
  const before = await w.treatment(one, `${today()} 14:30`)
  await w.work()
  await w.to(new Date(w.now().getTime() + 60_000))
  const body = { ...(await bodyOf('injection', 1)), name: '光子专案', matches: { codes: ['ipl'] } }
  await expect(draft('ipl_extra', body)).rejects.toThrow(/404.*pathway_not_found/)
  const begin = () => w.api('POST', '/pathways', { id: 'ipl_extra', by: 'linyue', pathway: body })
  const kept = await begin()
  expect(await begin()).toEqual(kept)
  await expect(w.api('POST', '/pathways', { id: 'base', by: 'linyue', pathway: body })).rejects.toThrow(
    /409.*pathway_exists/,
  )
  expect(kept).toMatchObject({ version: 1, problems: [] })
  await publish('ipl_extra', 1)
  const other = await customer()
  const after = await w.treatment(other, `${today()} 14:30`)
  await w.work()
  expect(await pinsOf(after)).toMatchObject({ ipl_extra: 1 })
  const yesterday = addDays(today(), -1)
  const facts = {
    customerExternalId: `C-${one}`,
    storeId: 'huayan',
    code: 'ipl',
    endedAt: `${yesterday}T14:30:00+08:00`,
  }
  await w.api('PUT', `/treatments/${before}`, facts)
  await w.work()
  expect(await pinsOf(before)).not.toHaveProperty('ipl_extra')
  expect((await planOf(before)).changes).toHaveLength(1)
})

test('a plan whose version nobody kept follows the current one', async () => {
  const one = await customer()
  const id = await w.treatment(one, `${today()} 14:30`)
  await w.work()
  await w.collection('care_plans').updateOne({ _id: id }, { $set: { pathways: [{ id: 'base', version: 77 }] } })
  const yesterday = addDays(today(), -1)
  const facts = {
    customerExternalId: `C-${one}`,
    storeId: 'huayan',
    code: 'ipl',
    endedAt: `${yesterday}T14:30:00+08:00`,
  }
  await w.api('PUT', `/treatments/${id}`, facts)
  await w.work()
  expect(await pinsOf(id)).toMatchObject({ base: 2, treatment_call: 1 })
})

test('a draft says all that is wrong with it at once, and is not published while it does', async () => {
  const body = await nextBase(1)
  const [first, second] = body.steps
  const kept = await draft('base', {
    ...body,
    matches: { codes: ['nothing'] },
    steps: [
      { ...first, template: 'care.nobody_wrote' },
      { ...second, title: '优惠提醒' },
    ],
  })
  const problems = (kept.problems as Json[]).map(({ code, path }) => `${code} ${path}`)
  expect(problems).toEqual([
    'unknown_treatment matches.codes.0',
    'unreachable matches',
    'missing_template steps.0.template',
    'offer_in_care steps.1.title',
  ])
  await expect(publish('base', kept.version)).rejects.toThrow(/409.*pathway_has_problems.*care\.nobody_wrote/)
  expect(await running('base')).toMatchObject({ version: 2 })
  await expect(draft('base', { ...body, steps: [{ ...first, when: { day: 'one' } }], stepz: 1 })).rejects.toThrow(
    /400.*invalid_request.*steps\.0\.when.*stepz/,
  )
  await expect(publish('base', 99)).rejects.toThrow(/404.*pathway_version_not_found/)
})

test('a lower draft is not published over a higher version; the list has every version, newest first, by pages', async () => {
  const low = await draft('base', { ...(await nextBase(1)), name: '通用轻医美（低）' })
  const high = await draft('base', { ...(await nextBase(1)), name: '通用轻医美（高）' })
  // The same draft again is that draft.
  expect(await draft('base', { ...(await nextBase(1)), name: '通用轻医美（高）' })).toEqual(high)
  expect(Number(high.version)).toBe(Number(low.version) + 1)
  await publish('base', high.version)
  await expect(publish('base', low.version)).rejects.toThrow(/409.*pathway_version_outdated/)
  const page = await w.api('GET', '/pathways/base/versions?limit=2')
  expect((page.items as Json[]).map(({ version }) => version)).toEqual([high.version, low.version])
  const rest = await w.api('GET', `/pathways/base/versions?limit=50&cursor=${page.nextCursor}`)
  expect((rest.items as Json[]).at(-1)).toMatchObject({ version: 1, source: 'file', publishedAt: null })
  const drafts = await w.api('GET', '/pathways/base/versions?status=draft')
  expect((drafts.items as Json[]).every(({ status }) => status === 'draft')).toBe(true)
})

test('two processes that draft and publish at once: each draft has a number of its own, the higher one runs, in both', async () => {
  const other = w.another()
  await other.ready()
  const body = await nextBase(1)
  const path = '/api/v1/pathways/:pathwayId/drafts'
  const drafts = await Promise.all(
    [w.app, other, w.app, other].map((app, i) =>
      ask(app, 'post', path, {
        params: { pathwayId: 'base' },
        body: { by: 'linyue', pathway: { ...body, name: `第${i}稿` } },
      }),
    ),
  )
  const numbers = drafts.map(({ version }) => Number(version))
  expect(new Set(numbers).size).toBe(4)
  const top = Math.max(...numbers)
  const results = await Promise.all(
    [w.app, other].map((app, i) =>
      ask(app, 'post', `${path}/:version/publish`, {
        params: { pathwayId: 'base', version: top },
        body: { by: `person${i}`, reason: '同时发布' },
      }),
    ),
  )
  // Both are told the same: who was first, and when.
  expect(results[0]).toEqual(results[1])
  for (const app of [w.app, other]) {
    const { items } = await ask(app, 'get', '/api/v1/pathways', { query: {} })
    expect((items as Json[]).find(({ id }) => id === 'base')).toMatchObject({ version: top })
  }
})

test('a process hears of what another has published within its look of 15 seconds, without a restart', async () => {
  const other = w.another()
  await other.ready()
  const kept = await draft('injection', await bodyOf('injection', 1))
  await publish('injection', kept.version)
  const versionAt = async (app: App) =>
    ((await ask(app, 'get', '/api/v1/pathways', { query: {} })).items as Json[]).find(({ id }) => id === 'injection')
      ?.version
  expect(await versionAt(other)).not.toBe(kept.version)
  w.leasesOver()
  expect(await versionAt(other)).toBe(kept.version)
})

test('several processes that start together keep each file once; a file that changed under its version is refused', async () => {
  const count = () => w.collection('pathway_versions').countDocuments({ source: 'file' })
  const files = await count()
  await Promise.all([w.another().ready(), w.another().ready(), w.another().ready()])
  expect(await count()).toBe(files)
  const changed = w.config.pathways.map((one) => (one.id === 'base' ? { ...one, name: '改了内容' } : one))
  const refused = await w
    .another({ pathways: changed })
    .ready()
    .catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(ConfigError)
  expect((refused as ConfigError).lines).toEqual([
    expect.stringMatching(
      /^config\/pathways\/base\.yaml:3 version 1 is kept with another content.*raise it to \d+.*\[version_reused\]$/,
    ),
  ])
  // With a number that nobody has, it starts; what was published with a higher one still runs.
  const raised = changed.map((one) => (one.id === 'base' ? { ...one, version: 500 } : one))
  const next = w.another({ pathways: raised })
  await next.ready()
  const { items } = await ask(next, 'get', '/api/v1/pathways', { query: {} })
  expect((items as Json[]).find(({ id }) => id === 'base')).toMatchObject({ version: 500, source: 'file' })
})

test('what an older release kept is read with what is usual today, and a start compares it so', async () => {
  const rows = w.collection<{ _id: string; body: { steps: Json[] }; digest: string }>('pathway_versions')
  const row = await rows.findOne({ _id: 'treatment_call@1' })
  // That release knew nothing of `safety`, which files leave out mostly.
  const steps = (row?.body.steps ?? []).map(({ safety, ...step }) => step)
  expect(steps.length).toBeGreaterThan(0)
  await rows.updateOne({ _id: 'treatment_call@1' }, { $set: { 'body.steps': steps, digest: 'of an older release' } })
  const [file] = w.config.pathways.filter(({ id }) => id === 'treatment_call')
  if (!file) throw new Error('no such file')
  await w.another({ pathways: [file] }).ready()
  const safe = { ...file, steps: file.steps.map((step) => ({ ...step, safety: true })) }
  await expect(w.another({ pathways: [safe] }).ready()).rejects.toBeInstanceOf(ConfigError)
})

test('a plan on a version that only a newer release can read is left as it is, for that release', async () => {
  const one = await customer()
  const id = await w.treatment(one, `${today()} 14:30`)
  await w.work()
  const rows = w.collection<{ _id: string; pathway: string; version: number; body: Json }>('pathway_versions')
  const row = await rows.findOne({ _id: 'treatment_call@1' })
  if (!row) throw new Error('not kept')
  await rows.insertOne({ ...row, _id: 'base@901', pathway: 'base', version: 901, body: { ...row.body, newer: true } })
  await w.collection('care_plans').updateOne({ _id: id }, { $set: { pathways: [{ id: 'base', version: 901 }] } })
  const before = await w.steps(id)
  const endedAt = `${addDays(today(), -1)}T14:30:00+08:00`
  await w.api('PUT', `/treatments/${id}`, { customerExternalId: `C-${one}`, storeId: 'huayan', code: 'ipl', endedAt })
  await w.work()
  expect(await pinsOf(id)).toEqual({ base: 901 })
  expect(await w.steps(id)).toEqual(before)
})
