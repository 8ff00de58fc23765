/** The articles that may be said now, and the search over them; made anew when one changes. */
import type { TreatmentKind } from '../treatments/index.ts'
import type { Article, Audience } from './articles.ts'
import { type Asked, createSearch, type Findable, type Hit, type Search } from './search.ts'
import type { SynonymsFile } from './synonyms.ts'
import { createTokens, type Tokens } from './tokens.ts'

export interface Library {
  /** Everything that may be said now, by id. */
  readonly articles: ReadonlyMap<string, Article>
  readonly tokens: Tokens
  /** Staff find what customers find, too. */
  find(question: string, audience: Audience, asked?: Asked, limit?: number): Hit<FindableArticle>[]
  /** From now on these. */
  take(articles: readonly Article[]): void
}

export type FindableArticle = Findable & { article: Article }

export interface LibraryDeps {
  articles: readonly Article[]
  synonyms: SynonymsFile
  kinds: readonly Pick<TreatmentKind, 'code' | 'name' | 'synonyms'>[]
}

export const findable = (article: Article): FindableArticle => ({
  id: article.id,
  title: article.title,
  asks: article.asks,
  text: article.answer,
  more: article.more,
  treatments: article.treatments,
  days: article.days,
  article,
})

export function createLibrary({ articles: first, synonyms, kinds }: LibraryDeps): Library {
  const tokens = createTokens(synonyms, kinds)
  let articles = byId(first)
  // Made when somebody asks: a process that never answers needs none.
  let searches: Partial<Record<Audience, Search<FindableArticle>>> = {}
  return {
    get articles() {
      return articles
    },
    tokens,
    find(question, audience, asked, limit) {
      searches[audience] ??= createSearch(
        [...articles.values()].filter((one) => audience === 'staff' || one.audience === 'customer').map(findable),
        tokens,
      )
      return searches[audience].find(question, asked, limit)
    },
    take(next) {
      articles = byId(next)
      searches = {}
    },
  }
}

const byId = (articles: readonly Article[]): ReadonlyMap<string, Article> =>
  new Map([...articles].sort((a, b) => (a.id < b.id ? -1 : 1)).map((article) => [article.id, article]))
