/// <reference lib="dom" />
/** The page to play with, in a real browser: nothing fails, nothing leaves the frame, and what is tapped happens. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { createSimulator } from '../../simulator/index.ts'

const skipped = process.env.E2E === 'skip' || !process.env.CHROMIUM_PATH
const SHOTS = 'test-output/phones'

describe.skipIf(skipped)('the phones page', async () => {
  if (skipped) return
  mkdirSync(SHOTS, { recursive: true })
  const simulator = await createSimulator({
    seed: 3,
    customers: 3,
    staff: 4,
    clock: 'manual',
    start: new Date('2026-03-02T02:00:00Z'),
  })
  const browser: Browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
  afterAll(async () => {
    await browser.close()
    await simulator.close()
  })

  async function open(width: number, height: number): Promise<{ page: Page; errors: string[] }> {
    const page = await browser.newPage({ viewport: { width, height } })
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())))
    await page.goto(`${simulator.ready.wecomBase}/`)
    await page.waitForFunction(() => document.getElementById('now')?.textContent?.includes('2026'))
    return { page, errors }
  }
  /** Visible elements that stick out of the window sideways. */
  const outside = (page: Page) =>
    page.evaluate(() =>
      [...document.querySelectorAll('body *')]
        .filter((node) => {
          const box = node.getBoundingClientRect()
          return box.width > 0 && (box.left < -1 || box.right > window.innerWidth + 1)
        })
        .map((node) => node.tagName + (node.id ? `#${node.id}` : '')),
    )

  test.each([
    [1440, 900],
    [390, 844],
    [375, 667],
  ])('fits %i × %i, with designed empty states', async (width, height) => {
    const { page, errors } = await open(width, height)
    expect(await outside(page)).toEqual([])
    expect(await page.textContent('#customer-screen')).toMatch(/还没有客服对话|您好/)
    await page.screenshot({ path: join(SHOTS, `empty-${width}.png`) })
    expect(errors).toEqual([])
    await page.close()
  })

  test('a customer writes, a card comes, its button sends a callback, and time moves by hand', async () => {
    const { page, errors } = await open(1280, 860)
    const acts: string[] = []
    page.on('request', (request) => {
      if (request.url().endsWith('/_sim/act')) acts.push(String((request.postDataJSON() as { do: string }).do))
    })
    const person = await page.inputValue('#who-customer')
    await page.fill('#words', '<b>您好</b>')
    await page.click('#say button')
    await page.waitForSelector('.bubble.mine')
    // Text is text: what a customer types never becomes markup.
    expect(await page.textContent('.bubble.mine')).toBe('<b>您好</b>')
    expect(simulator.context.kf.conversation(simulator.world.byPersonId.get(person) as never).chat).toHaveLength(1)

    // Who writes for the first time has opened the conversation before, as in WeChat; who writes again has not.
    await page.fill('#words', '在吗')
    await page.locator('[role=tab]', { hasText: '服务通知' }).click()
    await page.click('#say button')
    await page.locator('.bubble.mine', { hasText: '在吗' }).waitFor()
    expect(acts).toEqual(['enter-kf', 'say', 'say'])

    const staff = simulator.world.byPersonId.get(await page.inputValue('#who-staff'))
    if (staff?.kind !== 'staff') throw new Error('no member of staff is shown')
    const token = simulator.context.tokens.wecom(simulator.context.clock.now()).value
    const sent = await fetch(`${simulator.ready.wecomBase}/cgi-bin/message/send?access_token=${token}`, {
      method: 'POST',
      body: JSON.stringify({
        touser: staff.userId,
        agentid: simulator.ready.agentId,
        msgtype: 'template_card',
        template_card: {
          card_type: 'button_interaction',
          main_title: { title: '王女士 · 次日回访' },
          task_id: 'task-1',
          button_list: [{ text: '接手', key: 'take' }],
        },
      }),
    })
    expect(await sent.json()).toMatchObject({ errcode: 0 })
    await page.getByRole('button', { name: '接手' }).click()
    await page.getByRole('button', { name: '+1 小时' }).click()
    await page.waitForFunction(() => document.getElementById('now')?.textContent?.includes('11:00'))
    await page.screenshot({ path: join(SHOTS, 'played.png') })
    expect(errors).toEqual([])
    await page.close()
  })

  test('a card’s question is answered, and boxes are ticked: what was chosen arrives', async () => {
    const { page, errors } = await open(375, 812)
    await page.locator('.switch button', { hasText: '员工手机' }).click()
    const staff = simulator.world.byPersonId.get(await page.inputValue('#who-staff'))
    if (staff?.kind !== 'staff') throw new Error('no member of staff is shown')
    const token = simulator.context.tokens.wecom(simulator.context.clock.now()).value
    const sends = async (task_id: string, card: Record<string, unknown>) => {
      const sent = await fetch(`${simulator.ready.wecomBase}/cgi-bin/message/send?access_token=${token}`, {
        method: 'POST',
        body: JSON.stringify({
          touser: staff.userId,
          agentid: simulator.ready.agentId,
          msgtype: 'template_card',
          template_card: { main_title: { title: task_id }, task_id, ...card },
        }),
      })
      expect(await sent.json()).toMatchObject({ errcode: 0 })
    }
    const options = ['a', 'b', 'c'].map((id) => ({ id, text: `选项${id}` }))
    await sends('question', {
      card_type: 'button_interaction',
      button_selection: { question_key: 'answer', title: '下次治疗', option_list: options },
      button_list: [{ text: '已完成', key: 'done' }],
    })
    await sends('boxes', {
      card_type: 'vote_interaction',
      checkbox: { question_key: 'checklist', mode: 1, option_list: options },
      submit_button: { text: '提交', key: 'submit' },
    })
    const clicks: unknown[] = []
    page.on('request', (request) => {
      if (request.url().endsWith('/_sim/act')) clicks.push(request.postDataJSON())
    })
    await page.locator('.sheet', { hasText: 'question' }).locator('select').selectOption('b')
    await page.getByRole('button', { name: '已完成' }).click()
    await page.locator('.sheet', { hasText: 'boxes' }).getByLabel('选项a').check()
    await page.locator('.sheet', { hasText: 'boxes' }).getByLabel('选项c').check()
    await page.screenshot({ path: join(SHOTS, 'boxes-375.png') })
    await page.getByRole('button', { name: '提交' }).click()
    await vi.waitFor(() =>
      expect(clicks).toMatchObject([
        { taskId: 'question', key: 'done', selected: { answer: ['b'] } },
        { taskId: 'boxes', key: 'submit', selected: { checklist: ['a', 'c'] } },
      ]),
    )
    expect(errors).toEqual([])
    await page.close()
  })

  test('what comes while time moves is marked, a name opens that phone, and a long chat is shown at its end', async () => {
    const { page, errors } = await open(375, 667)
    const [, , silent] = simulator.world.staff
    if (!silent) throw new Error('the world has too few members of staff')
    const send = async (content: string): Promise<void> => {
      const token = simulator.context.tokens.wecom(simulator.context.clock.now()).value
      const body = { touser: silent.userId, agentid: simulator.ready.agentId, msgtype: 'text', text: { content } }
      const address = `${simulator.ready.wecomBase}/cgi-bin/message/send?access_token=${token}`
      await fetch(address, { method: 'POST', body: JSON.stringify(body) })
    }
    const base = simulator.context.clock.now().getTime()
    for (let i = 1; i <= 12; i++) simulator.schedule(new Date(base + i * 60_000), `news ${i}`, () => send(`提醒 ${i}`))
    await page.getByRole('button', { name: '触达记录' }).click()
    expect(await page.locator('#entries .new').count()).toBe(0)
    await page.getByRole('button', { name: '+1 小时' }).click()
    await page.waitForFunction(() => document.getElementById('badge')?.textContent === '+12')
    expect(await page.locator('#entries .new').count()).toBe(12)
    // The record scrolls by itself; the page does not.
    expect(await page.evaluate(() => document.documentElement.scrollHeight - window.innerHeight)).toBe(0)
    expect(await page.textContent('#fresh')).toBe('新增 12 条')
    expect(await outside(page)).toEqual([])
    await page.screenshot({ path: join(SHOTS, 'news-375.png') })

    await page.locator('#entries .who').first().click()
    expect(await page.inputValue('#who-staff')).toBe(silent.personId)
    await page.locator('.bubble', { hasText: '提醒 12' }).waitFor()
    await page.fill('#summary', '收到')
    await page.click('#reply button')
    await page.locator('.bubble.mine', { hasText: '收到' }).waitFor()
    const fromEnd = () => page.$eval('#staff-screen', (node) => node.scrollHeight - node.scrollTop - node.clientHeight)
    expect(await fromEnd()).toBeLessThan(2)
    // Only what came with the last move is new.
    await page.getByRole('button', { name: '+1 小时' }).click()
    await page.waitForFunction(() => document.getElementById('badge')?.textContent === '')
    // Opened anew, this phone is the first of the staff; until it is shown its screen has no height to scroll in.
    await page.reload()
    await page.locator('.bubble', { hasText: '提醒 12' }).waitFor({ state: 'attached' })
    await page.getByRole('button', { name: '员工手机' }).click()
    expect(await fromEnd()).toBeLessThan(2)
    await page.screenshot({ path: join(SHOTS, 'staff-375.png') })
    expect(errors).toEqual([])
  })
})
