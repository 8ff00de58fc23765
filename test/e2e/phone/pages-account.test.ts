/** What is mine: consents given and taken back, the copy of my data, requests, notices; and a first start that is refused. */
import { describe, expect, test } from 'vitest'
import { withoutBrowser } from '../../support/phone.ts'
import { known, personOf, treated } from '../../support/phone-care.ts'
import { phoneWorld } from '../../support/phone-world.ts'

describe.skipIf(withoutBrowser)('what is mine', async () => {
  if (withoutBrowser) return
  const world = await phoneWorld(new Date('2026-03-10T10:00+08:00'))
  const [patient, stranger] = [personOf(world, 0), personOf(world, 1)]
  await treated(world, patient, 'picosecond', '2026-03-07T11:00:00+08:00')
  await known(world, patient)
  const open = (options: Omit<Parameters<typeof world.open>[0], 'person'> = {}) =>
    world.open({ person: patient.personId, ...options })
  const CONSENTS = '/pages/account/consents/index'

  test.each([false, true])(
    'a consent is given and taken back by the same tap, with its time (touch %s)',
    async (touch) => {
      const phone = await open({ touch, path: CONSENTS, height: 2400 })
      const card = phone.find('.card').filter({ hasText: '恢复照片用于诊疗与护理' })
      await card.waitFor()
      const before = await card.locator('[role=switch]').isChecked()
      await phone.tap(card.locator('[role=switch]'))
      await card.getByText(/您于 2026年3月10日 .* 同意/).waitFor()
      await phone.looksRight(`consents-given-${touch ? 'touch' : 'mouse'}`)
      expect(await phone.smallTargets()).toEqual([])
      await phone.page.reload()
      await card.getByText(/同意 · 第 1 版/).waitFor()
      await phone.tap(card.locator('[role=switch]'))
      await card.getByText(/撤回或拒绝/).waitFor()
      await phone.page.reload()
      await card.getByText(/撤回或拒绝 · 第 1 版/).waitFor()
      expect(before).toBe(false)
      await phone.looksRight(`consents-taken-back-${touch ? 'touch' : 'mouse'}`)
      await phone.close()
    },
  )

  test('a switch shows what the server has, not what could not be kept', async () => {
    const phone = await open({ path: CONSENTS })
    const card = phone.find('.card').filter({ hasText: '恢复照片用于内部教学' })
    await phone.page.route('**/consents/*', (route) => route.abort())
    await phone.tap(card.locator('[role=switch]'))
    await phone.text('没有保存').waitFor()
    expect(await card.locator('[role=switch]').isChecked()).toBe(false)
    await phone.looksRight('consents-not-kept')
    await phone.close()
  })

  test('the copy of my data is in words and can be taken along', async () => {
    const phone = await open({ path: '/pages/account/data/index', height: 1600 })
    await phone.text('基本信息').waitFor()
    await phone.text(patient.name).first().waitFor()
    await phone.looksRight('data')
    expect(await phone.smallTargets()).toEqual([])
    await phone.tap(phone.text('复制全部内容'))
    await expect.poll(() => phone.calls()).toContain('setClipboardData')
    await phone.looksRight()
    await phone.close()
  })

  test.each([false, true])('a request counts once, however often it is sent (touch %s)', async (touch) => {
    const phone = await open({ touch, path: '/pages/account/requests/index' })
    await phone.tap(phone.role('radio', '删除信息'))
    await phone.tap(phone.text('提交申请'))
    await phone.text('请先写下您的要求').waitFor()
    const words = touch ? '请删除我的微信标识' : '请删除我的邮箱'
    await phone.page.getByLabel('您的要求').fill(words)
    // The answer to the first one is lost on its way.
    let isLost = false
    await phone.page.route('**/data-requests', async (route) => {
      if (route.request().method() !== 'POST' || isLost) return route.continue()
      isLost = true
      await route.fetch()
      await route.abort()
    })
    await phone.tap(phone.text('提交申请'))
    await phone.text('网络不太顺畅').waitFor()
    await phone.looksRight('requests-failed')
    await phone.tap(phone.text('提交申请'))
    await phone.text('已提交的申请').waitFor()
    await phone.page.waitForTimeout(2_000)
    expect(await phone.find('.asked').filter({ hasText: words }).count()).toBe(1)
    await phone.looksRight(`requests-${touch ? 'touch' : 'mouse'}`)
    expect(await phone.smallTargets()).toEqual([])
    await phone.close()
  })

  test('notices are asked for at a tap, and the page says how many are left', async () => {
    const phone = await open({ path: '/pages/account/notices/index' })
    await phone.text('还可提醒 0 次').first().waitFor()
    await phone.looksRight('notices')
    expect(await phone.smallTargets()).toEqual([])
    await phone.tap(phone.text('增加提醒次数'))
    await phone.tap(phone.page.getByRole('button', { name: '允许', exact: true }))
    await phone.text('谢谢').waitFor()
    await phone.looksRight('notices-allowed')
    // WeChat tells the server on a way of its own.
    await expect
      .poll(async () => {
        await phone.page.reload()
        await phone.text('护理提醒').first().waitFor()
        return phone.text('还可提醒 1 次').count()
      })
      .toBeGreaterThan(0)
    await phone.looksRight()
    await phone.close()
  })

  test('the agreement is taken back with one tap: care is closed, the own rights stay open, and coming back is as easy', async () => {
    const phone = await open({ path: CONSENTS, height: 2400 })
    await phone.tap(phone.role('button', '撤回同意'))
    await phone.page.locator('mp-mask').getByText('撤回同意？').waitFor()
    await phone.looksRight('agreement-asked')
    await phone.tap(phone.page.locator('mp-mask').getByText('撤回同意', { exact: true }))
    await phone.text('您已撤回同意').waitFor()
    await phone.text('紧急联系电话').waitFor()
    await phone.looksRight('agreement-withdrawn')
    expect(await phone.smallTargets()).toEqual([])
    // The page that is closed leads here, whichever way somebody comes.
    for (const path of ['/pages/calendar/index', '/pages/account/notices/index', '/pages/home/index']) {
      await phone.page.evaluate((url) => {
        void (window as unknown as { wx: { reLaunch(to: { url: string }): Promise<void> } }).wx.reLaunch({ url })
      }, path)
      await phone.text('您已撤回同意').waitFor()
    }
    await phone.tap(phone.text('查看我的信息'))
    await phone.text('基本信息').waitFor()
    await phone.looksRight('data-withdrawn')
    await phone.close()
    const again = await open({ path: '/pages/photos/index' })
    await again.text('还没有照片').waitFor()
    await again.page.evaluate(() => {
      const { wx } = window as unknown as { wx: { reLaunch(to: { url: string }): Promise<void> } }
      void wx.reLaunch({ url: '/pages/welcome/index' })
    })
    await again.tap(again.text('再看看服务协议'))
    await again.tap(again.text('同意服务协议并继续'))
    await again.text('治疗后第 3 天').waitFor()
    await again.close()
  })

  test('whoever does not agree is told what that means, and may come back', async () => {
    const phone = await world.open({ person: stranger.personId, touch: true })
    await phone.tap(phone.text('恢复照片用于诊疗与护理'))
    await phone.text('您上传的照片只用于').waitFor()
    await phone.looksRight('welcome-unfolded')
    await phone.tap(phone.text('暂不同意'))
    await phone.text('没有关系').waitFor()
    await phone.looksRight('welcome-refused')
    await phone.page.reload()
    await phone.text('欢迎使用术后管家').waitFor()
    await phone.tap(phone.find('.choice').filter({ hasText: '接收活动与优惠信息' }).locator('[role=switch]'))
    await phone.tap(phone.text('同意服务协议并继续'))
    await phone.tap(phone.find('wx-button').getByText('验证手机号'))
    await phone.tap(phone.page.getByRole('button', { name: '拒绝', exact: true }))
    await phone.text('没有关系，您可以稍后再验证').waitFor()
    await phone.looksRight('home-phone-refused')
    // What works without a number still works.
    await phone.tap(phone.text('查找护理知识'))
    await phone.page.getByLabel('想了解什么').fill('防晒')
    await phone.find('.found-head').first().waitFor()
    await phone.close()

    const again = await world.open({ person: stranger.personId, path: CONSENTS, height: 2400 })
    await again
      .find('.card')
      .filter({ hasText: '接收活动与优惠信息' })
      .getByText(/同意 · 第/)
      .waitFor()
    await again
      .find('.card')
      .filter({ hasText: '恢复照片用于宣传' })
      .getByText(/撤回或拒绝/)
      .waitFor()
    await again.looksRight()
    await again.close()
  })
})
