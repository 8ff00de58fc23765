/** The knowledge on a real database, as one process or several, with a handful of articles and four people. */
import { loadConfig } from '../../../src/config.ts'
import { type Article, createKnowledge, type RevisionDesk, type TellRole } from '../../../src/knowledge/index.ts'
import type { Route } from '../../../src/platform/http.ts'
import type { Ports } from '../../../src/platform/ports.ts'
import type { Role, Roster, StaffMember, Store } from '../../../src/staff/index.ts'
import { HANDFUL } from '../../unit/knowledge/support.ts'

const { knowledge, treatments, words } = loadConfig('config')

const PEOPLE: Record<string, Role[]> = {
  lin: ['doctor'],
  wu: ['nurse'],
  chen: ['customer_service'],
  zhou: ['cs_supervisor'],
}
const member = (userId: string): StaffMember | null => {
  const roles = PEOPLE[userId]
  return roles ? { userId, name: userId, roles, storeIds: ['huayan'], active: true } : null
}

const everybody = Object.keys(PEOPLE).flatMap((userId) => member(userId) ?? [])

/** Medical ones wait, as shipped ones do. */
export const SHIPPED: readonly Article[] = HANDFUL.map((one) =>
  one.owner === 'doctor' && one.treatments.length > 0 ? { ...one, status: 'needs_doctor' } : one,
)

export interface Options {
  articles?: readonly Article[]
  withholdUnapproved?: boolean
}

/** One process. */
export async function knowledgeOf(ports: Ports, { articles = SHIPPED, withholdUnapproved = true }: Options = {}) {
  const told: Parameters<TellRole>[0][] = []
  const opened: Parameters<RevisionDesk['open']>[0][] = []
  const closed: string[] = []
  const room = createKnowledge({
    ...ports,
    files: { ...knowledge, articles },
    kinds: treatments,
    staff: {
      member: async (userId) => member(userId),
      store: async (storeId) => (storeId === 'huayan' ? ({ id: storeId } as Store) : null),
      roster: async () => ({ having: (_, role) => everybody.filter(({ roles }) => roles.includes(role)) }) as Roster,
    },
    words,
    tellRole: async (note) => void told.push(note),
    revisionDesk: { open: async (task) => void opened.push(task), close: async (taskId) => void closed.push(taskId) },
    withholdUnapproved,
  })
  await room.ready()
  async function call(
    method: Route['method'],
    path: string,
    input: { params?: object; query?: object; body?: object } = {},
  ) {
    const route = room.routes.find((one) => one.method === method && one.path === `/api/v1/knowledge${path}`)
    if (!route) throw new Error(`no route ${method} ${path}`)
    const parsed = {
      params: route.params?.parse(input.params ?? {}),
      query: route.query?.parse(input.query ?? {}),
      body: route.body?.parse(input.body ?? {}),
      actor: { kind: 'integration' as const, id: 'k', roles: [], stores: 'all' as const },
      requestId: 'r',
    }
    return route.response.parse(await route.handle(parsed)) as Record<string, unknown>
  }
  const answered = async (question: string) =>
    (await room.service.answer(question, { audience: 'customer' }))?.article ?? null
  return { ...room, call, answered, told, opened, closed }
}

export const draftOf = ({ id: _, version: __, status, days, ...article }: Article) => ({
  ...article,
  ...(days ? { days: { first: days[0], last: days[1] } } : {}),
  medical: status === 'needs_doctor',
})
