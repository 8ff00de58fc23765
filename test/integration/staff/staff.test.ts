import { beforeEach, describe, expect, test, vi } from 'vitest'
import { createConfigLoader } from '../../../src/platform/config.ts'
import { createStaff, OrganisationSchema } from '../../../src/staff/index.ts'
import { StoreBody } from '../../../src/staff/views.ts'
import type { Department, DirectoryUser } from '../../../src/wecom/index.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'

const db = await testDb()
const organisation = createConfigLoader('config').load('organisation.yaml', OrganisationSchema)
if (!organisation) throw new Error('config/organisation.yaml has problems')
const mapping = organisation

beforeEach(async () => {
  for (const name of ['stores', 'staff', 'staff_syncs', 'event_deliveries', 'inbox'])
    await db.collection(name).deleteMany({})
})

const departments: Department[] = [
  { id: 1, name: '集团', parentId: 0 },
  { id: 2, name: '华颜整形医院', parentId: 1 },
  { id: 3, name: '清妍美容院', parentId: 1 },
]
const person = (userId: string, position: string, over: Partial<DirectoryUser> = {}): DirectoryUser => ({
  userId,
  name: userId,
  departmentIds: [2],
  position,
  status: 'active',
  ...over,
})

async function world(people: DirectoryUser[]) {
  const ports = await testPorts(db)
  const directory = { people, reads: 0 }
  const told: unknown[] = []
  const staff = createStaff({
    ...ports,
    organisation: mapping,
    wecom: {
      departments: async () => departments,
      users: async (id) => {
        directory.reads += 1
        return directory.people.filter(({ departmentIds }) => departmentIds.includes(id))
      },
    },
  })
  ports.events.subscribe('test', { 'staff.deactivated': async ({ data }) => void told.push(data) })
  await staff.ready()
  return { ...ports, staff, service: staff.service, directory, told }
}

describe('directory', () => {
  test('a first reading adds everybody, a second one changes nothing', async () => {
    const { service } = await world([person('Nurse1', '护士'), person('cleaner', '保洁')])
    expect(await service.syncDirectory()).toEqual({ seen: 2, added: 2, changed: 0, deactivated: 0, unmapped: 1 })
    expect(await service.syncDirectory()).toEqual({ seen: 2, added: 0, changed: 0, deactivated: 0, unmapped: 1 })
    expect(await service.member('nurse1')).toEqual({
      userId: 'nurse1',
      name: 'Nurse1',
      roles: ['nurse'],
      storeIds: ['huayan'],
      active: true,
    })
  })

  test('who is gone or disabled gets no more work, and this is told once each time', async () => {
    const { service, directory, events, clock, told } = await world([person('a', '护士'), person('b', '护士')])
    await service.syncDirectory()
    directory.people = [person('a', '护士', { status: 'disabled' }), person('c', '护士')]
    expect(await service.syncDirectory()).toMatchObject({ added: 1, deactivated: 2 })
    expect((await service.candidates('huayan', 'nurse')).flat().map(({ userId }) => userId)).toEqual(['c'])
    directory.people = [person('a', '护士'), person('c', '护士')]
    clock.advance(1000)
    await service.syncDirectory()
    directory.people = [person('c', '护士')]
    await service.syncDirectory()
    await service.syncDirectory()
    await events.due.drain(clock.now())
    expect(told).toEqual([{ userId: 'a' }, { userId: 'b' }, { userId: 'a' }])
  })

  test('of those who leave together nobody is there any more when it is told; a death before that is made up for', async () => {
    const { service, directory, events, clock, told } = await world([person('a', '护士'), person('b', '护士')])
    await service.syncDirectory()
    directory.people = [person('c', '护士')]
    const active = async () => (await service.candidates('huayan', 'nurse')).flat().map(({ userId }) => userId)
    const seen: string[][] = []
    const publish = vi.spyOn(events, 'publishMany').mockImplementationOnce(async () => {
      seen.push(await active())
      throw new Error('the process died')
    })
    await expect(service.syncDirectory()).rejects.toThrow('the process died')
    publish.mockRestore()
    expect(seen).toEqual([['c']])
    await service.syncDirectory()
    await service.syncDirectory()
    await events.due.drain(clock.now())
    expect(told).toEqual([{ userId: 'a' }, { userId: 'b' }])
  })

  test('who works in another store from now on has left the former one: told once, also after a death', async () => {
    const { service, directory, events, clock } = await world([person('a', '护士'), person('b', '护士')])
    const moves: unknown[] = []
    events.subscribe('moves', { 'staff.moved': async ({ data }) => void moves.push(data) })
    await service.syncDirectory()
    const elsewhere = { departmentIds: [3] }
    // Who leaves the company is told of otherwise.
    directory.people = [person('a', '护士', elsewhere)]
    const publish = vi.spyOn(events, 'publishMany').mockRejectedValueOnce(new Error('the process died'))
    await expect(service.syncDirectory()).rejects.toThrow('the process died')
    publish.mockRestore()
    await service.syncDirectory()
    await service.syncDirectory()
    await events.due.drain(clock.now())
    expect(await service.member('a')).toMatchObject({ storeIds: ['qingyan'], active: true })
    expect(moves).toEqual([{ userId: 'a', storeIds: ['huayan'] }])
    // Back again, and away again.
    for (const where of [{}, elsewhere]) {
      directory.people = [person('a', '护士', where)]
      await service.syncDirectory()
    }
    await events.due.drain(clock.now())
    expect(moves.slice(1)).toEqual([
      { userId: 'a', storeIds: ['qingyan'] },
      { userId: 'a', storeIds: ['huayan'] },
    ])
  })

  test('who has no role any more is told of as absent, and as there when a role is back; leaving after that is leaving', async () => {
    const { service, directory, events, clock, told } = await world([person('a', '护士'), person('c', '护士')])
    const turns: string[] = []
    const hear = async ({ type, data }: { type: string; data: unknown }) =>
      void turns.push(`${type} ${(data as { userId: string }).userId}`)
    events.subscribe('turns', { 'staff.absent': hear, 'staff.available': hear })
    const read = async (position: string | null) => {
      directory.people = [...(position === null ? [] : [person('a', position)]), person('c', '护士')]
      await service.syncDirectory()
      await events.due.drain(clock.now())
      return turns.splice(0)
    }
    expect(await read('护士')).toEqual(['staff.available a', 'staff.available c'])
    expect(await read('保洁')).toEqual(['staff.absent a'])
    expect(await read('护士')).toEqual(['staff.available a'])
    expect(await read('保洁')).toEqual(['staff.absent a'])
    expect([await read(null), told]).toEqual([[], [{ userId: 'a' }]])
  })

  test('a directory that suddenly shows nobody deactivates nobody', async () => {
    const { service, directory } = await world([person('a', '护士')])
    await service.syncDirectory()
    directory.people = []
    await expect(service.syncDirectory()).rejects.toMatchObject({ kind: 'upstream' })
    expect((await service.member('a'))?.active).toBe(true)
  })

  test('a person of two departments belongs to both', async () => {
    const { service } = await world([person('a', '院长', { departmentIds: [1, 2] })])
    await service.syncDirectory()
    expect(await service.member('A')).toMatchObject({ storeIds: ['huayan'], roles: ['director'] })
  })

  test('a burst of contact events costs one reading once one has been complete since', async () => {
    const { inbox, clock, directory } = await world([person('a', '护士')])
    for (const key of ['e1', 'e2', 'e3'])
      await inbox.insertOnce({ key, source: 'wecom', type: 'change_contact.update_user', payload: { UserID: 'a' } })
    clock.advance(1000)
    await inbox.due.drain(clock.now())
    expect(directory.reads).toBe(departments.length)
    expect(await inbox.counts()).toMatchObject({ done: 3 })
  })
})

describe('stores', () => {
  const body = {
    type: 'hospital' as const,
    displayName: '华颜整形医院',
    callbackPhone: '021-60000001',
    emergencyPhone: '13800000000',
    address: '上海市静安区一路1号',
  }

  test('a store takes its defaults and can be written again', async () => {
    const { service } = await world([])
    await service.putStore({ id: 'huayan', ...body })
    await service.putStore({ id: 'huayan', ...body, address: '二路2号' })
    const store = await service.store('huayan')
    expect(store).toMatchObject({
      id: 'huayan',
      address: '二路2号',
      timeZone: 'Asia/Shanghai',
      quietHours: { from: '21:00', to: '09:00' },
    })
    expect(store?.opening.weekly.sun).toEqual([{ from: '09:00', to: '21:00' }])
    expect((await service.allStores()).map(({ id }) => id)).toEqual(['huayan'])
    expect([...(await service.stores(['huayan', 'nowhere'])).keys()]).toEqual(['huayan'])
  })

  test('crooked stores are refused', () => {
    const accepts = (over: object) => StoreBody.safeParse({ ...body, ...over }).success
    expect(accepts({})).toBe(true)
    expect(accepts({ quietHours: { from: '21:00', to: '09:00' } })).toBe(true)
    expect(accepts({ quietHours: { from: '21:00', to: '21:00' } })).toBe(false)
    expect(accepts({ timeZone: 'Asia/Shangai' })).toBe(false)
    expect(accepts({ contactWindows: [{ from: '12:00', to: '11:00' }] })).toBe(false)
    expect(
      accepts({
        contactWindows: [
          { from: '11:00', to: '13:00' },
          { from: '12:00', to: '14:00' },
        ],
      }),
    ).toBe(false)
    // Nobody could ever be contacted.
    const night = [{ from: '22:00', to: '23:00' }]
    expect(accepts({ contactWindows: night })).toBe(false)
    expect(accepts({ contactWindows: night, quietHours: { from: '23:00', to: '09:00' } })).toBe(true)
    expect(accepts({ contactWindows: [{ from: '08:00', to: '09:30' }] })).toBe(true)
    expect(accepts({ quietHours: { from: '00:00', to: '24:00' } })).toBe(false)
    expect(accepts({ quietHours: { from: '20:30', to: '11:00' } })).toBe(true)
    expect(accepts({ quietHours: { from: '20:30', to: '20:00' } })).toBe(true)
    expect(accepts({ displayName: { $gt: '' } })).toBe(false)
    expect(accepts({ openings: {} })).toBe(false)
    expect(accepts({ opening: { weekly: { mon: [] } } })).toBe(false)
  })
})
