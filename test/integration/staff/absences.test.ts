/** Absences as the clinic's systems enter them, and when they are told. 2 March 2026 is a Monday; the clock stands at 10:00. */
import { beforeEach, describe, expect, test } from 'vitest'
import { createConfigLoader } from '../../../src/platform/config.ts'
import type { Actor } from '../../../src/platform/http.ts'
import { createStaff, OrganisationSchema } from '../../../src/staff/index.ts'
import type { DirectoryUser } from '../../../src/wecom/index.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'

const db = await testDb()
const organisation = createConfigLoader('config').load('organisation.yaml', OrganisationSchema)
if (!organisation) throw new Error('config/organisation.yaml has problems')
const mapping = organisation
const at = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`)
const actor: Actor = { kind: 'integration', id: 'key', roles: [], stores: 'all' }
type Json = Record<string, unknown>
const HUAYAN = {
  id: 'huayan',
  type: 'hospital' as const,
  displayName: '华颜',
  callbackPhone: '1',
  emergencyPhone: '1',
  address: 'x',
}

beforeEach(async () => {
  for (const name of ['stores', 'staff', 'staff_absences', 'event_deliveries']) await db.collection(name).deleteMany({})
})

async function world() {
  const ports = await testPorts(db)
  const told: string[] = []
  const people = ['n1', 'n2', 'N3'].map(
    (userId): DirectoryUser => ({ userId, name: userId, departmentIds: [2], position: '护士', status: 'active' }),
  )
  const make = (inbox = ports.inbox) =>
    createStaff({
      ...ports,
      inbox,
      organisation: mapping,
      wecom: { departments: async () => [{ id: 2, name: '华颜整形医院', parentId: 0 }], users: async () => people },
    })
  const staff = make()
  const hear = async ({ type, data }: { type: string; data: Json }) => void told.push(`${type} ${data.userId}`)
  ports.events.subscribe('test', { 'staff.absent': hear, 'staff.available': hear })
  await staff.ready()
  await staff.service.syncDirectory()
  /** As the HTTP layer does it: input through the schemas, answer through the view. */
  async function call(
    method: string,
    path: string,
    params: Json,
    { body, query = {} }: Json = {},
    of: typeof staff = staff,
  ): Promise<Json> {
    const found = of.routes.find((one) => one.method === method && one.path === `/api/v1/staff/:userId${path}`)
    if (!found) throw new Error(`no route ${path}`)
    const input = {
      params: found.params?.parse(params),
      query: found.query?.parse(query),
      body: found.body?.parse(body),
      actor,
      requestId: 'r',
    }
    return found.response.parse(await found.handle(input)) as Json
  }
  async function work() {
    for (const due of [...staff.due, ports.events.due]) await due.drain(ports.clock.now())
  }
  await work()
  told.length = 0
  return {
    ...ports,
    staff,
    another: () => make({ ...ports.inbox, on: () => undefined }),
    store: (timeZone = 'Asia/Shanghai') => staff.service.putStore({ ...HUAYAN, timeZone }),
    told,
    call,
    work,
    async to(text: string) {
      ports.clock.set(at(text))
      await work()
    },
    put: (userId: string, absenceId: string, body: Json, of?: typeof staff) =>
      call('put', '/absences/:absenceId', { userId, absenceId }, { body }, of),
    nurses: async () => (await staff.service.candidates('huayan', 'nurse')).flat().map(({ userId }) => userId),
  }
}

describe('entering', () => {
  test('whole days begin at 00:00 and end at 24:00 of the last one in the store’s zone', async () => {
    const { store, put } = await world()
    await store('Asia/Tokyo')
    expect(
      await put('n1', 'L-1', { from: '2026-03-03', to: '2026-03-04', reason: 'annual', delegateUserId: 'n3' }),
    ).toEqual({
      absenceId: 'L-1',
      userId: 'n1',
      from: '2026-03-02T15:00:00.000Z',
      to: '2026-03-04T15:00:00.000Z',
      reason: 'annual',
      delegateUserId: 'n3',
    })
  })
  test('saying the same again changes nothing; a change is a new state; the list has pages', async () => {
    const { put, call, work, told } = await world()
    const body = { from: '2026-03-02T09:00:00+08:00', to: '2026-03-02T12:00:00+08:00', reason: 'sick' }
    await put('N1', 'a', body)
    await put('n1', 'a', body)
    await work()
    await put('n1', 'a', body)
    await work()
    expect(told).toEqual(['staff.absent n1'])
    await put('n1', 'a', { ...body, delegateUserId: 'N2' })
    await put('n1', 'b', { from: '2026-03-09', to: '2026-03-09', reason: 'training' })
    await work()
    expect(told).toEqual(['staff.absent n1', 'staff.absent n1'])
    const first = await call('get', '/absences', { userId: 'N1' }, { query: { limit: '1' } })
    expect(first.items).toMatchObject([{ absenceId: 'a', delegateUserId: 'n2' }])
    const second = await call('get', '/absences', { userId: 'n1' }, { query: { limit: '1', cursor: first.nextCursor } })
    expect(second).toMatchObject({ items: [{ absenceId: 'b' }], nextCursor: null })
  })
  test('two that overlap, entered at the same moment in two processes, are never both there', async () => {
    const { put, another } = await world()
    const other = another()
    const on = (day: string) => ({ from: day, to: day, reason: 'annual' })
    for (let round = 1; round <= 12; round++) {
      const day = `2026-04-${String(round).padStart(2, '0')}`
      const both = await Promise.allSettled([put('n1', `a${round}`, on(day)), put('n1', `b${round}`, on(day), other)])
      const kept = both.filter(({ status }) => status === 'fulfilled').length
      const there = await db.collection('staff_absences').find({ isCancelled: false, userId: 'n1' }).toArray()
      expect([round, there.filter(({ absenceId }) => absenceId.slice(1) === String(round)).length]).toEqual([
        round,
        kept,
      ])
      expect(kept).toBeLessThan(2)
      for (const one of both)
        if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'absence_overlaps' })
      // Where both were refused, whoever says it again is heard.
      if (kept === 0) await put('n1', `a${round}`, on(day))
    }
    // One that is changed steps back to what it was.
    await put('n2', 'a', on('2026-04-20'))
    await put('n2', 'b', on('2026-04-22'))
    await Promise.allSettled([put('n2', 'a', on('2026-04-21')), put('n2', 'b', on('2026-04-21'), other)])
    const found = await db.collection('staff_absences').find({ userId: 'n2', isCancelled: false }).toArray()
    expect(found).toHaveLength(2)
    expect(new Set(found.map(({ from }) => Number(from))).size).toBe(2)
  })
  test('what cannot be is refused: overlaps, unknown people, oneself, an end before the beginning', async () => {
    const { put, call } = await world()
    const day = (fromDay: string, toDay = fromDay, more: Json = {}) => ({
      from: fromDay,
      to: toDay,
      reason: 'annual',
      ...more,
    })
    await put('n1', 'a', day('2026-03-03', '2026-03-05'))
    await expect(put('n1', 'b', day('2026-03-05'))).rejects.toMatchObject({ code: 'absence_overlaps' })
    await put('n1', 'b', day('2026-03-06'))
    await expect(put('n1', 'a', day('2026-03-03', '2026-03-06'))).rejects.toMatchObject({ code: 'absence_overlaps' })
    await put('n2', 'b', day('2026-03-05'))
    await expect(put('nobody', 'a', day('2026-03-05'))).rejects.toMatchObject({ code: 'staff_not_found' })
    const self = day('2026-03-10', '2026-03-10', { delegateUserId: 'N1' })
    await expect(put('n1', 'c', self)).rejects.toMatchObject({ code: 'invalid_request' })
    const unknown = day('2026-03-10', '2026-03-10', { delegateUserId: 'nobody' })
    await expect(put('n1', 'c', unknown)).rejects.toMatchObject({ code: 'staff_not_found' })
    await expect(put('n1', 'c', day('2026-03-11', '2026-03-10'))).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(put('n1', 'c', { reason: 'annual' })).rejects.toThrow()
    for (const odd of ['2026-02-30', '2026-13-01', '0000-01-01', '9999-12-31'])
      await expect(put('n1', 'c', day(odd, '2026-03-12'))).rejects.toThrow(/from/)
    await expect(call('delete', '/absences/:absenceId', { userId: 'n1', absenceId: 'zz' })).rejects.toMatchObject({
      code: 'absence_not_found',
    })
  })
})

describe('its turns', () => {
  test('entered in advance it is told at its start and its end, once, and nobody away is a candidate between', async () => {
    const { put, to, told, nurses, staff, clock } = await world()
    await put('n1', 'a', { from: '2026-03-03T13:00:00+08:00', to: '2026-03-04T09:00:00+08:00', reason: 'personal' })
    await to('2026-03-03 12:59')
    expect([told, await nurses()]).toEqual([[], ['n1', 'n2', 'n3']])
    expect(await staff.due[0]?.nextDueAt(clock.now())).toEqual(at('2026-03-03 13:00'))
    await to('2026-03-03 13:00')
    expect([told, await nurses()]).toEqual([['staff.absent n1'], ['n2', 'n3']])
    await to('2026-03-04 08:59')
    expect(await nurses()).toEqual(['n2', 'n3'])
    await to('2026-03-04 09:00')
    expect([told, await nurses()]).toEqual([
      ['staff.absent n1', 'staff.available n1'],
      ['n1', 'n2', 'n3'],
    ])
    expect(await staff.due[0]?.nextDueAt(clock.now())).toBeNull()
  })
  test('taken back while it runs, the person is there again; entered anew it is told anew', async () => {
    const { put, call, to, told, nurses } = await world()
    const body = { from: '2026-03-02', to: '2026-03-06', reason: 'sick' }
    await put('n1', 'a', body)
    await to('2026-03-02 11:00')
    for (let times = 0; times < 2; times++)
      await call('delete', '/absences/:absenceId', { userId: 'n1', absenceId: 'a' })
    expect(await nurses()).toContain('n1')
    await to('2026-03-02 12:00')
    expect(told).toEqual(['staff.absent n1', 'staff.available n1'])
    expect((await call('get', '/absences', { userId: 'n1' })).items).toEqual([])
    await put('n1', 'a', body)
    await to('2026-03-02 13:00')
    expect(told).toEqual(['staff.absent n1', 'staff.available n1', 'staff.absent n1'])
  })
  test('one that was changed before its beginning is told at its beginning and at its end like any other', async () => {
    const { put, work, to, told } = await world()
    await put('n1', 'a', { from: '2026-03-03', to: '2026-03-04', reason: 'annual' })
    await work()
    await put('n1', 'a', { from: '2026-03-03', to: '2026-03-03', reason: 'annual' })
    await work()
    told.length = 0
    await to('2026-03-03 00:00')
    await to('2026-03-04 00:00')
    expect(told).toEqual(['staff.absent n1', 'staff.available n1'])
  })
  test('two processes tell it once; a change in the very moment is not written over', async () => {
    const { put, another, told, events, clock, staff } = await world()
    const body = { from: '2026-03-02', to: '2026-03-03', reason: 'sick' }
    await put('n1', 'a', body)
    const other = another()
    await Promise.all([staff.due[0]?.drain(clock.now()), other.due[0]?.drain(clock.now())])
    await events.due.drain(clock.now())
    expect(told).toEqual(['staff.absent n1'])
    // Changed after another process has claimed the old state: what that one writes back is for nobody any more.
    await put('n1', 'a', { ...body, to: '2026-03-04' })
    const rows = db.collection<{ _id: string; claim: Json }>('staff_absences')
    await rows.updateOne({ _id: 'n1:a' }, { $set: { 'claim.token': 'late', 'claim.until': at('2027-01-01 00:00') } })
    await put('n1', 'a', { ...body, to: '2026-03-05' })
    expect(await rows.findOne({ _id: 'n1:a' })).toMatchObject({ claim: { token: '' }, to: at('2026-03-06 00:00') })
    await staff.due[0]?.drain(clock.now())
    await events.due.drain(clock.now())
    expect(told).toEqual(['staff.absent n1', 'staff.absent n1'])
  })
})

describe('working hours', () => {
  const none = { mon: [], tue: [], wed: [], thu: [], fri: [], sat: [], sun: [] }
  const hours = { ...none, mon: [{ from: '13:00', to: '21:00' }] }

  test('are written for a person, outlive a reading of the directory, and can be emptied', async () => {
    const { call, staff, store } = await world()
    await store()
    expect(await call('put', '/hours', { userId: 'N1' }, { body: { weekly: hours } })).toMatchObject({
      userId: 'n1',
      hours,
    })
    await db.collection('staff').updateOne({ _id: 'n1' as never }, { $set: { name: 'old' } })
    expect(await staff.service.syncDirectory()).toMatchObject({ changed: 1 })
    const onDuty = async (text: string) =>
      (await staff.service.roster())
        .candidates('huayan', 'nurse', { at: at(text), work: true })
        .flat()
        .map(({ userId }) => userId)
    expect(await onDuty('2026-03-02 12:59')).toEqual(['n2', 'n3'])
    expect(await onDuty('2026-03-02 13:00')).toEqual(['n1', 'n2', 'n3'])
    await call('put', '/hours', { userId: 'n1' }, { body: { weekly: null } })
    expect(await onDuty('2026-03-02 12:59')).toEqual(['n1', 'n2', 'n3'])
    await expect(call('put', '/hours', { userId: 'nobody' }, { body: { weekly: null } })).rejects.toMatchObject({
      code: 'staff_not_found',
    })
  })
})
