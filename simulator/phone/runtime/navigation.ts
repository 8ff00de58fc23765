/** The page stack: what `wx.navigateTo` and its kin do. */
import type { Pages } from './pages.ts'
import { isTab, type Shell } from './shell.ts'

const STACK_LIMIT = 10

export interface Navigation {
  to(url: string, channel?: unknown): void
  redirect(url: string): void
  relaunch(url: string): void
  tab(url: string): void
  back(count: number): void
}

export interface Target {
  path: string
  query: Record<string, string>
}

/** Paths may be relative to the page on top. */
export function targetOf(shell: Shell, url: string): Target {
  const { pathname, searchParams } = new URL(url, `http://x/${shell.top()?.path ?? ''}`)
  return { path: pathname.slice(1), query: Object.fromEntries(searchParams) }
}

export function createNavigation(shell: Shell, pages: () => Pages): Navigation {
  const { stack } = shell

  /** @throws Error with WeChat's words */
  function pageAt(url: string, verb: 'navigateTo' | 'redirectTo' | 'reLaunch'): Target {
    const target = targetOf(shell, url)
    if (!shell.pageConfigs[target.path]) throw new Error(`page "${target.path}" is not found`)
    if (verb !== 'reLaunch' && isTab(shell, target.path)) throw new Error(`can not ${verb} a tabbar page`)
    return target
  }

  return {
    to(url, channel) {
      const { path, query } = pageAt(url, 'navigateTo')
      if (stack.length >= STACK_LIMIT) throw new Error('webview count limit exceed')
      const { create, show, hide } = pages()
      hide(shell.top())
      show(create(path, query, channel))
    },
    redirect(url) {
      const { path, query } = pageAt(url, 'redirectTo')
      const { create, show, remove } = pages()
      const old = stack.pop()
      if (old) remove(old)
      show(create(path, query, undefined))
    },
    relaunch(url) {
      const { path, query } = pageAt(url, 'reLaunch')
      const { create, show, remove, tabs } = pages()
      const open = new Set([...stack, ...tabs.values()])
      for (const page of [...open].reverse()) remove(page)
      stack.length = 0
      const page = create(path, query, undefined)
      if (isTab(shell, path)) tabs.set(path, page)
      show(page)
    },
    tab(url) {
      const { path } = targetOf(shell, url)
      if (!isTab(shell, path)) throw new Error('can not switchTab to no-tabBar page')
      if (shell.top()?.path === path) return
      const { create, show, hide, remove, tabs } = pages()
      hide(shell.top())
      for (const page of stack.splice(0).reverse()) if (!isTab(shell, page.path)) remove(page)
      const known = tabs.get(path)
      if (known) stack.push(known)
      const page = known ?? create(path, {}, undefined)
      tabs.set(path, page)
      show(page)
    },
    back(count) {
      if (stack.length < 2) throw new Error('cannot navigate back at first page')
      const { show, remove } = pages()
      for (let left = Math.min(count, stack.length - 1); left > 0; left--) {
        const page = stack.pop()
        if (page) remove(page)
      }
      const top = shell.top()
      if (top) show(top)
    },
  }
}
