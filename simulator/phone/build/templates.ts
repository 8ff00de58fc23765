/** WXML and WXS through glass-easel's own compiler. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { posix } from 'node:path'
import type { CodeSpace } from './code-space.ts'
import { asJavaScript } from './wxs.ts'

type Compiler = typeof import('glass-easel-template-compiler')
const { TmplGroup } = createRequire(import.meta.url)('glass-easel-template-compiler') as Compiler

/**
 * Put before the compiled templates: functions of WXS are marked, and handlers and `change:` observers go through the shell,
 * which gives them the ComponentDescriptor that WeChat passes. A program without WXS has no `D`.
 */
const RUNTIME = `if(typeof D==='function')D=(function(define){return function(name,factory){var load=define(name,factory);return function(){
var exported=load();for(var key in exported)if(typeof exported[key]==='function')exported[key].__wxs=true;return exported}}})(D);
Q.A=function(observer){return __mp.wxsChange(observer)};
Q.C=function(caller,event,handler){return __mp.wxsEvent(caller,event,handler)};`

export interface Templates {
  /** Compiles the template of a path and everything that it includes. */
  add(path: string): void
  /** An expression: compiled templates by path. */
  code(): string
  problems: string[]
}

export function createTemplates({ fileOf }: CodeSpace): Templates {
  const group = new TmplGroup()
  group.setExtraRuntimeScript(RUNTIME)
  const problems: string[] = []
  const templates = new Set<string>()
  const scripts = new Set<string>()

  /** `require()` paths are keyed without `.wxs` in this compiler. */
  function addScript(path: string): void {
    if (scripts.has(path)) return
    scripts.add(path)
    const source = asJavaScript(readFileSync(`${fileOf(path)}.wxs`, 'utf8')).replace(
      /require\((['"])([^'"]+?)\.wxs\1\)/g,
      (_, quote: string, reference: string) => {
        addScript(posix.join(posix.dirname(path), reference))
        return `require(${quote}${reference}${quote})`
      },
    )
    group.addScript(path, source)
  }

  function add(path: string): void {
    if (templates.has(path)) return
    templates.add(path)
    const file = `${fileOf(path)}.wxml`
    const source = existsSync(file) ? readFileSync(file, 'utf8') : ''
    for (const { isError, startLine, message } of group.addTmpl(path, source))
      problems.push(`${isError ? 'ERROR' : 'warning'} ${path}.wxml:${startLine + 1} ${message}`)
    for (const name of group.getInlineScriptModuleNames(path))
      group.setInlineScript(path, name, asJavaScript(group.getInlineScript(path, name) ?? ''))
    for (const one of group.getDirectDependencies(path)) add(one)
    for (const one of group.getScriptDependencies(path)) addScript(one)
  }

  return { add, code: () => group.getTmplGenObjectGroups(), problems }
}
