/** Lists of the control API, page by page: people, contacts, and mass messages that wait. */
import { ok, refuse } from './answers.ts'
import type { SimContext } from './api/types.ts'
import { friendsOf } from './contact-book.ts'
import type { ControlAnswer } from './server.ts'

/** The part that was asked for; all of it where nothing is said. Null for a bad page. */
function partOf<T>(
  rows: readonly T[],
  query: URLSearchParams,
): { part: readonly T[]; nextCursor: string | null } | null {
  const start = Number(query.get('cursor') ?? 0)
  const end = query.has('limit') ? start + Number(query.get('limit')) : rows.length
  if (!Number.isInteger(start) || start < 0 || !Number.isInteger(end) || end < start) return null
  return { part: rows.slice(start, end), nextCursor: end < rows.length ? String(end) : null }
}
const badPage = () => refuse(400, 'bad_page', 'limit and cursor are whole numbers')

/** Everybody, with their identities, staff first where it is a page. One human = one unionid. */
export function statePage({ world, robot }: SimContext, query: URLSearchParams, hasDesk: boolean): ControlAnswer {
  const isPage = query.has('limit') || query.has('cursor')
  const page = partOf(isPage ? [...world.staff, ...world.customers] : [...world.customers, ...world.staff], query)
  if (!page) return badPage()
  const nobody = { externalUserId: null, unionId: null, openId: null, phone: null, email: null, userId: null }
  const people = page.part.map((person) => {
    if (person.kind === 'customer') return { ...nobody, ...person, contacts: [...person.contacts.keys()] }
    const { said: _, ...member } = person
    return { ...nobody, ...member }
  })
  const { departments, templates, corp } = world
  const room = { roomId: robot.roomId, name: robot.name, key: robot.key, state: robot.state }
  const more = isPage ? { nextCursor: page.nextCursor } : {}
  return ok({ people, ...more, departments, templates, openKfId: corp.openKfId, rooms: [room], desk: hasDesk })
}

/** Contacts, newest last; of one member where one is named. */
export function contactsPage({ world, tags }: SimContext, query: URLSearchParams): ControlAnswer {
  const named = query.get('userId')
  const userIds = named ? [named] : world.staff.map(({ userId }) => userId)
  const all = userIds.flatMap((userId) => friendsOf(world, userId).map((customer) => ({ customer, userId })))
  const page = partOf(all, query)
  if (!page) return badPage()
  const contacts = page.part.flatMap(({ customer, userId }) => {
    const contact = customer.contacts.get(userId)
    if (!contact) return []
    const { remark, description = '', remarkMobiles, tagIds = [], state, addWay, isHalf = false, createdAt } = contact
    const names = [...tagIds].flatMap((id) => tags.tag(id)?.name ?? [])
    const { personId, name } = customer
    return [
      {
        personId,
        name,
        userId,
        remark,
        description,
        mobiles: remarkMobiles,
        tags: names,
        state,
        addWay,
        isHalf,
        since: createdAt,
      },
    ]
  })
  return ok({ contacts, total: all.length, nextCursor: page.nextCursor })
}

/** What waits for a member to send it. */
export function massPage({ mass }: SimContext): ControlAnswer {
  const waiting = [...mass.tasks.values()]
    .filter(({ isCancelled }) => !isCancelled)
    .flatMap(({ msgId, shown, senders }) =>
      [...senders]
        .filter(([, { confirmedAt }]) => confirmedAt === null)
        .map(([userId, { sends }]) => ({ msgId, userId, text: shown.join('\n'), customers: sends.length })),
    )
  return ok({ waiting })
}
