/** Notes beside photos: kept once, sealed, read by whoever may see the photo, and gone with the last photo of their set. */
import { beforeEach, describe, expect, test } from 'vitest'
import { corners } from '../../support/pictures.ts'
import { photosWorld, treatment } from './support.ts'

const world = await photosWorld()
const { send, json } = world
beforeEach(async () => {
  await world.clear()
  for (const name of ['photo_notes', 'event_deliveries']) await world.db.collection(name).deleteMany({})
})

const jpeg = await corners(300, 200).jpeg().toBuffer()
const FIRST = 'photo-number-1'
const SECOND = 'photo-number-2'
const WORDS = '打针的地方起水泡了，有点痒'
async function photo(submissionId = FIRST, over: Record<string, unknown> = {}): Promise<string> {
  const { body } = await send(jpeg, { submissionId, ...over })
  await world.work()
  return String(body.id)
}
const write = (over: Record<string, unknown> = {}, as = 'ann') =>
  json(
    'POST',
    '/api/mp/photo-notes',
    { submissionId: 'note-number-1', treatmentId: null, photos: [FIRST, SECOND], words: WORDS, ...over },
    as,
  )
const own = async (id: string, as = 'ann') => json('GET', `/api/mp/photos/${id}/notes`, undefined, as)
const look = { byUserId: 'Dr.Lin', use: 'care', reason: '术后第七天复查' }
const asStaff = (id: string, query: Record<string, string> = look) =>
  json('GET', `/api/v1/photos/${id}/notes?${new URLSearchParams(query)}`, undefined, 'clinic')
const member = (roles: string[], storeIds = ['huayan']) =>
  world.staff.set('dr.lin', { userId: 'dr.lin', name: '林医生', roles: roles as never[], storeIds, active: true })
const rows = () => world.db.collection('photo_notes').find().toArray()

describe('what is written beside a set of photos', () => {
  test('is kept once, also when its photos are still on their way, and found by each of them', async () => {
    const [one, two] = await Promise.all([write(), write()])
    expect([one.status, two.status, two.body.id]).toEqual([200, 200, one.body.id])
    expect(await rows()).toHaveLength(1)
    const [first, second, other] = [await photo(), await photo(SECOND), await photo('photo-number-3')]
    for (const id of [first, second]) expect((await own(id)).body.items).toMatchObject([{ words: WORDS }])
    expect((await own(other)).body.items).toEqual([])
    expect(await world.room.service.notesOf('ann')).toMatchObject([{ words: WORDS, photoIds: [first, second] }])
    expect(await world.room.service.noteWords(String(one.body.id))).toBe(WORDS)
  })
  test('is sealed, and told by its number alone', async () => {
    const { body } = await write()
    const everything = await Promise.all(
      ['photo_notes', 'events', 'event_deliveries'].map((name) => world.db.collection(name).find().toArray()),
    )
    expect(JSON.stringify(everything)).not.toContain('水泡')
    const told: unknown[] = []
    world.events.subscribe('notes', { 'photo.noted': async ({ data }) => void told.push(data) })
    await write({ submissionId: 'note-number-2' })
    await world.work()
    expect(told).toHaveLength(1)
    expect(told).not.toContainEqual(expect.objectContaining({ noteId: body.id }))
  })
  test('with other words under the same number is refused, so that nobody believes in words that are gone', async () => {
    await write()
    expect((await write({ words: '现在发黑了' })).code).toBe('photo_note_reused')
    expect((await rows()).length).toBe(1)
  })
  test.each([
    ['nothing', { words: '   ' }],
    ['501 signs', { words: '肿'.repeat(501) }],
    ['no photo', { photos: [] }],
    ['a control character', { words: 'a\u0000b' }],
  ])('is no note with %s', async (_, over) => {
    expect((await write(over)).code).toBe('invalid_request')
    expect((await write({ words: '肿'.repeat(500) })).status).toBe(200)
  })
  test('needs what a photo needs', async () => {
    world.refused.add('ann photos_care')
    expect((await write()).code).toBe('photo_consent_needed')
    world.refused.clear()
    world.treatments.set('t1', treatment({ id: 't1', customerId: 'ann' }))
    expect((await write({ treatmentId: 't1' }, 'bo')).code).toBe('treatment_not_found')
    expect((await write({}, 'openid:o-1')).code).toBe('customer_not_found')
    expect(await rows()).toEqual([])
  })
  test('is more than anybody writes in a day after thirty', async () => {
    for (let n = 0; n < 30; n++) expect((await write({ submissionId: `note-number-${n}` })).status).toBe(200)
    expect((await write({ submissionId: 'one-too-many' })).code).toBe('too_many_today')
    // What is there already is only looked up.
    expect((await write({ submissionId: 'note-number-0' })).status).toBe(200)
  })
})

describe('who reads it', () => {
  test('nobody else: neither by the photo nor by writing beside it', async () => {
    await write()
    const id = await photo()
    expect((await own(id, 'bo')).code).toBe('photo_not_found')
    // The numbers of photos are each person's own.
    await write({ words: '别人的留言' }, 'bo')
    expect((await own(id)).body.items).toMatchObject([{ words: WORDS }])
    world.merged.set('bo', 'ann')
    expect(await world.room.service.notesOf('ann')).toHaveLength(2)
  })
  test('staff who may see the photo, with a line that the customer reads', async () => {
    const plain = await photo('photo-number-3')
    await write()
    const id = await photo()
    member(['doctor'])
    const { items } = (await json('GET', '/api/v1/photos?customerId=ann', undefined, 'clinic')).body
    expect(new Map((items as { id: string; hasNote: boolean }[]).map((one) => [one.id, one.hasNote]))).toEqual(
      new Map([
        [id, true],
        [plain, false],
      ]),
    )
    expect((await asStaff(id)).body.items).toMatchObject([{ words: WORDS }])
    expect((await json('GET', `/api/mp/photos/${id}/openings`)).body.items).toMatchObject([
      { size: 'note', kind: 'staff', name: '林医生', reason: look.reason },
    ])
    for (const [roles, storeIds, code] of [
      [['front_desk'], ['huayan'], 'photo_role_missing'],
      [['doctor'], ['qingyan'], 'photo_role_missing'],
    ] as const) {
      member([...roles], [...storeIds])
      expect((await asStaff(id)).code).toBe(code)
    }
    member(['doctor'])
    world.refused.add('ann photos_care')
    expect((await asStaff(id)).code).toBe('photo_consent_missing')
    expect((await asStaff(id, { byUserId: 'dr.lin', use: 'care' })).code).toBe('invalid_request')
  })
})

describe('a photo that is deleted', () => {
  const erase = (id: string) => json('POST', `/api/mp/photos/${id}/erasure`)
  test('takes the note along once no other photo of the set is left', async () => {
    await write()
    const [first, second] = [await photo(), await photo(SECOND)]
    await erase(first)
    expect((await own(second)).body.items).toMatchObject([{ words: WORDS }])
    await erase(second)
    expect(await rows()).toEqual([])
    expect(await world.room.service.notesOf('ann')).toEqual([])
  })
  test('of a medical record locks the note with it, until its time is over', async () => {
    world.treatments.set('t1', treatment({ id: 't1', customerId: 'ann' }))
    member(['doctor'])
    await write({ treatmentId: 't1' })
    const id = await photo(FIRST, { treatmentId: 't1' })
    expect((await erase(id)).body).toMatchObject({ outcome: 'locked' })
    expect([(await asStaff(id)).code, (await own(id)).code]).toEqual(['photo_locked', 'photo_not_found'])
    await world.room.routines[0]?.run(new Date('2041-03-01T15:00:00Z'))
    expect(await rows()).toHaveLength(1)
    await world.room.routines[0]?.run(new Date('2041-03-02T00:00:00Z'))
    expect(await rows()).toEqual([])
  })
})
