/** One handbook per role: what to do in an emergency first, then wordings and cases, then what is known, by treatment. Pure. */
import type { Role } from '../staff/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import type { Article } from './articles.ts'
import { concerns } from './training-service.ts'

export interface Handbook {
  role: Role
  title: string
  chapters: { title: string; articles: Article[] }[]
}

export interface HandbookFacts {
  /** What may be said now. */
  articles: ReadonlyMap<string, Article>
  kinds: readonly Pick<TreatmentKind, 'code' | 'name'>[]
  /** Ids of what everybody does in an emergency, in order. */
  crisis: readonly string[]
}

/** Each article stands once, where somebody would look for it first. */
export function handbookOf(role: Role, title: string, { articles, kinds, crisis }: HandbookFacts): Handbook {
  const left = new Map([...articles].filter(([id, one]) => crisis.includes(id) || concerns(one, [role])))
  const take = (fits: (article: Article) => boolean): Article[] => {
    const taken = [...left.values()].filter(fits)
    for (const { id } of taken) left.delete(id)
    return taken
  }
  const urgent = take(({ id }) => crisis.includes(id)).sort((a, b) => crisis.indexOf(a.id) - crisis.indexOf(b.id))
  const chapters = [
    { title: '紧急情况：第一步做什么', articles: urgent },
    { title: '标准话术', articles: take(({ kind }) => kind === 'script') },
    { title: '案例：发生了什么，我们改了什么', articles: take(({ kind }) => kind === 'case') },
    ...kinds.map(({ code, name }) => ({
      title: name,
      articles: take(({ treatments }) => treatments.length === 1 && treatments[0] === code),
    })),
    { title: '各项目通用', articles: take(() => true) },
  ]
  return { role, title, chapters: chapters.filter((one) => one.articles.length > 0) }
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const safe = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign)

/** For paper: one column, chapters on pages of their own, no script and nothing to load. */
export function printHandbook({ title, chapters }: Handbook, madeOn: string): string {
  const chapter = ({ title: name, articles }: Handbook['chapters'][number], i: number) =>
    `<section id="c${i}"><h2>${safe(name)}</h2>${articles.map(entry).join('')}</section>`
  const entry = ({ id, version, title: name, answer, more }: Article) =>
    `<article><h3>${safe(name)}</h3>${paragraphs(answer)}${more ? `<div class="more">${paragraphs(more)}</div>` : ''}<p class="mark">${id} · 第 ${version} 版</p></article>`
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${safe(title)}</title>
<style>
body { margin: 0 auto; max-width: 760px; padding: 24px; color: #23403d; font: 16px/1.75 "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; overflow-wrap: anywhere; }
h1 { color: #2b5f5a; } h2 { margin-top: 40px; padding-bottom: 4px; border-bottom: 2px solid #8fbfb4; color: #2b5f5a; } h3 { margin: 20px 0 4px; font-size: 17px; }
p { margin: 4px 0; } nav li { margin: 2px 0; } a { color: inherit; } .more { color: #4a625e; } .mark { color: #5d7a75; font-size: 13px; }
@media print { body { padding: 0; font-size: 11pt; } section { break-before: page; } article { break-inside: avoid; } nav a { text-decoration: none; } }
</style>
</head>
<body>
<header><h1>${safe(title)}</h1><p>制作日期 ${safe(madeOn)}。内容以系统中当前版本为准，请勿外传。</p></header>
<nav aria-label="目录"><ol>${chapters.map((one, i) => `<li><a href="#c${i}">${safe(one.title)}（${one.articles.length}）</a></li>`).join('')}</ol></nav>
${chapters.map(chapter).join('\n')}
</body>
</html>
`
}

const paragraphs = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => `<p>${safe(line)}</p>`)
    .join('')
