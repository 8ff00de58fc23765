/** TDesign's icon font comes from a CDN. Here the icons that the sources name are drawn from the package of their SVGs, as masks. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FoundComponent } from './components.ts'

const FONT = /@font-face\s*\{[^}]*tdesign\.gtimg\.com[^}]*\}/g
const SOURCES = /(?<!\.d)\.(wxml|js|ts|wxs)$/
const WORD = /[a-z][a-z0-9]*(?:-[a-z0-9]+)*/g
const ICON = 'tdesign-miniprogram/icon/icon'

/** The styles with the font replaced, if TDesign's icons are used at all. */
export function withIcons(css: string, components: readonly FoundComponent[], npmRoot: string): string {
  if (!components.some(({ path }) => path.endsWith(ICON))) return css
  const folder = join(npmRoot, 'tdesign-icons-svg', 'src')
  const words = new Set<string>()
  for (const { path, file } of components) if (!path.endsWith(ICON)) collectWords(dirname(file), words)
  const icons = [...words].filter((word) => existsSync(join(folder, `${word}.svg`)))
  return (
    css.replace(FONT, '') +
    icons.map((name) => mask(name, readFileSync(join(folder, `${name}.svg`), 'utf8'))).join('\n')
  )
}

/** Names of icons come from anywhere: markup, scripts, defaults of properties. */
function collectWords(folder: string, words: Set<string>): void {
  for (const name of readdirSync(folder))
    if (SOURCES.test(name))
      for (const [word] of readFileSync(join(folder, name), 'utf8').matchAll(WORD)) words.add(word)
}

function mask(name: string, svg: string): string {
  const drawn = svg.replace(/\s+/g, ' ').replace(/<svg ([^>]*)>/, (_, attributes: string) => {
    const box = attributes.includes('viewBox') ? '' : 'viewBox="0 0 24 24" '
    return `<svg ${box}${attributes.replace(/(view-box|width|height|class)="[^"]*"/g, '')}>`
  })
  const image = `url("data:image/svg+xml,${encodeURIComponent(drawn)}")`
  return `wx-label[class*="t-icon-${name} "]::before{content:""!important;display:block;width:1em;height:1em;background:currentColor;-webkit-mask:${image} center/contain no-repeat}`
}
