/** What a care plan asks in writing: on its day, by whatever carries the contact, and one question once. */
import { describe, expect, test } from 'vitest'
import type { InvitationRow } from '../../../src/surveys/model.ts'
import { careWorld } from '../care/support.ts'

const world = await careWorld({ env: { PUBLIC_URL: 'https://care.example.com' } })
const { mp, signIn } = world
const invitations = world.collection<InvitationRow>('survey_invitations')
const contact = (id: string) =>
  world
    .collection<{ _id: string; satisfaction: number | null; state: string | null; channel: string; reached: boolean }>(
      'contacts',
    )
    .findOne({ _id: id })
/** Person `n` uses the mini-program and allows its notices. */
async function usesMini(n: number): Promise<string> {
  const token = await signIn(n)
  for (const { priTmplId } of world.simulator.world.templates)
    for (let i = 0; i < 4; i++)
      world.simulator.act({
        as: 'customer',
        id: world.personOf(n).personId,
        do: 'mp-subscribe',
        templateId: priTmplId,
        accept: true,
      })
  await world.arrived()
  await world.work()
  return token
}
const dueNow = async (stepId: string) => {
  await world.collection('care_steps').updateOne({ _id: stepId as never }, { $set: { dueAt: world.now() } })
  await world.work()
}
const CARD = {
  'visit_card.overall': 2,
  'visit_card.steps': { reception: 'bad', consultation: 'good', treatment: 'good', explanation: 'good' },
  'visit_card.waiting': 'over_30',
  'visit_card.told': 'clear',
  'visit_card.why': ['waiting'],
}

describe('the visit card', () => {
  test('opens from the notice of day 1, and what it says stands in the record of that contact', async () => {
    await world.customer(0, { storeIds: ['qingyan'] })
    const token = await usesMini(0)
    const id = await world.treatment(0, '2026-03-02 08:30', { storeId: 'qingyan' })
    await world.to('2026-03-03 20:30')
    const notices = world.got(0, 'subscribe').filter(({ at }) => at > '2026-03-02T16:00')
    expect(notices.map(({ payload }) => String(payload.page).split('=')[0])).toEqual([
      'pages/survey/index?invitationId',
    ])
    const invitationId = String(notices[0]?.payload.page).split('=')[1] ?? ''
    expect(await invitations.findOne({ _id: invitationId })).toMatchObject({
      occasion: `${id}.base.guidance_day1`,
      status: 'open',
    })
    const sent = await mp(token, 'POST', `/surveys/${invitationId}/submit`, {
      submissionId: 'submission-of-day-one',
      answers: CARD,
    })
    expect(sent.status).toBe(200)
    await world.work()
    expect(await contact(`${id}.base.guidance_day1#message`)).toMatchObject({
      satisfaction: 2,
      reached: true,
      channel: 'subscribe',
    })
    // The complaint of who is so unhappy is prepared by somebody who has it on a card.
    expect(await world.collection('tasks').countDocuments({ kind: 'survey_low', role: 'cs_supervisor' })).toBe(1)
    const unhappy = (await world.api('GET', '/contacts?attention=true')).items as { treatmentId: string }[]
    expect(unhappy.map(({ treatmentId }) => treatmentId)).toContain(id)
  })
  test('has a link in a chat, and in the words before a call', async () => {
    await world.customer(1, { storeIds: ['qingyan'] })
    await world.chats(1)
    await world.treatment(1, '2026-03-03 20:00', { storeId: 'qingyan' })
    await world.customer(2)
    await world.chats(2)
    await world.treatment(2, '2026-03-03 20:10')
    await world.to('2026-03-04 20:30')
    for (const n of [1, 2]) {
      const links = world.got(n, 'kf').flatMap(({ text }) => text.match(/《就诊意见卡》：\S+/g) ?? [])
      expect([n, links.length, links[0]]).toEqual([
        n,
        1,
        expect.stringMatching(/https:\/\/care\.example\.com\/p\/surveys\/[\w-]{24}$/),
      ])
    }
  })
})

describe('month 1', () => {
  test('is asked in writing as one survey of two parts where a notice carries it', async () => {
    await world.customer(3, { storeIds: ['qingyan'] })
    await usesMini(3)
    const id = await world.treatment(3, '2026-03-04 20:00', { storeId: 'qingyan' })
    await world.work()
    await dueNow(`${id}.base.effect_month1`)
    await world.to('2026-03-05 12:00')
    const row = await invitations.findOne({ occasion: `${id}.base.effect_month1` })
    expect([row?.status, row?.surveys.map((one) => one.id)]).toEqual(['open', ['month1_effect', 'month1_satisfaction']])
  })
  test('is asked in chat where the chat carries it, and then not in writing', async () => {
    await world.customer(4, { storeIds: ['qingyan'] })
    const id = await world.treatment(4, '2026-03-05 11:00', { storeId: 'qingyan' })
    await world.work()
    await world.chats(4)
    await dueNow(`${id}.base.effect_month1`)
    await world.to('2026-03-05 15:00')
    expect(world.got(4, 'kf').filter(({ text }) => text.includes('效果评价如何'))).toHaveLength(1)
    expect(world.got(4, 'kf').filter(({ text }) => text.includes('/p/surveys/'))).toEqual([])
    expect(await invitations.findOne({ occasion: `${id}.base.effect_month1` })).toMatchObject({
      status: 'withdrawn',
      reason: 'asked_in_person',
    })
  })
  test('is asked on the phone where somebody calls, and not in writing', async () => {
    await world.customer(5)
    const id = await world.treatment(5, '2026-03-05 14:00', { code: 'botulinum' })
    await world.work()
    await dueNow(`${id}.injection.month1`)
    await world.to('2026-03-05 18:00')
    expect((await world.step(id, 'injection.month1')).surveys?.map((one) => one.id)).toEqual(
      expect.arrayContaining(['month1_effect']),
    )
    expect(await invitations.findOne({ occasion: `${id}.injection.month1` })).toBeNull()
  })
})

test('the page behind a link says what is asked, leads into the mini-program, and names nobody', async () => {
  const page = world.app.pages.find(({ path }) => path === '/p/surveys/:token')
  const link = world.got(1, 'kf').flatMap(({ text }) => text.match(/p\/surveys\/(\S+)/)?.[1] ?? [])[0]
  const html = (await page?.show({ params: { token: link }, query: {} })) ?? ''
  expect(html).toContain('<h1>就诊意见卡</h1>')
  expect(html).toMatch(/<a href="https:\/\/wxaurl\.cn\/\w+">打开小程序填写<\/a>/)
  expect(html).not.toContain(world.personOf(1).name)
  await expect(page?.show({ params: { token: 'a-link-that-nobody-was-given' }, query: {} })).rejects.toThrow(
    'survey_not_found',
  )
})
