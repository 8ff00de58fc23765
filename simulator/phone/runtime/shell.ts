/** What all parts of the shell share; as `window.__mp` it is also what tests look at. */
import type { CodeSpace, Methods, PageRoot } from './framework.ts'

export interface WindowConfig {
  navigationBarTitleText?: string
  navigationBarBackgroundColor?: string
  navigationBarTextStyle?: string
  navigationStyle?: string
  onReachBottomDistance?: number
  enablePullDownRefresh?: boolean
}

export interface Tab {
  pagePath: string
  text: string
  iconPath?: string
  selectedIconPath?: string
}

export interface AppConfig {
  pages: string[]
  entryPagePath?: string
  window?: WindowConfig
  tabBar?: { list: Tab[]; color?: string; selectedColor?: string; backgroundColor?: string }
}

/** A page in the stack. */
export interface OpenPage {
  path: string
  query: Record<string, string>
  root: PageRoot
  host: HTMLElement
  inst: Methods
  nav: HTMLElement
  style: HTMLStyleElement
  scroller: HTMLElement
  isReady: boolean
}

export interface Call {
  api: string
  args: unknown
}

/** A test's own answer to a `wx` call. */
export type Override = (options: Record<string, unknown>) => unknown

export interface Shell {
  space: CodeSpace
  app: AppConfig
  pageConfigs: Record<string, WindowConfig>
  pageStyles: Record<string, string>
  stack: OpenPage[]
  /** Everything that went wrong; a test that finds something here fails. */
  errors: string[]
  /** Names of `wx` that were read and don't exist here. */
  missing: Set<string>
  calls: Call[]
  overrides: Record<string, Override>
  /** Whose phone it is, in the simulator. */
  person: string | null
  top(): OpenPage | undefined
}

export function createShell(space: CodeSpace): Shell {
  const stack: OpenPage[] = []
  return {
    space,
    app: { pages: [] },
    pageConfigs: {},
    pageStyles: {},
    stack,
    errors: [],
    missing: new Set(),
    calls: [],
    overrides: {},
    person: new URLSearchParams(location.search).get('person'),
    top: () => stack.at(-1),
  }
}

/** Calls a lifecycle function of a page, if it has it. */
export function tell({ inst }: OpenPage, name: string, argument?: unknown): unknown {
  const method = inst[name]
  return typeof method === 'function' ? method.call(inst, argument) : undefined
}

export const isTab = ({ app }: Shell, path: string): boolean =>
  app.tabBar?.list.some(({ pagePath }) => pagePath === path) ?? false
