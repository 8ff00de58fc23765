/** One page: made, shown, hidden, gone. */

import { make } from './dom.ts'
import type { openFramework } from './framework.ts'
import { patchQueries } from './queries.ts'
import { isTab, type OpenPage, type Shell, tell } from './shell.ts'

const REACH_BOTTOM_PX = 50

export interface Pages {
  /** @param channel what `getOpenerEventChannel` answers. @throws Error for a path that no page has */
  create(path: string, query: Record<string, string>, channel: unknown): OpenPage
  show(page: OpenPage): void
  hide(page: OpenPage | undefined): void
  remove(page: OpenPage): void
  /** Pages of the tab bar stay when another is shown. */
  tabs: Map<string, OpenPage>
}

export interface PageDeps {
  shell: Shell
  backend: ReturnType<typeof openFramework>['backend']
  goBack: () => void
  goToTab: (path: string) => void
}

export const addressOf = (path: string, query: Record<string, string>): string => {
  const parameters = new URLSearchParams(query).toString()
  return parameters ? `${path}?${parameters}` : path
}

export function createPages({ shell, backend, goBack, goToTab }: PageDeps): Pages {
  const tabs = new Map<string, OpenPage>()
  const lifetime = (page: OpenPage, name: string) => page.root.getComponent().triggerPageLifetime(name, [])

  function create(path: string, query: Record<string, string>, channel: unknown): OpenPage {
    if (!shell.pageConfigs[path]) throw new Error(`page "${path}" is not found`)
    const config = { ...shell.app.window, ...shell.pageConfigs[path] }
    const back = make('button', { onclick: goBack, textContent: '‹' })
    back.setAttribute('aria-label', '返回')
    const nav = make('mp-nav', {}, back, make('b', { textContent: config.navigationBarTitleText ?? '' }), capsule())
    nav.hidden = config.navigationStyle === 'custom'
    nav.style.background = config.navigationBarBackgroundColor ?? '#fff'
    nav.style.color = config.navigationBarTextStyle === 'white' ? '#fff' : '#000'
    const placeholder = make('span')
    const scroller = make('wx-page', {}, placeholder)
    const host = make('wx-page-host', {}, nav, scroller)
    host.setAttribute('is', path)
    document.body.append(host)
    const style = make('style', { textContent: shell.pageStyles[path] ?? '' })
    document.head.append(style)

    const root = backend.createRoot('wx-page-root', shell.space, addressOf(path, query))
    const inst = root.get()
    const page: OpenPage = { path, query, root, host, inst, nav, style, scroller, isReady: false }
    Object.assign(inst, { route: path, __route__: path, options: query, getOpenerEventChannel: () => channel })
    patchQueries(inst)
    // getCurrentPages() has the page while it loads.
    shell.stack.push(page)
    root.attach(scroller, placeholder)
    watchScrolling(page, config.onReachBottomDistance ?? REACH_BOTTOM_PX)
    tell(page, 'onLoad', query)
    return page
  }

  function show(page: OpenPage): void {
    for (const one of [...shell.stack, ...tabs.values()]) {
      one.host.hidden = one !== page
      // All pages are in one document: only what the top page wears may count.
      one.style.disabled = one !== page
    }
    const back = page.nav.querySelector('button')
    if (back) back.style.visibility = shell.stack.length < 2 ? 'hidden' : ''
    drawTabBar(page)
    document.title = page.nav.querySelector('b')?.textContent ?? ''
    history.replaceState(null, '', `#/${addressOf(page.path, page.query)}`)
    lifetime(page, 'show')
    tell(page, 'onShow')
    if (page.isReady) return
    page.isReady = true
    requestAnimationFrame(() => tell(page, 'onReady'))
  }

  function drawTabBar(page: OpenPage): void {
    document.querySelector('mp-tabbar')?.remove()
    const { tabBar } = shell.app
    if (!tabBar || !isTab(shell, page.path)) return
    const bar = make('mp-tabbar')
    bar.setAttribute('role', 'tablist')
    bar.style.background = tabBar.backgroundColor ?? '#fff'
    for (const { pagePath, text, iconPath, selectedIconPath } of tabBar.list) {
      const isOn = pagePath === page.path
      const button = make('button')
      button.setAttribute('role', 'tab')
      button.setAttribute('aria-selected', String(isOn))
      button.style.color = (isOn ? tabBar.selectedColor : tabBar.color) ?? ''
      const icon = isOn ? (selectedIconPath ?? iconPath) : iconPath
      if (icon) button.append(make('img', { src: icon, alt: '' }))
      button.append(text)
      button.onclick = () => {
        goToTab(pagePath)
        const top = shell.top()
        if (top) tell(top, 'onTabItemTap', { pagePath, text })
      }
      bar.append(button)
    }
    page.host.append(bar)
  }

  return {
    tabs,
    create,
    show,
    hide(page) {
      if (!page) return
      lifetime(page, 'hide')
      tell(page, 'onHide')
    },
    remove(page) {
      tabs.delete(page.path)
      tell(page, 'onUnload')
      page.root.release()
      page.host.remove()
      page.style.remove()
    },
  }
}

function capsule(): HTMLElement {
  const node = make('i', { textContent: '••• ◎' })
  node.setAttribute('aria-hidden', 'true')
  return node
}

function watchScrolling(page: OpenPage, reachBottomPx: number): void {
  const { scroller } = page
  let wasFar = true
  scroller.addEventListener('scroll', () => {
    tell(page, 'onPageScroll', { scrollTop: scroller.scrollTop })
    const isNear = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < reachBottomPx
    if (isNear && wasFar) tell(page, 'onReachBottom')
    wasFar = !isNear
  })
}
