/// <reference lib="dom" />
/** Photos on the phone: a guided set over the earlier ones, an upload that is cut off, comparing, who looked, having one deleted. */
import { describe, expect, test, vi } from 'vitest'
import { moveClock } from '../../scripts/demo/parts.ts'
import { type OpenPhone, withoutBrowser } from '../support/phone.ts'
import { agreeTo, phoneCustomer } from '../support/phone-customer.ts'
import { phoneWorld } from '../support/phone-world.ts'
import { noise } from '../support/pictures.ts'

interface PhotoItem {
  id: string
  angle: string
  day: number | null
  locked: boolean
}

describe.skipIf(withoutBrowser)('photos on the phone', async () => {
  if (withoutBrowser) return
  const world = await phoneWorld(new Date('2026-03-10T10:00+08:00'))
  const done = { code: 'ipl', endedAt: new Date('2026-03-09T15:00+08:00') }
  const person = await phoneCustomer(world, 0, done)
  const other = await phoneCustomer(world, 1, done)
  await agreeTo(other, 'photos_care')

  const photosOf = async ({ mp }: typeof person) => (await mp<{ items: PhotoItem[] }>('GET', '/photos')).items
  const album = ({ treatmentId }: typeof person) => `/pages/photos/index?treatmentId=${treatmentId}`
  /** Every picture is drawn. */
  const allShown = (phone: OpenPhone) =>
    vi.waitFor(
      async () => {
        expect(await phone.text('正在打开').count()).toBe(0)
        const widths = await phone
          .find('wx-image img')
          .evaluateAll((nodes) => nodes.map((node) => (node as HTMLImageElement).naturalWidth))
        expect(widths.length > 0 && widths.every((width) => width > 0)).toBe(true)
      },
      { timeout: 15_000, interval: 200 },
    )

  async function takeSet(phone: OpenPhone): Promise<void> {
    for (let shot = 0; shot < 3; shot++) {
      await phone.page.getByText(/光线/).first().waitFor()
      await phone.tap(phone.role('button', '拍照'))
      await phone.tap(phone.text('用这张'))
    }
    await phone.text('想告诉我们什么（选填）').waitFor()
  }

  test.each([false, true])(
    'a set is taken after the consent, angle by angle, and looked at (touch %s)',
    async (touch) => {
      const who = touch ? other : person
      const phone = await world.open({ person: who.personId, path: album(who), touch })
      if (!touch) {
        await phone.text('同意，开始使用照片').waitFor()
        await phone.looksRight('photos-consent')
        await phone.tap(phone.text('同意，开始使用照片'))
        await phone.text('同意，开始使用照片').waitFor({ state: 'detached' })
      }
      await phone.text('还没有照片').waitFor()
      await phone.looksRight(`photos-empty-${touch}`)
      await phone.tap(phone.role('button', '拍摄照片'))
      await phone.text('照片会用在哪里').waitFor()
      await phone.looksRight(`photos-purposes-${touch}`)
      await phone.tap(phone.role('button', /开始拍摄/))
      await phone.text('请素颜正对镜头').waitFor()
      await phone.page.getByText(/光线/).first().waitFor()
      await phone.looksRight(`photos-capture-${touch}`)
      // One is taken again before it is good.
      await phone.tap(phone.role('button', '拍照'))
      await phone.tap(phone.text('重拍'))
      await takeSet(phone)
      await phone.looksRight(`photos-note-${touch}`)
      expect(await phone.smallTargets()).toEqual([])
      if (!touch) {
        await phone.page.getByLabel('想告诉我们什么').fill('打光的地方起水泡了')
        await phone.text('9/500').waitFor()
      }
      await phone.tap(phone.text(touch ? '没有要说的，完成' : '发送留言'))
      await vi.waitFor(async () => expect(await phone.path()).toBe('pages/photos/index'))
      await vi.waitFor(async () => expect(await photosOf(who)).toHaveLength(3), { timeout: 15_000 })
      expect((await photosOf(who)).map(({ angle, day }) => [angle, day]).sort()).toEqual([
        ['front', 1],
        ['left45', 1],
        ['right45', 1],
      ])
      await vi.waitFor(async () => expect(await phone.find('.cell').count()).toBe(3), { timeout: 15_000 })
      await allShown(phone)
      await phone.looksRight(`photos-timeline-${touch}`)
      const { items } = await world.api.call('GET', `/api/v1/signals?customerId=${who.customerId}`)
      expect(items).toMatchObject(touch ? [] : [{ source: 'photo', level: 'abnormal', treatmentId: who.treatmentId }])
      expect(await phone.smallTargets()).toEqual([])
      await phone.close()
    },
  )

  test.each([false, true])(
    'a week later the earlier one lies under the new one, and both are compared (touch %s)',
    async (touch) => {
      const who = touch ? other : person
      if (!touch) await moveClock(world.simulator.ready.wecomBase, new Date('2026-03-16T10:00+08:00'), 120_000)
      const phone = await world.open({ person: who.personId, path: album(who), touch })
      await phone.tap(phone.role('button', '拍摄照片'))
      await phone.tap(phone.role('button', /开始拍摄/))
      await phone.text('淡影是治疗后第 1 天的照片').waitFor()
      await phone.looksRight(`photos-ghost-${touch}`)
      await phone.tap(phone.text('隐藏淡影'))
      await phone.text('淡影是').waitFor({ state: 'detached' })
      await takeSet(phone)
      await phone.tap(phone.text('没有要说的，完成'))
      await vi.waitFor(async () => expect(await photosOf(who)).toHaveLength(6), { timeout: 15_000 })
      await phone.tap(phone.role('button', '对比'))
      await phone.text('左：治疗后第 1 天').waitFor()
      await phone.text('右：治疗后第 7 天').waitFor()
      await allShown(phone)
      await phone.looksRight(`photos-beside-${touch}`)
      await phone.tap(phone.text('滑动'))
      await allShown(phone)
      const slider = phone.find('wx-slider input')
      await slider.fill('30')
      await vi.waitFor(async () => {
        const cut = await phone.find('[data-testid=cut]').evaluate((node) => (node as HTMLElement).style.clipPath)
        expect(cut).toContain('70%')
      })
      await phone.looksRight(`photos-over-${touch}`)
      await phone.close()
    },
  )

  test('an upload that is cut at half goes on after the program was killed, and sends no piece twice', async () => {
    // Nothing makes it smaller: six pieces and more.
    const picture = await noise(1600, 1200).jpeg({ quality: 95 }).toBuffer()
    expect(picture.length).toBeGreaterThan(1024 * 1024)
    const before = (await photosOf(other)).length
    const phone = await world.open({ person: other.personId, path: album(other) })
    await phone.tap(phone.role('button', '拍摄照片'))
    await phone.tap(phone.role('button', /开始拍摄/))
    const chooser = phone.page.waitForEvent('filechooser')
    await phone.tap(phone.role('button', '从相册选择'))
    const sent: string[] = []
    await phone.page.route('**/chunks/*', async (route) => {
      if (sent.length >= 3) return route.abort()
      sent.push(route.request().url().split('/').pop() ?? '')
      await route.continue()
    })
    await (await chooser).setFiles({ name: 'big.jpg', mimeType: 'image/jpeg', buffer: picture })
    await phone.tap(phone.text('用这张'))
    await phone.tap(phone.text('完成（已拍 1 张）'))
    await phone.tap(phone.text('没有要说的，完成'))
    await phone.text('网络断开了').waitFor()
    await phone.looksRight('photos-cut')
    await phone.page.reload()
    await phone.text('网络断开了').waitFor()
    await phone.page.unroute('**/chunks/*')
    phone.page.on('request', (request) => {
      const piece = /chunks\/(\d+)/.exec(request.url())?.[1]
      if (piece) sent.push(piece)
    })
    await vi.waitFor(async () => expect(await photosOf(other)).toHaveLength(before + 1), { timeout: 20_000 })
    expect(new Set(sent).size).toBe(sent.length)
    expect(sent).toHaveLength(Math.ceil(picture.length / (256 * 1024)))
    await phone.looksRight()
    await phone.close()
  })

  test('one that is paused waits until it is told to go on', async () => {
    const before = (await photosOf(other)).length
    const picture = await noise(1000, 900).jpeg({ quality: 95 }).toBuffer()
    const phone = await world.open({ person: other.personId, path: album(other), touch: true })
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await phone.page.route('**/chunks/1', async (route) => {
      await held
      await route.continue()
    })
    await phone.tap(phone.role('button', '拍摄照片'))
    await phone.tap(phone.role('button', /开始拍摄/))
    const chooser = phone.page.waitForEvent('filechooser')
    await phone.tap(phone.role('button', '从相册选择'))
    await (await chooser).setFiles({ name: 'big.jpg', mimeType: 'image/jpeg', buffer: picture })
    await phone.tap(phone.text('用这张'))
    await phone.tap(phone.text('完成（已拍 1 张）'))
    await phone.tap(phone.text('没有要说的，完成'))
    await phone.tap(phone.text('暂停'))
    release()
    await phone.text('已暂停').waitFor()
    await phone.looksRight('photos-paused')
    expect(await photosOf(other)).toHaveLength(before)
    await phone.tap(phone.text('继续'))
    await vi.waitFor(async () => expect(await photosOf(other)).toHaveLength(before + 1), { timeout: 20_000 })
    await phone.close()
  })

  test('who has looked is shown, and one that is deleted is gone', async () => {
    const phone = await world.open({ person: person.personId, path: album(person), touch: true, width: 320 })
    await phone.tap(phone.find('.cell').first())
    await phone.text('谁看过这张照片').waitFor()
    await phone.text('您本人').first().waitFor()
    await allShown(phone)
    await phone.looksRight('photos-one')
    expect(await phone.smallTargets()).toEqual([])
    const before = (await photosOf(person)).length
    await phone.tap(phone.text('删除这张照片'))
    await phone.tap(phone.page.getByText('再想想'))
    await phone.tap(phone.text('删除这张照片'))
    await phone.tap(phone.page.locator('mp-mask').getByText('删除', { exact: true }))
    await phone.text(/照片已封存|照片已经彻底删除/).waitFor()
    await phone.looksRight('photos-erased')
    const left = await photosOf(person)
    expect(left.filter(({ locked }) => !locked)).toHaveLength(before - 1)
    await phone.tap(phone.text('回到我的照片'))
    await phone.text('已封存').waitFor()
    await allShown(phone)
    await phone.looksRight('photos-locked')
    await phone.close()
  })

  test('a server that is away is said, and found again', async () => {
    const phone = await world.open({ person: person.personId })
    await phone.page.route('**/mp-api/photos?*', (route) => route.abort())
    await phone.page.evaluate((path) => {
      location.hash = path
      location.reload()
    }, album(person))
    await phone.text('再试一次').waitFor()
    await phone.looksRight('photos-failed')
    await phone.page.unroute('**/mp-api/photos?*')
    await phone.tap(phone.text('再试一次'))
    await phone.find('.cell').first().waitFor()
    await phone.close()
  })
})
