/// <reference lib="dom" />
/** The front desk of the page to play with, in a real browser before the real server: what is entered is planned, what is moved moves. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { createFrontDesk } from '../../scripts/demo/front-desk.ts'
import { moveClock, startParts } from '../../scripts/demo/parts.ts'
import { enterStores, storesOf } from '../../scripts/demo/stores.ts'

const skipped = process.env.E2E === 'skip' || !process.env.CHROMIUM_PATH
const SHOTS = 'test-output/phones'
const START = new Date('2026-03-10T10:00+08:00')

describe.skipIf(skipped)('the front desk', async () => {
  if (skipped) return
  mkdirSync(SHOTS, { recursive: true })
  process.env.DATA_DIR = mkdtempSync(join(tmpdir(), 'aftercare-desk-'))
  const parts = await startParts({
    seed: 3,
    customers: 3,
    start: START,
    port: 0,
    simulatorPort: 0,
    onProgress: () => undefined,
  })
  const { simulator, api, server, config } = parts
  const stores = storesOf(START, 30)
  await enterStores(api, stores)
  simulator.serveDesk(createFrontDesk({ simulator, api, stores, config }))
  const browser: Browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync', '--no-first-run'],
  })
  afterAll(async () => {
    await browser.close()
    await parts.stop()
    rmSync(process.env.DATA_DIR ?? '', { recursive: true, force: true })
  })

  async function open(width: number, height: number) {
    const page = await browser.newPage({ viewport: { width, height } })
    const asked: { url: string; key: string | undefined }[] = []
    page.on('request', (request) => asked.push({ url: request.url(), key: request.headers().authorization }))
    await page.goto(`${simulator.ready.wecomBase}/`)
    await page.waitForSelector('#desk:not([hidden])', { state: 'attached' })
    await page
      .locator(width < 760 ? '.switch button' : '.side button')
      .filter({ hasText: '诊所前台' })
      .click()
    return { page, asked }
  }
  const outside = (page: Page) =>
    page.evaluate(() =>
      [...document.querySelectorAll('body *')]
        .filter((node) => {
          const box = node.getBoundingClientRect()
          return box.width > 0 && (box.left < -1 || box.right > window.innerWidth + 1)
        })
        .map((node) => node.tagName + (node.id ? `#${node.id}` : '')),
    )
  const done = (page: Page, id: string) =>
    page.waitForSelector(`${id} .result:not(.busy)`).then(() => page.textContent(id))

  test('has nothing to show before anything is entered', async () => {
    const { page } = await open(375, 667)
    await page.locator('#desk-plans .empty').waitFor()
    expect(await page.textContent('#desk-plans')).toContain('这位客户还没有治疗记录')
    await page.click('#desk-preview')
    expect(await done(page, '#desk-moved')).toContain('请先选择一次治疗')
    expect(await outside(page)).toEqual([])
    await page.screenshot({ path: join(SHOTS, 'desk-empty-375.png') })
    await page.close()
  })

  test('enters an operation, moves it by a day and shows what moved; the key never comes to the browser', async () => {
    const { page, asked } = await open(1440, 900)
    await page.selectOption('#desk-code', 'double_eyelid')
    await page.click('#desk-enter [type=submit]')
    const entered = await done(page, '#desk-entered')
    expect(entered).toContain('双眼皮 · 3月10日')
    expect(entered).toContain('拆线前一天提醒')
    // The next day nurse's call stands on the 11th.
    await page.locator('#desk-treatment option').first().waitFor({ state: 'attached' })
    // The list comes before the day of what is chosen in it.
    await page.waitForFunction(
      () => (document.getElementById('desk-on') as HTMLInputElement | null)?.value === '2026-03-10',
    )

    await page.fill('#desk-on', '2026-03-09')
    await page.click('#desk-preview')
    const foreseen = await done(page, '#desk-moved')
    expect(foreseen).toContain('尚未保存')
    expect(foreseen).toContain('拆线当天提醒3月17日 → 3月16日')
    const id = await page.inputValue('#desk-treatment')
    const planned = async () =>
      ((await api.call('GET', `/api/v1/care-plans/${id}`)).steps as { id: string; plannedOn: string }[]).find((step) =>
        step.id.endsWith('surgery.suture_day'),
      )?.plannedOn
    expect(await planned()).toBe('2026-03-17')

    await page.click('#desk-move [type=submit]')
    await page.waitForSelector('#desk-moved .result.good')
    expect(await page.textContent('#desk-moved')).toContain('拆线当天提醒3月17日 → 3月16日')
    expect(await planned()).toBe('2026-03-16')
    await page.screenshot({ path: join(SHOTS, 'desk-moved-1440.png') })

    expect(asked.filter(({ url }) => !url.startsWith(simulator.ready.wecomBase) && url.startsWith('http'))).toEqual([])
    expect(asked.filter(({ key }) => key !== undefined)).toEqual([])
    expect(await outside(page)).toEqual([])
    await page.close()
  })

  test('says in Chinese why something is refused, and changes nothing', async () => {
    const { page } = await open(390, 844)
    await page.waitForFunction(() => (document.getElementById('desk-on') as HTMLInputElement | null)?.value)
    await page.fill('#desk-on', '2026-04-10')
    await page.click('#desk-move [type=submit]')
    const said = await done(page, '#desk-moved')
    expect(said).toMatch(/没有成功：[\u4e00-\u9fff]/)
    expect(await page.$$eval('#desk-moved .failed', (nodes) => nodes.length)).toBe(1)
    expect(await outside(page)).toEqual([])
    await page.screenshot({ path: join(SHOTS, 'desk-refused-390.png') })
    await page.close()
  })

  test('moves one contact by hand with a reason, takes it back, and cancels another', async () => {
    const { page, asked } = await open(1440, 900)
    const title = (of: string) => page.locator('#hand-steps .pick', { hasText: of })
    await title('术后一个月护士回访').waitFor()
    // Nothing without a reason.
    await title('术后一个月护士回访').click()
    expect(await page.inputValue('#hand-day')).toBe('2026-04-09')
    await page.fill('#hand-day', '2026-04-15')
    await page.click('#desk-hand [type=submit]')
    expect(await done(page, '#hand-result')).toContain('请先填写原因')
    const id = await page.inputValue('#hand-treatment')
    const decisions = async () => (await api.call('GET', `/api/v1/care-plans/${id}`)).byHand as { stepId: string }[]
    expect(await decisions()).toEqual([])

    await page.fill('#hand-reason', '客户出差')
    await page.click('#desk-hand [type=submit]')
    await page.waitForSelector('#hand-result .result.good')
    expect(await page.textContent('#hand-result')).toContain('4月9日 → 4月15日由医生手动安排')
    await title('4月15日术后一个月护士回访').waitFor()
    expect((await decisions()).map(({ stepId }) => stepId)).toContain(`${id}.surgery.month1`)
    await page.screenshot({ path: join(SHOTS, 'desk-hand-1440.png') })

    await page.fill('#hand-reason', '客户不出差了')
    await page.locator('#hand-changes button', { hasText: '撤销' }).first().click()
    await page.locator('#hand-result .head', { hasText: '已撤销' }).waitFor()
    expect(await decisions()).toEqual([])
    await page.locator('#hand-changes .state', { hasText: '已撤销' }).waitFor()
    await title('4月9日术后一个月护士回访').waitFor()
    expect(await page.inputValue('#hand-day')).toBe('2026-04-09')
    expect(await outside(page)).toEqual([])
    expect(asked.filter(({ key }) => key !== undefined)).toEqual([])
    await page.close()

    const { page: small } = await open(375, 812)
    await small.locator('#hand-steps .pick', { hasText: '术后三个月回访' }).click()
    await small.fill('#hand-reason', '客户已在外地复查')
    await small.click('#hand-cancel')
    await small.waitForSelector('#hand-result .result.good')
    expect(await small.textContent('#hand-result')).toMatch(/取消 \d 项.*术后三个月回访/)
    await small.locator('#hand-steps .pick', { hasText: '术后三个月回访' }).waitFor({ state: 'detached' })
    expect(await outside(small)).toEqual([])
    await small.locator('#hand-result').scrollIntoViewIfNeeded()
    await small.screenshot({ path: join(SHOTS, 'desk-hand-375.png') })
    await small.close()
  })

  test('what was entered by hand happens when time moves', async () => {
    await moveClock(simulator.ready.wecomBase, new Date('2026-03-11T12:00+08:00'), 60_000)
    const reached = simulator.ledger.entries().filter(({ kind }) => ['sms', 'kf', 'subscribe', 'call'].includes(kind))
    expect(reached.length).toBeGreaterThan(0)
    expect(server.address).toContain('127.0.0.1')
  })

  test('puts somebody on leave: the open task goes to a colleague, her card turns grey; taken back, the leave is gone', async () => {
    type Task = { id: string; ownerUserId: string; openAt: string; transfers: { toUserId: string; reason: string }[] }
    await moveClock(simulator.ready.wecomBase, new Date('2026-03-11T12:01+08:00'), 60_000)
    const [customer] = simulator.world.customers
    const form = { person: customer?.personId ?? '', storeId: 'huayan', code: 'double_eyelid' }
    await fetch(`${simulator.ready.wecomBase}/_sim/desk/treatments`, { method: 'POST', body: JSON.stringify(form) })
    await moveClock(simulator.ready.wecomBase, new Date('2026-03-12T10:00+08:00'), 60_000)
    // The moment after her next card has come.
    const { items } = await api.call('GET', '/api/v1/tasks?status=open')
    const [task] = (items as Task[])
      .filter(({ openAt }) => new Date(openAt) > simulator.clock.now())
      .sort((a, b) => (a.openAt < b.openAt ? -1 : 1))
    if (!task) throw new Error('no card is to come')
    await moveClock(simulator.ready.wecomBase, new Date(Date.parse(task.openAt) + 60_000), 60_000)
    const her = simulator.world.staff.find(({ userId }) => userId.toLowerCase() === task.ownerUserId)
    const heir = simulator.world.staff.find(({ position, departmentId }) => position === '前台' && departmentId === 2)
    if (!her || !heir) throw new Error('nobody owns the task, or nobody stands in')
    const leaves = async () => (await api.call('GET', `/api/v1/staff/${task.ownerUserId}/absences`)).items

    const { page, asked } = await open(1440, 900)
    await page.locator('#leave-list .empty').waitFor()
    await page.selectOption('#leave-staff', task.ownerUserId)
    expect(await page.$$eval('#leave-delegate option', (all) => all.length)).toBe(
      await page.$$eval('#leave-staff option', (all) => all.length),
    )
    await page.fill('#leave-from', '2026-03-16')
    expect(await page.textContent('#leave-hint')).toContain('拨动时钟到3月16日后生效')
    expect(await page.inputValue('#leave-to')).toBe('2026-03-16')
    await page.fill('#leave-to', '2026-03-15')
    await page.click('#desk-leave [type=submit]')
    expect(await done(page, '#leave-entered')).toContain('结束日期不能早于开始日期')
    expect(await leaves()).toEqual([])

    await page.fill('#leave-from', '2026-03-12')
    await page.fill('#leave-to', '2026-03-13')
    await page.selectOption('#leave-delegate', heir.userId.toLowerCase())
    expect(await page.textContent('#leave-hint')).toContain('立即生效')
    await page.click('#desk-leave [type=submit]')
    await page.waitForSelector('#leave-entered .result.good')
    const now = (await api.call('GET', `/api/v1/tasks/${task.id}`)) as unknown as Task
    expect(now.ownerUserId).toBe(heir.userId.toLowerCase())
    expect(now.transfers).toMatchObject([{ toUserId: now.ownerUserId, reason: 'owner_absent' }])
    expect(await page.textContent('#leave-entered')).toContain(`已转交给${heir.name}（前台 · 代班）`)
    await page.selectOption('#who-staff', her.personId)
    await page.locator('.sheet.grey .closed', { hasText: `已转交${heir.name}` }).waitFor()
    await page.screenshot({ path: join(SHOTS, 'desk-leave-1440.png') })

    // Said twice it is refused, in the API's words.
    await page.selectOption('#leave-staff', task.ownerUserId)
    await page.click('#desk-leave [type=submit]')
    await page.waitForSelector('#leave-entered .result.failed')
    expect(await page.textContent('#leave-entered')).toContain('该员工在这段时间内已有其他休假记录')
    expect(await leaves()).toHaveLength(1)
    expect(asked.filter(({ key }) => key !== undefined)).toEqual([])
    expect(await outside(page)).toEqual([])
    await page.close()

    const { page: small } = await open(375, 667)
    await small.click('#leave-list button:has-text("查看转交")')
    await small.waitForSelector('#leave-list .result.good')
    expect(await small.textContent('#leave-list')).toContain(`已转交给${heir.name}`)
    expect(await outside(small)).toEqual([])
    await small.locator('#leave-list').scrollIntoViewIfNeeded()
    await small.screenshot({ path: join(SHOTS, 'desk-leave-375.png') })
    await small.click('#leave-list button:has-text("取消请假")')
    await small.locator('#leave-list .empty').waitFor()
    expect(await small.textContent('#leave-entered')).toContain('已转交的任务不收回')
    expect(await leaves()).toEqual([])
    await small.close()
  })
})

test.skipIf(skipped)('a simulator by itself has no front desk', async () => {
  const { createSimulator } = await import('../../simulator/index.ts')
  const simulator = await createSimulator({ customers: 1, staff: 1, clock: 'manual', start: START })
  const answer = await fetch(`${simulator.ready.wecomBase}/_sim/desk/catalogue`)
  expect(answer.status).toBe(404)
  await simulator.close()
})
