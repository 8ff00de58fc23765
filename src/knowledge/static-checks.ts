/** What a careful reader would refuse in articles before a customer is answered with them: across all files. Pure. */
import type { Article } from './articles.ts'

/** The names that a member of staff fills in when speaking. */
export const PLACEHOLDERS = ['customer', 'treatment', 'doctor', 'store', 'staff'] as const

export interface ArticleFacts {
  /** Codes of treatments; null where their file has problems of its own. */
  treatments: ReadonlySet<string> | null
  /** What a text must not say, one line each. */
  words: (text: string) => string[]
}

export interface ArticleProblem {
  /** Stable, for programs. */
  code: 'duplicate_article' | 'unknown_treatment' | 'forbidden_word' | 'placeholder' | 'unreadable'
  /** Place in the list. */
  at: number
  /** Path inside the article. */
  path: (string | number)[]
  message: string
}

/** Everything that would show only in somebody's chat, all at once; `articles` are those of all files. */
export function checkArticles(articles: readonly Article[], facts: ArticleFacts): ArticleProblem[] {
  const seen = new Set<string>()
  return articles.flatMap((article, at) => {
    const found = checkArticle(article, facts).map((one) => ({ ...one, at }))
    if (seen.has(article.id))
      found.push({ at, code: 'duplicate_article', path: ['id'], message: `${article.id} stands twice` })
    seen.add(article.id)
    return found
  })
}

/** The same of a single one, as staff write it. */
export function checkArticle(
  { kind, title, answer, more = '', treatments }: Omit<Article, 'id' | 'version'>,
  { treatments: codes, words }: ArticleFacts,
): Omit<ArticleProblem, 'at'>[] {
  const found: Omit<ArticleProblem, 'at'>[] = []
  for (const [i, code] of treatments.entries())
    if (codes && !codes.has(code))
      found.push({
        code: 'unknown_treatment',
        path: ['treatments', i],
        message: `${code} is no treatment of config/treatments.yaml`,
      })
  for (const [field, text] of Object.entries({ title, answer, more })) {
    for (const message of words(text)) found.push({ code: 'forbidden_word', path: [field], message })
    for (const message of placeholderProblems(text, kind === 'script'))
      found.push({ code: 'placeholder', path: [field], message })
  }
  return found
}

function placeholderProblems(text: string, isScript: boolean): string[] {
  const rest = text.replace(/\{\{(\w+)\}\}/g, (whole, name) =>
    isScript && PLACEHOLDERS.some((one) => one === name) ? '' : whole,
  )
  const brace = /\{\{\w+\}\}|[{}]/.exec(rest)?.[0]
  if (brace === undefined) return []
  return [
    isScript
      ? `${brace} is filled in by nobody; a script may say ${PLACEHOLDERS.map((one) => `{{${one}}}`).join(', ')}`
      : `has ${brace}; only scripts have places to fill in`,
  ]
}
