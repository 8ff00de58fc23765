/// <reference lib="dom" />
/** Surveys on the phone: every kind of question, a branch, a sitting that is broken off, and taps that are too quick. */
import { describe, expect, test, vi } from 'vitest'
import { freePort } from '../../scripts/ports.ts'
import { withEveryKind } from '../support/every-kind.ts'
import { type OpenPhone, withoutBrowser } from '../support/phone.ts'
import { phoneCustomer } from '../support/phone-customer.ts'
import { phoneWorld } from '../support/phone-world.ts'
import { corners } from '../support/pictures.ts'

withEveryKind()

describe.skipIf(withoutBrowser)('surveys on the phone', async () => {
  if (withoutBrowser) return
  const world = await phoneWorld(new Date('2026-03-10T10:00+08:00'), 4, await freePort())
  const done = { code: 'ipl', endedAt: new Date('2026-03-09T15:00+08:00') }
  const person = await phoneCustomer(world, 0, done)
  // Nobody is asked everything in one week.
  const others = [await phoneCustomer(world, 1, done), await phoneCustomer(world, 2, done)] as const
  let serial = 0
  async function invite(surveyIds: string[], who = person): Promise<{ id: string; link: string }> {
    serial += 1
    const { customerId, storeId, treatmentId } = who
    const externalId = `phone-${serial}`
    const body = { externalId, surveyIds, customerId, storeId, treatmentId }
    const invited = await world.api.call('POST', '/api/v1/survey-invitations', body)
    expect(invited).toMatchObject({ reason: null })
    return { id: String(invited.invitationId), link: String(invited.link) }
  }
  const pageOf = (id: string) => `/pages/survey/index?invitationId=${id}`
  const question = (phone: OpenPhone, id: string) => phone.find(`[data-testid="every_kind.${id}"]`)
  const choose = (phone: OpenPhone, id: string, words: string) =>
    phone.tap(question(phone, id).getByText(words, { exact: true }))

  test.each([false, true])('one is answered from the first question to the thanks (touch %s)', async (touch) => {
    const { id } = await invite(['every_kind'])
    const phone = await world.open({ person: person.personId, path: pageOf(id), touch })
    await phone.text('每种题型').waitFor()
    expect(await question(phone, 'symptoms').count()).toBe(0)
    await phone.looksRight(`survey-fresh-${touch}`)
    await choose(phone, 'state', '反应没有减轻，或加重了')
    await choose(phone, 'symptoms', '红肿')
    await choose(phone, 'symptoms', '瘙痒')
    await choose(phone, 'symptoms', '淤青')
    await phone.page.getByText('最多选择 2 项').waitFor()
    await phone.tap(question(phone, 'steps').getByLabel('前台接待：不满意'))
    await phone.tap(question(phone, 'steps').getByLabel('术后注意事项的讲解是否清楚易懂：满意'))
    await question(phone, 'why').locator('textarea').fill('等候的时间有些长')
    await phone.tap(question(phone, 'overall').getByLabel('4星'))
    await phone.tap(question(phone, 'nps').getByLabel('9分'))
    await phone.tap(question(phone, 'pain').getByLabel('2分'))
    await question(phone, 'temperature').locator('input').pressSequentially('３6.6')
    expect(await question(phone, 'temperature').locator('input').inputValue()).toBe('３6.6')
    const chooser = phone.page.waitForEvent('filechooser')
    await phone.tap(question(phone, 'photo').getByLabel('添加照片'))
    const picture = await corners(1200, 900).jpeg().toBuffer()
    const goOn = await phone.hold('**/chunks/*')
    await (await chooser).setFiles({ name: 'arm.jpg', mimeType: 'image/jpeg', buffer: picture })
    // What is still on its way would be missing in it.
    await phone.tap(phone.role('button', '提交'))
    await question(phone, 'photo').getByText('还有照片没有发送完').waitFor()
    goOn()
    await question(phone, 'photo').getByLabel('移除第 1 张照片').waitFor()
    await question(phone, 'photo').getByText('1/2').waitFor()
    await phone.looksRight(`survey-filled-${touch}`)
    // The date is forgotten at first.
    await phone.tap(phone.role('button', '提交'))
    await question(phone, 'since').getByText('请回答这一题').waitFor()
    await phone.looksRight(`survey-wrong-${touch}`)
    await phone.tap(question(phone, 'since').locator('wx-picker'))
    await phone.page.locator('mp-sheet input').fill('2026-03-08')
    await phone.tap(phone.page.locator('mp-sheet').getByText('确定'))
    await question(phone, 'since').getByText('2026-03-08').waitFor()
    await phone.tap(phone.role('button', '提交'))
    await phone.text('谢谢您，我们都收到了。').waitFor()
    await phone.looksRight(`survey-thanks-${touch}`)
    await phone.close()
    await vi.waitFor(async () => {
      const { items } = await person.mp<{ items: unknown[] }>('GET', '/surveys')
      expect(items).toEqual([])
    })
  })

  /** Answers the visit card except for its last question. */
  async function answerMost(phone: OpenPhone): Promise<void> {
    const on = (id: string) => phone.find(`[data-testid="visit_card.${id}"]`)
    await phone.tap(on('overall').getByLabel('5星'))
    const rows = on('steps').locator('[role=radiogroup]')
    for (let row = 0; row < (await rows.count()); row++) await phone.tap(rows.nth(row).locator('[role=radio]').last())
    await phone.tap(on('waiting').locator('[role=radio]').first())
  }

  test('a sitting that the system kills goes on where it was, on another phone too', async () => {
    const { id } = await invite(['visit_card'])
    const phone = await world.open({ person: person.personId, path: pageOf(id) })
    await answerMost(phone)
    await phone.text('已自动保存，可以随时离开再继续').waitFor()
    await phone.page.reload()
    await vi.waitFor(async () =>
      expect(await phone.find('[data-testid="visit_card.overall"] [aria-checked=true]').count()).toBe(5),
    )
    // What the server didn't get in time is on this phone.
    await phone.page.route('**/draft', (route) => route.abort())
    await phone.tap(phone.find('[data-testid="visit_card.overall"]').getByLabel('3星'))
    await phone.page.reload()
    await vi.waitFor(async () =>
      expect(await phone.find('[data-testid="visit_card.overall"] [aria-checked=true]').count()).toBe(3),
    )
    await phone.looksRight('survey-resumed')
    await phone.close()
    const other = await world.open({ person: person.personId, path: pageOf(id) })
    await vi.waitFor(async () =>
      expect(await other.find('[data-testid="visit_card.overall"] [aria-checked=true]').count()).toBe(5),
    )
    await other.close()
  })

  test('taps that are too quick, and answers that are lost on the way, count once', async () => {
    const { id } = await invite(['month1_effect'], others[0])
    const phone = await world.open({ person: others[0].personId, path: pageOf(id), touch: true, width: 320 })
    const on = (name: string) => phone.find(`[data-testid="month1_effect.${name}"]`)
    await phone.tap(on('effect').getByLabel('5星'))
    await phone.tap(on('discomfort').getByText('没有', { exact: true }))
    await phone.tap(on('recheck').locator('[role=radio]').last())
    expect(await phone.smallTargets()).toEqual([])
    await phone.looksRight('survey-320')
    const submissions: { submissionId: string }[] = []
    let isLost = true
    await phone.page.route('**/submit', async (route) => {
      submissions.push(route.request().postDataJSON() as { submissionId: string })
      const answer = await route.fetch()
      if (isLost) await route.abort()
      else await route.fulfill({ response: answer })
    })
    const button = phone.role('button', '提交')
    await button.scrollIntoViewIfNeeded()
    const box = await button.boundingBox()
    if (!box) throw new Error('there is no button')
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
    await Promise.all([phone.page.touchscreen.tap(x, y), phone.page.touchscreen.tap(x, y)])
    await phone.text('您的回答已经保存，不会丢失').waitFor()
    await phone.looksRight('survey-lost')
    expect(submissions).toHaveLength(1)
    isLost = false
    await phone.tap(button)
    await phone.text('回到首页').waitFor()
    expect(new Set(submissions.map(({ submissionId }) => submissionId)).size).toBe(1)
    expect(submissions).toHaveLength(2)
    await phone.page.reload()
    await phone.text('这份问卷您已经提交过了').waitFor()
    await phone.looksRight('survey-answered')
    await phone.close()
  })

  test('a link is answered without a sign-in', async () => {
    const { link } = await invite(['month1_satisfaction'], others[1])
    const token = link.split('/').pop() ?? ''
    // A guest on any phone, who never opened the program and agreed to nothing.
    const guest = world.simulator.world.customers[3]?.personId ?? ''
    const phone = await world.open({ person: guest, path: `/pages/survey/index?token=${token}` })
    const on = (name: string) => phone.find(`[data-testid="month1_satisfaction.${name}"]`)
    const signed: string[] = []
    phone.page.on('request', (request) => {
      if (request.headers().authorization || /\/mp-api\/(session|consents)/.test(request.url()))
        signed.push(request.url())
    })
    await phone.tap(on('satisfaction').getByLabel('5星'))
    const rows = on('parts').locator('[role=radiogroup]')
    for (let row = 0; row < (await rows.count()); row++) await phone.tap(rows.nth(row).locator('[role=radio]').last())
    await phone.tap(on('nps').getByLabel('9分'))
    await phone.tap(phone.role('button', '提交'))
    await phone.text('谢谢您的信任与反馈。').waitFor()
    expect(signed).toEqual([])
    await phone.looksRight('survey-link')
    await phone.close()
  })

  test('the opinion box asks nobody who it is', async () => {
    // Not even whether somebody has agreed to anything.
    const stranger = world.simulator.world.customers[3]?.personId ?? ''
    const phone = await world.open({ person: stranger, path: '/pages/survey/index?surveyId=opinion_box' })
    const on = (name: string) => phone.find(`[data-testid="opinion_box.${name}"]`)
    await phone.text('我们不会知道是谁填写的').waitFor()
    await phone.tap(on('about').getByText('环境设施'))
    await on('words').locator('textarea').fill('休息区的灯太暗')
    const sent = phone.page.waitForRequest('**/open-surveys/opinion_box/submit')
    await phone.looksRight('survey-anonymous')
    await phone.tap(phone.role('button', '提交'))
    expect((await sent).headers().authorization).toBeUndefined()
    await phone.text('您的意见已匿名送达管理层').waitFor()
    await phone.close()
  })

  test('what is not there, and what is away for a while, is said', async () => {
    const phone = await world.open({ person: person.personId, path: pageOf('no-such-invitation') })
    await phone.text('没有找到这份问卷').waitFor()
    await phone.looksRight('survey-unknown')
    const { id } = await invite(['every_kind'])
    await phone.page.route('**/mp-api/surveys/**', (route) => route.abort())
    await phone.page.evaluate((path) => {
      location.hash = path
      location.reload()
    }, pageOf(id))
    await phone.text('再试一次').waitFor()
    await phone.looksRight('survey-failed')
    await phone.page.unroute('**/mp-api/surveys/**')
    await phone.tap(phone.text('再试一次'))
    await phone.text('每种题型').waitFor()
    await phone.close()
  })
})
