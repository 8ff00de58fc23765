/** Surveys on the phone: every kind of question, a branch, a sitting that is broken off, and taps that are too quick. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { type OpenPhone, withoutBrowser } from '../support/phone.ts'
import { phoneCustomer } from '../support/phone-customer.ts'
import { phoneWorld } from '../support/phone-world.ts'

const config = mkdtempSync(join(tmpdir(), 'aftercare-config-'))
cpSync('config', config, { recursive: true })
cpSync('test/fixtures/every-kind.yaml', join(config, 'surveys/every_kind.yaml'))
process.env.CONFIG_DIR = config
afterAll(() => {
  delete process.env.CONFIG_DIR
  rmSync(config, { recursive: true, force: true })
})

describe.skipIf(withoutBrowser)('surveys on the phone', async () => {
  if (withoutBrowser) return
  const world = await phoneWorld(new Date('2026-03-10T10:00+08:00'))
  const person = await phoneCustomer(world, 0, { code: 'ipl', endedAt: new Date('2026-03-09T15:00+08:00') })
  let serial = 0
  async function invite(surveyIds: string[]): Promise<{ id: string; link: string }> {
    serial += 1
    const { customerId, storeId, treatmentId } = person
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
    await question(phone, 'temperature').locator('input').fill('36.6')
    await phone.looksRight(`survey-filled-${touch}`)
    // The date is forgotten at first.
    await phone.tap(phone.text('提交').last())
    await question(phone, 'since').getByText('请回答这一题').waitFor()
    await phone.looksRight(`survey-wrong-${touch}`)
    await phone.tap(question(phone, 'since').locator('wx-picker'))
    await phone.page.locator('mp-sheet input').fill('2026-03-08')
    await phone.tap(phone.page.locator('mp-sheet').getByText('确定'))
    await question(phone, 'since').getByText('2026-03-08').waitFor()
    await phone.tap(phone.text('提交').last())
    await phone.text('谢谢您，我们都收到了。').waitFor()
    await phone.looksRight(`survey-thanks-${touch}`)
    await phone.close()
    await vi.waitFor(async () => {
      const { items } = await person.mp<{ items: unknown[] }>('GET', '/surveys')
      expect(items).toEqual([])
    })
  })
})
