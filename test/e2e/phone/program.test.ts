/// <reference lib="dom" />
/** The project's own mini-program in a real browser, before the real server and the simulator. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { withoutBrowser } from '../../support/phone.ts'
import { phoneWorld } from '../../support/phone-world.ts'

const NOTICE = {
  thing1: { value: '水光针' },
  time2: { value: '2026年3月10日 11:00' },
  thing3: { value: '今天请注意保湿防晒' },
}

describe.skipIf(withoutBrowser)('the mini-program', async () => {
  if (withoutBrowser) return
  const { simulator, open, browser } = await phoneWorld(new Date('2026-03-10T10:00+08:00'))
  const [person] = simulator.world.customers
  if (!person) throw new Error('the world has no customers')

  test.each([false, true])('signs in with the code of its person (touch %s)', async (touch) => {
    const phone = await open({ person: person.personId, touch })
    await phone.text('欢迎使用术后管家').waitFor()
    expect(await phone.calls()).toContain('login')
    await phone.looksRight()
    await phone.close()
  })

  test('a server that is away is said, and a second try finds it again', async () => {
    const phone = await open({ person: person.personId, path: '/pages/home/index' })
    await phone.page.evaluate(() => localStorage.clear())
    await phone.page.route('**/mp-api/**', (route) => route.abort())
    await phone.page.reload()
    await phone.text('网络不太顺畅').waitFor()
    await phone.looksRight('home-offline')
    await phone.page.unroute('**/mp-api/**')
    await phone.tap(phone.text('再试一次'))
    await phone.text('欢迎使用术后管家').waitFor()
    await phone.looksRight()
    await phone.close()
  })

  test('without a person the phone asks whose it is', async () => {
    const page = await browser.newPage()
    await page.goto(`${simulator.ready.wecomBase}/phone`)
    await page.getByText(person.name, { exact: true }).click()
    await page.getByText(`${person.name}的手机`).waitFor()
    await page.frameLocator('iframe').getByText('欢迎使用术后管家').waitFor()
    await page.close()
  })

  test.each([1440, 375])(
    'beside the chats of its person, %i px wide, and back in the chat for a question',
    async (width) => {
      const page = await browser.newPage({ viewport: { width, height: 860 } })
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      await page.goto(`${simulator.ready.wecomBase}/`)
      await page.getByRole('tab', { name: '小程序' }).click()
      const mini = page.frameLocator('#customer-mini')
      await mini.getByText('欢迎使用术后管家').waitFor()
      const whose = () => page.locator('#customer-mini').getAttribute('src')
      const [first, second] = await page.$$eval('#who-customer option', (all) =>
        all.map((one) => one.getAttribute('value')),
      )
      expect(await whose()).toContain(`person=${first}`)
      await page.screenshot({ path: join('test-output/phone', `beside-${width}.png`) })

      // Another person's phone shows that person's program.
      await page.selectOption('#who-customer', second ?? '')
      await page.waitForFunction(
        (id) => document.querySelector('#customer-mini')?.getAttribute('src')?.includes(`${id}`),
        second,
      )
      await mini.getByText('欢迎使用术后管家').waitFor()
      await page
        .frames()
        .find((frame) => frame.url().includes('/phone/app.html'))
        ?.evaluate(() => {
          const { wx } = window as unknown as { wx: { openCustomerServiceChat(options: object): Promise<unknown> } }
          return wx.openCustomerServiceChat({ corpId: 'ww1', extInfo: { url: 'https://work.weixin.qq.com/kfid/kfc1' } })
        })
      await page.locator('[role=tab][data-tab=chat][aria-selected=true]').waitFor()
      expect(await page.locator('#customer-mini').isVisible()).toBe(false)
      expect(await page.locator('#say').isVisible()).toBe(true)
      expect(errors).toEqual([])
      await page.close()
    },
  )

  test('a service notice leads to its page, and the next one to its own', async () => {
    const { clock, context, ready, world } = simulator
    const send = async (page: string): Promise<void> => {
      const templateId = world.templates[0]?.priTmplId
      simulator.act({ as: 'customer', id: person.personId, do: 'mp-subscribe', templateId, accept: true })
      const { value } = context.tokens.wechat(clock.now(), 'plain', false)
      const sent = await fetch(`${ready.wechatBase}/cgi-bin/message/subscribe/send?access_token=${value}`, {
        method: 'POST',
        body: JSON.stringify({ touser: person.openId, template_id: templateId, page, data: NOTICE }),
      })
      expect(await sent.json()).toMatchObject({ errcode: 0 })
    }
    await send('pages/survey/index?surveyId=opinion_box')
    await send('pages/care/help/index')
    const page = await browser.newPage({ viewport: { width: 1440, height: 860 } })
    await page.goto(`${ready.wecomBase}/`)
    const mini = page.frameLocator('#customer-mini')
    const follow = async (which: number) => {
      await page.getByRole('tab', { name: '服务通知' }).click()
      await page.getByRole('button', { name: '进入小程序查看' }).nth(which).click()
    }
    await follow(0)
    await mini.getByText('我们不会知道是谁填写的').waitFor()
    await follow(1)
    await mini.getByText('大家常问').waitFor()
    await page.close()
  })
})
