/** The quarterly revision: what a member has to read, the exercises and their scores, and how a store stands. */
import { type Day, DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import { conflict, invalid, notFound } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import { ROLES, type Role, type StaffMember, type StaffService } from '../staff/index.ts'
import { type Article, KEEPER_ROLES } from './articles.ts'
import { versionId } from './model.ts'
import { type Exercise, exercisesOf, type Scored, scoreOf, type TrainingFile } from './training.ts'
import type { AttemptRow, TrainingStore } from './training-model.ts'
import type { ArticleVersions } from './versions.ts'

export interface Standing {
  userId: string
  name: string
  quarter: string
  /** In their current versions; what was read in any quarter needn't be read again. */
  toRead: Article[]
  read: number
  exercises: {
    id: string
    kind: Exercise['kind']
    title: string
    attempts: number
    best: number | null
    passed: boolean
  }[]
}

export interface Training {
  /** @throws AppError not_found/staff_not_found */
  standingOf(userId: string): Promise<Standing>
  /** @throws AppError not_found/staff_not_found, conflict/article_version_outdated: another version is said now */
  acknowledge(userId: string, read: readonly { id: string; version: number }[]): Promise<Standing>
  /** @throws AppError not_found/exercise_not_found */
  exercise(id: string): Exercise
  /**
   * Scores and keeps an attempt; the same id again answers the first one's score.
   *
   * @throws AppError not_found/staff_not_found, exercise_not_found, invalid/exercise_answers_invalid
   */
  attempt(userId: string, attempt: Attempt): Promise<Scored>
  /** Everybody of a store, by name. @throws AppError not_found/store_not_found */
  ofStore(storeId: string): Promise<Standing[]>
}

export interface Attempt {
  attemptId: string
  exerciseId: string
  answers: readonly { question: string; chosen: readonly number[] }[]
}

export interface TrainingDeps {
  store: TrainingStore
  versions: Pick<ArticleVersions, 'refresh' | 'standing'>
  staff: Pick<StaffService, 'member' | 'store' | 'roster'>
  file: TrainingFile
  clock: Pick<Clock, 'now'>
}

export const quarterOf = (day: Day): string => `${day.slice(0, 4)}-Q${Math.ceil(Number(day.slice(5, 7)) / 3)}`

/** Who speaks with customers knows how it is said, and what went wrong before. */
const SPEAKING: readonly Role[] = [
  'front_desk',
  'customer_service',
  'consultant',
  'sales',
  'beautician',
  'nurse',
  'doctor',
  'counsellor',
  'cs_supervisor',
  'store_manager',
]

/** Whether people of these roles have to know an article. Pure. */
export function concerns({ audience, owner }: Pick<Article, 'audience' | 'owner'>, roles: readonly Role[]): boolean {
  if (audience === 'staff') return roles.some((role) => SPEAKING.includes(role))
  // A nurse gives out what doctors keep.
  return roles.includes(KEEPER_ROLES[owner]) || (owner === 'doctor' && roles.includes('nurse'))
}

export function createTraining({ store, versions, staff, file, clock }: TrainingDeps): Training {
  const exercises = exercisesOf(file)
  const quarter = () => quarterOf(dayOf(clock.now(), DEFAULT_ZONE))

  async function memberOf(userId: string): Promise<StaffMember> {
    const member = await staff.member(userId)
    if (!member?.active) throw notFound('staff_not_found', { userId })
    return member
  }

  async function standings(members: readonly StaffMember[]): Promise<Standing[]> {
    await versions.refresh()
    const ids = members.map(({ userId }) => userId)
    const now = quarter()
    const [read, attempts] = await Promise.all([store.readBy(ids), store.attemptsOf(ids, now)])
    const articles = [...versions.standing().effective.values()]
    return members.map(({ userId, name, roles }) => {
      const own = articles.filter((article) => concerns(article, roles))
      const known = read.get(userId) ?? new Set()
      const toRead = own.filter(({ id, version }) => !known.has(versionId(id, version)))
      const mine = attempts.filter((one) => one.userId === userId)
      return {
        userId,
        name,
        quarter: now,
        toRead,
        read: own.length - toRead.length,
        exercises: exercisesFor(roles, mine),
      }
    })
  }

  function exercisesFor(roles: readonly Role[], attempts: readonly AttemptRow[]): Standing['exercises'] {
    return [...exercises.values()]
      .filter((one) => one.roles.some((role) => roles.includes(role as Role)))
      .map(({ id, kind, title }) => {
        const own = attempts.filter(({ exercise }) => exercise === id)
        const best = own.length === 0 ? null : Math.max(...own.map(({ score }) => score))
        return { id, kind, title, attempts: own.length, best, passed: own.some(({ passed }) => passed) }
      })
  }

  const only = async (member: StaffMember): Promise<Standing> => {
    const [one] = await standings([member])
    return one as Standing
  }

  function exercise(id: string): Exercise {
    const found = exercises.get(id)
    if (!found) throw notFound('exercise_not_found', { exercise: id })
    return found
  }

  return {
    exercise,
    standingOf: async (userId) => only(await memberOf(userId)),
    async acknowledge(userId, read) {
      const member = await memberOf(userId)
      await versions.refresh({ now: true })
      const { effective } = versions.standing()
      // Whoever says so has read these words, not those that are said since.
      for (const { id, version } of read)
        if (effective.get(id)?.version !== version) throw conflict('article_version_outdated', { article: id, version })
      await store.acknowledge(
        userId,
        quarter(),
        read.map(({ id, version }) => versionId(id, version)),
        clock.now(),
      )
      return only(member)
    },
    async attempt(userId, { attemptId, exerciseId, answers }) {
      await memberOf(userId)
      const found = exercise(exerciseId)
      const known = new Map(found.questions.map((one) => [one.id, one.options.length]))
      for (const { question, chosen } of answers)
        if (chosen.some((number) => number > (known.get(question) ?? 0)))
          throw invalid('exercise_answers_invalid', { exercise: exerciseId, question })
      const _id = hashId('attempt', userId, attemptId)
      const chosen = Object.fromEntries(answers.map((one) => [one.question, [...one.chosen]]))
      const scored = scoreOf(found, chosen)
      const { score, passed } = scored
      const row = { _id, userId, quarter: quarter(), exercise: exerciseId, kind: found.kind, chosen, score, passed }
      if (await store.attempt({ ...row, at: clock.now() })) return scored
      const first = await store.one(_id)
      return first ? scoreOf(exercise(first.exercise), first.chosen) : scored
    },
    async ofStore(storeId) {
      if (!(await staff.store(storeId))) throw notFound('store_not_found', { storeId })
      const roster = await staff.roster()
      const members = new Map(ROLES.flatMap((role) => roster.having(storeId, role)).map((one) => [one.userId, one]))
      return standings([...members.values()].sort((a, b) => (a.userId < b.userId ? -1 : 1)))
    },
  }
}
