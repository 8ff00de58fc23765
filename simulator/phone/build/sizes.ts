/** How much WeChat would have to load: by package, before it makes anything smaller. */
import { readdirSync, statSync } from 'node:fs'
import { dirname, extname, join, relative } from 'node:path'
import { type CodeSpace, subPackagesOf } from './code-space.ts'
import type { FoundComponent } from './components.ts'

const KB = 1024
/** WeChat's own limit is 2 MB each; the first one is also what a customer waits for. */
const MAIN_LIMIT = 1_536 * KB
const SUB_LIMIT = 2_048 * KB
const PACKED = new Set([
  '.wxml',
  '.wxss',
  '.wxs',
  '.js',
  '.ts',
  '.json',
  '.png',
  '.jpg',
  '.jpeg',
  '.gif',
  '.svg',
  '.webp',
])
/** For the tools on a developer's machine. */
const LEFT_OUT = /^(tsconfig|package|package-lock|project[.].*)[.]json$|[.]d[.]ts$/
const MAIN = 'main'

export type Sizes = Record<string, number>

/** @param scripts every script that the bundle took in, by path */
export function sizesOf(
  { root, app }: CodeSpace,
  components: readonly FoundComponent[],
  scripts: readonly string[],
): Sizes {
  const roots = subPackagesOf(app).map((one) => one.root.replace(/\/$/, ''))
  const sizes: Sizes = { [MAIN]: 0, ...Object.fromEntries(roots.map((name) => [name, 0])) }
  const counted = new Set<string>()
  const count = (path: string) => {
    if (counted.has(path) || !isPacked(path)) return
    counted.add(path)
    const place = relative(root, path).replaceAll('\\', '/')
    const owner = roots.find((name) => place.startsWith(`${name}/`)) ?? MAIN
    sizes[owner] = (sizes[owner] ?? 0) + statSync(path).size
  }
  for (const path of filesOf(root)) count(path)
  // Of packages only what is used: the developer tools leave the rest out.
  for (const { file, path } of components)
    if (path.startsWith('miniprogram_npm/')) for (const one of filesOf(dirname(file))) count(one)
  for (const path of scripts) count(path)
  return sizes
}

export const tooLarge = (sizes: Sizes): string[] =>
  Object.entries(sizes).flatMap(([name, bytes]) => {
    const limit = name === MAIN ? MAIN_LIMIT : SUB_LIMIT
    return bytes > limit ? [`ERROR package ${name} has ${inKb(bytes)}, more than ${inKb(limit)}`] : []
  })

export const inKb = (bytes: number): string => `${Math.ceil(bytes / KB)} KB`

function isPacked(path: string): boolean {
  const name = path.split(/[\\/]/).at(-1) ?? ''
  return PACKED.has(extname(name)) && !LEFT_OUT.test(name)
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'miniprogram_npm') return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesOf(path) : [path]
  })
