/** Questions that nobody could answer: counted by what they say, without who asked, and told once a month to who can write the answer. */
import { addMonths, atTime, type Day, DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { hashId } from '../platform/hash.ts'
import { type Routine, routine } from '../platform/routines.ts'
import type { Role } from '../staff/index.ts'
import { type Article, isOverdue, KEEPER_ROLES, KEEPERS } from './articles.ts'
import type { Library } from './library.ts'
import type { GapRow, KnowledgeStore } from './model.ts'
import type { Tokens } from './tokens.ts'
import type { ArticleVersions } from './versions.ts'

/** Tells everybody of a role, once per key. */
export type TellRole = (note: { key: string; role: Role; text: string; at: Date }) => Promise<void>

export interface Gap extends Omit<GapRow, '_id' | 'seen'> {
  id: string
}

export interface Gaps {
  count(question: string, of: { messageId: string; treatment: string | null; near: Article | null }): Promise<void>
  /** Of a month, YYYY-MM, the most frequent first. */
  ofMonth(month: string): Promise<Gap[]>
  /** Those of the months before are forgotten. */
  forget(before: string): Promise<number>
}

export interface GapDeps {
  store: KnowledgeStore
  library: Library
  crypto: FieldCrypto
  clock: Clock
}

const FIELD = 'knowledge.gap'
const READ_SIGNS = 200
const SAMPLE_SIGNS = 80
const CUT = '○'
const FIRST_OWNER = 'customer_service'

/** What a person is called in a sentence, before the post or the form of address. */
const CALLED =
  /(?:(?<=我叫|名字叫|名叫|我姓|本人)\p{Script=Han}{1,4})|(?:\p{Script=Han}{1,3}(?=先生|女士|小姐|太太|医生|大夫|护士|老师|主任|院长|经理))/gu
/** A name is short, and what stands before a form of address is often no name. */
const NO_NAME = /^(?:请问|你们|您们|我们|那个|这个|哪个|哪位|位|的|给我|找|问|换|一位|女|男|主治|值班|主刀)$/u
/** Numbers but days and counts, addresses of mail and web, names of accounts. */
const NUMBERS =
  /\S+@\S+|https?:\/\/\S+|[a-z][\w-]{5,}|\d[\d\s-]{2,}\d|\d+(?![天日周月年次个支针小点度])|\d{3,}|[零一二三四五六七八九幺]{5,}/giu

/** The question without what could tell who asked. Pure, but for the dictionary of words. */
export function anonymous(question: string, tokens: Pick<Tokens, 'spoken'>): string {
  const plain = question
    .slice(0, READ_SIGNS)
    .normalize('NFKC')
    .replace(NUMBERS, CUT)
    .replace(CALLED, (name) => (NO_NAME.test(name) ? name : CUT))
  return tokens
    .spoken(plain)
    .map(({ word, isName }) => (isName ? CUT : word))
    .join('')
    .replace(/(?:○\s*)+/g, CUT)
    .trim()
    .slice(0, SAMPLE_SIGNS)
}

/** What a question says, whatever the order of its words and which of several for one thing it takes; empty where it says nothing. */
export function saying(cleaned: string, tokens: Pick<Tokens, 'asked'>): string {
  const terms = tokens.asked(cleaned).filter((term) => /^[=@w]/.test(term))
  return [...new Set(terms)].sort().join(' ')
}

export function createGaps({ store, library, crypto, clock }: GapDeps): Gaps {
  return {
    async count(question, { messageId, treatment, near }) {
      const sample = anonymous(question, library.tokens)
      const key = saying(sample, library.tokens)
      if (key === '') return
      const now = clock.now()
      const month = dayOf(now, DEFAULT_ZONE).slice(0, 7)
      await store.countGap(
        {
          _id: `${month}:${crypto.blindIndex(FIELD, key)}`,
          month,
          sample: crypto.seal(FIELD, sample),
          owner: near?.owner ?? FIRST_OWNER,
          near: near?.id ?? null,
          treatment,
          firstAt: now,
          lastAt: now,
        },
        hashId('gap', messageId),
      )
    },
    async ofMonth(month) {
      const rows = await store.gapsOf(month)
      return rows.map(({ _id, seen: _, sample, ...row }) => ({ ...row, id: _id, sample: crypto.open(FIELD, sample) }))
    },
    forget: (before) => store.forgetGaps(before),
  }
}

const AT = '09:30'
const KEPT_MONTHS = 13
const NAMED = 10

const firstOf = (day: Day): Day => `${day.slice(0, 7)}-01`

export interface GapRoutineDeps {
  gaps: Gaps
  versions: Pick<ArticleVersions, 'refresh' | 'standing'>
  tellRole: TellRole
}

/** On the first of a month: what was asked in vain in the one before, and which articles are to be looked at again. */
export const gapRoutine = ({ gaps, versions, tellRole }: GapRoutineDeps): Routine =>
  routine({
    name: 'knowledge.monthly-gaps',
    nextAt(after) {
      const at = atTime(firstOf(dayOf(after, DEFAULT_ZONE)), AT, DEFAULT_ZONE)
      return at > after ? at : atTime(addMonths(firstOf(dayOf(after, DEFAULT_ZONE)), 1), AT, DEFAULT_ZONE)
    },
    async run(at) {
      await versions.refresh({ now: true })
      const today = dayOf(at, DEFAULT_ZONE)
      const month = addMonths(firstOf(today), -1).slice(0, 7)
      const all = await gaps.ofMonth(month)
      const articles = [...versions.standing().effective.values()].filter((one) => isOverdue(one, today))
      let told = 0
      for (const owner of KEEPERS) {
        const own = all.filter((gap) => gap.owner === owner)
        const late = articles.filter((article) => article.owner === owner)
        if (own.length === 0 && late.length === 0) continue
        const role = KEEPER_ROLES[owner]
        await tellRole({ key: `knowledge-gaps:${month}:${role}`, role, text: gapNote(month, own, late), at })
        told += 1
      }
      const forgotten = await gaps.forget(addMonths(firstOf(today), -KEPT_MONTHS).slice(0, 7))
      return { gaps: all.length, told, forgotten }
    },
  })

/** What the keeper of articles reads. Pure. */
export function gapNote(
  month: string,
  gaps: readonly Pick<Gap, 'sample' | 'count'>[],
  late: readonly Pick<Article, 'title'>[],
): string {
  const [year, number] = month.split('-').map(Number)
  const times = gaps.reduce((sum, { count }) => sum + count, 0)
  const lines = [
    `【知识库月度清单】${year}年${number}月`,
    ...(gaps.length > 0
      ? [
          `客户问了 ${gaps.length} 个没有现成答案的问题（共 ${times} 次），请您补充或修订：`,
          ...gaps.slice(0, NAMED).map(({ sample, count }, i) => `${i + 1}. ${sample}（${count} 次）`),
          ...(gaps.length > NAMED ? [`其余 ${gaps.length - NAMED} 个请在知识库的“待补充问题”里查看。`] : []),
        ]
      : []),
    ...(late.length > 0
      ? [
          `有 ${late.length} 个条目已过复核日期，请您重新核对：`,
          ...late.slice(0, NAMED).map(({ title }) => `· ${title}`),
        ]
      : []),
  ]
  return lines.join('\n')
}
