/** The first start, the first page and who I am, as a person meets them: real pages, real server, real simulator. */
import { describe, expect, test } from 'vitest'
import { type OpenPhone, withoutBrowser } from '../../support/phone.ts'
import { personOf, treated } from '../../support/phone-care.ts'
import { phoneWorld } from '../../support/phone-world.ts'

const WIDTHS = [375, 320]

describe.skipIf(withoutBrowser)('the first pages', async () => {
  if (withoutBrowser) return
  const world = await phoneWorld(new Date('2026-03-10T10:00+08:00'))
  const { open } = world
  const [patient, stranger, other] = [0, 1, 2].map((index) => personOf(world, index))
  if (!patient || !stranger || !other) throw new Error('three people are needed')
  await treated(world, patient, 'picosecond', '2026-03-07T11:00:00+08:00')

  const agree = async (phone: OpenPhone) => {
    await phone.text('欢迎使用术后管家').waitFor()
    await phone.tap(phone.text('同意服务协议并继续'))
  }
  const verify = async (phone: OpenPhone) => {
    await phone.tap(phone.find('wx-button').getByText('验证手机号'))
    await phone.tap(phone.page.getByRole('button', { name: '同意', exact: true }))
    await phone.tap(phone.page.getByRole('button', { name: '允许', exact: true }))
  }

  test.each([
    { touch: false, person: patient },
    { touch: true, person: other },
  ])('a stranger agrees, says the phone number, and is known (touch $touch)', async ({ touch, person }) => {
    const phone = await open({ person: person.personId, touch })
    await phone.text('以下由您自己决定').waitFor()
    // Nothing is ticked in advance.
    expect(Object.values((await phone.data()).chosen as object)).toEqual([false, false, false, false, false])
    await phone.looksRight(`welcome-${touch ? 'touch' : 'mouse'}`)
    expect(await phone.smallTargets()).toEqual([])
    await agree(phone)
    await phone.text('验证手机号，查看您的护理安排').waitFor()
    await phone.looksRight(`home-stranger-${touch ? 'touch' : 'mouse'}`)
    await verify(phone)
    if (person === patient) {
      await phone.text('治疗后第 3 天').waitFor()
      await phone.looksRight('home')
      expect(await phone.smallTargets()).toEqual([])
    } else await phone.text('验证手机号，查看您的护理安排').waitFor()
    await phone.looksRight()
    await phone.close()
  })

  test.each(WIDTHS)('is readable at %i px', async (width) => {
    const phone = await open({ person: patient.personId, width, height: 2400 })
    await phone.text('治疗后第 3 天').waitFor()
    await phone.looksRight(`home-${width}`)
    await phone.tap(phone.role('tab', '日历'))
    await phone.text('接下来的安排').waitFor()
    await phone.looksRight(`calendar-${width}`)
    await phone.tap(phone.role('tab', '我的'))
    await phone.text('授权与隐私').waitFor()
    await phone.looksRight(`me-${width}`)
    await phone.close()
  })
})
