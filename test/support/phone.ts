/// <reference lib="dom" />
/** The mini-program in a real browser, for tests: opened for a person, tapped by mouse or finger, and looked at strictly. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core'
import { expect } from 'vitest'

export const withoutBrowser = process.env.E2E === 'skip' || !process.env.CHROMIUM_PATH
const SHOTS = 'test-output/phone'
const WAIT_MS = 10_000

/** A camera is there, too: a moving picture that Chromium makes. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
    ],
  })

export interface PhoneOptions {
  /** Of the simulator's WeCom side. */
  base: string
  person?: string
  /** Where it opens, e.g. `/pages/home/index?x=1`. */
  path?: string
  touch?: boolean
  width?: number
  height?: number
}

interface Hook {
  top(): { path: string; inst: { data: Record<string, unknown> } }
  errors: string[]
  missing: Set<string>
  calls: { api: string; args: unknown }[]
}
interface PhoneWindow {
  __mp: Hook
}

export interface OpenPhone {
  page: Page
  context: BrowserContext
  /** On the page on top. */
  find(selector: string): Locator
  text(words: string | RegExp): Locator
  /** By the whole name. */
  role(role: Parameters<Page['getByRole']>[0], name?: string | RegExp): Locator
  /** By finger or mouse, as the phone was opened. */
  tap(target: Locator): Promise<void>
  /** Requests to these addresses wait until what it answers is called. */
  hold(addresses: string): Promise<() => void>
  /** Of the page on top. */
  data(): Promise<Record<string, unknown>>
  path(): Promise<string>
  /** Names of the `wx` functions that were called, in order. */
  calls(): Promise<string[]>
  /** Nothing went wrong, nothing is missing, and nothing sticks out of the screen; a screenshot where named. */
  looksRight(shot?: string): Promise<void>
  /** What a finger would miss: controls less than 44 px high or wide. */
  smallTargets(): Promise<string[]>
  close(): Promise<void>
}

export async function openPhone(browser: Browser, options: PhoneOptions): Promise<OpenPhone> {
  const { base, person, path, touch = false, width = 375, height = 780 } = options
  const context = await browser.newContext({ viewport: { width, height }, hasTouch: touch, permissions: ['camera'] })
  const page = await context.newPage()
  page.setDefaultTimeout(WAIT_MS)
  const thrown: string[] = []
  page.on('pageerror', (error) => thrown.push(error.message))
  await page.goto(`${base}/phone/app.html${person ? `?person=${person}` : ''}${path ? `#${path}` : ''}`)
  const started = page.waitForFunction(() => performance.getEntriesByName('mp-ready').length > 0)
  await started.catch(() => {
    throw new Error(`the mini-program did not start: ${thrown.join('; ') || 'no error was thrown'}`)
  })
  const shown = page.locator('wx-page-host:not([hidden])')

  const phone: OpenPhone = {
    page,
    context,
    find: (selector) => shown.locator(selector),
    text: (words) => shown.getByText(words),
    role: (role, name) => page.getByRole(role, name === undefined ? {} : { name, exact: true }),
    tap: (target) => (touch ? target.tap() : target.click()),
    async hold(addresses) {
      let goOn = () => {}
      const held = new Promise<void>((resolve) => {
        goOn = resolve
      })
      await page.route(addresses, async (route) => {
        await held
        await route.continue()
      })
      return goOn
    },
    data: () => page.evaluate(() => (window as unknown as PhoneWindow).__mp.top().inst.data),
    path: () => page.evaluate(() => (window as unknown as PhoneWindow).__mp.top().path),
    calls: () => page.evaluate(() => (window as unknown as PhoneWindow).__mp.calls.map(({ api }) => api)),
    async looksRight(shot) {
      if (shot) {
        mkdirSync(SHOTS, { recursive: true })
        await page.screenshot({ path: join(SHOTS, `${shot}.png`) })
      }
      const found = await page.evaluate(() => {
        const { errors, missing } = (window as unknown as PhoneWindow).__mp
        return { errors, missing: [...missing] }
      })
      expect({ ...found, thrown, outside: await outside(page) }).toEqual({
        errors: [],
        missing: [],
        thrown: [],
        outside: [],
      })
    },
    smallTargets: () => page.evaluate(smallOnes),
    close: () => context.close(),
  }
  return phone
}

/** What reaches over the side of the screen and isn't scrolled there on purpose. */
const outside = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const isClipped = (node: Element): boolean => {
      for (let above = node.parentElement; above && above !== document.body; above = above.parentElement) {
        const { overflowX, position } = getComputedStyle(above)
        if (overflowX !== 'visible' && above.localName !== 'wx-page') return true
        if (position === 'fixed') break
      }
      return false
    }
    return [...document.querySelectorAll('wx-page-host:not([hidden]) *, mp-mask *, mp-toast')]
      .filter((node) => {
        const { left, right, width, height } = node.getBoundingClientRect()
        const isSeen = width > 0 && height > 0 && getComputedStyle(node).visibility !== 'hidden'
        return isSeen && (left < -1 || right > innerWidth + 1) && !isClipped(node)
      })
      .map((node) => `${node.localName}${node.id ? `#${node.id}` : ''} ${(node.textContent ?? '').trim().slice(0, 20)}`)
  })

/** Runs in the page. A label around a small box makes it as large as the label; TDesign draws its icons as labels. */
function smallOnes(): string[] {
  const FINGER_PX = 44
  const ROLES = '[role=button], [role=tab], [role=link], [role=radio], [role=checkbox]'
  // An icon has a label of its own; what is tapped is the control around it.
  const CONTROLS = `wx-button, ${ROLES}, wx-input, wx-textarea, wx-picker, wx-label:not([class*=t-icon])`
  return [...document.querySelectorAll(`wx-page-host:not([hidden]) :is(${CONTROLS})`)]
    .filter((node) => {
      const { width, height } = node.getBoundingClientRect()
      return width > 0 && height > 0 && (width < FINGER_PX - 0.5 || height < FINGER_PX - 0.5)
    })
    .map((node) => `${node.localName} ${(node.textContent ?? '').trim().slice(0, 20)}`)
}
