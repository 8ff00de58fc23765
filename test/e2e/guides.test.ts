/// <reference lib="dom" />
/** Pages of care guides in a real browser: nothing fails, nothing leaves the frame, everything can be tapped. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { apiWorld, enterRecords } from '../integration/api/support.ts'

const skipped = process.env.E2E === 'skip' || !process.env.CHROMIUM_PATH
const SHOTS = 'test-output/guides'

describe.skipIf(skipped)('the page of a care guide', async () => {
  if (skipped) return
  mkdirSync(SHOTS, { recursive: true })
  const world = await apiWorld()
  await enterRecords(world)
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  })
  afterAll(() => browser.close())

  test.each([
    ['four drawings', 'double_eyelid/0?s=huayan', 375],
    ['four drawings', 'double_eyelid/0?s=huayan', 1440],
    ['one drawing', 'botulinum/2?s=huayan', 375],
    ['one drawing', 'botulinum/2?s=huayan', 1440],
    ['without a store', 'hair_transplant/month6?t=fue', 1440],
    ['no page', 'ipl/99', 375],
  ])('%s: %s at %i', async (_, path, width) => {
    const page = await browser.newPage({ viewport: { width, height: width < 500 ? 812 : 900 } })
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())))
    await page.goto(`${world.server.address}/p/guides/${path}`)
    const seen = await page.evaluate(() => {
      const boxes = (selector: string) =>
        [...document.querySelectorAll(selector)].map((node) => node.getBoundingClientRect())
      return {
        outside: boxes('body *').filter(
          ({ width: w, left, right }) => w > 0 && (left < -1 || right > window.innerWidth + 1),
        ).length,
        small: boxes('nav a').filter(({ width: w, height: h }) => w < 44 || h < 44).length,
        drawings: boxes('figure svg').map(({ width: w }) => Math.round(w)),
        styled: getComputedStyle(document.body).maxWidth,
      }
    })
    expect(seen).toMatchObject({ outside: 0, small: 0, styled: '1040px' })
    for (const drawing of seen.drawings) expect(drawing).toBeGreaterThanOrEqual(100)
    const name = path.replace(/\?.*/, '').replaceAll('/', '-')
    await page.screenshot({ path: join(SHOTS, `${name}-${width}.png`), fullPage: true })
    // The page that is not there is a 404, which a browser calls an error.
    expect(errors.filter((text) => !text.includes('404'))).toEqual([])
    await page.close()
  })
})
