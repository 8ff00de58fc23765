/// <reference lib="dom" />
/** Complaints on the phone: filed once with evidence, a number at once, promises that are kept, the answer and what follows it. */
import type { Route } from 'playwright-core'
import { describe, expect, test, vi } from 'vitest'
import { withoutBrowser } from '../support/phone.ts'
import { phoneCustomer } from '../support/phone-customer.ts'
import { phoneWorld } from '../support/phone-world.ts'
import { corners } from '../support/pictures.ts'

interface Filed {
  id: string
  number: string
  status: string
}

describe.skipIf(withoutBrowser)('complaints on the phone', async () => {
  if (withoutBrowser) return
  const world = await phoneWorld(new Date('2026-03-10T10:00+08:00'))
  const done = { code: 'ipl', endedAt: new Date('2026-03-09T15:00+08:00') }
  const person = await phoneCustomer(world, 0, done)
  const other = await phoneCustomer(world, 1, done)
  const filed = async ({ mp }: typeof person) => (await mp<{ items: Filed[] }>('GET', '/complaints')).items

  test.each([false, true])('one is filed with evidence, counts once, and is followed (touch %s)', async (touch) => {
    const who = touch ? other : person
    const phone = await world.open({ person: who.personId, path: '/pages/complaint/list/index', touch })
    await phone.text('您还没有提交过投诉或建议').waitFor()
    await phone.looksRight(`complaint-empty-${touch}`)
    await phone.tap(phone.text('提交投诉或建议'))
    const send = phone.role('button', '提交')
    await phone.tap(send)
    await phone.text('请写下发生了什么').waitFor()
    await phone.text('请选择是哪一方面').waitFor()
    await phone.tap(phone.text('服务态度'))
    await phone.find('textarea').first().fill('等了一个小时没有人理我，问了两次都说马上。')
    await phone.find('textarea').last().fill('请店长给一个说法')
    await phone.tap(phone.find('wx-picker'))
    await phone.page.locator('mp-sheet select').selectOption({ index: 1 })
    await phone.tap(phone.page.locator('mp-sheet').getByText('确定'))
    const chooser = phone.page.waitForEvent('filechooser')
    await phone.tap(phone.role('button', '添加照片'))
    const pictures = await Promise.all([1200, 900].map((width) => corners(width, 800).jpeg().toBuffer()))
    const files = pictures.map((buffer, i) => ({ name: `${i}.jpg`, mimeType: 'image/jpeg', buffer }))
    // What is still on its way would be missing in it.
    const goOn = await phone.hold('**/chunks/*')
    await (await chooser).setFiles(files)
    await phone.tap(send)
    await phone.text('还有照片没有发送完').waitFor()
    await phone.looksRight(`complaint-photos-going-${touch}`)
    goOn()
    await phone.text('2/9').waitFor()
    await phone.role('button', '移除第 2 张照片').waitFor()
    await phone.looksRight(`complaint-form-${touch}`)
    expect(await phone.smallTargets()).toEqual([])

    // The program dies before it is sent: nothing is lost.
    await phone.page.reload()
    await phone.role('button', '移除第 2 张照片').waitFor()
    await vi.waitFor(async () => expect(await phone.find('textarea').last().inputValue()).toBe('请店长给一个说法'))
    // The answer is lost on its way, and the customer sends again.
    let isLost = true
    await phone.page.route('**/mp-api/complaints', async (route) => {
      if (route.request().method() !== 'POST') return route.continue()
      const answer = await route.fetch()
      if (isLost) await route.abort()
      else await route.fulfill({ response: answer })
    })
    await phone.tap(send)
    await phone.text('您写的内容已保存在这部手机上').waitFor()
    await phone.looksRight(`complaint-lost-${touch}`)
    isLost = false
    await phone.tap(send)
    const [row, ...more] = await filed(who)
    expect(more).toEqual([])
    await phone.text(`已收到，编号 ${row?.number}`).waitFor()
    await phone.text('专人受理').waitFor()
    await phone.text('承诺 3月10日 周二 11:00 前').waitFor()
    await phone.looksRight(`complaint-filed-${touch}`)
    expect(await phone.smallTargets()).toEqual([])
    await phone.close()
  })

  test('an opinion can be taken back and rated, and stands in the list', async () => {
    const phone = await world.open({
      person: person.personId,
      path: '/pages/complaint/form/index?kind=opinion',
      width: 320,
    })
    await phone.text('三天内给您答复').waitFor()
    await phone.find('textarea').first().fill('休息区可以加一盏灯')
    await phone.looksRight('opinion-form')
    await phone.tap(phone.role('button', '提交'))
    await phone.text('已收到，编号').waitFor()
    await phone.tap(phone.role('button', '撤回'))
    await phone.tap(phone.page.locator('mp-mask').getByText('撤回', { exact: true }))
    await phone.text('您已撤回').waitFor()
    await phone.tap(phone.role('radio', '4星'))
    await phone.tap(phone.text('提交评价'))
    await phone.text('您的评价').waitFor()
    await phone.looksRight('opinion-rated')
    await phone.close()
    const list = await world.open({
      person: person.personId,
      path: '/pages/complaint/list/index',
      width: 320,
      touch: true,
    })
    await list.text('您已撤回').waitFor()
    expect(await list.find('.card').count()).toBe(2)
    await list.looksRight('complaint-list')
    await list.tap(list.text('匿名意见箱'))
    await list.text('我们不会知道是谁填写的').waitFor()
    await list.close()
  })

  test('what is changed after an answer was lost on its way arrives, too', async () => {
    const before = new Set((await filed(other)).map(({ id }) => id))
    const phone = await world.open({ person: other.personId, path: '/pages/complaint/form/index?kind=opinion' })
    await phone.find('textarea').first().fill('先写的话')
    const isLost = async (route: Route) => {
      await route.fetch()
      await route.abort()
    }
    await phone.page.route('**/mp-api/complaints', isLost, { times: 1 })
    await phone.tap(phone.role('button', '提交'))
    await phone.text('您写的内容已保存在这部手机上').waitFor()
    await phone.find('textarea').first().fill('改过的话')
    await phone.tap(phone.role('button', '提交'))
    await phone.text('已收到，编号').waitFor()
    await phone.text('改过的话').waitFor()
    const fresh = (await filed(other)).filter(({ id }) => !before.has(id))
    const said = fresh.map(async ({ id }) => (await other.mp('GET', `/complaints/${id}`)).words)
    expect((await Promise.all(said)).toSorted()).toEqual(['先写的话', '改过的话'].toSorted())
    await phone.close()
  })

  test.each(['foreign', 'unknown', 'missing'])(
    'where the id is %s it is said that there is nothing, and where to go',
    async (which) => {
      const [row] = await filed(other)
      const id = which === 'foreign' ? row?.id : which
      const phone = await world.open({
        person: person.personId,
        path: `/pages/complaint/detail/index${which === 'missing' ? '' : `?complaintId=${id}`}`,
      })
      await phone.text('没有找到').waitFor()
      expect(await phone.text('再试一次').count()).toBe(0)
      expect(await phone.text('等了一个小时').count()).toBe(0)
      await phone.looksRight(`complaint-${which}`)
      await phone.tap(phone.text('查看我的投诉与建议'))
      await phone.role('button', '提交投诉或建议').waitFor()
      await phone.close()
    },
  )

  test('a server that is away is found again', async () => {
    const list = await world.open({ person: person.personId })
    await list.page.route('**/mp-api/complaints*', (route) => route.abort())
    await list.page.evaluate(() => {
      location.hash = '/pages/complaint/list/index'
      location.reload()
    })
    await list.text('再试一次').waitFor()
    await list.looksRight('complaint-failed')
    await list.page.unroute('**/mp-api/complaints*')
    await list.tap(list.text('再试一次'))
    await list.find('.card').first().waitFor()
    await list.close()
  })
})
