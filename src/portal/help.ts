/** Looking something up: in the care guides of each treatment's days, and in the articles that are said to customers. */
import type { Moment, MyCare } from '../care/index.ts'
import type { Article, KnowledgeService, Search } from '../knowledge/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'

export interface HelpEntry {
  /** Codes of the treatments that it is about; none: all. */
  codes: readonly string[]
  /** Of a guide: the moment whose page it is. */
  moment: Moment | null
  title: string
  text: string
}

/** So many answers, and so many days of guides beside them. */
const ARTICLES = 8
const GUIDES = 12
/** An article answers a question, a guide speaks of a whole day. */
const ARTICLES_FIRST = 1.15

export interface Help {
  /** The best first; `codes` are the asker's own treatments, which come before others that fit as well. */
  find(words: string, codes: ReadonlySet<string>): Promise<HelpEntry[]>
}

type Guided = HelpEntry & { id: string; asks: readonly string[]; treatments: readonly string[] }

export function createHelp(
  care: Pick<MyCare, 'guide' | 'moments'>,
  kinds: readonly TreatmentKind[],
  knowledge: Pick<KnowledgeService, 'find' | 'searchIn'>,
): Help {
  // Guides change only with a start; whoever asks first waits for their index.
  let guides: Search<Guided> | null = null
  return {
    async find(words, codes) {
      guides ??= knowledge.searchIn(kinds.flatMap((kind) => entriesOf(care, kind)))
      const asked = { treatments: [...codes] }
      const articles = await knowledge.find(words, { ...asked, audience: 'customer' }, ARTICLES)
      return [
        ...articles.map(({ article, score }) => ({ entry: entryOf(article), score: score * ARTICLES_FIRST })),
        ...guides.find(words, asked, GUIDES).map(({ item, score }) => ({ entry: item, score })),
      ]
        .sort((a, b) => b.score - a.score)
        .map(({ entry }) => entry)
    },
  }
}

const entryOf = ({ treatments, title, answer, more }: Article): HelpEntry => ({
  codes: treatments,
  moment: null,
  title,
  text: [answer, more].filter(Boolean).join('\n'),
})

const entriesOf = (care: Pick<MyCare, 'guide' | 'moments'>, kind: TreatmentKind): Guided[] =>
  care.moments(kind, null).flatMap((moment) => {
    const guide = care.guide(kind, null, moment)
    const text = guide?.lines.map((line) => line.text).join(' ')
    if (!guide || !text) return []
    const title = `${kind.name} · ${guide.name}`
    return [
      { id: `${kind.code}:${moment}`, codes: [kind.code], treatments: [kind.code], moment, title, asks: [], text },
    ]
  })
