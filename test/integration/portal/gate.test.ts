/**
 * Who has not agreed to the service, or no longer does, at every route of the mini-program that the server mounts: what serves
 * one's own rights stays open, everything else is closed, and a new route is closed until it is named here.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { corners } from '../../support/pictures.ts'
import { photoForm } from '../../support/send-photo.ts'
import { careWorld } from '../care/support.ts'

const world = await careWorld()
const { mp } = world
const CLOSED = 'service_consent_needed'
const names = world.app.routes
  .filter(({ auth }) => auth === 'customer')
  .map(({ method, path }) => `${method.toUpperCase()} ${path.replace('/api/mp', '')}`)

/** With the reason why. */
const OPEN: Record<string, string[]> = {
  'saying yes or no, and reading what to': ['GET /consents', 'PUT /consents/:purpose'],
  'showing who one is, to ask about one’s own data': ['POST /phone'],
  'a copy, a correction, erasure': ['GET /my-data', 'POST /data-requests', 'GET /data-requests'],
  'one’s own photos: seeing them and what one wrote beside them, who else has, having them deleted': [
    'GET /photos',
    'GET /photos/:photoId/image',
    'GET /photos/:photoId/openings',
    'GET /photos/:photoId/notes',
    'POST /photos/:photoId/erasure',
  ],
  'evidence of a complaint; photos for care are refused by what they are for': [
    'POST /photo-uploads',
    'GET /photo-uploads/:uploadId',
    'PUT /photo-uploads/:uploadId/chunks/:index',
    'POST /photo-uploads/:uploadId/complete',
    'POST /photos',
  ],
  'complaints and opinions': [
    'POST /complaints',
    'GET /complaints',
    'GET /complaints/:complaintId',
    'POST /complaints/:complaintId/accept',
    'POST /complaints/:complaintId/object',
    'POST /complaints/:complaintId/withdraw',
    'POST /complaints/:complaintId/rate',
  ],
}
const open = Object.values(OPEN).flat()

let token = ''
const agree = (granted: boolean) => mp(token, 'PUT', '/consents/service', { version: 1, granted })
const call = (name: string, body?: unknown) => {
  const [method = '', template = ''] = name.split(' ')
  return mp(token, method, template.replace(':purpose', 'promotion').replace(/:(\w+)/g, '1'), body)
}
const closed = async () => {
  const found: string[] = []
  for (const name of names) {
    const { status, code } = await call(name)
    if (code === CLOSED) expect(status).toBe(403)
    if (code === CLOSED) found.push(name)
  }
  return found.sort()
}
const others = names.filter((name) => !open.includes(name)).sort()

beforeAll(async () => {
  await world.customer(0)
  await world.treatment(0, '2026-03-01 10:00')
  token = await world.signIn(0, { agrees: false })
})

test('every open route is one that there is', () => {
  expect(open.filter((name) => !names.includes(name))).toEqual([])
  expect(others).toContain('GET /home')
})

test('who never said anything finds everything closed but what is open to all', async () => {
  expect(await closed()).toEqual(others)
})

test('who agrees finds nothing closed, and who takes it back what was closed before', async () => {
  await agree(true)
  expect(await closed()).toEqual([])
  expect((await agree(false)).body).toMatchObject({ granted: false })
  expect(await closed()).toEqual(others)
})

describe('without consent', () => {
  test('the copy of one’s data comes whole, and a wish to erase is taken', async () => {
    const { status, body } = await call('GET /my-data')
    expect(status).toBe(200)
    expect(JSON.stringify(body)).toContain(world.personOf(0).name)
    const erasure = { submissionId: 'erase-me', kind: 'erasure', words: '请删除我的信息' }
    expect((await call('POST /data-requests', erasure)).status).toBe(200)
  })

  test('a complaint is taken with its evidence; a photo for care is not', async () => {
    const jpeg = await corners(600, 400).jpeg().toBuffer()
    const send = async (purpose: 'care' | 'evidence') => {
      const body = photoForm(jpeg, { purpose, submissionId: `photo-of-${purpose}` })
      const headers = { authorization: `Bearer ${token}` }
      const response = await fetch(`${world.address}/api/mp/photos`, { method: 'POST', headers, body })
      return (await response.json()) as { id?: string; error?: { code: string } }
    }
    await mp(token, 'PUT', '/consents/photos_care', { version: 1, granted: true })
    expect((await send('care')).error?.code).toBe('photo_consent_needed')
    const { id } = await send('evidence')
    const words = { kind: 'complaint', type: 'privacy', words: '不希望被联系', demand: null }
    const filed = { submissionId: 'c-1', ...words, treatmentId: null, evidence: [id], mayContact: false }
    expect(await call('POST /complaints', filed)).toMatchObject({ status: 200, body: { evidence: [id] } })
  })

  test('the numbers for what can’t wait are there, also for nobody', async () => {
    const { body } = await mp(null, 'GET', '/emergency')
    expect(body.items).toContainEqual({
      id: 'huayan',
      ...{ displayName: expect.any(String), callbackPhone: expect.any(String), emergencyPhone: expect.any(String) },
    })
  })

  test('nothing of a day is told or changed by a closed route', async () => {
    const before = await world.db.collection('guide_ticks').countDocuments()
    expect((await call('GET /home')).body).toMatchObject({ error: { code: CLOSED } })
    expect((await mp(token, 'PUT', '/guides/any/1/ticks', { ticked: [] })).code).toBe(CLOSED)
    expect(await world.db.collection('guide_ticks').countDocuments()).toBe(before)
  })
})
