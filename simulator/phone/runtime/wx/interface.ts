/** Toasts, dialogs, the bars, scrolling, and going from page to page. */
import type { Navigation } from '../navigation.ts'
import { tell } from '../shell.ts'
import { type Registrar, WxError } from './api.ts'
import { ask, choose, hideToast, showToast } from './dialogs.ts'

export function registerInterface({ api, silent, shell }: Registrar): void {
  api('showToast', ({ title, icon, duration }) => showToast(title, icon ?? 'success', duration))
  api('showLoading', ({ title }) => showToast(title, 'loading', null))
  api('hideToast', hideToast)
  api('hideLoading', hideToast)
  api('showModal', ({ title, content, showCancel, cancelText, confirmText, editable, placeholderText }) =>
    ask({
      ...(title ? { title } : {}),
      ...(content ? { content } : {}),
      ok: confirmText ?? '确定',
      no: showCancel === false ? null : (cancelText ?? '取消'),
      placeholder: editable ? (placeholderText ?? '') : null,
    }),
  )
  api('showActionSheet', async ({ itemList }) => {
    const tapIndex = await choose(itemList)
    if (tapIndex === null) throw new WxError('cancel')
    return { tapIndex }
  })

  api('setNavigationBarTitle', ({ title }) => {
    const heading = shell.top()?.nav.querySelector('b')
    if (heading) heading.textContent = title
    document.title = title
  })
  api('setNavigationBarColor', ({ backgroundColor, frontColor }) => {
    const style = shell.top()?.nav.style
    if (style) Object.assign(style, { background: backgroundColor, color: frontColor })
  })
  silent(
    'showNavigationBarLoading',
    'hideNavigationBarLoading',
    'hideHomeButton',
    'setBackgroundColor',
    'setBackgroundTextStyle',
    'showShareMenu',
    'hideShareMenu',
    'updateShareMenu',
    'setTabBarBadge',
    'removeTabBarBadge',
    'showTabBarRedDot',
    'hideTabBarRedDot',
    'hideKeyboard',
    'enableAlertBeforeUnload',
    'disableAlertBeforeUnload',
  )
  api('pageScrollTo', ({ selector, scrollTop = 0, offsetTop = 0 }) => {
    const scroller = shell.top()?.scroller
    const target = selector ? scroller?.querySelector<HTMLElement>(selector) : null
    scroller?.scrollTo({ top: (target ? target.offsetTop : scrollTop) + offsetTop })
  })
  api('startPullDownRefresh', () => {
    const page = shell.top()
    if (!page) return
    page.host.classList.add('refreshing')
    tell(page, 'onPullDownRefresh')
  })
  api('stopPullDownRefresh', () => shell.top()?.host.classList.remove('refreshing'))
}

type Listener = (...args: unknown[]) => void

/** Between a page and the one that it opened. */
class EventChannel {
  readonly #listeners = new Map<string, Listener[]>()
  on(name: string, listener: Listener): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener])
  }
  once(name: string, listener: Listener): void {
    const first: Listener = (...args) => {
      this.off(name, first)
      listener(...args)
    }
    this.on(name, first)
  }
  off(name: string, listener?: Listener): void {
    const left = (this.#listeners.get(name) ?? []).filter((one) => listener && one !== listener)
    this.#listeners.set(name, left)
  }
  emit(name: string, ...args: unknown[]): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(...args)
  }
}

export function registerNavigation({ api }: Registrar, navigation: Navigation): void {
  api('navigateTo', ({ url, events = {} }) => {
    const eventChannel = new EventChannel()
    for (const [name, listener] of Object.entries(events as Record<string, Listener>)) eventChannel.on(name, listener)
    navigation.to(url, eventChannel)
    return { eventChannel }
  })
  api('redirectTo', ({ url }) => navigation.redirect(url))
  api('reLaunch', ({ url }) => navigation.relaunch(url))
  api('switchTab', ({ url }) => navigation.tab(url))
  api('navigateBack', ({ delta }) => navigation.back(delta ?? 1))
}
