/**
 * What the knowledge lacks: questions that nobody could answer, counted by what they say and without who asked, and abnormal
 * cases that no article is about. Told once a month to who can write the answer.
 */
import { addMonths, atTime, type Day, DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { notFound } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import { type Routine, routine } from '../platform/routines.ts'
import type { Role, StaffService } from '../staff/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import { type Article, isOverdue, KEEPER_ROLES, KEEPERS } from './articles.ts'
import { keepersOf, needRole } from './keepers.ts'
import type { Library } from './library.ts'
import type { GapRow, KnowledgeStore } from './model.ts'
import type { Tokens } from './tokens.ts'
import type { ArticleVersions } from './versions.ts'

/** Tells everybody of a role, once per key. */
export type TellRole = (note: { key: string; role: Role; text: string; at: Date }) => Promise<void>

export interface Gap extends Omit<GapRow, '_id' | 'seen' | 'kind' | 'answered'> {
  id: string
  kind: NonNullable<GapRow['kind']>
  answered: NonNullable<GapRow['answered']> | null
}

/** A sign that made a case. */
export interface CaseSeen {
  /** The same case again counts nothing in its month. */
  caseId: string
  /** Code; null: after none of ours. */
  treatment: string | null
  /** As staff call them: 水泡. */
  signs: readonly string[]
}

export interface Gaps {
  count(question: string, of: { messageId: string; treatment: string | null; near: Article | null }): Promise<void>
  /**
   * Counts a case by its treatment and signs, once per month, unless an article of that treatment names them, or somebody said
   * which one answers it. Signs that nobody knows are not counted.
   */
  countCase(seen: CaseSeen): Promise<void>
  /**
   * From now on an article answers it: it leaves the list, and comes back when somebody asks in vain once more. Safe to repeat.
   *
   * @throws AppError not_found/gap_not_found, not_found/article_not_found: none that is said, not_found/staff_not_found,
   *   forbidden/role_required: neither its keeper nor a leader nor a doctor
   */
  answer(id: string, answer: { article: string; by: string }): Promise<Gap>
  /** Of a month, YYYY-MM, what nobody has answered since, the most frequent first. */
  ofMonth(month: string): Promise<Gap[]>
  /** Those of the months before are forgotten. */
  forget(before: string): Promise<number>
}

export interface GapDeps {
  store: KnowledgeStore
  library: Library
  versions: Pick<ArticleVersions, 'refresh'>
  kinds: readonly Pick<TreatmentKind, 'code' | 'name'>[]
  staff: Pick<StaffService, 'member'>
  crypto: FieldCrypto
  clock: Clock
}

const FIELD = 'knowledge.gap'
const READ_SIGNS = 200
const SAMPLE_SIGNS = 80
const CUT = '○'
const KEPT_MONTHS = 13
const firstOf = (day: Day): Day => `${day.slice(0, 7)}-01`
const FIRST_OWNER = 'customer_service'
/** What a sign means is for doctors to say. */
const OWNER_OF_CASES = 'doctor' as const

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

/** Whether an article of the treatment, or without one a general one, names all of the signs, in its own words or others for them. Pure. */
export function isNamed(
  { treatment, signs }: Pick<CaseSeen, 'treatment' | 'signs'>,
  articles: Iterable<Article>,
  tokens: Pick<Tokens, 'asked'>,
): boolean {
  const wanted = signs.map((sign) => saying(sign, tokens)).flatMap((terms) => terms.split(' '))
  for (const { treatments, title, asks, answer, more = '' } of articles) {
    if (treatment === null ? treatments.length > 0 : !treatments.includes(treatment)) continue
    const named = new Set(tokens.asked([title, ...asks, answer, more].join('，')))
    if (wanted.every((term) => named.has(term))) return true
  }
  return false
}

export function createGaps({ store, library, versions, kinds, staff, crypto, clock }: GapDeps): Gaps {
  const names = new Map(kinds.map(({ code, name }) => [code, name]))
  const idOf = (month: string, key: string) => `${month}:${crypto.blindIndex(FIELD, key)}`

  const gapOf = ({ _id, seen: _, sample, kind = 'question', answered = null, ...row }: GapRow): Gap => ({
    ...{ ...row, id: _id, kind, answered },
    sample: crypto.open(FIELD, sample),
  })

  /** `key`: what makes it the same gap; `once`: what counts once. */
  async function keep(
    gap: { key: string; kind: Gap['kind']; sample: string; owner: Article['owner']; near: Article | null },
    { treatment, once }: { treatment: string | null; once: string },
  ): Promise<void> {
    const { key, kind, sample, owner, near } = gap
    const now = clock.now()
    const month = dayOf(now, DEFAULT_ZONE).slice(0, 7)
    const _id = idOf(month, key)
    const about = { kind, owner, near: near?.id ?? null, treatment }
    await store.countGap(
      { _id, month, ...about, sample: crypto.seal(FIELD, sample), firstAt: now, lastAt: now },
      hashId('gap', once),
    )
  }

  return {
    async count(question, { messageId, treatment, near }) {
      const sample = anonymous(question, library.tokens)
      const key = saying(sample, library.tokens)
      if (key === '') return
      const owner = near?.owner ?? FIRST_OWNER
      await keep({ key, kind: 'question', sample, owner, near }, { treatment, once: messageId })
    },
    async countCase(seen) {
      await versions.refresh()
      const { caseId, treatment, signs } = seen
      if (signs.length === 0 || isNamed(seen, library.articles.values(), library.tokens)) return
      const sign = [...signs].sort().join('、')
      // No question is written so.
      const key = `case ${treatment ?? ''} ${sign}`
      const today = firstOf(dayOf(clock.now(), DEFAULT_ZONE))
      const months = Array.from({ length: KEPT_MONTHS }, (_, i) => addMonths(today, -i).slice(0, 7))
      const answers = await store.answersTo(months.map((month) => idOf(month, key)))
      if (answers.some((article) => library.articles.has(article))) return
      const sample = treatment === null ? sign : `${names.get(treatment) ?? treatment}：${sign}`
      const about = { key, kind: 'case' as const, sample, owner: OWNER_OF_CASES, near: null }
      await keep(about, { treatment, once: `case ${caseId}` })
    },
    async answer(id, { article, by }) {
      const row = await store.gap(id)
      if (!row) throw notFound('gap_not_found', { gap: id })
      await needRole(staff, by, keepersOf(row.owner))
      await versions.refresh({ now: true })
      if (!library.articles.has(article)) throw notFound('article_not_found', { article })
      const changed = await store.answerGap(id, { article, by, at: clock.now() })
      return gapOf(changed ?? (await store.gap(id)) ?? row)
    },
    async ofMonth(month) {
      return (await store.gapsOf(month)).map(gapOf)
    },
    forget: (before) => store.forgetGaps(before),
  }
}

const AT = '09:30'
const NAMED = 10

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
  all: readonly Pick<Gap, 'kind' | 'sample' | 'count'>[],
  late: readonly Pick<Article, 'title'>[],
): string {
  const [year, number] = month.split('-').map(Number)
  const part = (kind: Gap['kind'], say: (count: number, times: number) => string): string[] => {
    const gaps = all.filter((gap) => gap.kind === kind)
    if (gaps.length === 0) return []
    return [
      say(
        gaps.length,
        gaps.reduce((sum, { count }) => sum + count, 0),
      ),
      ...gaps.slice(0, NAMED).map(({ sample, count }, i) => `${i + 1}. ${sample}（${count} 次）`),
      ...(gaps.length > NAMED ? [`其余 ${gaps.length - NAMED} 个请在知识库的“待补充问题”里查看。`] : []),
    ]
  }
  const lines = [
    `【知识库月度清单】${year}年${number}月`,
    ...part('question', (n, times) => `客户问了 ${n} 个没有现成答案的问题（共 ${times} 次），请您补充或修订：`),
    ...part('case', (n, times) => `有 ${n} 类异常情况知识库里没有对应条目（共 ${times} 例），请您补充：`),
    ...(late.length > 0
      ? [
          `有 ${late.length} 个条目已过复核日期，请您重新核对：`,
          ...late.slice(0, NAMED).map(({ title }) => `· ${title}`),
        ]
      : []),
  ]
  return lines.join('\n')
}
