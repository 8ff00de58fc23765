/**
 * Every route of the mini-program, called by one customer with what belongs to another: in the path, the query, the body. The
 * routes are those that the server mounts; one without a case here fails.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { corners } from '../../support/pictures.ts'
import { photoForm, sendPhoto } from '../../support/send-photo.ts'
import { careWorld } from '../care/support.ts'

const world = await careWorld()
const { mp } = world
const routes = world.app.routes.filter(({ auth, path }) => auth === 'customer' && path.startsWith('/api/mp/'))
const names = routes.map(({ method, path }) => `${method.toUpperCase()} ${path.replace('/api/mp', '')}`)
const jpeg = await corners(600, 400).jpeg().toBuffer()
/** In everything that the first one writes. */
const SECRET = '只有第一位客户知道'
const STARTS = '2026-03-20T10:00:00+08:00'

let mine = ''
let foreign = ''
const ids = {
  ...{ treatmentId: '', complaintId: '', invitationId: '', photoId: '', noteId: '', uploadId: '' },
  ...{ appointmentId: '', moment: '1', index: '0' },
}
/** What an answer to somebody else must not hold. */
const marks: string[] = []

beforeAll(async () => {
  const customerId = await world.customer(0)
  await world.customer(1)
  ids.treatmentId = await world.treatment(0, '2026-03-01 10:00')
  const invitation = { externalId: 'X-1', surveyIds: ['product_follow_up'], customerId, storeId: 'huayan' }
  ids.invitationId = String((await world.api('POST', '/survey-invitations', invitation)).invitationId)
  const visit = { customerId, storeId: 'huayan', code: 'ipl', startsAt: STARTS, status: 'booked' }
  ids.appointmentId = String((await world.api('PUT', '/appointments/A-1', visit)).id)
  mine = await world.signIn(0)
  foreign = await world.signIn(1)
  for (const token of [mine, foreign])
    for (const purpose of ['service', 'photos_care'])
      await mp(token, 'PUT', `/consents/${purpose}`, { version: 1, granted: true })
  const made = async (method: string, path: string, body: unknown) => {
    const { status, body: answer } = await mp(mine, method, path, body)
    if (status !== 200) throw new Error(`${method} ${path} answers ${status}: ${JSON.stringify(answer)}`)
    return answer
  }
  const filed = await made('POST', '/complaints', complaint({ treatmentId: ids.treatmentId }))
  ids.complaintId = String(filed.id)
  ids.photoId = await sendPhoto(world.address, mine, photoForm(jpeg, { treatmentId: ids.treatmentId }))
  ids.noteId = String((await made('POST', '/photo-notes', note({ treatmentId: ids.treatmentId }))).id)
  ids.uploadId = String((await made('POST', '/photo-uploads', upload({ treatmentId: ids.treatmentId }))).uploadId)
  await made('PUT', `/surveys/${ids.invitationId}/draft`, {
    answers: { 'product_follow_up.words': SECRET },
    revision: 0,
  })
  await made('POST', '/data-requests', request)
  await world.work()
  const { name, phone, openId, unionId, externalUserId } = world.personOf(0)
  const { treatmentId, complaintId, invitationId, photoId, noteId, uploadId } = ids
  marks.push(customerId, name, phone, openId, unionId, externalUserId, String(filed.number), SECRET)
  marks.push(treatmentId, complaintId, invitationId, photoId, noteId, uploadId, ids.appointmentId)
})

const complaint = (more: object = {}) => ({
  ...{ submissionId: 'first', kind: 'complaint', type: 'service', words: SECRET, demand: SECRET },
  ...{ treatmentId: null, evidence: [], mayContact: true, ...more },
})
const upload = (more: object = {}) => ({
  ...{ submissionId: 'an-upload-of-tests', angle: 'left45', purpose: 'care', bytes: 10, sha256: 'a'.repeat(64) },
  ...{ treatmentId: null, ...more },
})
const note = (more: object = {}) => ({
  ...{ submissionId: 'a-note-of-tests', photos: ['a-photo-of-tests'], words: SECRET, treatmentId: null },
  ...more,
})
const request = { submissionId: 'r-1', kind: 'correction', words: SECRET }
const code = (n: number) => world.simulator.act({ as: 'customer', id: world.personOf(n).personId, do: 'mp-phone' }).code

interface Case {
  query?: () => string
  body?: (n: number) => unknown
  /** The code of the refusal; left out where there is nothing of others to name: the answer is the caller's own. */
  code?: string
}
const theirs = (code: string, body?: Case['body']): Case => (body ? { code, body } : { code })
const ofTreatment = () => `?treatmentId=${ids.treatmentId}`

const CASES: Record<string, Case[]> = {
  'POST /phone': [{ body: (n) => ({ code: code(n) }) }],
  'GET /consents': [{}],
  'PUT /consents/:purpose': [{ body: () => ({ version: 1, granted: true }) }],
  'GET /my-data': [{}],
  'POST /data-requests': [{ body: () => ({ ...request, words: '另一位客户的申请' }) }],
  'GET /data-requests': [{}],
  'POST /photo-uploads': [
    theirs('treatment_not_found', () => upload({ treatmentId: ids.treatmentId })),
    // The same number is another upload.
    { body: (n) => upload(n === 0 ? { treatmentId: ids.treatmentId } : {}) },
  ],
  'GET /photo-uploads/:uploadId': [theirs('photo_upload_not_found')],
  'PUT /photo-uploads/:uploadId/chunks/:index': [theirs('photo_upload_not_found', () => Buffer.alloc(10))],
  'POST /photo-uploads/:uploadId/complete': [theirs('photo_upload_not_found')],
  'POST /photos': [
    theirs('treatment_not_found', () =>
      photoForm(jpeg, { treatmentId: ids.treatmentId, submissionId: 'another-photo-of-tests' }),
    ),
    { body: (n) => photoForm(jpeg, n === 0 ? { treatmentId: ids.treatmentId } : {}) },
  ],
  'GET /photos': [{ query: ofTreatment }],
  'GET /photos/:photoId/image': [theirs('photo_not_found')],
  'GET /photos/:photoId/openings': [theirs('photo_not_found')],
  'POST /photos/:photoId/erasure': [theirs('photo_not_found')],
  'GET /photos/:photoId/notes': [theirs('photo_not_found')],
  'POST /photo-notes': [
    theirs('treatment_not_found', () => note({ treatmentId: ids.treatmentId })),
    // The same numbers are another note, of other photos.
    { body: (n) => note(n === 0 ? { treatmentId: ids.treatmentId } : { words: '另一位客户的留言' }) },
  ],
  'GET /photo-guides': [{ query: ofTreatment, code: 'treatment_not_found' }, {}],
  'GET /surveys': [{}],
  'GET /surveys/:invitationId': [theirs('survey_not_found')],
  'PUT /surveys/:invitationId/draft': [theirs('survey_not_found', () => ({ answers: {}, revision: 0 }))],
  'POST /surveys/:invitationId/submit': [
    theirs('survey_not_found', () => ({ submissionId: 'a-submission-of-tests', answers: {} })),
  ],
  'POST /complaints': [
    theirs('treatment_not_found', () => complaint({ submissionId: 'second', treatmentId: ids.treatmentId })),
    theirs('photo_not_found', () => complaint({ submissionId: 'third', evidence: [ids.photoId] })),
    {
      body: (n) =>
        n === 0 ? complaint({ treatmentId: ids.treatmentId }) : { ...complaint(), words: '另一件事', demand: null },
    },
  ],
  'GET /complaints': [{}],
  'GET /complaints/:complaintId': [theirs('complaint_not_found')],
  'POST /complaints/:complaintId/accept': [theirs('complaint_not_found')],
  'POST /complaints/:complaintId/object': [theirs('complaint_not_found', () => ({ words: '不认可' }))],
  'POST /complaints/:complaintId/withdraw': [theirs('complaint_not_found')],
  'POST /complaints/:complaintId/rate': [theirs('complaint_not_found', () => ({ stars: 5, words: null }))],
  'GET /home': [{}],
  'POST /appointments/:appointmentId/answer': [
    theirs('appointment_not_found', () => ({ answer: 'move', wish: SECRET, startsAt: STARTS })),
  ],
  'GET /calendar': [{}],
  'GET /guides/:treatmentId/:moment': [theirs('guide_not_found')],
  'PUT /guides/:treatmentId/:moment/ticks': [theirs('guide_not_found', () => ({ ticked: [] }))],
  'GET /help': [{ query: () => `?q=${encodeURIComponent('红肿')}` }],
  'GET /me': [{}],
  'GET /subscriptions': [{}],
  'GET /membership': [{}],
  'GET /points': [{}],
}

async function call(name: string, one: Case, token: string | null, n: number) {
  const [method = '', template = ''] = name.split(' ')
  const path = template.replace(/:(\w+)/g, (_, key: string) => (ids as Record<string, string>)[key] ?? 'service')
  const body = one.body?.(n)
  const isRaw = body instanceof FormData || Buffer.isBuffer(body)
  const type = Buffer.isBuffer(body) ? 'application/octet-stream' : isRaw || !body ? null : 'application/json'
  const response = await fetch(`${world.address}/api/mp${path}${one.query?.() ?? ''}`, {
    method,
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(type ? { 'content-type': type } : {}) },
    ...(body ? { body: isRaw ? (body as BodyInit) : JSON.stringify(body) } : {}),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  const { error } = (isJson ? JSON.parse(text) : {}) as { error?: { code: string } }
  return { status: response.status, text, code: error?.code }
}
const codeAndStatus = ({ status, code }: { status: number; code?: string | undefined }) => [status, code]

/** Every row of every collection that has to do with the first one. */
async function rowsOfFirst(): Promise<string[]> {
  const rows: string[] = []
  for (const { name } of (await world.db.db?.listCollections().toArray()) ?? [])
    for (const row of await world.db.collection(name).find().toArray()) rows.push(`${name} ${JSON.stringify(row)}`)
  return rows.filter((row) => marks.some((mark) => row.includes(mark))).sort()
}

test('every route of a customer has a case, and every case a route', () => {
  expect(Object.keys(CASES).sort()).toEqual([...names].sort())
})

describe('with what belongs to another customer, and without a session, nothing is read and nothing changes:', () => {
  test.each(names)('%s', async (name) => {
    const before = await rowsOfFirst()
    for (const one of CASES[name] ?? []) {
      expect(codeAndStatus(await call(name, one, null, 1))).toEqual([401, 'unauthenticated'])
      const answer = await call(name, one, foreign, 1)
      expect(codeAndStatus(answer)).toEqual(one.code ? [404, one.code] : [200, undefined])
      expect(marks.filter((mark) => answer.text.includes(mark))).toEqual([])
    }
    expect(await rowsOfFirst()).toEqual(before)
  })
})

// Last, because these do change something. Without it the refusals above could be those of a request that was never right.
describe('who it belongs to reaches it by the same request:', () => {
  test.each(names)('%s', async (name) => {
    for (const one of CASES[name] ?? []) {
      const { status, code: said } = await call(name, one, mine, 0)
      // A complaint that has no answer yet, a piece of nothing, a survey without answers: all of it the caller's own.
      if (said)
        expect(said).toMatch(
          /^(complaint_not_now|photo_type_unsupported|survey_draft_outdated|survey_answers_invalid)$/,
        )
      else expect(status).toBe(200)
    }
  })
  test('and there is what others were looked through for', async () => {
    const { text } = await call('GET /my-data', {}, mine, 0)
    const shown = marks.filter((mark) => text.includes(mark))
    expect(shown).toEqual(expect.arrayContaining([SECRET, world.personOf(0).name, world.personOf(0).openId]))
  })
})
