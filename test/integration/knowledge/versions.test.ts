/** Articles by version: what waits, who approves, what is said in which process, and what can still be read later. */
import { expect, test } from 'vitest'
import type { Article } from '../../../src/knowledge/index.ts'
import { addMs } from '../../../src/platform/clock.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'
import { article } from '../../unit/knowledge/support.ts'
import { draftOf, knowledgeOf, SHIPPED } from './support.ts'

const BRUISE = '玻尿酸填充后淤青多久退'
const said = (by: string) => ({ by, reason: '逐字核对过' })
const shipped = (id: string) => SHIPPED.find((one) => one.id === id) as Article
const bruise = shipped('filler-bruise')
const world = async () => testPorts(await testDb())
const params = (articleId: string, version?: number) => ({
  articleId,
  ...(version ? { version: String(version) } : {}),
})

test('what waits for a doctor is said once a doctor has approved it, in every process', async () => {
  const ports = await world()
  let late = 0
  const clock = { ...ports.clock, wall: () => addMs(ports.clock.wall(), late) }
  const [one, other] = [await knowledgeOf(ports), await knowledgeOf({ ...ports, clock })]
  expect(await one.answered(BRUISE)).toBeNull()
  expect(await one.answered('怎么开发票')).toMatchObject({ id: 'invoice' })
  const waiting = await one.call('get', '/articles', { query: { standing: 'waits' } })
  expect((waiting.items as { id: string }[]).map(({ id }) => id)).toEqual([
    'botox-alcohol',
    'filler-bruise',
    'filler-wash',
    'ipl-wash',
  ])

  const approve = (by: string) =>
    one.call('post', '/articles/:articleId/versions/:version/approve', {
      params: params('filler-bruise', 1),
      body: said(by),
    })
  await expect(approve('wu')).rejects.toMatchObject({ code: 'role_required' })
  await expect(approve('nobody')).rejects.toMatchObject({ code: 'staff_not_found' })
  expect(await one.answered(BRUISE)).toBeNull()
  expect(await approve('lin')).toMatchObject({
    status: 'approved',
    source: 'file',
    approved: { by: 'lin', reason: '逐字核对过' },
  })
  // Twice is once, and the first one stays named.
  expect(await approve('lin')).toMatchObject({ approved: { by: 'lin' } })
  expect(await one.answered(BRUISE)).toMatchObject({ id: 'filler-bruise', version: 1 })

  // Another process looks every fifteen seconds of machine time.
  late += 15_000
  expect(await other.answered(BRUISE)).toMatchObject({ id: 'filler-bruise' })
})

test('other words under an approved number are not approved', async () => {
  const ports = await world()
  const first = await knowledgeOf(ports)
  await first.call('post', '/articles/:articleId/versions/:version/approve', {
    params: params('filler-bruise', 1),
    body: said('lin'),
  })
  const changed = SHIPPED.map((one) => (one === bruise ? { ...one, answer: `${one.answer}请您多喝水。` } : one))
  const next = await knowledgeOf(ports, { articles: changed })
  expect(await next.answered(BRUISE)).toBeNull()
  const same = await knowledgeOf(ports)
  expect(await same.answered(BRUISE)).toMatchObject({ id: 'filler-bruise' })
})

test('staff write a version; it is checked, approved and said, and the one before can still be read', async () => {
  const ports = await world()
  const room = await knowledgeOf(ports, { withholdUnapproved: false })
  const draft = (answer: string) =>
    room.call('post', '/articles/:articleId/versions', {
      params: params('filler-bruise'),
      body: { by: 'wu', article: { ...draftOf(bruise), answer } },
    })
  const approve = (version: number, by = 'lin') =>
    room.call('post', '/articles/:articleId/versions/:version/approve', {
      params: params('filler-bruise', version),
      body: said(by),
    })

  const bad = await draft('淤青会消退，效果永久，请您放心。')
  expect(bad).toMatchObject({
    version: 2,
    status: 'draft',
    createdBy: 'wu',
    problems: [{ code: 'forbidden_word', path: 'answer' }],
  })
  await expect(approve(2)).rejects.toMatchObject({ code: 'article_has_problems' })

  const good = '淤青多在两周内消退，请您不要揉搓；加重时请联系我们。'
  expect(await draft(good)).toMatchObject({ version: 3, problems: [] })
  // The same request again is the same draft.
  expect(await draft(good)).toMatchObject({ version: 3 })
  await expect(approve(3, 'zhou')).rejects.toMatchObject({ code: 'role_required' })
  expect(await room.answered(BRUISE)).toMatchObject({ version: 1 })
  await approve(3)
  expect(await room.answered(BRUISE)).toMatchObject({ version: 3, answer: good })
  await expect(approve(2)).rejects.toMatchObject({ code: 'article_version_outdated' })

  const read = (version: number) =>
    room.call('get', '/articles/:articleId/versions/:version', { params: params('filler-bruise', version) })
  expect(await read(1)).toMatchObject({ source: 'file', body: { answer: bruise.answer } })
  await expect(read(9)).rejects.toMatchObject({ code: 'article_version_not_found' })
  const history = await room.call('get', '/articles/:articleId/versions', {
    params: params('filler-bruise'),
    query: { limit: '1' },
  })
  expect(history).toMatchObject({ items: [{ version: 3, status: 'approved' }], nextCursor: expect.any(String) })

  // A release with a higher number is said; what an older one shipped stays readable.
  const newer = { ...bruise, version: 4, answer: '淤青一般在两周内退去，请您避免热敷。' }
  const later = await knowledgeOf(ports, { articles: [newer], withholdUnapproved: false })
  expect(await later.answered(BRUISE)).toMatchObject({ version: 4 })
  const earlier = await later.call('get', '/articles/:articleId/versions/:version', { params: params('ipl-wash', 1) })
  expect(earlier).toMatchObject({ body: { answer: shipped('ipl-wash').answer } })
})

test('a new article is said after its keeper’s approval; a second one of that id is refused', async () => {
  const ports = await world()
  const room = await knowledgeOf(ports)
  const parking = article('parking', '门店可以停车吗？', '您可以停在地下二层，前台为您登记车牌。', {
    asks: ['开车去停哪'],
    owner: 'customer_service',
  })
  const begin = (title: string) =>
    room.call('post', '/articles', { body: { id: 'parking', by: 'chen', article: { ...draftOf(parking), title } } })
  expect(await begin(parking.title)).toMatchObject({ version: 1, status: 'draft' })
  expect(await begin(parking.title)).toMatchObject({ version: 1 })
  await expect(begin('停车收费吗？')).rejects.toMatchObject({ code: 'article_exists' })
  expect(await room.answered('开车去停哪')).toBeNull()
  await room.call('post', '/articles/:articleId/versions/:version/approve', {
    params: params('parking', 1),
    body: said('chen'),
  })
  expect(await room.answered('开车去停哪')).toMatchObject({ id: 'parking' })
})

test('what is retired is said no more, nor any lower version, until a higher one is approved', async () => {
  const ports = await world()
  const room = await knowledgeOf(ports)
  const retire = () =>
    room.call('post', '/articles/:articleId/retire', { params: params('invoice'), body: said('lin') })
  expect(await retire()).toMatchObject({ status: 'retired', version: 1, retired: { by: 'lin' } })
  expect(await retire()).toMatchObject({ status: 'retired', version: 1 })
  expect(await room.service.article('invoice')).toBeNull()
  expect(await room.answered('怎么开发票')).toBeNull()
  await expect(room.call('get', '/articles/:articleId', { params: params('invoice') })).rejects.toMatchObject({
    code: 'article_not_found',
  })

  await room.call('post', '/articles/:articleId/versions', {
    params: params('invoice'),
    body: { by: 'chen', article: { ...draftOf(shipped('invoice')), owner: 'customer_service' } },
  })
  await room.call('post', '/articles/:articleId/versions/:version/approve', {
    params: params('invoice', 2),
    body: said('chen'),
  })
  expect(await room.answered('怎么开发票')).toMatchObject({ id: 'invoice', version: 2 })
})

test('two who write at once get two numbers', async () => {
  const ports = await world()
  const [one, other] = [await knowledgeOf(ports), await knowledgeOf(ports)]
  const write = (room: typeof one, answer: string) =>
    room.call('post', '/articles/:articleId/versions', {
      params: params('filler-bruise'),
      body: { by: 'wu', article: { ...draftOf(bruise), answer } },
    })
  const drafts = await Promise.all([
    write(one, '第一种写法：请您不要揉搓淤青处。'),
    write(other, '另一种写法：请您不要热敷淤青处。'),
  ])
  expect(drafts.map(({ version }) => version).sort()).toEqual([2, 3])
})

test('the search says how near each article is, and staff see what is late for its review', async () => {
  const ports = await testPorts(await testDb(), '2027-06-02T02:00:00Z')
  const room = await knowledgeOf(ports, { withholdUnapproved: false })
  const found = await room.call('get', '/search', { query: { q: BRUISE, audience: 'customer' } })
  expect(found.items).toMatchObject([
    { id: 'filler-bruise', answers: true, overdue: true },
    ...Array((found.items as unknown[]).length - 1).fill({}),
  ])
  const page = await room.call('get', '/articles', { query: { overdue: 'true', limit: '2' } })
  expect(page).toMatchObject({
    items: [{ id: 'botox-alcohol' }, { id: 'filler-bruise' }],
    nextCursor: expect.any(String),
  })
  expect(await room.call('get', '/articles', { query: { overdue: 'false' } })).toEqual({ items: [], nextCursor: null })
})
