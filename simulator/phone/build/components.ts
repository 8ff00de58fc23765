/** Walks from the pages to every component that they use, each once. */
import { existsSync } from 'node:fs'
import { type CodeSpace, type ComponentJson, readJson } from './code-space.ts'
import type { Templates } from './templates.ts'

export interface FoundComponent {
  path: string
  /** Without extension. */
  file: string
  script: string
  isPage: boolean
  json: ComponentJson
  /** What the framework is told of it: the .json with every reference resolved. */
  config: Record<string, unknown>
  /** Prefix of its classes; undefined where its styles are shared with the page. */
  scope: string | undefined
}

export interface Found {
  components: FoundComponent[]
  problems: string[]
}

export function findComponents(space: CodeSpace, templates: Templates): Found {
  const found = new Map<string, FoundComponent>()
  const problems: string[] = []
  const everywhere = Object.entries(space.app.usingComponents ?? {}).map(
    ([tag, reference]) => [tag, space.resolve('app', reference)] as const,
  )
  let scopes = 0

  /** styleIsolation counts in the .json only. Pages share their styles unless they are written as components. */
  function scopeOf({ styleIsolation, component }: ComponentJson, isPage: boolean): string | undefined {
    const isOwn = styleIsolation
      ? styleIsolation !== 'shared' && styleIsolation !== 'page-shared'
      : !isPage || component === true
    return isOwn ? `c${(scopes++).toString(36)}` : undefined
  }

  function visit(path: string, isPage: boolean): void {
    if (found.has(path)) return
    const file = space.fileOf(path)
    const script = [`${file}.ts`, `${file}.js`].find((one) => existsSync(one))
    if (!script) return void problems.push(`ERROR ${path} has no script`)
    const json = readJson<ComponentJson>(`${file}.json`)
    const component: FoundComponent = { path, file, script, isPage, json, config: {}, scope: undefined }
    found.set(path, component)
    templates.add(path)

    const usingComponents: Record<string, string> = {}
    const use = (tag: string, target: string | null) => {
      if (!target || target === path) return
      visit(target, false)
      usingComponents[tag] = `/${target}`
    }
    if (!path.startsWith('miniprogram_npm/')) for (const [tag, target] of everywhere) use(tag, target)
    for (const [tag, reference] of Object.entries(json.usingComponents ?? {})) use(tag, space.resolve(path, reference))

    const componentGenerics: Record<string, true | { default: string }> = {}
    for (const [name, given] of Object.entries(json.componentGenerics ?? {})) {
      const target = typeof given === 'object' && given.default ? space.resolve(path, given.default) : null
      if (target) visit(target, false)
      componentGenerics[name] = target ? { default: `/${target}` } : true
    }
    component.scope = scopeOf(json, isPage)
    component.config = {
      ...json,
      component: isPage ? json.component : true,
      usingComponents,
      ...(json.componentGenerics ? { componentGenerics } : {}),
    }
  }

  for (const page of space.pages) visit(page, true)
  if (space.app.tabBar?.custom) problems.push('ERROR a custom tab bar is not known here')
  return { components: [...found.values()], problems }
}
