/** WXSS to CSS: imports inlined, rpx to viewport widths, classes prefixed per component, tags to the elements that stand for them. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import postcss, { type AtRule, type Rule } from 'postcss'
import parser from 'postcss-selector-parser'
import type { CodeSpace } from './code-space.ts'

const RPX = /(-?(?:\d+\.)?\d+)rpx\b/g

interface Styles {
  file: string
  /** Prefix of the component's classes, if its styles are its own. */
  scope: string | undefined
  space: Pick<CodeSpace, 'root' | 'fileOf'>
}

export const compileWxss = (styles: Styles): string => compile(styles, new Set())

function compile({ file, scope, space }: Styles, seen: Set<string>): string {
  if (!existsSync(file) || seen.has(file)) return ''
  seen.add(file)
  let imported = ''
  const sheet = postcss.parse(readFileSync(file, 'utf8'), { from: file })
  sheet.walkAtRules('import', (rule) => {
    imported += compile({ file: importedFile(rule, file, space), scope, space }, seen)
    rule.remove()
  })
  const selectors = selectorsFor(scope)
  sheet.walkRules((rule) => {
    if (!isKeyframe(rule)) rule.selector = selectors.processSync(rule.selector)
  })
  sheet.walkDecls((declaration) => {
    declaration.value = declaration.value.replace(RPX, 'calc($1 * 100vw / 750)')
  })
  return `${imported}${sheet.toString()}\n`
}

function importedFile(rule: AtRule, from: string, { root, fileOf }: Styles['space']): string {
  const reference = rule.params
    .replace(/^url\(|\)$/g, '')
    .trim()
    .replace(/^['"]|['"]$/g, '')
  if (reference.startsWith('/')) return join(root, reference)
  const beside = join(dirname(from), reference)
  return reference.startsWith('.') || existsSync(beside) ? beside : fileOf(`miniprogram_npm/${reference}`)
}

const isKeyframe = ({ parent }: Rule): boolean =>
  parent?.type === 'atrule' && /keyframes$/.test((parent as AtRule).name)

function selectorsFor(scope: string | undefined) {
  return parser((root) => {
    if (scope)
      root.walkClasses((one) => {
        one.value = `${scope}--${one.value}`
      })
    root.walkTags((tag) => {
      if (/^[a-z]/.test(tag.value)) tag.value = `wx-${tag.value}`
    })
    root.walkPseudos((pseudo) => {
      if (pseudo.value !== ':host' || !scope) return
      const host = { attribute: 'wx-host', operator: '=', value: scope, quoteMark: null, raws: {} } as const
      pseudo.replaceWith(parser.attribute(host))
    })
  })
}
