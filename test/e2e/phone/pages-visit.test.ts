/** The next appointment on the first page: to come is one tap, another time is asked for with a wish, and the words say what stands. */
import { describe, expect, test } from 'vitest'
import { withoutBrowser } from '../../support/phone.ts'
import { type PhoneCustomer, phoneCustomer } from '../../support/phone-customer.ts'
import { phoneWorld } from '../../support/phone-world.ts'

const STARTS = '2026-03-12T15:00:00+08:00'

describe.skipIf(withoutBrowser)('an appointment on the phone', async () => {
  if (withoutBrowser) return
  const world = await phoneWorld(new Date('2026-03-10T10:00+08:00'))
  const people = [await phoneCustomer(world, 0, null), await phoneCustomer(world, 1, null)]
  const book = ({ customerId, storeId }: PhoneCustomer, startsAt = STARTS, status = 'booked') =>
    world.api.call('PUT', `/api/v1/appointments/A-${customerId}`, {
      customerId,
      storeId,
      code: 'ipl',
      startsAt,
      status,
    })
  const answerOf = async ({ mp }: PhoneCustomer) =>
    (await mp<{ appointment: { answer: string | null } | null }>('GET', '/home')).appointment?.answer

  test.each([
    { touch: false, width: 375 },
    { touch: true, width: 320 },
  ])('is confirmed, then moved with a wish (touch $touch, $width px)', async ({ touch, width }) => {
    const person = people[touch ? 1 : 0] as PhoneCustomer
    await book(person)
    const phone = await world.open({ person: person.personId, touch, width })
    const name = (of: string) => `visit-${of}-${touch ? 'touch' : 'mouse'}-${width}`
    await phone.text('3月12日 周四 15:00').waitFor()
    await phone.looksRight(name('asked'))
    expect(await phone.smallTargets()).toEqual([])
    await phone.tap(phone.role('button', '准时到'))
    await phone.text('已确认').waitFor()
    expect(await phone.role('button', '准时到').count()).toBe(0)
    expect(await answerOf(person)).toBe('confirmed')
    await phone.looksRight(name('confirmed'))

    await phone.tap(phone.role('button', '想改时间'))
    await phone.page.getByLabel('希望改到什么时候').fill('周六下午')
    await phone.looksRight(name('wish'))
    expect(await phone.smallTargets()).toEqual([])
    const asked = phone.page.waitForRequest('**/answer')
    await phone.tap(phone.role('button', '申请改期'))
    expect((await asked).postDataJSON()).toMatchObject({ answer: 'move', wish: '周六下午' })
    await phone.text('已申请改期，前台会联系您').waitFor()
    expect(await answerOf(person)).toBe('move')
    await phone.looksRight(name('moving'))
    // What was said is still there on another day, and can be taken back.
    await phone.page.reload()
    await phone.text('已申请改期，前台会联系您').waitFor()
    await phone.tap(phone.role('button', '还是准时到'))
    await phone.text('已确认').waitFor()
    expect(await answerOf(person)).toBe('confirmed')
    await phone.looksRight()
    await phone.close()
  })

  test('one that was moved meanwhile is shown at its time, with a word, and asked anew', async () => {
    const person = people[0] as PhoneCustomer
    await book(person, '2026-03-13T09:30:00+08:00')
    const phone = await world.open({ person: person.personId, touch: true })
    await phone.text('3月13日 周五 09:30').waitFor()
    await book(person, '2026-03-14T11:00:00+08:00')
    await phone.tap(phone.role('button', '准时到'))
    await phone.text('3月14日 周六 11:00').waitFor()
    await phone.text('预约时间有变动').waitFor()
    expect(await answerOf(person)).toBeNull()
    await phone.looksRight('visit-changed')
    await book(person, '2026-03-14T11:00:00+08:00', 'cancelled')
    await phone.tap(phone.role('button', '准时到'))
    await phone.page.locator('mp-toast').getByText('如需调整，请致电门店').waitFor()
    expect(await phone.text('周六 11:00').count()).toBe(0)
    await phone.looksRight('visit-gone')
    await phone.close()
  })

  test('an answer that did not arrive is said, and the wish stays in its field', async () => {
    const person = people[1] as PhoneCustomer
    await book(person, '2026-03-15T10:00:00+08:00')
    const phone = await world.open({ person: person.personId })
    await phone.tap(phone.role('button', '想改时间'))
    await phone.page.getByLabel('希望改到什么时候').fill('下周一')
    await phone.page.route('**/answer', (route) => route.abort(), { times: 1 })
    await phone.tap(phone.role('button', '申请改期'))
    await phone.text('网络不太顺畅').waitFor()
    expect(await phone.page.getByLabel('希望改到什么时候').inputValue()).toBe('下周一')
    await phone.looksRight('visit-not-sent')
    await phone.tap(phone.role('button', '申请改期'))
    await phone.text('已申请改期').waitFor()
    await phone.looksRight()
    await phone.close()
  })
})
