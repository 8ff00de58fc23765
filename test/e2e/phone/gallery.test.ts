/// <reference lib="dom" />
/** Every component of TDesign comes up on a page of its own; those that are operated most are operated, by mouse and by finger. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createSimulator, type Simulator } from '../../../simulator/index.ts'
import { launchChromium, type OpenPhone, openPhone, withoutBrowser } from '../../support/phone.ts'
import { pageOf, writeGallery } from './apps/gallery.ts'

interface InPage {
  __mp: { errors: string[]; missing: Set<string> }
  wx: { reLaunch(options: { url: string }): Promise<unknown> }
}
declare const window: InPage

const SETTLED_MS = 120

describe.skipIf(withoutBrowser)('TDesign', () => {
  const root = mkdtempSync(join(tmpdir(), 'aftercare-gallery-'))
  const names = writeGallery(root)
  let simulator: Simulator
  let browser: Browser

  beforeAll(async () => {
    simulator = await createSimulator({ miniProgram: root })
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser.close()
    await simulator.close()
    rmSync(root, { recursive: true, force: true })
  })
  const open = (path: string, touch = false): Promise<OpenPhone> =>
    openPhone(browser, { base: simulator.ready.wecomBase, path, touch })

  test('all components come up, without an error or a missing function', async () => {
    expect(names.length).toBeGreaterThan(90)
    const phone = await open('/pages/start/start')
    const wrong: Record<string, unknown> = {}
    for (const name of names) {
      const { errors, missing, size } = await phone.page.evaluate(
        async ([path, wait]) => {
          window.__mp.errors.length = 0
          window.__mp.missing.clear()
          await window.wx.reLaunch({ url: `/${path}` })
          await new Promise((done) => setTimeout(done, wait))
          const page = document.querySelector('wx-page-host:not([hidden]) wx-page')
          return {
            errors: window.__mp.errors.map((line) => line.split('\n')[0]),
            missing: [...window.__mp.missing],
            size: page?.querySelectorAll('*').length ?? 0,
          }
        },
        [pageOf(name), SETTLED_MS] as const,
      )
      // Some show nothing before somebody calls them.
      if (errors.length > 0 || missing.length > 0 || size === 0) wrong[name] = { errors, missing, size }
    }
    expect(wrong).toEqual({})
    await phone.close()
  })

  describe.each([false, true])('by touch: %s', (touch) => {
    test.each([
      ['dialog', '.t-dialog'],
      ['popup', '.t-popup'],
      ['picker', '.t-picker'],
      ['calendar', '.t-calendar'],
      ['action-sheet', '.t-action-sheet__content'],
    ])('%s opens inside the screen', async (name, selector) => {
      const phone = await open(`/${pageOf(name)}`, touch)
      const shown = phone.find(`[class*="${selector.slice(1)}"]`).first()
      await vi.waitFor(async () => {
        const box = await shown.boundingBox()
        if (!box) throw new Error('it has no box')
        expect(box.y).toBeGreaterThanOrEqual(0)
        expect(box.y + box.height).toBeLessThanOrEqual(781)
      })
      await phone.looksRight(`tdesign-${name}`)
      await phone.close()
    })

    test('a stepper counts, a rate takes stars', async () => {
      const stepper = await open(`/${pageOf('stepper')}`, touch)
      await stepper.tap(stepper.find('[class*="stepper__plus"]').first())
      await vi.waitFor(async () => expect(await stepper.find('input').inputValue()).toBe('3'))
      await stepper.looksRight()
      await stepper.close()
      const rate = await open(`/${pageOf('rate')}`, touch)
      const stars = rate.role('slider')
      await vi.waitFor(async () => expect(await stars.getAttribute('aria-valuenow')).toBe('3'))
      await rate.tap(rate.find('[class*="rate__icon"]').last())
      await vi.waitFor(async () => expect(await stars.getAttribute('aria-valuenow')).toBe('5'))
      await rate.looksRight('tdesign-rate')
      await rate.close()
    })
  })
})
