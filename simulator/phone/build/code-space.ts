/** Where a mini-program's parts are: paths as WeChat counts them, and the files behind them. */
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

export interface AppJson {
  pages: string[]
  subPackages?: { root: string; pages: string[] }[]
  subpackages?: { root: string; pages: string[] }[]
  usingComponents?: Record<string, string>
  tabBar?: { custom?: boolean }
}

export interface ComponentJson {
  component?: boolean
  usingComponents?: Record<string, string>
  componentGenerics?: Record<string, boolean | { default?: string }>
  styleIsolation?: string
}

export interface CodeSpace {
  root: string
  npmRoot: string
  app: AppJson
  /** Every page, subpackages included. */
  pages: string[]
  /** The file of a path, without its extension. npm packages live under `miniprogram_npm/<package>/`. */
  fileOf(path: string): string
  /** What `usingComponents` of `from` means by `reference`; null for a plugin. */
  resolve(from: string, reference: string): string | null
}

const NPM = /^miniprogram_npm\/((?:@[^/]+\/)?[^/]+)\/(.*)$/

/** An absent file is an empty object, as in WeChat. */
export const readJson = <T>(file: string): T => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as T

export const subPackagesOf = (app: AppJson) => app.subPackages ?? app.subpackages ?? []

export function openCodeSpace(root: string, npmRoot: string): CodeSpace {
  const app = readJson<AppJson>(join(root, 'app.json'))
  const pages = [
    ...app.pages,
    ...subPackagesOf(app).flatMap((one) => one.pages.map((page) => posix.join(one.root, page))),
  ]

  function fileOf(path: string): string {
    const [, name, inside] = NPM.exec(path) ?? []
    if (!name || inside === undefined) return join(root, path)
    const folder = join(npmRoot, name)
    const { miniprogram = 'miniprogram_dist' } = readJson<{ miniprogram?: string }>(join(folder, 'package.json'))
    return join(folder, miniprogram, inside)
  }

  function resolve(from: string, reference: string): string | null {
    if (reference.startsWith('plugin')) return null
    if (reference.startsWith('/')) return reference.slice(1)
    const relative = posix.join(posix.dirname(from), reference)
    if (reference.startsWith('.') || existsSync(`${fileOf(relative)}.json`)) return relative
    return `miniprogram_npm/${reference}`
  }

  return { root, npmRoot, app, pages, fileOf, resolve }
}
