/** Business tables in YAML, checked whole by zod: every problem at once, each with its file and line. */
import { isUtf8 } from 'node:buffer'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import type { z } from 'zod'

export interface ConfigProblem {
  file: string
  line: number
  /** Dotted path inside the file, e.g. `steps.0.after`; empty for the whole file. */
  path: string
  message: string
  /** Of a check that programs know by name. */
  code?: string | undefined
}

export const formatProblem = ({ file, line, path, message, code }: ConfigProblem): string =>
  `${file}:${line} ${path ? `${path} ` : ''}${message}${code ? ` [${code}]` : ''}`

export interface ConfigLoader {
  /** One file. `null` when it has problems, which are kept for `problems`. */
  load<S extends z.ZodType>(file: string, schema: S): z.output<S> | null
  /** One file that a program wrote, as JSON: nobody looks for the line of a problem in it. `null` when it has problems. */
  loadJson<S extends z.ZodType>(file: string, schema: S): z.output<S> | null
  /** Every `*.yaml` of a folder but those of another shape, by file name without ending, in name order. */
  loadAll<S extends z.ZodType>(folder: string, schema: S, except?: readonly string[]): Map<string, z.output<S>>
  /** The text of every file of a folder that ends so, by file name without ending, in name order. */
  texts(folder: string, ending: string): Map<string, string>
  /** Adds a problem found by a check across files. */
  report(problem: ConfigProblem): void
  /** The line of a dotted path in a loaded file, for such checks; 1 if unknown. */
  lineOf(file: string, path: readonly (string | number)[]): number
  readonly problems: readonly ConfigProblem[]
}

export function createConfigLoader(root: string): ConfigLoader {
  const problems: ConfigProblem[] = []
  const lines = new Map<string, (path: readonly PropertyKey[]) => number>()

  function load<S extends z.ZodType>(file: string, schema: S): z.output<S> | null {
    const shown = relative(process.cwd(), join(root, file)) || file
    let bytes: Buffer
    try {
      bytes = readFileSync(join(root, file))
    } catch {
      problems.push({ file: shown, line: 1, path: '', message: 'the file is missing or unreadable' })
      return null
    }
    const text = bytes.toString('utf8')
    // Saved as GBK, as some editors do, every Chinese sentence would reach customers as question marks.
    if (!isUtf8(bytes)) {
      const line = text.slice(0, text.indexOf('\ufffd')).split('\n').length
      problems.push({ file: shown, line, path: '', message: 'is not UTF-8; save the file in that encoding' })
      return null
    }
    const known = problems.length
    const counter = new LineCounter()
    const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, prettyErrors: false })
    for (const error of document.errors) {
      problems.push({
        file: shown,
        line: counter.linePos(error.pos[0]).line,
        path: '',
        message: error.message,
      })
    }
    // An unquoted value that begins with * is an alias, which the parser leaves to whoever reads the value.
    visit(document, {
      Alias(_, alias) {
        if (alias.resolve(document)) return
        const line = counter.linePos(alias.range?.[0] ?? 0).line
        problems.push({
          file: shown,
          line,
          path: '',
          message: `*${alias.source} names nothing; quote it if it is text`,
        })
      },
    })
    if (problems.length > known) return null
    const lineOf = (path: readonly PropertyKey[]): number => {
      // The deepest node that exists: a missing key is reported at its parent.
      for (let depth = path.length; depth >= 0; depth--) {
        const keys = path.slice(0, depth).map((key) => (typeof key === 'symbol' ? String(key) : key))
        const node = depth === 0 ? document.contents : document.getIn(keys, true)
        const parent = depth > 0 ? document.getIn(keys.slice(0, -1), true) : null
        const pair = isMap(parent)
          ? parent.items.find((item) => isScalar(item.key) && item.key.value === keys.at(-1))
          : null
        const range =
          pair && isScalar(pair.key)
            ? pair.key.range
            : (node as { range?: [number, number, number] | null } | null)?.range
        if (range) return counter.linePos(range[0]).line
      }
      return 1
    }
    lines.set(file, lineOf)
    let value: unknown
    try {
      value = document.toJS()
    } catch {
      problems.push({ file: shown, line: 1, path: '', message: 'the aliases of the file multiply beyond measure' })
      return null
    }
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    for (const issue of parsed.error.issues) {
      // An unknown key is reported where it stands, not at its parent.
      const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path
      problems.push({ file: shown, line: lineOf(path), path: issue.path.join('.'), message: issue.message })
    }
    return null
  }

  function loadJson<S extends z.ZodType>(file: string, schema: S): z.output<S> | null {
    const shown = relative(process.cwd(), join(root, file)) || file
    try {
      const parsed = schema.safeParse(JSON.parse(readFileSync(join(root, file), 'utf8')))
      if (parsed.success) return parsed.data
      for (const { path, message } of parsed.error.issues.slice(0, 5))
        problems.push({ file: shown, line: 1, path: path.join('.'), message })
    } catch {
      problems.push({ file: shown, line: 1, path: '', message: 'the file is missing or no JSON' })
    }
    return null
  }

  function namesIn(folder: string, ending: string): string[] {
    let names: string[] = []
    const shown = relative(process.cwd(), join(root, folder))
    try {
      names = readdirSync(join(root, folder)).sort()
    } catch {
      problems.push({ file: shown, line: 1, path: '', message: 'the folder is missing' })
    }
    return names.filter((name) => {
      if (name.startsWith('.')) return false
      if (name.endsWith(ending)) return true
      // A pathway in a file that nobody reads would be a promise that nobody keeps.
      problems.push({
        file: join(shown, name),
        line: 1,
        path: '',
        message: `is not read: only *${ending} files are`,
      })
      return false
    })
  }

  return {
    problems,
    load,
    loadJson,
    loadAll<S extends z.ZodType>(folder: string, schema: S, except: readonly string[] = []) {
      const found = new Map<string, z.output<S>>()
      for (const name of namesIn(folder, '.yaml')) {
        if (except.includes(name)) continue
        const value = load(join(folder, name), schema)
        if (value !== null) found.set(name.slice(0, -'.yaml'.length), value)
      }
      return found
    },
    texts: (folder, ending) =>
      new Map(
        namesIn(folder, ending).map((name) => [
          name.slice(0, -ending.length),
          readFileSync(join(root, folder, name), 'utf8'),
        ]),
      ),
    report: (problem) => {
      problems.push(problem)
    },
    lineOf: (file, path) => lines.get(file)?.(path) ?? 1,
  }
}

/** Thrown at start with everything that is wrong, one line each. */
export class ConfigError extends Error {
  readonly lines: readonly string[]
  constructor(lines: readonly string[]) {
    super(`configuration has ${lines.length} problem(s)`)
    this.name = 'ConfigError'
    this.lines = lines
  }
}
