/** The mini-program's own pages over HTTP: what a customer sees is the customer's own, in order, and nothing of staff's. */
import { beforeAll, expect, test } from 'vitest'
import { apiWorld, enterRecords } from '../api/support.ts'

const world = await apiWorld({ ROLE: 'all' })
const { json, made, simulator } = world
let treatmentId = ''
let token = ''
let foreign = ''
/** Three days before now: the guide of day 3 is today's. */
const endedAt = new Date(Date.now() - 3 * 86_400_000)
beforeAll(async () => {
  await enterRecords(world)
  const fresh = await made('POST', '/api/v1/treatments', {
    externalId: 'T-2',
    customerExternalId: 'HM-1',
    storeId: 'huayan',
    code: 'skin_booster',
    doctorUserId: 'lin',
    endedAt: endedAt.toISOString(),
  })
  treatmentId = String(fresh.id)
  token = await world.customerToken()
  foreign = await world.customerToken(1)
})

const get = async (path: string, who = token) => json('GET', `/api/mp${path}`, undefined, who)
interface Guide {
  moment: number
  lines: { id: string; text: string }[]
  urgent: string
}
interface Home {
  salutation: string
  store: { emergencyPhone: string }
  today: { treatmentId: string; day: number; guide: Guide }[]
  team: { doctor: string | null }
}

test('the first page says where the customer stands today, in one request', async () => {
  const home = (await get('/home')).body as unknown as Home
  expect(home.salutation).toBe('王小美')
  expect(home.store.emergencyPhone).toBe('021-60000002')
  const [first] = home.today
  expect(first).toMatchObject({ treatmentId, day: 3 })
  expect(first?.guide).toMatchObject({ moment: 3, urgent: '疼痛剧烈、皮肤发白发紫、视物模糊、呼吸不适' })
  expect(first?.guide.lines.length).toBeGreaterThan(2)
  expect(home.team.doctor).toBe('林')
})

test('somebody without a treatment has a first page, too, and nothing of others', async () => {
  const home = (await get('/home', foreign)).body as unknown as Home
  expect([home.today, (await get('/calendar', foreign)).body.steps]).toEqual([[], []])
})

test('the calendar has the contacts of the plan by day, without what staff decide or note', async () => {
  let steps: { day: string | null; status: string; action: string }[] = []
  for (let i = 0; i < 100 && steps.length === 0; i++) {
    steps = (await get('/calendar')).body.steps as typeof steps
    await new Promise((done) => setTimeout(done, 100))
  }
  const days = steps.flatMap(({ day }) => day ?? [])
  expect(days).toEqual([...days].sort())
  expect(steps.some(({ status }) => status === 'coming')).toBe(true)
  expect(steps.map(({ action }) => action)).not.toContain('task')
})

test('what is ticked off stays, by line; what is no line of the guide is not kept', async () => {
  const path = `/guides/${treatmentId}/3`
  const { guide } = (await get(path)).body as { guide: Guide }
  const [one = { id: '' }] = guide.lines
  const put = await json('PUT', `/api/mp${path}/ticks`, { ticked: [one.id, one.id, '0123456789ab'] }, token)
  expect(put.body).toEqual({ ticked: [one.id] })
  expect((await get(path)).body.ticked).toEqual([one.id])
  await json('PUT', `/api/mp${path}/ticks`, { ticked: [] }, token)
  expect((await get(path)).body.ticked).toEqual([])
})

test("another customer's guide, and one that there isn't, are found by nobody", async () => {
  for (const [path, who] of [
    [`/guides/${treatmentId}/3`, foreign],
    [`/guides/${treatmentId}/399`, token],
    ['/guides/nobody-s/3', token],
  ] as const)
    expect((await get(path, who)).body.error).toMatchObject({ code: 'guide_not_found' })
})

test('help finds advice by its words, the own treatment first, and says when there is none', async () => {
  const found = (await get(`/help?q=${encodeURIComponent('还能不能喝酒')}`)).body.items as {
    text: string
    treatmentId: string | null
    moment: number | string | null
  }[]
  expect(found[0]).toMatchObject({ treatmentId })
  expect(found[0]?.text).toContain('酒')
  // Articles and the days of guides, side by side.
  const own = found.filter((one) => one.treatmentId === treatmentId).map(({ moment }) => moment === null)
  expect([own.includes(true), own.includes(false)]).toEqual([true, true])
  const general = (await get(`/help?q=${encodeURIComponent('怎么开发票')}`)).body.items as typeof found
  expect(general[0]).toMatchObject({ treatmentId: null, moment: null })
  expect(general[0]?.text).toContain('发票')
  expect((await get(`/help?q=${encodeURIComponent('xyzzy')}`)).body.items).toEqual([])
})

test('who I am shows a masked number, and notices with what is left of them', async () => {
  const customer = simulator.world.customers[0]
  const { code } = simulator.act({ as: 'customer', id: customer?.personId ?? '', do: 'mp-phone' })
  await json('POST', '/api/mp/phone', { code }, token)
  const { body: me } = await get('/me')
  expect(me).toMatchObject({ name: '王小美', treatments: 2 })
  expect(me.phone).toBe(`${customer?.phone.slice(0, 3)}****${customer?.phone.slice(-4)}`)
  const { items } = (await get('/subscriptions')).body as { items: { title: string; left: number }[] }
  expect(items.map(({ title, left }) => [title, left])).toEqual([
    ['术后护理提醒', 0],
    ['回访通知', 0],
  ])
})
