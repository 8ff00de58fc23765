/** The project's own mini-program in a real browser, before the real server and the simulator. */
import { describe, expect, test } from 'vitest'
import { withoutBrowser } from '../../support/phone.ts'
import { phoneWorld } from '../../support/phone-world.ts'

describe.skipIf(withoutBrowser)('the mini-program', async () => {
  if (withoutBrowser) return
  const { simulator, open, browser } = await phoneWorld(new Date('2026-03-10T10:00+08:00'))
  const [person] = simulator.world.customers
  if (!person) throw new Error('the world has no customers')

  test.each([false, true])('signs in with the code of its person (touch %s)', async (touch) => {
    const phone = await open({ person: person.personId, touch })
    await phone.text(/欢迎回来|验证手机号/).waitFor()
    expect(await phone.calls()).toContain('login')
    await phone.looksRight(`home-${touch ? 'touch' : 'mouse'}`)
    await phone.close()
  })

  test('a server that is away is said, and a second try finds it again', async () => {
    const phone = await open({ person: person.personId, path: '/pages/home/home' })
    await phone.page.evaluate(() => localStorage.clear())
    await phone.page.route('**/mp-api/session', (route) => route.abort())
    await phone.page.reload()
    await phone.text('暂时连不上诊所的服务').waitFor()
    await phone.looksRight('home-offline')
    await phone.page.unroute('**/mp-api/session')
    await phone.tap(phone.text('再试一次'))
    await phone.text(/欢迎回来|验证手机号/).waitFor()
    await phone.looksRight()
    await phone.close()
  })

  test('without a person the phone asks whose it is', async () => {
    const page = await browser.newPage()
    await page.goto(`${simulator.ready.wecomBase}/phone`)
    await page.getByText(person.name, { exact: true }).click()
    await page.getByText(`${person.name}的手机`).waitFor()
    await page
      .frameLocator('iframe')
      .getByText(/欢迎回来|验证手机号/)
      .waitFor()
    await page.close()
  })
})
