/** Two scripts: the shell, and the mini-program on it. */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import type { CodeSpace, ComponentJson } from './code-space.ts'
import type { FoundComponent } from './components.ts'

const RUNTIME = fileURLToPath(new URL('../runtime/', import.meta.url))

/** A mini-program has no document: its code finds these names empty here, as in WeChat. */
const NOT_IN_WECHAT = [
  'window',
  'document',
  'localStorage',
  'sessionStorage',
  'fetch',
  'XMLHttpRequest',
  'navigator',
  'location',
  'history',
  'alert',
  'FormData',
  'Blob',
  'File',
]

const common = (npmRoot: string): BuildOptions => ({
  bundle: true,
  format: 'iife',
  target: 'es2022',
  minify: true,
  nodePaths: [npmRoot],
  logLevel: 'silent',
  define: { 'process.env.NODE_ENV': '"production"' },
})

export interface Program {
  space: CodeSpace
  components: readonly FoundComponent[]
  /** Compiled templates, by path. */
  templates: string
  pageStyles: Record<string, string>
}

export async function bundleShell(npmRoot: string, outfile: string): Promise<void> {
  await build({ ...common(npmRoot), entryPoints: [join(RUNTIME, 'main.ts')], outfile })
}

/** Answers the paths of all scripts that it took in. */
export async function bundleProgram(program: Program, outfile: string): Promise<string[]> {
  const { npmRoot, root, fileOf } = program.space
  const shared = common(npmRoot)
  const { metafile } = await build({
    ...shared,
    metafile: true,
    absWorkingDir: root,
    stdin: { contents: entryOf(program), resolveDir: root, loader: 'ts' },
    outfile,
    plugins: [npmPackages(fileOf)],
    define: { ...shared.define, ...Object.fromEntries(NOT_IN_WECHAT.map((name) => [name, 'undefined'])) },
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  })
  return Object.keys(metafile.inputs)
    .filter((path) => path !== '<stdin>')
    .map((path) => resolve(root, path))
}

function entryOf({ space, components, templates, pageStyles }: Program): string {
  const q = (value: unknown) => JSON.stringify(value) ?? 'undefined'
  const jsons: Record<string, ComponentJson> = {}
  for (const { isPage, path, json } of components) if (isPage) jsons[path] = json
  // What others build on comes first.
  const inOrder = [...components].reverse()
  const app = ['app.ts', 'app.js'].map((name) => join(space.root, name)).find((file) => existsSync(file))
  return `const mp = globalThis.__mp
mp.init(${q({ ...space.app, pages: space.pages })}, ${q(jsons)}, ${q(pageStyles)})
const groups = ${templates}
${inOrder.map(({ path, config, scope }) => `mp.code(${q(path)}, ${q(config)}, { groupList: groups, content: groups[${q(path)}] }, ${q(scope)})`).join('\n')}
${app ? `require(${q(app)})` : ''}
${inOrder.map(({ path, script }) => `mp.run(${q(path)}, () => require(${q(script)}))`).join('\n')}
mp.start()`
}

/** Bare imports: a package's own `miniprogram_npm`, else the package's mini-program folder. */
const npmPackages = (fileOf: CodeSpace['fileOf']): Plugin => ({
  name: 'mini-program packages',
  setup(bundler) {
    bundler.onResolve({ filter: /^[^./]/ }, ({ path, resolveDir }) => {
      const [, name, rest] = /^((?:@[^/]+\/)?[^/]+)(\/.*)?$/.exec(path) ?? []
      if (!name) return
      for (let folder = resolveDir; folder.length > 1; folder = dirname(folder)) {
        const nested = join(folder, 'miniprogram_npm', name, rest ?? 'index.js')
        for (const file of [nested, `${nested}.js`]) if (existsSync(file)) return { path: file }
      }
      const base = fileOf(`miniprogram_npm/${name}${rest ?? '/index'}`)
      for (const file of [`${base}.js`, `${base}/index.js`]) if (existsSync(file)) return { path: file }
      return undefined
    })
  },
})
