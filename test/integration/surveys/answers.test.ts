/** Invitations and answers over HTTP: kept by halves, counted once, told at once when something is bad. */
import { describe, expect, test } from 'vitest'
import { lowTaskId } from '../../../src/surveys/answered.ts'
import { type AnswerRow, createSurveyStore, type InvitationRow } from '../../../src/surveys/model.ts'
import { corners } from '../../support/pictures.ts'
import { photoForm, sendPhoto } from '../../support/send-photo.ts'
import { careWorld } from '../care/support.ts'

const world = await careWorld({ env: { PUBLIC_URL: 'https://care.example.com/' } })
const { api, mp, signIn } = world
let serial = 0
/** Customer `n` is invited to a survey after an IPL treatment. */
async function invite(n: number, surveyIds: string[], more: object = {}) {
  serial += 1
  const customerId = await world.customer(n)
  const body = { externalId: `X-${serial}`, surveyIds, customerId, storeId: 'huayan', ...more }
  const answer = await api('POST', '/survey-invitations', body)
  return { body, customerId, id: String(answer.invitationId), link: String(answer.link), answer }
}
const submission = (n: number | string) => `submission-number-${n}`
const MONTH = ['month1_effect', 'month1_satisfaction']
const HAPPY = {
  'month1_effect.effect': 5,
  'month1_effect.discomfort': 'no',
  'month1_effect.recheck': 'no',
  'month1_satisfaction.satisfaction': 5,
  'month1_satisfaction.parts': { service: 's5', effect: 's4', environment: 's5', price: 's4', staff: 's5' },
  'month1_satisfaction.nps': 9,
}
const CARD = {
  'visit_card.overall': 5,
  'visit_card.steps': { reception: 'good', consultation: 'good', treatment: 'good', explanation: 'fair' },
  'visit_card.waiting': 'under_10',
  'visit_card.told': 'clear',
}
const invitations = world.collection<InvitationRow>('survey_invitations')
const answers = world.collection<AnswerRow>('survey_answers')

describe('half-finished answers', () => {
  test('are kept, found again, and not written over by an older page', async () => {
    const { id } = await invite(0, MONTH)
    const token = await signIn(0)
    const listed = await mp(token, 'GET', '/surveys')
    expect((listed.body.items as { id: string; title: string }[]).map((one) => [one.id, one.title])).toEqual([
      [id, '一个月效果回访'],
    ])
    const half = { 'month1_effect.effect': 2, 'month1_satisfaction.parts': { service: 's5' } }
    expect((await mp(token, 'PUT', `/surveys/${id}/draft`, { answers: half, revision: 0 })).body).toEqual({
      revision: 1,
    })
    // The answer was lost on its way, and the page sends the same again.
    expect((await mp(token, 'PUT', `/surveys/${id}/draft`, { answers: half, revision: 0 })).body).toEqual({
      revision: 1,
    })
    const again = await mp(token, 'GET', `/surveys/${id}`)
    expect([again.body.answers, again.body.revision]).toEqual([half, 1])
    const older = await mp(token, 'PUT', `/surveys/${id}/draft`, { answers: {}, revision: 0 })
    expect([older.status, older.code]).toEqual([409, 'survey_draft_outdated'])
    expect((older.body.error as { revision: number }).revision).toBe(1)
    const wrong = await mp(token, 'PUT', `/surveys/${id}/draft`, {
      answers: { 'month1_effect.effect': 9 },
      revision: 1,
    })
    expect([wrong.status, (wrong.body.error as { problems: unknown }).problems]).toEqual([
      400,
      [{ question: 'month1_effect.effect', code: 'out_of_range' }],
    ])
    // At rest nobody reads them.
    expect(JSON.stringify(await invitations.findOne({ _id: id }))).not.toContain('month1_effect.effect')
  })
})

describe('a submission', () => {
  test('that lacks something says which questions, and takes nothing', async () => {
    const { id } = await invite(1, MONTH)
    const token = await signIn(1)
    const { 'month1_satisfaction.nps': _, ...less } = HAPPY
    const refused = await mp(token, 'POST', `/surveys/${id}/submit`, {
      submissionId: submission(1),
      answers: { ...less, 'month1_effect.effect': 2 },
    })
    expect((refused.body.error as { problems: unknown }).problems).toEqual([
      { question: 'month1_effect.gap', code: 'required' },
      { question: 'month1_satisfaction.nps', code: 'required' },
    ])
    expect(await answers.countDocuments({ _id: id })).toBe(0)
  })
  test('counts once: a double tap is told the same, another one that it is over', async () => {
    const { id } = await invite(2, MONTH)
    const token = await signIn(2)
    const body = { submissionId: submission(2), answers: HAPPY }
    const taps = await Promise.all([1, 2, 3].map(() => mp(token, 'POST', `/surveys/${id}/submit`, body)))
    expect(taps.map(({ status, body: { thanks } }) => [status, thanks])).toEqual(
      Array(3).fill([200, '谢谢您的信任与反馈。']),
    )
    await world.work()
    expect((await mp(token, 'POST', `/surveys/${id}/submit`, body)).status).toBe(200)
    const other = await mp(token, 'POST', `/surveys/${id}/submit`, { ...body, submissionId: submission('2b') })
    expect([other.status, other.code]).toEqual([409, 'survey_answered'])
    expect(await answers.countDocuments({ _id: id })).toBe(1)
    expect((await mp(token, 'GET', '/surveys')).body.items).toEqual([])
    const row = await invitations.findOne({ _id: id })
    expect([row?.status, row?.draft]).toEqual(['answered', null])
  })
  test('is listed with the newest first', async () => {
    const ids: string[] = []
    for (const surveys of [['recovery_day7'], ['visit_card'], ['post_complaint']]) {
      ids.unshift((await invite(15, surveys)).id)
      await world.to(new Date(world.now().getTime() + 60_000))
    }
    const token = await signIn(15)
    const listed: string[] = []
    let cursor = ''
    do {
      const { body } = await mp(token, 'GET', `/surveys?limit=2${cursor}`)
      listed.push(...(body.items as { id: string }[]).map(({ id }) => id))
      cursor = body.nextCursor ? `&cursor=${body.nextCursor}` : ''
    } while (cursor)
    expect(listed).toEqual(ids)
  })
  test('two hundred at once, each sent again and again, are each counted once', async () => {
    const { body, customerId } = await invite(3, ['visit_card'])
    const template = await invitations.findOne({ occasion: `clinic:${body.externalId}` })
    if (!template) throw new Error('no invitation')
    const ids = Array.from({ length: 200 }, (_, i) => `crowd-${i}`)
    await invitations.insertMany(ids.map((_id) => ({ ...template, _id, occasion: _id, links: [], customerId })))
    const token = await signIn(3)
    const answer = (i: number) => ({
      submissionId: submission(`crowd-${i}`),
      answers: { ...CARD, 'visit_card.overall': 4 + (i % 2) },
    })
    const sent = await Promise.all(
      ids.flatMap((id, i) => [0, 1, 2].map(() => mp(token, 'POST', `/surveys/${id}/submit`, answer(i)))),
    )
    expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([200]))
    await world.work()
    const { items } = await api('GET', '/surveys/results')
    const visit = (
      items as {
        surveyId: string
        answered: number
        questions: { question: string; answers: number; mean: number; values: unknown }[]
      }[]
    ).find(({ surveyId }) => surveyId === 'visit_card')
    expect(visit?.answered).toBe(200)
    const overall = visit?.questions.find(({ question }) => question === 'visit_card.overall')
    expect(overall).toMatchObject({
      answers: 200,
      mean: 4.5,
      values: [
        { value: '4', count: 100 },
        { value: '5', count: 100 },
      ],
    })
    expect(await invitations.countDocuments({ _id: { $in: ids }, status: 'answered' })).toBe(200)
    // One fact, one event, whoever listens.
    expect(await world.collection('event_deliveries').countDocuments({ 'event.type': 'survey.low_score' })).toBe(0)
  }, 120_000)
  test('from two devices at once counts for one of them, and is asked for no more', async () => {
    const { id, link } = await invite(14, ['visit_card'])
    const token = await signIn(14)
    const path = `/survey-links/${link.split('/').at(-1)}`
    const body = (n: number) => ({ submissionId: submission(`device-${n}`), answers: CARD })
    const taps = await Promise.all(
      [0, 1, 2, 3].map((n) => mp(n % 2 ? token : null, 'POST', `${n % 2 ? `/surveys/${id}` : path}/submit`, body(n))),
    )
    expect(taps.map(({ status, code }) => code ?? status).sort()).toEqual([200, ...Array(3).fill('survey_answered')])
    // Before anything that follows from it is done.
    expect((await mp(token, 'GET', '/surveys')).body.items).toEqual([])
    expect((await mp(token, 'PUT', `/surveys/${id}/draft`, { answers: {}, revision: 0 })).code).toBe('survey_closed')
  })
})

describe('photos in answers', () => {
  const jpeg = corners().jpeg().toBuffer()
  const REACTION = {
    'product_follow_up.satisfaction': 4,
    'product_follow_up.discomfort': 'yes',
    'product_follow_up.reaction': ['redness'],
    'product_follow_up.parts': { packaging: 'good', manual: 'good', service: 'good' },
    'product_follow_up.problem': 'none',
  }
  test('are the own ones: somebody else’s are as unknown as none', async () => {
    const { id } = await invite(10, ['product_follow_up'])
    await world.customer(11)
    const [token, other] = [await signIn(10), await signIn(11)]
    const [own, foreign] = await Promise.all(
      [token, other].map(async (one) => {
        await mp(one, 'PUT', '/consents/photos_care', { version: 1, granted: true })
        return sendPhoto(world.address, one, photoForm(await jpeg))
      }),
    )
    const draft = (photo: unknown[], revision: number) =>
      mp(token, 'PUT', `/surveys/${id}/draft`, { answers: { 'product_follow_up.photo': photo }, revision })
    const submit = (photo: unknown[]) =>
      mp(token, 'POST', `/surveys/${id}/submit`, {
        submissionId: submission(10),
        answers: { ...REACTION, 'product_follow_up.photo': photo },
      })
    const problems = [{ question: 'product_follow_up.photo', code: 'photo_unknown' }]
    for (const ids of [[foreign], [own, foreign], [own, 'nobody-s']])
      for (const { status, body } of [await draft(ids, 0), await submit(ids)])
        expect([status, (body.error as { problems?: unknown }).problems]).toEqual([400, problems])
    expect((await draft([own], 0)).status).toBe(200)
    expect((await submit([own])).status).toBe(200)
  })
})

describe('what is asked no more', () => {
  test('falls away from answers that were begun before; the rest still counts', async () => {
    const { id } = await invite(12, MONTH)
    const token = await signIn(12)
    const half = { 'month1_effect.effect': 5, 'month1_satisfaction.nps': 9 }
    await mp(token, 'PUT', `/surveys/${id}/draft`, { answers: half, revision: 0 })
    await createSurveyStore(world.db).changeInvitation(id, { surveys: [{ id: 'month1_satisfaction', version: 1 }] })
    expect((await mp(token, 'GET', `/surveys/${id}`)).body.answers).toEqual({ 'month1_satisfaction.nps': 9 })
    // A page that was open all the while.
    const kept = await mp(token, 'PUT', `/surveys/${id}/draft`, { answers: half, revision: 1 })
    expect(kept.status).toBe(200)
    const sent = await mp(token, 'POST', `/surveys/${id}/submit`, { submissionId: submission(12), answers: HAPPY })
    expect(sent.status).toBe(200)
    const row = await answers.findOne({ _id: id })
    expect(row?.values.filter(({ q }) => q.startsWith('month1_effect'))).toEqual([])
    expect(row?.measures).toMatchObject({ satisfaction: 5, nps: 9 })
  })
  test('is withdrawn with the treatment that it was about; what is answered stays', async () => {
    await world.customer(13)
    const treatmentId = await world.treatment(13, '2026-03-01 10:00')
    const answered = await invite(13, ['visit_card'], { treatmentId })
    const open = await invite(13, ['recovery_day7'], { treatmentId })
    const other = await invite(13, ['post_complaint'])
    const token = await signIn(13)
    const body = { submissionId: submission(13), answers: CARD }
    expect((await mp(token, 'POST', `/surveys/${answered.id}/submit`, body)).status).toBe(200)
    await api('POST', `/treatments/${treatmentId}/cancel`)
    await world.work()
    const status = async (id: string) => (await invitations.findOne({ _id: id }))?.status
    expect([await status(open.id), await status(answered.id), await status(other.id)]).toEqual([
      'withdrawn',
      'answered',
      'open',
    ])
    expect((await invitations.findOne({ _id: open.id }))?.reason).toBe('treatment_cancelled')
    const late = await mp(token, 'POST', `/surveys/${open.id}/submit`, { ...body, answers: {} })
    expect([late.status, late.code]).toEqual([409, 'survey_closed'])
    const { items } = (await mp(token, 'GET', '/surveys')).body as { items: { id: string }[] }
    expect(items.map(({ id }) => id)).toEqual([other.id])
  })
})

describe('whose it is', () => {
  test('nobody else sees, keeps or sends it', async () => {
    const { id } = await invite(4, MONTH)
    await world.customer(5)
    const stranger = await signIn(5)
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PUT', '/draft', { answers: {}, revision: 0 }],
      ['POST', '/submit', { submissionId: submission(4), answers: HAPPY }],
    ] as const) {
      const { status, code } = await mp(stranger, method, `/surveys/${id}${path}`, body)
      expect([method, status, code]).toEqual([method, 404, 'survey_not_found'])
    }
    expect((await mp(stranger, 'GET', '/surveys')).body).toEqual({ items: [], nextCursor: null })
    expect((await mp(null, 'GET', `/surveys/${id}`)).status).toBe(401)
  })
  test('whoever has the link may answer without a sign-in, until it runs out', async () => {
    const { id, link } = await invite(6, ['visit_card'])
    const token = link.replace('https://care.example.com/p/surveys/', '')
    expect(token).toMatch(/^[\w-]{24}$/)
    expect(JSON.stringify(await invitations.findOne({ _id: id }))).not.toContain(token)
    const open = await mp(null, 'GET', `/survey-links/${token}`)
    expect([open.status, (open.body.invitation as { id: string }).id]).toEqual([200, id])
    expect(
      (await mp(null, 'PUT', `/survey-links/${token}/draft`, { answers: { 'visit_card.overall': 5 }, revision: 0 }))
        .body,
    ).toEqual({ revision: 1 })
    expect((await mp(null, 'GET', `/survey-links/${token.slice(0, -1)}x`)).code).toBe('survey_not_found')
    await world.to('2026-03-07 12:00')
    // Nobody fills in a page that nobody takes.
    const over = await mp(null, 'GET', `/survey-links/${token}`)
    expect(over.body.invitation).toMatchObject({ status: 'expired' })
    const late = await mp(null, 'POST', `/survey-links/${token}/submit`, { submissionId: submission(6), answers: {} })
    expect([late.status, late.code]).toEqual([409, 'survey_closed'])
  })
})

describe('a bad answer', () => {
  test('opens a task for each role that must hear of it, once, and is told to other rooms', async () => {
    const { id, customerId } = await invite(7, MONTH)
    const token = await signIn(7)
    const bad = {
      ...HAPPY,
      'month1_effect.discomfort': 'yes',
      'month1_effect.discomfort_words': '右脸还有点麻',
      'month1_satisfaction.satisfaction': 2,
      'month1_satisfaction.nps': 3,
      'month1_satisfaction.better': '等太久',
      'month1_satisfaction.call': 'yes',
    }
    expect(
      (await mp(token, 'POST', `/surveys/${id}/submit`, { submissionId: submission(7), answers: bad })).status,
    ).toBe(200)
    await world.work()
    const tasks = await world
      .collection<{ _id: string; customerId: string; role: string; kind: string; dueAt: Date }>('tasks')
      .find({ customerId, kind: 'survey_low' })
      .toArray()
    expect(tasks.map(({ role }) => role).sort()).toEqual(['cs_supervisor', 'customer_service', 'nurse'])
    const nurse = await world.task(lowTaskId(id, 'nurse'))
    const cards = world.staffGot(nurse.ownerUserId, 'card').map(({ payload }) => JSON.stringify(payload))
    expect(cards.filter((card) => card.includes(nurse.card))).toHaveLength(1)
    expect(cards.join()).toContain('现在还有不适吗：有')
    // Free words are for the record, not for a card in everybody's pocket.
    expect(cards.join()).not.toContain('右脸还有点麻')
    expect(JSON.stringify(await answers.findOne({ _id: id }))).not.toContain('右脸还有点麻')
  })
})

describe('who is asked', () => {
  test('is decided once per occasion, and the record says why not', async () => {
    const first = await invite(8, ['visit_card'])
    const repeated = await api('POST', '/survey-invitations', first.body)
    expect(repeated.invitationId).toBe(first.id)
    const again = await invite(8, ['visit_card'])
    expect([again.answer.invitationId, again.answer.reason]).toEqual([null, 'survey_open'])
    const other = await invite(8, ['month1_satisfaction'])
    expect(other.answer.reason).toBe('survey_fatigue')
    const owed = await invite(8, ['recovery_day7'])
    expect(owed.answer.reason).toBeNull()
    await api('PATCH', `/customers/${first.customerId}`, { optOut: { all: true } })
    expect((await invite(8, ['post_complaint'])).answer.reason).toBe('opted_out')
  })
  test('an anonymous survey invites nobody', async () => {
    await expect(invite(9, ['opinion_box'])).rejects.toThrow('survey_not_found')
  })
})
