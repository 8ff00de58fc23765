/** From the scanned code to the labelled contact: the whole server against the simulated WeCom. */
import { beforeEach, describe, expect, test } from 'vitest'
import { careWorld } from '../care/support.ts'

const world = await careWorld({ customers: 12 })
const { simulator, api, work, personOf, now } = world
const consultant = simulator.world.staff.find(({ position }) => position.includes('咨询'))
if (!consultant) throw new Error('nobody consults')
const userId = consultant.userId
let n = 0
beforeEach(() => {
  n += 1
  simulator.faults.clear()
})

const scan = (configId: unknown) => simulator.act({ as: 'customer', id: personOf(n).personId, do: 'scan', configId })
const add = (more: Record<string, unknown> = {}) =>
  simulator.act({ as: 'customer', id: personOf(n).personId, do: 'add-contact', userId, ...more })
const contact = () => personOf(n).contacts.get(userId)
const tags = () => [...(contact()?.tagIds ?? [])].map((id) => simulator.context.tags.tag(id)?.name)
const calls = async (path: string) =>
  ((await (await fetch(`${simulator.ready.wecomBase}/_sim/stats`)).json()) as { apiCalls: Record<string, number> })
    .apiCalls[path] ?? 0
const WELCOME = '/cgi-bin/externalcontact/send_welcome_msg'
const known = () =>
  world
    .collection<{ _id: string; storeIds: string[]; ownerUserId: string }>('customers')
    .findOne({ externalUserIds: personOf(n).externalUserId, mergedInto: null } as never)
const rowOf = async () =>
  world
    .collection<{ _id: string; status: string }>('outbox')
    .findOne({ channel: 'contact_welcome', 'to.customerId': (await known())?._id ?? '' } as never)
let started = now()
beforeEach(() => {
  started = now()
})

async function way(storeId: string): Promise<{ state: string; configId: string }> {
  const { state } = await api('POST', '/contact-ways', { storeId, userIds: [userId], remark: '前台二维码' })
  const row = await world.collection<{ _id: string; configId: string }>('contact_ways').findOne({ _id: String(state) })
  return { state: String(state), configId: row?.configId ?? '' }
}

describe('somebody who scans a store’s code', () => {
  test('is greeted by the member in that store’s name, belongs to the store, and is labelled', async () => {
    const { configId, state } = await way('qingyan')
    expect(await way('qingyan')).toEqual({ configId, state })
    expect(await calls('/cgi-bin/externalcontact/add_contact_way')).toBe(1)
    simulator.faults.add({ path: 'callback', duplicate: true })
    scan(configId)
    await work()
    expect(world.got(n, 'welcome').map(({ text }) => text)).toEqual([
      `您好，我是清妍美容院的咨询师${consultant.name}，很高兴认识您。\n您在护理、预约和恢复中有任何疑问，都可以直接在这里告诉我，我会尽快回复您。如有明显不适，请随时联系我们，不必等待。`,
    ])
    expect(contact()?.remark).toBe(personOf(n).name)
    expect(tags().sort()).toEqual(['清妍美容院', consultant.name].sort())
    expect(await known()).toMatchObject({ storeIds: ['qingyan'], ownerUserId: userId.toLowerCase() })
    expect((await api('GET', '/contact-ways')).items).toMatchObject([{ state, storeId: 'qingyan' }])
  })
})

describe('somebody who adds a consultant', () => {
  test('and has been treated is called by name and treatment, and again after the next one', async () => {
    await world.customer(n)
    await world.treatment(n, '2026-03-01 15:00')
    await work()
    add()
    await work()
    expect(contact()?.remark).toBe(`${personOf(n).name} · 光子嫩肤`)
    expect(tags()).toContain('华颜整形医院')
    const [label] = await world
      .collection('contact_labels')
      .find({ customerId: (await known())?._id ?? '' })
      .toArray()
    expect(JSON.stringify(label)).not.toContain(personOf(n).name)
    const before = await calls('/cgi-bin/externalcontact/remark')
    await world.treatment(n, '2026-03-01 18:00', { code: 'hyaluronic_filler' })
    await work()
    expect(contact()?.remark).toBe(`${personOf(n).name} · 玻尿酸填充`)
    expect(await calls('/cgi-bin/externalcontact/remark')).toBe(before + 1)
    const marks = await calls('/cgi-bin/externalcontact/mark_tag')
    await world.treatment(n, '2026-03-01 18:30', { code: 'hyaluronic_filler' })
    await work()
    expect([await calls('/cgi-bin/externalcontact/remark'), await calls('/cgi-bin/externalcontact/mark_tag')]).toEqual([
      before + 1,
      marks,
    ])
  })

  test('keeps the remark that the member wrote', async () => {
    await world.customer(n)
    add()
    await work()
    const act = { as: 'staff', id: consultant.personId, do: 'edit-contact', customer: personOf(n).personId }
    simulator.act({ ...act, remark: '王姐，怕疼' } as never)
    await work()
    await world.treatment(n, '2026-03-01 15:00')
    await work()
    expect(contact()?.remark).toBe('王姐，怕疼')
  })

  test('is greeted once when the answer to the welcome is lost', async () => {
    simulator.faults.add({ path: WELCOME, drop: 'after', times: 1 })
    add()
    await work()
    expect(world.got(n, 'welcome')).toHaveLength(1)
    expect(await rowOf()).toMatchObject({ status: 'sent' })
  })

  test('is greeted in time while WeCom doesn’t say who it is, and known later', async () => {
    simulator.faults.add({ path: '/cgi-bin/externalcontact/get', errcode: -1, times: 3 })
    add()
    await work()
    expect(world.got(n, 'welcome')).toHaveLength(1)
    const seconds = (Number(now()) - Number(started)) / 1_000
    expect(seconds).toBeLessThan(20)
    await world.to(new Date(Number(now()) + 60_000))
    const people = await world
      .collection<{ _id: string; unionId: string; followUserIds: string[] }>('customers')
      .find({ externalUserIds: personOf(n).externalUserId, mergedInto: null } as never)
      .toArray()
    expect(people).toMatchObject([{ unionId: personOf(n).unionId, followUserIds: [userId.toLowerCase()] }])
    expect(world.got(n, 'welcome')).toHaveLength(1)
  })

  test('and whose callback comes a minute late is not greeted, and nobody is troubled', async () => {
    simulator.faults.add({ path: 'callback', delayMs: 60_000 })
    add()
    await work()
    await world.to(new Date(Number(now()) + 120_000))
    expect(world.got(n, 'welcome')).toEqual([])
    expect(await world.collection('tasks').countDocuments({ customerId: { $exists: true } })).toBe(0)
    expect(contact()?.remark).toBe(personOf(n).name)
    expect(tags()).toContain(consultant.name)
  })

  test('is labelled later when WeCom refuses now', async () => {
    simulator.faults.add({ path: '/cgi-bin/externalcontact/mark_tag', errcode: 6000, times: 3 })
    add()
    await work()
    expect(tags()).toEqual([])
    await world.to(new Date(Number(now()) + 120_000))
    expect(tags()).toContain(consultant.name)
  })
})
