/** What the documents name exists: commands, metrics, routes, settings, sentences of the log, files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createMetrics } from '../../../src/platform/metrics.ts'

const DOCUMENTS = ['README.md', 'README.zh-CN.md', ...readdirSync('docs').map((name) => join('docs', name))].filter(
  (path) => path.endsWith('.md'),
)
const text = (path: string) => readFileSync(path, 'utf8')
const found = (path: string, pattern: RegExp): string[] => [
  ...new Set([...text(path).matchAll(pattern)].map(([, name]) => name ?? '')),
]

const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> }
const { paths } = JSON.parse(text('docs/openapi.json')) as { paths: Record<string, Record<string, unknown>> }
const metrics = new Set(
  createMetrics({ defaults: false })
    .registry.getMetricsAsArray()
    .map(({ name }) => name),
)

describe.each(DOCUMENTS)('%s', (path) => {
  test('names commands that exist', () => {
    const lifecycle = ['ci', 'test', 'start']
    const named = [...found(path, /npm run (\w[\w:-]*)/g), ...found(path, /\bnpm (ci|test|start)\b/g)]
    expect(named.filter((name) => !scripts[name] && !lifecycle.includes(name))).toEqual([])
  })

  test('names metrics that exist', () => {
    expect(found(path, /`(aftercare_\w+)/g).filter((name) => !metrics.has(name))).toEqual([])
  })

  test('names routes that exist', () => {
    const named = found(path, /`(?:GET|POST|PUT|PATCH) (\/api\/[^`?]+)/g)
    expect(named.filter((route) => !paths[route])).toEqual([])
  })

  test('links to what is there', () => {
    const links = found(path, /\]\(([^)#:]+)(?:#[^)]*)?\)/g)
    expect(links.filter((link) => !existsSync(join(dirname(path), link)))).toEqual([])
    const headings = [...text(path).matchAll(/^#+ (.+)$/gm)].map(
      ([, title]) => `#${title?.toLowerCase().replaceAll(' ', '-')}`,
    )
    // Where titles are many or long a page sets its own marks.
    const marks = found(path, /<a id="([^"]+)">/g).map((id) => `#${id}`)
    const places = new Set([...headings, ...marks])
    expect(found(path, /\]\((#[^)]+)\)/g).filter((anchor) => !places.has(anchor))).toEqual([])
  })
})

describe('the runbook', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => text(join('src', path)))
    .join('\n')

  test('quotes the log as it is written', () => {
    const sentences = found('docs/runbook.md', /`([a-z]+(?: [\w-]+){2,})`/g).filter((one) => !one.startsWith('npm '))
    expect(sentences.length).toBeGreaterThan(5)
    expect(sentences.filter((one) => !sources.includes(one))).toEqual([])
  })

  test('names settings that are read', () => {
    const named = found('docs/runbook.md', /`([A-Z]+_[A-Z_]+)(?:`|=)/g)
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !sources.includes(`  ${name}:`))).toEqual([])
  })
})
