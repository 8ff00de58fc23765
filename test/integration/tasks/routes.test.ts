import { beforeEach, expect, test } from 'vitest'
import type { Actor } from '../../../src/platform/http.ts'
import { tasksWorld } from './support.ts'

const w = await tasksWorld()
const actor: Actor = { kind: 'integration', id: 'key', roles: [], stores: 'all' }
/** As the HTTP layer does it: input through the schemas, answer through the view. */
async function get(path: string, { params = {}, query = {} }: { params?: object; query?: object } = {}) {
  const found = w.tasks.routes.find((one) => one.path === path)
  if (!found) throw new Error(`no route ${path}`)
  const answer = await found.handle({
    params: found.params?.parse(params),
    query: found.query?.parse(query),
    body: undefined,
    actor,
    requestId: 'r',
  })
  return found.response.parse(answer) as Record<string, never> & { items: { id: string }[]; nextCursor: string | null }
}
const ids = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id)

beforeEach(async () => {
  for (const name of ['tasks', 'outbox']) await w.db.collection(name).deleteMany({})
})

test('tasks come in pages, filtered by store, owner and state', async () => {
  await w.tasks.service.open([
    ...['a', 'b', 'c'].map((id) => w.call(id)),
    w.call('d', { preferredUserIds: ['staff11'] }),
    w.call('e', { storeId: 'qingyan', preferredUserIds: ['staff08'] }),
  ])
  await w.tasks.service.cancel(['c'], 'superseded')
  const first = await get('/api/v1/tasks', { query: { limit: '2' } })
  expect(ids(first)).toEqual(['a', 'b'])
  const second = await get('/api/v1/tasks', { query: { limit: '3', cursor: first.nextCursor } })
  expect([ids(second), second.nextCursor]).toEqual([['c', 'd', 'e'], null])
  expect(ids(await get('/api/v1/tasks', { query: { storeId: 'qingyan' } }))).toEqual(['e'])
  expect(ids(await get('/api/v1/tasks', { query: { ownerUserId: 'Staff11' } }))).toEqual(['d'])
  expect(ids(await get('/api/v1/tasks', { query: { status: 'cancelled' } }))).toEqual(['c'])
  await expect(get('/api/v1/tasks', { query: { status: { $gt: '' } } })).rejects.toThrow()
  await expect(get('/api/v1/tasks', { query: { storeId: '$ne' } })).rejects.toThrow()
})

test('one task shows ids, states and scores, and neither name, phone, script nor summary', async () => {
  const customer = await w.customer('N-1', { phone: '13800001111' })
  await w.tasks.service.open([w.call('a', { customerId: customer.id })])
  const other = w.another()
  await other.click('staff01', 'a-0', 'submit_contact', 'code-1', {
    reached: 'yes',
    state: 'abnormal',
    satisfaction: '2',
  })
  await other.click('staff01', 'a-0', 'submit_checklist', 'code-2', { checklist: 'unhappy' })
  await other.say('staff01', '需要复诊', 'm1')
  const task = await get('/api/v1/tasks/:taskId', { params: { taskId: 'a' } })
  expect(task).toMatchObject({
    id: 'a',
    status: 'done',
    customerId: customer.id,
    outcome: {
      reached: true,
      state: 'abnormal',
      satisfaction: 2,
      checklist: ['unhappy'],
      interest: null,
      followUp: null,
    },
  })
  expect(JSON.stringify(task)).not.toMatch(/王|1111|复诊|保湿/)
  await expect(get('/api/v1/tasks/:taskId', { params: { taskId: 'none' } })).rejects.toMatchObject({
    code: 'task_not_found',
  })
})

test('statistics count what was created, done and is overdue', async () => {
  const past = new Date(w.now().getTime() - 60_000)
  await w.tasks.service.open([
    w.call('a', { form: 'confirm', kind: 'send_message' }),
    w.call('b', { openAt: past, dueAt: past }),
    w.call('c'),
  ])
  await w.another().click('staff01', 'a-0', 'done', 'code-2')
  expect(await get('/api/v1/stats/tasks')).toEqual({
    created: 3,
    done: 1,
    overdue: 1,
    byKind: { contact_call: 2, send_message: 1 },
  })
})
