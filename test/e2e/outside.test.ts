/// <reference lib="dom" />
/** The page behind the phones, in a real browser: contacts, the robot's room, faults, the record, time and signing in. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { createSimulator } from '../../simulator/index.ts'

const skipped = process.env.E2E === 'skip' || !process.env.CHROMIUM_PATH
const SHOTS = 'test-output/outside'

describe.skipIf(skipped)('the page behind the phones', async () => {
  if (skipped) return
  mkdirSync(SHOTS, { recursive: true })
  const simulator = await createSimulator({
    seed: 3,
    customers: 3,
    staff: 4,
    clock: 'manual',
    start: new Date('2026-03-02T02:00:00Z'),
  })
  const { ready, world } = simulator
  const [member] = world.staff
  const [customer, other] = world.customers
  if (!member || !customer || !other) throw new Error('the world has people')
  const browser: Browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync', '--no-first-run'],
  })
  afterAll(async () => {
    await browser.close()
    await simulator.close()
  })

  const token = async () => {
    const query = new URLSearchParams({ corpid: ready.corpId, corpsecret: ready.agentSecret })
    const answer = (await (await fetch(`${ready.wecomBase}/cgi-bin/gettoken?${query}`)).json()) as {
      access_token: string
    }
    return answer.access_token
  }
  const post = async (path: string, body: unknown, query = '') =>
    fetch(`${ready.wecomBase}${path}?access_token=${await token()}${query}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
  simulator.act({ as: 'customer', id: customer.personId, do: 'add-contact', userId: member.userId, state: '前台' })
  simulator.act({ as: 'customer', id: other.personId, do: 'add-contact', userId: member.userId, half: true })
  await post('/cgi-bin/externalcontact/add_msg_template', { sender: member.userId, text: { content: '请您注意防晒' } })
  const robot = { msgtype: 'text', text: { content: '今天三位客户' } }
  await fetch(`${ready.wecomBase}/cgi-bin/webhook/send?key=${ready.robotKey}`, {
    method: 'POST',
    body: JSON.stringify(robot),
  })

  async function open(width: number) {
    const page = await browser.newPage({ viewport: { width, height: width < 500 ? 812 : 900 } })
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())))
    await page.goto(`${ready.wecomBase}/web/outside.html`)
    await page.waitForFunction(() => document.getElementById('now')?.textContent?.includes('2026'))
    return { page, errors }
  }

  test.each([375, 1440])('at %d px nothing fails and nothing leaves the frame', async (width) => {
    const { page, errors } = await open(width)
    for (const part of ['contacts', 'room', 'faults', 'record', 'sign-in']) {
      if (width < 500) await page.click(`nav [data-part="${part}"]`)
      expect(await page.isVisible(`section#${part}`), part).toBe(true)
      const isWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
      expect(isWide, part).toBe(false)
      await page.screenshot({ path: join(SHOTS, `${part}-${width}.png`) })
    }
    expect(errors).toEqual([])
    await page.close()
  })

  test('what is tapped happens', async () => {
    const { page } = await open(1440)
    await page.waitForSelector(`text=${customer.name}`)
    expect(await page.textContent('#cards')).toContain('前台')
    expect(await page.textContent('#room-messages')).toContain('今天三位客户')

    await page.click('#mass button')
    await vi.waitFor(() =>
      expect(simulator.ledger.entries().at(-1)).toMatchObject({ kind: 'mass', text: '请您注意防晒' }),
    )
    await page.click('#cards button:text("确认添加")')
    await vi.waitFor(() => expect(other.contacts.get(member.userId)?.isHalf).toBeUndefined())

    await page.selectOption('#fault-path', '/cgi-bin/message/send')
    await page.fill('#fault-value', '45033')
    await page.click('#fault button[type="submit"]')
    await vi.waitFor(() => expect(simulator.faults.list()).toMatchObject([{ errcode: 45033, times: 1 }]))
    await page.waitForSelector('#fault-list >> text=返回 45033')
    await page.selectOption('#fault-path', 'callback')
    await page.selectOption('#fault-kind', 'delay')
    await page.click('#fault button[type="submit"]')
    await vi.waitFor(() => expect(simulator.faults.list()[1]).toMatchObject({ path: 'callback', delayMs: 600_000 }))
    await page.click('#clear-faults')
    await vi.waitFor(() => expect(simulator.faults.list()).toEqual([]))

    await page.selectOption('#robot-state', 'disabled')
    await vi.waitFor(() => expect(simulator.context.robot.state).toBe('disabled'))

    await page.selectOption('#record-kind', 'robot')
    await page.waitForFunction(() => document.getElementById('record-count')?.textContent === '共 1 条')
    await page.fill('#to', '2026-03-05T09:30')
    await page.click('#travel button[type="submit"]')
    await page.waitForFunction(() => document.getElementById('now')?.textContent?.includes('3月5日'))
    expect(simulator.clock.now().toISOString()).toBe('2026-03-05T01:30:00.000Z')
    await page.close()
  })

  test('whoever is chosen on the sign-in page comes back with a code', async () => {
    const page = await browser.newPage({ viewport: { width: 375, height: 812 } })
    const back = `${ready.wecomBase}/web/outside.html`
    const query = { appid: ready.corpId, redirect_uri: back, response_type: 'code', scope: 'snsapi_base', state: 'abc' }
    await page.goto(`${ready.wecomBase}/connect/oauth2/authorize?${new URLSearchParams(query)}`)
    await page.screenshot({ path: join(SHOTS, 'authorize-375.png') })
    await page.click(`text=${member.name}`)
    await page.waitForURL(/outside\.html\?code=\w+&state=abc/)
    const code = new URL(page.url()).searchParams.get('code') ?? ''
    const asked = `${ready.wecomBase}/cgi-bin/auth/getuserinfo?access_token=${await token()}&code=${code}`
    expect(await (await fetch(asked)).json()).toMatchObject({ userid: member.userId })
    await page.close()
  })
})
