/** Customers and the members who follow them: what the app may read, and the remark that it may write. */
import { type Contact, friendsOf } from '../contact-book.ts'
import type { Customer, World } from '../state.ts'
import { servingMember, visible } from './members.ts'
import { type Api, ApiError, list, type SimContext, text, whole } from './types.ts'

const common = { method: 'POST', auth: 'wecom', permission: 'external' } as const
const FOLLOWERS_A_PAGE = 500
const DETAILS_A_PAGE = { usual: 50, most: 100 }

const seconds = (at: Date) => Math.floor(at.getTime() / 1000)

/** @throws ApiError 41035, 40096 */
export function customerOf(world: World, id: unknown): Customer {
  if (!text(id)) throw new ApiError(41035, 'missing external userid')
  const customer = world.byExternalUserId.get(text(id))
  if (!customer) throw new ApiError(40096, 'invalid external userid')
  return customer
}

/** A member's own customer. @throws ApiError also 84061 */
export function followed(
  world: World,
  { userid, external_userid }: Record<string, unknown>,
): { customer: Customer; userId: string; contact: Contact } {
  const { userId } = servingMember(world, userid)
  const customer = customerOf(world, external_userid)
  const contact = customer.contacts.get(userId)
  if (!contact) throw new ApiError(84061, 'not external contact')
  return { customer, userId, contact }
}

/** The unionid is told only when the corp has bound a developer id. */
const contactView = ({ externalUserId, name, gender, unionId }: Customer, { settings }: World) => ({
  external_userid: externalUserId,
  name,
  avatar: '',
  type: 1,
  gender: gender === 'female' ? 2 : 1,
  ...(settings.unionIds ? { unionid: unionId } : {}),
})

const followView = (userid: string, contact: Contact) => ({
  userid,
  remark: contact.remark,
  description: contact.description ?? '',
  createtime: seconds(contact.createdAt),
  ...(contact.company ? { remark_corp_name: contact.company } : {}),
  remark_mobiles: contact.remarkMobiles,
  oper_userid: contact.operUserId,
  add_way: contact.addWay,
  ...(contact.state === null ? {} : { state: contact.state }),
})

const tagsOf = ({ tags }: SimContext, { tagIds = new Set() }: Contact) =>
  [...tagIds].flatMap((id) => {
    const tag = tags.tag(id)
    return tag ? [{ group_name: tag.group.name, tag_name: tag.name, tag_id: id, type: 1 }] : []
  })

export const externalApis: Api[] = [
  {
    ...common,
    method: 'GET',
    path: '/cgi-bin/externalcontact/get_follow_user_list',
    handle: (_, { world }) => ({
      follow_user: visible(world)
        .filter(({ servesCustomers }) => servesCustomers)
        .map(({ userId }) => userId),
    }),
  },
  {
    ...common,
    method: 'GET',
    path: '/cgi-bin/externalcontact/list',
    handle({ query }, { world }) {
      const { userId } = servingMember(world, query.get('userid'))
      const ids = friendsOf(world, userId).map(({ externalUserId }) => externalUserId)
      if (ids.length === 0) throw new ApiError(84061, 'not external contact')
      return { external_userid: ids }
    },
  },
  {
    ...common,
    method: 'GET',
    path: '/cgi-bin/externalcontact/get',
    handle({ query }, context) {
      const { world } = context
      const customer = customerOf(world, query.get('external_userid'))
      const followers = [...customer.contacts].filter(([userId]) => world.byUserId.get(userId.toLowerCase())?.inScope)
      if (followers.length === 0) throw new ApiError(84061, 'not external contact')
      const from = Number(query.get('cursor') || 0)
      if (!Number.isInteger(from) || from < 0) throw new ApiError(50100, 'invalid cursor')
      const end = from + FOLLOWERS_A_PAGE
      return {
        external_contact: contactView(customer, world),
        follow_user: followers
          .slice(from, end)
          .map(([userId, contact]) => ({ ...followView(userId, contact), tags: tagsOf(context, contact) })),
        ...(end < followers.length ? { next_cursor: String(end) } : {}),
      }
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/batch/get_by_user',
    handle({ body }, context) {
      // SDKs from before the list name one member.
      const named = body.userid_list === undefined && body.userid ? [body.userid] : list(body.userid_list)
      if (named.length === 0 || named.length > 100) throw new ApiError(40058, 'invalid parameter: userid_list')
      const users = [...new Set(named.map((one) => servingMember(context.world, one).userId))]
      return detailsPage(context, users, body)
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/remark',
    handle({ body }, { world, media, clock }) {
      const { contact } = followed(world, body)
      const { remark, description, remark_company: company, remark_mobiles: mobiles, remark_pic_mediaid: pic } = body
      if ([remark, description, company, mobiles, pic].every((one) => one === undefined))
        throw new ApiError(40058, 'invalid parameter: nothing to change')
      checkLength('remark', remark, 20)
      checkLength('description', description, 150)
      checkLength('remark_company', company, 20)
      if (text(pic)) media.get('corp', text(pic), clock.now())
      if (remark !== undefined) contact.remark = text(remark)
      if (description !== undefined) contact.description = text(description)
      if (company !== undefined) contact.company = text(company)
      if (mobiles !== undefined) contact.remarkMobiles = list(mobiles).map(text).filter(Boolean)
      return {}
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/get_unassigned_list',
    mayBeEmpty: true,
    handle({ body }, { world, clock }) {
      const aYearAgo = clock.now().getTime() - 365 * 24 * 3_600_000
      const left = world.staff.filter(({ resignedAt }) => resignedAt !== null && resignedAt.getTime() >= aYearAgo)
      const size = Number(body.page_size ?? 0) === 0 ? 1_000 : Number(body.page_size)
      if (!Number.isInteger(size) || size < 1 || size > 1_000) throw new ApiError(40058, 'invalid parameter: page_size')
      const users = left.map(({ userId }) => userId)
      // Older SDKs count pages instead of going on at the cursor.
      const pageId = text(body.cursor) ? 0 : whole(body.page_id, 0)
      let { rows, next } = page(world, users, text(body.cursor), size)
      for (let i = 0; i < pageId && rows.length > 0; i++)
        ({ rows, next } = next ? page(world, users, next, size) : { rows: [], next })
      return {
        info: rows.map(({ customer, userId }) => ({
          handover_userid: userId,
          external_userid: customer.externalUserId,
          dimission_time: seconds(world.byUserId.get(userId.toLowerCase())?.resignedAt ?? new Date(0)),
        })),
        is_last: next === '',
        next_cursor: next,
      }
    },
  },
]

function checkLength(field: string, value: unknown, most: number): void {
  if (value === undefined) return
  if (typeof value !== 'string' || [...value].length > most) throw new ApiError(40058, `invalid parameter: ${field}`)
}

function detailsPage(context: SimContext, users: readonly string[], body: Record<string, unknown>) {
  const { world } = context
  const size = Number(body.limit ?? 0) === 0 ? DETAILS_A_PAGE.usual : Number(body.limit)
  if (!Number.isInteger(size) || size < 1) throw new ApiError(40058, 'invalid parameter: limit')
  const { rows, next } = page(world, users, text(body.cursor), Math.min(DETAILS_A_PAGE.most, size))
  return {
    external_contact_list: rows.map(({ customer, userId, contact }) => ({
      external_contact: contactView(customer, world),
      follow_info: { ...followView(userId, contact), tag_id: tagsOf(context, contact).map(({ tag_id }) => tag_id) },
    })),
    next_cursor: next,
  }
}

interface Followed {
  customer: Customer
  userId: string
  contact: Contact
}

/**
 * Customers of these members, one member after the other. The cursor names the last one given, not how many there were: whoever
 * comes or goes between two pages makes nobody appear twice and nobody be left out. @throws ApiError 50100
 */
function page(
  world: World,
  users: readonly string[],
  cursor: string,
  size: number,
): { rows: Followed[]; next: string } {
  const [, at = '0', after = '0'] = /^(?:(\d+)-(\d+))?$/.exec(cursor) ?? []
  if (cursor !== '' && !/^\d+-\d+$/.test(cursor)) throw new ApiError(50100, 'invalid cursor')
  const rows: Followed[] = []
  let from = Number(after)
  for (let i = Number(at); i < users.length; i++, from = 0) {
    const userId = users[i] as string
    // One more than fits tells whether more follows.
    for (const customer of friendsOf(world, userId, from, size + 1 - rows.length)) {
      const contact = customer.contacts.get(userId)
      if (rows.length === size) return { rows, next: placeOf(users, rows) }
      if (contact) rows.push({ customer, userId, contact })
    }
  }
  return { rows, next: '' }
}

function placeOf(users: readonly string[], rows: readonly Followed[]): string {
  const last = rows.at(-1) as Followed
  return `${users.indexOf(last.userId)}-${last.contact.seq}`
}
