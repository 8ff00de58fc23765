/// <reference lib="dom" />
/** What the native framework does, one thing each, on the phone in a browser. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createSimulator } from '../../../simulator/index.ts'
import { launchChromium, type OpenPhone, openPhone, withoutBrowser } from '../../support/phone.ts'

const APP = 'test/e2e/phone/apps/stress'

interface Inst {
  data: Record<string, unknown>
  setData(patch: Record<string, unknown>): void
  selectComponent(selector: string): unknown
  selectAllComponents(selector: string): { hi(): string }[]
}
interface InPage {
  __mp: { top(): { inst: Inst }; errors: string[] }
  noted: string[]
  getApp(): { launched: string }
  getCurrentPages(): unknown[]
  wx: Record<string, (options: unknown) => Promise<{ errMsg: string }>>
}
declare const window: InPage

describe.skipIf(withoutBrowser).each([{ touch: false }, { touch: true }])(
  'the framework (touch $touch)',
  ({ touch }) => {
    let phone: OpenPhone
    let stop: () => Promise<void>

    beforeAll(async () => {
      const simulator = await createSimulator({ miniProgram: APP })
      const browser = await launchChromium()
      stop = async () => {
        await browser.close()
        await simulator.close()
      }
      phone = await openPhone(browser, { base: simulator.ready.wecomBase, touch })
    })
    afterAll(() => stop())

    const noted = () => phone.page.evaluate(() => window.noted.join())
    const set = (patch: Record<string, unknown>) =>
      phone.page.evaluate((given) => window.__mp.top().inst.setData(given), patch)
    const data = async (name: string) => (await phone.data())[name]
    const call = (name: string, options: Record<string, unknown>) =>
      phone.page.evaluate(
        ([api, given]) =>
          window.wx[api]?.(given).then(
            () => 'ok',
            (error: { errMsg: string }) => error.errMsg,
          ),
        [name, options] as const,
      )
    const style = (selector: string, property: string) =>
      phone
        .find(selector)
        .first()
        .evaluate((node, name) => getComputedStyle(node).getPropertyValue(name), property)
    const depth = () => phone.page.evaluate(() => window.getCurrentPages().length)

    test('App launches with its first path', async () => {
      expect(await phone.page.evaluate(() => window.getApp().launched)).toBe('pages/t1/t1')
    })

    test('a tab that is left and shown again is the same page', async () => {
      await phone.tap(phone.role('tab', '我的'))
      await phone.find('.p-t2').waitFor()
      await phone.tap(phone.role('tab', '首页'))
      await phone.text('t1 n=2').waitFor()
      expect(await noted()).toBe(
        't1:load,t1:show,t1:ready,t1:hide,t2:load,t2:show,t2:tab:我的,t2:ready,t2:hide,t1:show,t1:tab:首页',
      )
    })

    test('a relative path, a query, and a channel between two pages', async () => {
      await phone.tap(phone.find('[data-testid=go]'))
      await phone.find('#title').waitFor()
      expect(await phone.find('#title').textContent()).toBe('你-yes-7-2')
      expect(await data('hello')).toBe('hi')
      expect(await noted()).toContain('t1:said:hi!')
    })

    test('include', async () => expect(await phone.find('#inc').textContent()).toBe('inc 你'))

    test('rpx in an inline style', async () => expect(await style('#title', 'width')).toBe('50px'))

    test('a loop in a loop', async () => expect(await phone.find('.k').allTextContents()).toEqual(['p', 'q']))

    test('page styles, descendants and children', async () => {
      expect(await style('.r', 'color')).toBe('rgb(5, 5, 5)')
      expect(await style('.inner', 'padding')).toBe('1.5px')
    })

    test('setData by path', async () => {
      await set({ 'deep.list[1].x': 42, 'rows[1].k': ['z'] })
      expect(await phone.find('#title').textContent()).toMatch(/-42$/)
      expect(await phone.find('.k').allTextContents()).toEqual(['p', 'q', 'z'])
    })

    test('catch, capture, mark and dataset', async () => {
      await phone.tap(phone.find('.inner'))
      await vi.waitFor(async () => expect(await data('ev')).toEqual(['cap', 'inner:fb:im2:om1']))
    })

    test('a tap rises through what is around', async () => {
      await set({ ev: [] })
      await phone.tap(phone.find('.inner2'))
      await vi.waitFor(async () => expect(await data('ev')).toEqual(['cap', 'inner2', 'outer:om1']))
    })

    test('relations', async () => expect(await data('total')).toBe(2))

    test('components are selected, their methods called, behaviors come first', async () => {
      const said = await phone.page.evaluate(() =>
        window.__mp
          .top()
          .inst.selectAllComponents('.picked')
          .map((one) => one.hi()),
      )
      expect(said).toEqual(['hi i1 bm BC', 'hi i2 bm BC'])
    })

    test('external classes', async () =>
      expect(await style('wx-x-list wx-x-item wx-view', 'color')).toBe('rgb(1, 2, 3)'))

    test('a component’s styles are its own', async () => {
      expect(await style('wx-x-gen wx-view', 'color')).toBe('rgb(0, 0, 0)')
      expect(await style('wx-x-gen wx-view', 'font-weight')).toBe('700')
    })

    test('generics', async () => expect(await phone.find('wx-x-gen').textContent()).toBe(':gg:bp0'))

    test('slots by name, and a host that is virtual', async () => {
      expect(await phone.find('[class$="--hd"]').first().textContent()).toBe('Htrue')
      expect(await phone.find('.def').count()).toBe(1)
      expect(await phone.find('wx-x-slotty').count()).toBe(0)
    })

    test('model: both ways through a component', async () => {
      await phone.find('wx-x-inp input').fill('typed')
      expect(await phone.find('#two').textContent()).toBe('typed')
      await set({ two: 'down' })
      expect(await phone.find('wx-x-inp input').inputValue()).toBe('down')
    })

    test('observers, of one field and of all', async () => {
      const any = await phone.page.evaluate(() => {
        const host = document.querySelector('wx-x-inp') as unknown as {
          __wxElement: { getMethodCaller(): { any: number; seen: number } }
        }
        const { any: all, seen } = host.__wxElement.getMethodCaller()
        return { all, seen }
      })
      expect(any.all).toBeGreaterThanOrEqual(2)
      expect(any.seen).toBeGreaterThanOrEqual(2)
    })

    test('checkbox-group by its labels', async () => {
      await phone.tap(phone.text('zcb'))
      await vi.waitFor(async () => expect(await data('cb')).toBe('y,z'))
    })

    test('scroll-view tells its lower end', async () => {
      await phone.find('.sv').evaluate((node) => {
        node.scrollTop = 400
      })
      await vi.waitFor(async () => expect(await data('lowered')).toBe(true))
    })

    test('rich text runs nothing', async () => expect(await phone.find('wx-rich-text').innerHTML()).toBe('<b>bold</b>'))

    test('hidden', async () => {
      expect(await phone.find('#hid').isVisible()).toBe(true)
      await set({ on: false })
      expect(await phone.find('#hid').isVisible()).toBe(false)
    })

    test('slider', async () => {
      await phone.find('wx-slider input').fill('8')
      expect(await data('sl')).toBe(8)
    })

    test('picker with several columns', async () => {
      await phone.tap(phone.find('#multi'))
      await phone.page.locator('mp-sheet select').first().selectOption('1')
      await vi.waitFor(async () => expect(await phone.page.locator('mp-sheet select').first().inputValue()).toBe('1'))
      await phone.tap(phone.role('button', '确定'))
      await vi.waitFor(async () => expect(await data('multi')).toBe('1,1'))
    })

    test('createSelectorQuery measures', async () => {
      const measured = await phone.page.evaluate(() =>
        new Promise<[{ width: number }, unknown[], { node: { tagName: string } }]>((resolve) => {
          const query = (window.wx.createSelectorQuery as unknown as () => Query)()
          query
            .select('#title')
            .boundingClientRect()
            .selectAll('.r')
            .fields({ size: true, dataset: true })
            .select('.sv')
            .fields({ node: true })
            .exec(resolve as never)
          interface Query {
            select(selector: string): Nodes
            selectAll(selector: string): Nodes
            exec(done: (result: never) => void): void
          }
          interface Nodes {
            boundingClientRect(): Query
            fields(what: object): Query
          }
        }).then(([title, rows, scroller]) => ({
          width: title.width,
          rows: rows.length,
          node: scroller.node.tagName,
        })),
      )
      expect(measured).toEqual({ width: 50, rows: 2, node: 'WX-SCROLL-VIEW' })
    })

    test('createIntersectionObserver tells the first time, too', async () => {
      const ratio = await phone.page.evaluate(
        () =>
          new Promise<number>((resolve) => {
            type Create = (page: unknown) => {
              relativeToViewport(): { observe(s: string, f: (r: never) => void): void }
            }
            const create = window.wx.createIntersectionObserver as unknown as Create
            create(window.__mp.top().inst)
              .relativeToViewport()
              .observe('#title', ({ intersectionRatio }: { intersectionRatio: number }) => resolve(intersectionRatio))
            setTimeout(() => resolve(-1), 1_500)
          }),
      )
      expect(ratio).toBeGreaterThanOrEqual(0)
    })

    test('pageScrollTo, and the bottom is reached once', async () => {
      await call('pageScrollTo', { scrollTop: 5_000 })
      await vi.waitFor(async () => expect(await data('reach')).toBe(1))
    })

    test('a page that is a component has its query as properties', async () => {
      await call('redirectTo', { url: '/pages/b/b?id=q9&num=3' })
      await phone.find('#bprop').waitFor()
      expect(await phone.find('#bprop').textContent()).toBe('q9/1/number')
      expect(await depth()).toBe(2)
    })

    test('a subpackage, and back to a tab', async () => {
      await call('navigateTo', { url: '/sub/pages/c/c?from=b' })
      await phone.text('sub b').waitFor()
      await call('switchTab', { url: '/pages/t2/t2' })
      await phone.find('.p-t2').waitFor()
      expect(await depth()).toBe(1)
    })

    test('a tab is not navigated to, and no page is no page', async () => {
      expect(await call('navigateTo', { url: '/pages/t1/t1' })).toContain(
        'navigateTo:fail can not navigateTo a tabbar page',
      )
      expect(await call('navigateTo', { url: '/pages/zz/zz' })).toContain('is not found')
    })

    test('ten pages are the most, and many go at once', async () => {
      for (let i = await depth(); i < 10; i++)
        expect(await call('navigateTo', { url: `/pages/a/a?name=n&id=${i}` })).toBe('ok')
      expect(await call('navigateTo', { url: '/pages/a/a?name=n&id=11' })).toContain(
        'navigateTo:fail webview count limit',
      )
      expect(await depth()).toBe(10)
      await call('navigateBack', { delta: 9 })
      expect(await depth()).toBe(1)
    })

    test('storage keeps types', async () => {
      const kept = await phone.page.evaluate(() => {
        const { setStorageSync, getStorageSync } = window.wx as unknown as {
          setStorageSync(key: string, value: unknown): void
          getStorageSync(key: string): unknown
        }
        setStorageSync('o', { a: [1] })
        return [getStorageSync('o'), getStorageSync('none')]
      })
      expect(kept).toEqual([{ a: [1] }, ''])
    })

    test('nothing went wrong on the way', async () => {
      await phone.looksRight()
    })

    test('an address opens its page', async () => {
      await phone.page.goto(`${phone.page.url().split('#')[0]}#/pages/a/a?id=5&name=x`)
      await phone.page.reload()
      await phone.find('#title').waitFor()
      expect(await phone.find('#title').textContent()).toMatch(/^X-yes-5/)
      expect(await phone.page.evaluate(() => window.__mp.errors)).toEqual([])
    })
  },
)
