import sharp from 'sharp'
import { beforeEach, describe, expect, test } from 'vitest'
import { MINUTE_MS } from '../../../src/platform/clock.ts'
import { vendorRefusal } from '../../../src/wecom/index.ts'
import { brokenInside, corners } from '../../support/pictures.ts'
import { meanwhile } from '../care/support.ts'
import { photosWorld, treatment } from './support.ts'

const world = await photosWorld()
const { send, json, ask, kept, words, put } = world
const safetyOfPlainObjects = world.asked
beforeEach(() => world.clear())

const jpeg = await corners(600, 400).jpeg().toBuffer()

async function photo(over: Record<string, unknown> = {}, as = 'ann'): Promise<string> {
  const { body, status } = await send(jpeg, over, { as })
  expect(status).toBe(200)
  await world.work()
  return String(body.id)
}
const look = (id: string, query: Record<string, string>) =>
  ask('GET', `/api/v1/photos/${id}/image?${new URLSearchParams(query)}`, { as: 'clinic' })
const byDoctor = { byUserId: 'Dr.Lin', use: 'care', reason: '术后第七天复查' }
const openings = async (id: string) =>
  (await json('GET', `/api/mp/photos/${id}/openings`)).body.items as Record<string, unknown>[]
const member = (userId: string, roles: string[], storeIds = ['huayan']) =>
  world.staff.set(userId, { userId, name: '林医生', roles: roles as never[], storeIds, active: true })

describe('one customer never reaches another’s photo:', () => {
  test('every path answers as if it did not exist', async () => {
    world.treatments.set('t1', treatment({ id: 't1', customerId: 'ann' }))
    const id = await photo({ treatmentId: 't1' })
    const begun = await json('POST', '/api/mp/photo-uploads', words(jpeg))
    const uploadId = String(begun.body.uploadId)
    const paths = [
      ['GET', `/api/mp/photos/${id}/image`],
      ['GET', `/api/mp/photos/${id}/openings`],
      ['POST', `/api/mp/photos/${id}/erasure`],
      ['GET', `/api/mp/photo-uploads/${uploadId}`],
      ['POST', `/api/mp/photo-uploads/${uploadId}/complete`],
      ['GET', `/api/mp/photo-uploads/${id}`],
      ['POST', `/api/mp/photo-uploads/${id}/complete`],
      ['GET', '/api/mp/photo-guides?treatmentId=t1'],
    ] as const
    for (const [method, path] of paths) {
      const foreign = await ask(method, path, { as: 'bo' })
      const unknown = await ask(
        method,
        path.replace(/(photos|photo-uploads)\/[^/]+|t1$/, (_, kind) => (kind ? `${kind}/nobody` : 'nobody')),
        { as: 'bo' },
      )
      expect([path, foreign.status, foreign.code]).toEqual([path, 404, unknown.code])
      expect((foreign.body.error as { message: string }).message).toBe(
        (unknown.body.error as { message: string }).message,
      )
    }
    expect((await put(uploadId, 0, jpeg, 'bo')).code).toBe('photo_upload_not_found')
    expect((await send(jpeg, { treatmentId: 't1' }, { as: 'bo' })).code).toBe('treatment_not_found')
    expect((await json('POST', '/api/mp/photo-uploads', words(jpeg, { treatmentId: 't1' }), 'bo')).status).toBe(404)
    expect((await json('GET', '/api/mp/photos', undefined, 'bo')).body.items).toEqual([])
    expect((await json('GET', '/api/mp/photos?treatmentId=t1', undefined, 'bo')).body.items).toEqual([])
    // And nothing has happened to it.
    expect((await ask('GET', `/api/mp/photos/${id}/image`)).status).toBe(200)
    expect(await world.room.service.ofCustomer('bo', [id])).toEqual([])
    expect(await world.room.service.ofCustomer('ann', [id])).toMatchObject([{ id, state: 'ready' }])
  })
  test('the same number of two people is two photos', async () => {
    const [mine, theirs] = [
      await photo({ submissionId: 'submission' }),
      await photo({ submissionId: 'submission' }, 'bo'),
    ]
    expect(mine).not.toBe(theirs)
  })
  test('who turned out to be the same person sees both albums', async () => {
    const id = await photo({}, 'bo')
    world.merged.set('bo', 'ann')
    expect((await json('GET', '/api/mp/photos')).body.items).toMatchObject([{ id }])
    expect((await ask('GET', `/api/mp/photos/${id}/image`)).status).toBe(200)
  })
  test('a stranger has an empty album and can’t send', async () => {
    const as = 'openid:o-1'
    expect((await json('GET', '/api/mp/photos', undefined, as)).body).toEqual({ items: [], nextCursor: null })
    expect((await json('GET', '/api/mp/photo-guides', undefined, as)).body).toMatchObject({ treatments: [] })
    expect((await send(jpeg, {}, { as })).code).toBe('customer_not_found')
  })
})

test('the timeline begins with the newest, page by page, of one treatment or all', async () => {
  world.treatments.set('t1', treatment({ id: 't1', customerId: 'ann' }))
  const ids: string[] = []
  const add = async (over: Record<string, unknown>) => {
    ids.unshift(await photo(over))
    world.clock.advance(MINUTE_MS)
  }
  for (let i = 0; i < 5; i++) await add(i % 2 ? { treatmentId: 't1' } : {})
  const whole = [...ids]
  const first = (await json('GET', '/api/mp/photos?limit=3')).body as { items: { id: string }[]; nextCursor: string }
  // What comes meanwhile stands before the first page, and moves none of those behind it.
  await add({})
  const second = (await json('GET', `/api/mp/photos?limit=3&cursor=${first.nextCursor}`)).body as typeof first
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(whole)
  expect(second.nextCursor).toBeNull()
  const { items } = (await json('GET', '/api/mp/photos?treatmentId=t1')).body as typeof first
  expect(items.map(({ id }) => id)).toEqual([whole[1], whole[3]])
  const listed = (await json('GET', '/api/v1/photos?customerId=ann', undefined, 'clinic')).body.items
  expect(listed).toMatchObject(ids.map((id) => ({ id, customerId: 'ann', storeId: 'huayan' })))
})

test('photos of one instant have one order, and who looked is told the latest first, page by page', async () => {
  const ids = [await photo(), await photo(), await photo()]
  const seen: string[] = []
  let cursor = ''
  do {
    const { body } = await json('GET', `/api/mp/photos?limit=1${cursor}`)
    seen.push(...(body.items as { id: string }[]).map(({ id }) => id))
    cursor = body.nextCursor ? `&cursor=${body.nextCursor}` : ''
  } while (cursor)
  expect(seen.toSorted()).toEqual(ids.toSorted())
  member('dr.lin', ['doctor'])
  const [id = ''] = ids
  for (const reason of ['第一次', '第二次', '第三次']) {
    await look(id, { ...byDoctor, reason })
    world.clock.advance(1_000)
  }
  const path = `/api/mp/photos/${id}/openings?limit=2`
  const { body } = await json('GET', path)
  expect(body.items).toMatchObject([{ reason: '第三次' }, { reason: '第二次' }])
  await look(id, { ...byDoctor, reason: '第四次' })
  const rest = await json('GET', `${path}&cursor=${body.nextCursor}`)
  expect(rest.body).toMatchObject({ items: [{ reason: '第一次' }], nextCursor: null })
})

describe('staff', () => {
  test('open a photo for a reason, with their name across it, and the customer reads who it was', async () => {
    member('dr.lin', ['doctor'])
    const id = await photo()
    const plain = await ask('GET', `/api/mp/photos/${id}/image?size=screen`)
    world.clock.advance(1_000)
    const { status, headers, bytes } = await look(id, byDoctor)
    expect([status, headers['content-type']]).toEqual([200, 'image/jpeg'])
    const [with_, without] = await Promise.all([bytes, plain.bytes].map((one) => sharp(one).raw().toBuffer()))
    const differing = with_?.filter((value, i) => Math.abs(value - (without?.[i] ?? 0)) > 24).length ?? 0
    expect(differing / (with_?.length ?? 1)).toBeGreaterThan(0.01)
    world.clock.advance(1_000)
    await look(id, { ...byDoctor, size: 'thumb' })
    await ask('GET', `/api/mp/photos/${id}/image?size=screen`)
    expect(await openings(id)).toEqual([
      ...['thumb', 'screen'].map((size) => ({
        ...{ at: expect.any(String), size, kind: 'staff', name: '林医生', role: 'doctor', use: 'care' },
        reason: '术后第七天复查',
      })),
      { at: expect.any(String), size: 'screen', kind: 'customer', name: null, role: null, use: null, reason: null },
    ])
    expect((await json('GET', '/api/v1/stats/photos', undefined, 'clinic')).body).toMatchObject({ ready: 1, opened: 2 })
  })
  test('of another store, of a role that has nothing to do with it, or gone, see nothing', async () => {
    const id = await photo()
    const cases: [roles: string[], storeIds: string[], use: string, status: number][] = [
      [['doctor'], ['qingyan'], 'care', 403],
      [['admin'], ['huayan'], 'care', 403],
      [['front_desk'], ['huayan'], 'care', 403],
      [['consultant'], ['huayan'], 'teaching', 403],
      [['doctor'], ['huayan'], 'publicity', 403],
      [['admin', 'nurse'], ['huayan'], 'care', 200],
      [['director'], [], 'care', 200],
      [['doctor'], ['huayan'], 'teaching', 200],
    ]
    for (const [roles, storeIds, use, status] of cases) {
      member('dr.lin', roles, storeIds)
      expect([roles, use, (await look(id, { ...byDoctor, use })).status]).toEqual([roles, use, status])
    }
    world.staff.set('dr.lin', { userId: 'dr.lin', name: '林', roles: ['doctor'], storeIds: ['huayan'], active: false })
    expect((await look(id, byDoctor)).code).toBe('photo_role_missing')
    expect((await look(id, { ...byDoctor, byUserId: 'nobody' })).code).toBe('staff_not_found')
    expect((await look('nobody', byDoctor)).status).toBe(404)
    for (const query of [
      { ...byDoctor, reason: ' ' },
      { ...byDoctor, use: 'fun' },
      { byUserId: 'dr.lin', use: 'care' },
    ])
      expect((await look(id, query as Record<string, string>)).code).toBe('invalid_request')
    expect(await openings(id)).toHaveLength(3)
  })
  test('need the customer’s consent for just that use; withdrawn is withdrawn', async () => {
    member('dr.lin', ['doctor', 'operations'])
    const id = await photo()
    for (const [use, purpose] of [
      ['care', 'photos_care'],
      ['teaching', 'photos_teaching'],
      ['publicity', 'photos_publicity'],
    ] as const) {
      expect((await look(id, { ...byDoctor, use })).status).toBe(200)
      world.refused.add(`ann ${purpose}`)
      expect((await look(id, { ...byDoctor, use })).code).toBe('photo_consent_missing')
    }
    expect((await look(id, { ...byDoctor, use: 'complaint' })).code).toBe('photo_consent_missing')
    // Their own album stays theirs.
    expect((await ask('GET', `/api/mp/photos/${id}/image`)).status).toBe(200)
    const evidence = await photo({ purpose: 'evidence' })
    expect((await look(evidence, { ...byDoctor, use: 'complaint' })).status).toBe(200)
    expect((await look(evidence, byDoctor)).code).toBe('photo_consent_missing')
  })
})

describe('erasure', () => {
  const erase = (id: string) => json('POST', `/api/mp/photos/${id}/erasure`)
  test('takes a photo of no treatment away, bytes and all', async () => {
    const id = await photo()
    expect(await kept()).toMatchObject({ 'photo_blobs.files': 3, photo_files: 3 })
    expect((await erase(id)).body).toMatchObject({ outcome: 'erased' })
    expect(await kept()).toMatchObject({ photos: 1, photo_files: 0, 'photo_blobs.files': 0, 'photo_blobs.chunks': 0 })
    expect((await json('GET', '/api/mp/photos')).body.items).toEqual([])
    expect((await ask('GET', `/api/mp/photos/${id}/image`)).code).toBe('photo_not_found')
    expect((await erase(id)).code).toBe('photo_not_found')
  })
  test('of a medical record locks it: staff see it no more, the customer sees that it is kept and until when', async () => {
    member('dr.lin', ['doctor'])
    world.treatments.set('t1', treatment({ id: 't1', customerId: 'ann' }))
    const id = await photo({ treatmentId: 't1' })
    const keepUntil = '2041-03-01T16:00:00.000Z'
    for (let i = 0; i < 2; i++) expect((await erase(id)).body).toEqual({ outcome: 'locked', keepUntil })
    expect((await look(id, byDoctor)).code).toBe('photo_locked')
    expect((await json('GET', '/api/mp/photos')).body.items).toMatchObject([{ id, locked: true, keepUntil }])
    // Neither they nor the ghost under the next one.
    expect((await ask('GET', `/api/mp/photos/${id}/image`)).code).toBe('photo_not_found')
    const { shots } = (await json('GET', '/api/mp/photo-guides?treatmentId=t1')).body as {
      shots: { overlay: unknown }[]
    }
    expect(shots.filter(({ overlay }) => overlay !== null)).toEqual([])
    // When its time is over it goes by itself.
    await world.room.routines[0]?.run(new Date('2041-03-01T15:00:00Z'))
    expect(await kept()).toMatchObject({ 'photo_blobs.files': 3 })
    await world.room.routines[0]?.run(new Date('2041-03-02T00:00:00Z'))
    expect(await kept()).toMatchObject({ photo_files: 0, 'photo_blobs.files': 0 })
    expect((await json('GET', '/api/mp/photos')).body.items).toEqual([])
  })
  test('of salon care deletes it', async () => {
    world.treatments.set('t2', treatment({ id: 't2', customerId: 'ann', storeId: 'qingyan', code: 'salon_care' }))
    const id = await photo({ treatmentId: 't2' })
    expect((await erase(id)).body).toMatchObject({ outcome: 'erased' })
  })
  test('takes the pictures, too, that were made since it looked', async () => {
    const { body } = await send(jpeg)
    meanwhile('photo_files', 'updateMany', () => world.work())
    expect((await erase(String(body.id))).body).toMatchObject({ outcome: 'erased' })
    expect(world.told).toHaveLength(1)
    expect(await kept()).toMatchObject({ photo_files: 0, 'photo_blobs.files': 0, 'photo_blobs.chunks': 0 })
  })
  test('while the pictures are being made wins', async () => {
    const { body } = await send(jpeg)
    const photos = world.db.collection<{ _id: string }>('photos')
    const [due] = world.room.due
    await Promise.all([due?.drain(world.clock.now()), erase(String(body.id))])
    await world.work()
    const row = await photos.findOne({ _id: String(body.id) })
    expect(row).toMatchObject({ state: 'erased', original: null, pictures: null })
    await world.room.routines[0]?.run(new Date(world.clock.now().getTime() + 48 * 3_600_000))
    expect(await kept()).toMatchObject({ photo_files: 0, 'photo_blobs.files': 0, 'photo_blobs.chunks': 0 })
  })
})

test('a photo whose inside can’t be unpacked is tried again, then parked where it is seen', async () => {
  const png = await corners().png().toBuffer()
  // Right from the outside, sums and all; inside nothing that unpacks.
  const { body } = await send(brokenInside(png))
  for (let i = 0; i < 8; i++) {
    await world.work()
    world.clock.advance(40 * MINUTE_MS)
  }
  expect((await json('GET', '/api/mp/photos')).body.items).toMatchObject([{ id: body.id, state: 'failed' }])
  expect(await world.room.failedCount()).toBe(1)
  expect((await ask('GET', `/api/mp/photos/${body.id}/image`)).code).toBe('photo_not_ready')
  expect(world.told).toEqual([])
})

describe('content safety', () => {
  const verdict = (traceId: string, suggest: string) =>
    world.inbox.insertOnce({
      key: `k-${traceId}-${suggest}`,
      source: 'wechat',
      type: 'wxa_media_check',
      payload: { Event: 'wxa_media_check', trace_id: traceId, errcode: 0, result: { suggest, label: 20_002 } },
    })
  const stateOf = async () =>
    ((await json('GET', '/api/mp/photos')).body.items as { safety: string }[]).map(({ safety }) => safety)

  test('evidence is shown to the vendor for an hour, photos of care are not', async () => {
    await photo()
    expect(safetyOfPlainObjects).toEqual([])
    const id = await photo({ purpose: 'evidence' })
    expect(safetyOfPlainObjects).toMatchObject([{ openId: 'o-ann', kind: 'image', scene: 'social' }])
    const url = new URL(safetyOfPlainObjects[0]?.url ?? '')
    expect([url.origin, url.pathname.endsWith('.jpg')]).toEqual(['https://clinic.example', true])
    const fetched = await ask('GET', url.pathname, { as: '' })
    expect([fetched.status, (await sharp(fetched.bytes).metadata()).width]).toEqual([200, 600])
    expect(await openings(id)).toMatchObject([{ kind: 'system', use: 'check' }])
    for (const forged of [url.pathname.replace(id, 'another'), url.pathname.replace(/\.\d+\./, '.9999999999999.')])
      expect((await ask('GET', forged, { as: '' })).status).toBe(404)
    world.clock.advance(61 * MINUTE_MS)
    expect((await ask('GET', url.pathname, { as: '' })).status).toBe(404)
  })
  test('the verdict comes by callback and stands beside the photo', async () => {
    await photo({ purpose: 'evidence' })
    expect(await stateOf()).toEqual(['asked'])
    await verdict('trace-1', 'risky')
    await world.inbox.due.drain(world.clock.now())
    expect(await stateOf()).toEqual(['risky'])
  })
  test('a vendor that refuses for good leaves it unchecked; one that is away is asked again', async () => {
    const answers: (Error | null)[] = [
      vendorRefusal('wechat', '/wxa/media_check_async', -1),
      vendorRefusal('wechat', '/wxa/media_check_async', 61010),
    ]
    let asked = 0
    world.onCheck(async () => {
      asked += 1
      const answer = answers.shift()
      if (answer) throw answer
      return { traceId: 'late' }
    })
    await photo({ purpose: 'evidence' })
    world.clock.advance(MINUTE_MS)
    await world.work()
    expect([asked, await stateOf()]).toEqual([2, ['unchecked']])
    await world.work()
    expect(asked).toBe(2)
  })
})

describe('guides', () => {
  test('name the angles of the treatment, and the earlier photo of each', async () => {
    world.treatments.set('t0', treatment({ id: 't0', customerId: 'ann', treatedOn: '2026-01-01' }))
    const old = await photo({ treatmentId: 't0', angle: 'left45' })
    await photo({ treatmentId: 't0', angle: 'front' })
    world.treatments.set('t1', treatment({ id: 't1', customerId: 'ann' }))
    world.treatments.set('t2', treatment({ id: 't2', customerId: 'ann', code: 'hair_transplant', technique: 'fut' }))
    world.clock.advance(MINUTE_MS)
    const front = await photo({ treatmentId: 't1', angle: 'front' })
    const { body } = await json('GET', '/api/mp/photo-guides?treatmentId=t1')
    expect(body).toMatchObject({ treatmentId: 't1', day: 1 })
    expect(
      (body.shots as { angle: string; hint: string; overlay: { photoId: string } | null }[]).map((one) => [
        one.angle,
        one.overlay?.photoId ?? null,
      ]),
    ).toEqual([
      ['front', front],
      ['left45', old],
      ['right45', null],
      ['detail', null],
    ])
    expect(body.treatments).toMatchObject([
      { treatmentId: 't2', name: '毛发移植' },
      { treatmentId: 't1' },
      { treatmentId: 't0', day: 60 },
    ])
    const hair = (await json('GET', '/api/mp/photo-guides?treatmentId=t2')).body.shots as {
      angle: string
      hint: string
    }[]
    expect(hair.find(({ angle }) => angle === 'detail')?.hint).toContain('缝合')
  })
  test('without a treatment say the usual ones', async () => {
    const { body } = await json('GET', '/api/mp/photo-guides')
    expect(body).toMatchObject({
      treatmentId: null,
      day: null,
      shots: [{ angle: 'front', optional: false }, {}, {}, {}],
    })
    const purposes = (await json('GET', '/api/mp/photo-guides')).body.purposes as { purpose: string }[]
    expect(purposes.map(({ purpose }) => purpose)).toEqual(['photos_care', 'photos_teaching', 'photos_publicity'])
    expect(purposes[0]).toMatchObject({ granted: true, version: 1, text: expect.stringContaining('只用于医生和护士') })
    world.refused.add('ann photos_care')
    expect((await json('GET', '/api/mp/photo-guides')).body.purposes).toMatchObject([{ granted: false }, {}, {}])
  })
})
