/** Answers from approved words, word for word; where nothing fits well enough there is no answer. */
import type { Article, Audience } from './articles.ts'
import type { CaseSeen, Gaps } from './gaps.ts'
import type { Library } from './library.ts'
import { type Asked, createSearch, type Findable, type Search } from './search.ts'
import type { ArticleVersions } from './versions.ts'

export interface Asking {
  /** Code of the treatment that it is about, as far as is known … */
  treatment?: string | null | undefined
  /** … and the days since. */
  day?: number | null | undefined
  audience: Audience
}

export interface Found {
  article: Article
  score: number
  confidence: number
}

export interface Answer {
  article: Article
  /** 0–1; at least `ANSWERED_FROM`. */
  confidence: number
  /** What else might be meant, the nearest first; at most three. */
  others: Article[]
}

export interface KnowledgeService {
  /** The approved article that answers it; null where none does well enough: then a person answers. */
  answer(question: string, asking: Asking): Promise<Answer | null>
  /** Everything that is about it, the nearest first; for whoever looks something up and chooses. */
  find(question: string, asked: Asked & { audience: Audience }, limit: number): Promise<Found[]>
  /** The same search over texts of another room, which it keeps for as long as it needs them. */
  searchIn<T extends Findable>(items: readonly T[]): Search<T>
  /** The article that may be said now; null for one that isn't there, waits for a doctor, or was retired. */
  article(id: string): Promise<Article | null>
  /**
   * Counts a question that nobody could answer, without who asked: once per message, with what names or numbers somebody cut
   * out. What says nothing isn't counted.
   */
  unanswered(question: string, asked: Unanswered): Promise<void>
  /** Counts an abnormal case by its treatment and signs, where no article that may be said is about them. Once per case. */
  sawCase(seen: CaseSeen): Promise<void>
}

export interface Unanswered extends Asking {
  /** Of the message; the same one again counts nothing. */
  messageId: string
}

/** Below it a question is answered by a person. Tuned on `test/fixtures/knowledge`: questions against other topics. */
export const ANSWERED_FROM = 0.6
/** From here on an article is near enough for its keeper to hear of a question that it doesn't answer. */
const NEAR_FROM = 0.25
const OTHERS = 3

export interface ServiceDeps {
  library: Library
  versions: Pick<ArticleVersions, 'refresh'>
  gaps: Pick<Gaps, 'count' | 'countCase'>
}

export function createKnowledgeService({ library, versions, gaps }: ServiceDeps): KnowledgeService {
  return {
    async answer(question, { treatment, day, audience }) {
      await versions.refresh()
      const hits = library.find(question, audience, { treatments: treatment ? [treatment] : [], day }, 1 + OTHERS)
      const [best, ...others] = hits
      if (!best || best.confidence < ANSWERED_FROM) return null
      return {
        article: best.item.article,
        confidence: best.confidence,
        others: others.map(({ item }) => item.article),
      }
    },
    async find(question, { audience, ...asked }, limit) {
      await versions.refresh()
      return library
        .find(question, audience, asked, limit)
        .map(({ item, score, confidence }) => ({ article: item.article, score, confidence }))
    },
    searchIn: (items) => createSearch(items, library.tokens),
    async article(id) {
      await versions.refresh()
      return library.articles.get(id) ?? null
    },
    unanswered: (question, { messageId, treatment, day, audience }) => {
      const [near] = library.find(question, audience, { treatments: treatment ? [treatment] : [], day }, 1)
      return gaps.count(question, {
        messageId,
        treatment: treatment ?? null,
        near: near && near.confidence >= NEAR_FROM ? near.item.article : null,
      })
    },
    sawCase: gaps.countCase,
  }
}
