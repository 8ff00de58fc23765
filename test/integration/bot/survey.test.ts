/** Whoever asks for the survey in the chat gets the way in: the page that needs no sign-in, of what lapses first. */
import { expect, test } from 'vitest'
import type { InvitationRow } from '../../../src/surveys/model.ts'
import { careWorld } from '../care/support.ts'

const world = await careWorld({ env: { WECHATY_PUPPET: 'wecom', PUBLIC_URL: 'https://care.example.com' } })
const { api, mp } = world
const CARD = {
  'visit_card.overall': 5,
  'visit_card.steps': { reception: 'good', consultation: 'good', treatment: 'good', explanation: 'good' },
  'visit_card.waiting': 'under_10',
  'visit_card.told': 'clear',
}
const invite = async (customerId: string, surveyId: string) =>
  String(
    (
      await api('POST', '/survey-invitations', {
        externalId: `${customerId}-${surveyId}`,
        surveyIds: [surveyId],
        customerId,
        storeId: 'huayan',
      })
    ).invitationId,
  )
async function asks(n: number): Promise<string> {
  const before = world.got(n, 'kf').length
  await world.says(n, '问卷在哪里填')
  const [said, ...more] = world.got(n, 'kf').slice(before)
  expect(more).toEqual([])
  return said?.text ?? ''
}
const tokenIn = (said: string): string =>
  /https:\/\/care\.example\.com\/p\/surveys\/([\w-]{24})\s*$/.exec(said)?.[1] ?? ''

test('the answer leads to the page, which opens without a sign-in; the one that lapses first comes first', async () => {
  const customerId = await world.customer(1)
  await world.chats(1)
  // Until 2026-03-07; the other one, though it is newer, until 2026-03-09.
  const card = await invite(customerId, 'visit_card')
  await world.to('2026-03-02 09:05')
  await invite(customerId, 'post_complaint')
  const said = await asks(1)
  expect(said).toContain('《就诊意见卡》')
  const token = tokenIn(said)
  const page = world.app.pages.find(({ path }) => path === '/p/surveys/:token')
  expect(await page?.show({ params: { token }, query: {} })).toContain('<h1>就诊意见卡</h1>')
  const opened = await mp(null, 'GET', `/survey-links/${token}`)
  expect([opened.status, opened.body.invitation]).toEqual([200, expect.objectContaining({ id: card, status: 'open' })])

  // Asked again and again it is one address, and the row keeps its hash alone.
  const links = async () =>
    (await world.collection<InvitationRow>('survey_invitations').findOne({ _id: card }))?.links ?? []
  const kept = await links()
  expect(JSON.stringify(kept)).not.toContain(token)
  expect(tokenIn(await asks(1))).toBe(token)
  expect(await links()).toEqual(kept)

  const sent = await mp(null, 'POST', `/survey-links/${token}/submit`, {
    submissionId: 'submission-from-the-chat',
    answers: CARD,
  })
  expect(sent.status).toBe(200)
  await world.work()
  expect(await asks(1)).toContain('《投诉处理回访》')
  await world.to('2026-03-09 09:30')
  expect(await asks(1)).toContain('没有等待您填写的问卷')
})

test("nobody is shown the way into somebody else's", async () => {
  await invite(await world.customer(2), 'visit_card')
  await world.customer(3)
  await world.chats(3)
  expect(await asks(3)).toContain('没有等待您填写的问卷')
})
