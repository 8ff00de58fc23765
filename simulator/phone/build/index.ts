/**
 * Builds a native mini-program, unchanged, for a browser: WeChat's own component framework, our shell around it.
 * What comes out is static: `app.html` is the program, `index.html` the phone around it.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'
import { bundleProgram, bundleShell } from './bundle.ts'
import { openCodeSpace } from './code-space.ts'
import { findComponents } from './components.ts'
import { withIcons } from './icons.ts'
import { type Sizes, sizesOf, tooLarge } from './sizes.ts'
import { compileWxss } from './styles.ts'
import { createTemplates } from './templates.ts'

const WEB = fileURLToPath(new URL('../web/', import.meta.url))
const SHOWN = /\.(png|jpe?g|gif|svg|webp|mp3|mp4|woff2?|ttf)$/
const NOT_OURS = /^(node_modules|miniprogram_npm)$/

export interface PhoneBuild {
  /** Folder with app.json. */
  root: string
  out: string
  /** node_modules with the packages that it uses. */
  npmRoot: string
}

export interface Built {
  /** What is wrong with the sources, an `ERROR` or a `warning` a line. What packages bring along is theirs to mend. */
  problems: string[]
  /** Bytes of each package. */
  sizes: Sizes
}

export async function buildPhone({ root: given, out, npmRoot }: PhoneBuild): Promise<Built> {
  const root = resolve(given)
  mkdirSync(out, { recursive: true })
  const space = openCodeSpace(root, npmRoot)
  const templates = createTemplates(space)
  const { components, problems } = findComponents(space, templates)

  let css = compileWxss({ file: join(root, 'app.wxss'), scope: undefined, space })
  const pageStyles: Record<string, string> = {}
  for (const { path, file, scope, isPage } of components) {
    const text = compileWxss({ file: `${file}.wxss`, scope, space })
    if (isPage) pageStyles[path] = text
    else css += text
  }
  const sheets = ['shell.css', 'builtins.css'].map((name) => readFileSync(join(WEB, name), 'utf8'))
  const whole = sheets.join('\n') + withIcons(css, components, npmRoot)
  writeFileSync(join(out, 'app.css'), (await transform(whole, { loader: 'css', minify: true })).code)

  await bundleShell(npmRoot, join(out, 'runtime.js'))
  const scripts = await bundleProgram(
    { space, components, templates: templates.code(), pageStyles },
    join(out, 'app.js'),
  )
  copyShown(root, root, out)
  for (const name of ['app.html', 'index.html', 'frame.css', 'frame.js']) cpSync(join(WEB, name), join(out, name))
  const ours = templates.problems.filter((line) => !line.includes(' miniprogram_npm/'))
  const sizes = sizesOf(space, components, scripts)
  return { problems: [...problems, ...ours, ...tooLarge(sizes)], sizes }
}

function copyShown(folder: string, root: string, out: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const from = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!NOT_OURS.test(entry.name)) copyShown(from, root, out)
    } else if (SHOWN.test(entry.name)) {
      const to = join(out, relative(root, from))
      mkdirSync(dirname(to), { recursive: true })
      cpSync(from, to)
    }
  }
}
