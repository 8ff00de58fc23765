/** The server's sources as plain JavaScript in a folder of their own: its processes start in half the time, and one may differ. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'

/** One place of the sources with other words. */
export interface Mutation {
  file: string
  from: string
  to: string
}

export interface CompiledServer {
  /** The entry: what `npm start` runs. */
  main: string
  remove(): void
}

/** Source → JavaScript: several servers of one run differ in one file. */
const compiled = new Map<string, string>()

/** @throws Error when the words to replace aren't there exactly once */
export function compileServer(mutation: Mutation | null = null): CompiledServer {
  const { config } = ts.readConfigFile('tsconfig.build.json', ts.sys.readFile) as { config: unknown }
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, '.')
  const { incremental, tsBuildInfoFile, ...settings } = options
  const compilerOptions = { ...settings, module: ts.ModuleKind.ESNext, sourceMap: false }
  const root = mkdtempSync(join(tmpdir(), 'aftercare-server-'))
  for (const path of fileNames) {
    const file = relative('.', path)
    const source = mutated(file, readFileSync(path, 'utf8'), mutation)
    const script = compiled.get(source) ?? ts.transpileModule(source, { compilerOptions, fileName: path }).outputText
    compiled.set(source, script)
    const target = join(root, file.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, script)
  }
  if (mutation && !fileNames.some((path) => relative('.', path) === mutation.file))
    throw new Error(`there is no ${mutation.file} to change`)
  writeFileSync(join(root, 'package.json'), JSON.stringify({ type: 'module' }))
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'))
  return { main: join(root, 'src', 'main.js'), remove: () => rmSync(root, { recursive: true, force: true }) }
}

function mutated(file: string, source: string, mutation: Mutation | null): string {
  if (mutation?.file !== file) return source
  const places = source.split(mutation.from).length - 1
  if (places !== 1)
    throw new Error(`${file} has ${places} places like "${mutation.from}", not one: change the mutation`)
  return source.replace(mutation.from, () => mutation.to)
}
