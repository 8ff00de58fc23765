/**
 * The quarterly revision: once a quarter each keeper gets one task with the articles that are to be looked at again, however
 * many there are; the director hears of those that nobody has looked at two weeks later.
 */
import { addDays, addMonths, atTime, type Day, DEFAULT_ZONE, dayOf, nextWallTime } from '../platform/calendar.ts'
import { type Routine, routine } from '../platform/routines.ts'
import type { Role } from '../staff/index.ts'
import { type Article, KEEPER_NAMES, KEEPER_ROLES, KEEPERS } from './articles.ts'
import type { TellRole } from './gaps.ts'
import type { RevisionRow, RevisionStore } from './revision-model.ts'
import { quarterOf } from './training-service.ts'
import type { ArticleVersions } from './versions.ts'

export interface RevisionTask {
  id: string
  role: Role
  title: string
  facts: { name: string; value: string }[]
  script: string
  openAt: Date
  dueAt: Date
}
/** Work of people, which other rooms keep. Both are safe to repeat. */
export interface RevisionDesk {
  open(task: RevisionTask): Promise<void>
  /** Nothing of it is left to do. */
  close(taskId: string): Promise<void>
}

export interface RevisionDeps {
  store: RevisionStore
  versions: Pick<ArticleVersions, 'refresh' | 'standing'>
  desk: RevisionDesk
  tellRole: TellRole
}

const AT = '09:15'
const BY = '18:00'
/** So long before its day an article begins a revision, so long its keeper has, and so much later the director hears of it. */
const DAYS = 14
const SCRIPT_CHARS = 150
const NAMED = 10

/** What a keeper is to look at from today on: whatever is near, and with it what comes until the quarter ends. Pure. */
export function toRevise(articles: Iterable<Article>, owner: Article['owner'], today: Day): Article[] {
  const soon = addDays(today, DAYS)
  const own = [...articles].filter((one) => one.owner === owner)
  if (!own.some(({ reviewOn }) => reviewOn <= soon)) return []
  const end = endOfQuarter(today)
  return own
    .filter(({ reviewOn }) => reviewOn <= soon || reviewOn <= end)
    .sort((a, b) => (a.reviewOn === b.reviewOn ? (a.id < b.id ? -1 : 1) : a.reviewOn < b.reviewOn ? -1 : 1))
}

function endOfQuarter(day: Day): Day {
  const first = (Math.ceil(Number(day.slice(5, 7)) / 3) - 1) * 3 + 1
  return addDays(addMonths(`${day.slice(0, 4)}-${String(first).padStart(2, '0')}-01`, 3), -1)
}

/** Those of a revision that are still said as they were then. Pure. */
export const leftOf = (
  { articles }: Pick<RevisionRow, 'articles'>,
  said: ReadonlyMap<string, Pick<Article, 'version' | 'reviewOn'>>,
): RevisionRow['articles'] =>
  articles.filter(({ id, version, reviewOn }) => {
    const now = said.get(id)
    return now !== undefined && now.version === version && now.reviewOn <= reviewOn
  })

/** Those that the director has to hear of today. Pure. */
export const lateOf = (
  { escalatedAt, dueOn }: Pick<RevisionRow, 'escalatedAt' | 'dueOn'>,
  left: RevisionRow['articles'],
  today: Day,
): RevisionRow['articles'] =>
  escalatedAt !== null || addDays(dueOn, DAYS) > today
    ? []
    : left.filter(({ reviewOn }) => addDays(reviewOn, DAYS) <= today)

/** Every morning. */
export const revisionRoutine = ({ store, versions, desk, tellRole }: RevisionDeps): Routine =>
  routine({
    name: 'knowledge.revision',
    nextAt: (after) => nextWallTime(after, AT, DEFAULT_ZONE),
    async run(at) {
      await versions.refresh({ now: true })
      const said = versions.standing().effective
      const today = dayOf(at, DEFAULT_ZONE)
      const counts = { opened: 0, done: 0, escalated: 0 }
      const running = await store.running()
      const taken = new Set<string>()
      for (const row of running) {
        const left = leftOf(row, said)
        if (left.length === 0) {
          await desk.close(row.taskId)
          await store.set(row._id, { doneAt: at })
          counts.done += 1
          continue
        }
        const late = lateOf(row, left, today)
        if (late.length > 0) {
          await tellRole({ key: `knowledge-revision:${row._id}`, role: 'director', text: lateNote(row, late), at })
          await store.set(row._id, { escalatedAt: at })
          counts.escalated += 1
        }
        // What the director has heard of is asked for again next quarter.
        if (late.length === 0 && row.escalatedAt === null) for (const { id } of left) taken.add(id)
      }
      const quarter = quarterOf(today)
      const asked = new Set((await store.of(quarter)).map(({ owner }) => owner))
      for (const owner of KEEPERS) {
        const free = [...said.values()].filter(({ id }) => !taken.has(id))
        const articles = asked.has(owner) ? [] : toRevise(free, owner, today)
        if (articles.length === 0) continue
        const row = rowOf(quarter, owner, articles, today)
        // The task first: a death in between is repaired by the repeat.
        await desk.open(taskOf(row, at))
        await store.insert(row)
        counts.opened += 1
      }
      return counts
    },
  })

function rowOf(quarter: string, owner: Article['owner'], articles: readonly Article[], today: Day): RevisionRow {
  return {
    _id: `${quarter}:${owner}`,
    ...{ quarter, owner, openedOn: today },
    taskId: `knowledge_${quarter}_${owner}`,
    dueOn: addDays(today, DAYS),
    articles: articles.map(({ id, version, title, reviewOn }) => ({ id, version, title, reviewOn })),
    escalatedAt: null,
    doneAt: null,
  }
}

/** One card, however many articles; the list is where articles are edited. Pure. */
export function taskOf({ taskId, quarter, owner, dueOn, articles }: RevisionRow, at: Date): RevisionTask {
  const [year = '', number = ''] = quarter.split('-Q')
  const head = '请逐条核对，提交新版本并写上新的复核日期：'
  const foot = `。清单：GET /api/v1/knowledge/revisions?quarter=${quarter}`
  const titles: string[] = []
  for (const { title } of articles) {
    const next = [...titles, title].join('；')
    if (`${head}${next}等${foot}`.length > SCRIPT_CHARS) break
    titles.push(title)
  }
  return {
    id: taskId,
    role: KEEPER_ROLES[owner],
    title: `知识库${year}年第${number}季度复核 · ${articles.length} 条`,
    facts: [
      { name: '条目', value: `${articles.length} 条` },
      { name: '到期日期', value: articles[0]?.reviewOn ?? dueOn },
      { name: '请于此前', value: dueOn },
    ],
    script: `${head}${titles.join('；')}${titles.length < articles.length ? '等' : ''}${foot}`,
    openAt: at,
    dueAt: atTime(dueOn, BY, DEFAULT_ZONE),
  }
}

function lateNote({ owner }: RevisionRow, late: RevisionRow['articles']): string {
  return [
    `【知识库复核超期】${KEEPER_NAMES[owner]}负责的 ${late.length} 个条目，过了复核日期两周仍未核对：`,
    ...late.slice(0, NAMED).map(({ title, reviewOn }) => `· ${title}（${reviewOn}）`),
    ...(late.length > NAMED ? [`其余 ${late.length - NAMED} 个请在知识库的“季度复核”里查看。`] : []),
  ].join('\n')
}
