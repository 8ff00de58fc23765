/** The care pages: calendar, guides with their ticks, looking something up, and what happens when the server or the session is away. */
import { describe, expect, test } from 'vitest'
import { type OpenPhone, withoutBrowser } from '../../support/phone.ts'
import { known, personOf, treated } from '../../support/phone-care.ts'
import { phoneWorld } from '../../support/phone-world.ts'

describe.skipIf(withoutBrowser)('the care pages', async () => {
  if (withoutBrowser) return
  const world = await phoneWorld(new Date('2026-03-09T10:00+08:00'))
  const patient = personOf(world, 0)
  await treated(world, patient, 'picosecond', '2026-03-07T11:00:00+08:00')
  await treated(world, patient, 'double_eyelid', '2026-03-08T11:00:00+08:00')
  // A day of care goes by, so that something is past.
  await world.simulator.clock.moveTo(new Date('2026-03-10T10:00+08:00'), 120_000)
  // Its next session waits for the doctor's day.
  await treated(world, patient, 'ipl', '2026-03-10T09:30:00+08:00')
  await known(world, patient)
  const open = (options: Omit<Parameters<typeof world.open>[0], 'person'> = {}) =>
    world.open({ person: patient.personId, ...options })

  const openGuide = async (phone: OpenPhone, treatment: string) => {
    await phone.tap(phone.find('.card').filter({ hasText: treatment }).getByText('的护理清单').first())
    await phone.text('其他时间').waitFor()
  }

  test.each([false, true])('a tick is kept on the server (touch %s)', async (touch) => {
    const phone = await open({ touch })
    await phone.text('治疗后第 3 天').waitFor()
    await openGuide(phone, '皮秒激光')
    const line = phone.role('checkbox', /没有破损与刺痛/)
    await phone.tap(line)
    await expect.poll(() => line.getAttribute('aria-checked')).toBe('true')
    await phone.text(/全部完成|已完成 1/).waitFor()
    await phone.looksRight(`guide-ticked-${touch ? 'touch' : 'mouse'}`)
    expect(await phone.smallTargets()).toEqual([])
    await phone.page.reload()
    await expect.poll(() => line.getAttribute('aria-checked')).toBe('true')
    await phone.tap(line)
    await expect.poll(() => line.getAttribute('aria-checked')).toBe('false')
    await phone.page.reload()
    await phone.text('其他时间').waitFor()
    expect(await line.getAttribute('aria-checked')).toBe('false')
    await phone.looksRight()
    await phone.close()
  })

  test('a tick that could not be kept is taken back, with a word', async () => {
    const phone = await open()
    await phone.text('治疗后第 3 天').waitFor()
    await openGuide(phone, '皮秒激光')
    await phone.page.route('**/ticks', (route) => route.abort())
    const line = phone.role('checkbox', /没有破损与刺痛/)
    await phone.tap(line)
    await phone.text('刚才的勾选没有保存').waitFor()
    expect(await line.getAttribute('aria-checked')).toBe('false')
    await phone.looksRight('guide-not-kept')
    await phone.close()
  })

  test('other days are a tap away, and the last one that was asked for is shown', async () => {
    const phone = await open({ touch: true })
    await phone.text('治疗后第 3 天').waitFor()
    await openGuide(phone, '皮秒激光')
    let isFirst = true
    await phone.page.route('**/guides/**', async (route) => {
      const wait = isFirst ? 600 : 0
      isFirst = false
      await new Promise((done) => setTimeout(done, wait))
      await route.continue()
    })
    await phone.tap(phone.role('button', '第 5 天'))
    await phone.page.evaluate(() => {
      const { inst } = (
        window as unknown as { __mp: { top(): { inst: Record<string, (event: unknown) => void> } } }
      ).__mp.top()
      inst.openDay?.({ currentTarget: { dataset: { moment: '7' } } })
    })
    await phone.find('.title').getByText('第 7 天').waitFor()
    await phone.page.waitForTimeout(800)
    expect(await phone.find('.title').textContent()).toBe('第 7 天')
    await phone.looksRight('guide-day-7')
    await phone.close()
  })

  test.each([false, true])(
    'the calendar has every day of both treatments and leads to their guides (touch %s)',
    async (touch) => {
      const phone = await open({ touch, height: 1600 })
      await phone.tap(phone.role('tab', '日历'))
      await phone.text('接下来的安排').waitFor()
      const coming = phone.find('.card')
      expect(await coming.filter({ hasText: '今天' }).count()).toBeGreaterThan(0)
      await phone.text('医生根据恢复情况确定日期后').waitFor()
      await phone.looksRight(`calendar-${touch ? 'touch' : 'mouse'}`)
      expect(await phone.smallTargets()).toEqual([])
      await phone.tap(phone.text(/已经过去的/))
      await phone.looksRight('calendar-past')
      const guides = phone.find('.guide-head').filter({ hasText: '双眼皮' })
      await phone.tap(guides)
      await phone.looksRight('calendar-guides')
      await phone.tap(phone.role('button', '拆线当天'))
      await phone.find('.title').getByText('拆线当天').waitFor()
      await phone.looksRight('guide-suture')
      await phone.close()
    },
  )

  test('a number for what can not wait is called at one tap, from every page of care', async () => {
    const phone = await open()
    await phone.text('治疗后第 3 天').waitFor()
    for (const path of ['/pages/home/index', '/pages/calendar/index', '/pages/care/help/index']) {
      const page = await open({ path })
      await page.tap(page.role('button', /紧急情况/))
      expect(await page.calls()).toContain('makePhoneCall')
      await page.close()
    }
    await phone.close()
  })

  test.each([false, true])(
    'help finds the own treatment first, says when there is nothing, and leads to a person (touch %s)',
    async (touch) => {
      const phone = await open({ touch })
      await phone.tap(phone.text('查找护理知识'))
      await phone.looksRight('help-idle')
      expect(await phone.smallTargets()).toEqual([])
      await phone.page.getByLabel('想了解什么').fill('几天可以洗脸')
      await phone.find('.found-head').first().waitFor()
      expect(await phone.find('.found-head').first().textContent()).toContain('我的项目')
      await phone.looksRight(`help-found-${touch ? 'touch' : 'mouse'}`)
      await phone.page.getByLabel('想了解什么').fill('blockchain')
      await phone.text('没有找到相关内容').waitFor()
      await phone.looksRight('help-nothing')
      await phone.tap(phone.text('还需要人工'))
      await expect.poll(() => phone.calls()).toContain('openCustomerServiceChat')
      await phone.looksRight()
      await phone.close()
    },
  )

  test('a session that is over is renewed once, unseen', async () => {
    const phone = await open()
    await phone.text('治疗后第 3 天').waitFor()
    await phone.page.evaluate(() => {
      for (const key of Object.keys(localStorage))
        if (key.includes('session-token'))
          localStorage.setItem(key, String(localStorage.getItem(key)).replace(/mp1\.[^"\\]+/, 'mp1.over.over'))
    })
    const asked: number[] = []
    phone.page.on('response', (answer) => {
      if (answer.url().includes('/mp-api/')) asked.push(answer.status())
    })
    await phone.page.reload()
    await phone.text('治疗后第 3 天').waitFor()
    expect(asked.filter((status) => status === 401)).toHaveLength(1)
    await phone.looksRight()
    await phone.close()
  })

  test('a server that is away is said, and a second try finds it again', async () => {
    const phone = await open()
    await phone.text('治疗后第 3 天').waitFor()
    for (const [tab, words] of [
      ['日历', '接下来的安排'],
      ['我的', '授权与隐私'],
    ] as const) {
      await phone.page.route('**/mp-api/**', (route) => route.abort())
      await phone.tap(phone.role('tab', tab))
      await phone.text('网络不太顺畅').waitFor()
      await phone.looksRight(`failed-${tab}`)
      await phone.page.unroute('**/mp-api/**')
      await phone.tap(phone.text('再试一次'))
      await phone.text(words).first().waitFor()
    }
    await phone.looksRight()
    await phone.close()
  })

  test('what was shown stays when it can not be refreshed, and a word says so', async () => {
    const phone = await open()
    await phone.text('治疗后第 3 天').waitFor()
    await phone.page.route('**/mp-api/**', (route) => route.abort())
    await phone.page.evaluate(() => (window as unknown as { __mp: { pullDownRefresh(): void } }).__mp.pullDownRefresh())
    await phone.page.locator('mp-toast').getByText('网络不太顺畅').waitFor()
    expect(await phone.text('治疗后第 3 天').count()).toBe(1)
    expect(await phone.page.locator('.refreshing').count()).toBe(0)
    await phone.looksRight('home-not-refreshed')
    await phone.close()
  })

  test('photos of a treatment are a tap away from the first page', async () => {
    const phone = await open({ touch: true })
    await phone.tap(phone.find('.card').filter({ hasText: '皮秒激光' }).getByText('拍照记录恢复情况'))
    await phone.text('同意，开始使用照片').waitFor()
    const chosen = phone.find('[role=tab][aria-selected=true]')
    await chosen.getByText('皮秒激光').waitFor()
    await phone.looksRight()
    await phone.close()
  })
})
