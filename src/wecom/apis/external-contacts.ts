/** Customers whom staff have as contacts (wecom.md 4.1). */
import { z } from 'zod'
import { fromUnixSeconds } from '../../platform/clock.ts'
import { type Ask, Done, NextCursor, NumberLike } from '../ask.ts'

/** How the two became contacts. */
const ADD_WAYS = {
  1: 'qr_code',
  2: 'phone_search',
  3: 'card_share',
  4: 'group_chat',
  5: 'phone_contacts',
  6: 'wechat_contacts',
  8: 'third_party_staff',
  9: 'mail_search',
  10: 'channels',
  11: 'schedule',
  12: 'meeting',
  13: 'wechat_friend',
  14: 'hardware',
  15: 'door_service',
  16: 'acquisition_link',
  17: 'custom',
  18: 'demand_reply',
  21: 'presales_staff',
  22: 'partner',
  24: 'friend_request',
  201: 'internal_share',
  202: 'admin_assignment',
} as const
export type AddWay = (typeof ADD_WAYS)[keyof typeof ADD_WAYS] | 'unknown'

/** What one member keeps of a customer. */
export interface Follower {
  userId: string
  remark: string
  description: string
  remarkCompany: string
  remarkMobiles: string[]
  /** Ids of corp tags; a member's own tags have none. */
  tagIds: string[]
  /** From the way that the customer was added by: says where the customer comes from. */
  state: string | null
  addWay: AddWay
  /** Who did it: the member, the customer's own id, or whoever shared or assigned. */
  addedBy: string | null
  createdAt: Date
}

export interface ExternalContact {
  externalUserId: string
  name: string
  /** Only of WeChat users, and only when the corp has bound its developer id. */
  unionId: string | null
  kind: 'wechat' | 'wecom'
  gender: 'male' | 'female' | null
  avatarUrl: string | null
  /** Of WeCom users only. */
  position: string | null
  corpName: string | null
  followers: Follower[]
}

export interface Remark {
  userId: string
  externalUserId: string
  /** ≤ 20 characters. */
  remark?: string
  /** ≤ 150 characters. */
  description?: string
  /** ≤ 20 characters, of WeChat users only. */
  remarkCompany?: string
  /** All numbers; an empty list takes them away. */
  remarkMobiles?: readonly string[]
}

export interface ExternalContactsApi {
  /** Members who may have customers. */
  followUsers(): Promise<string[]>
  /** @throws VendorError 84061: the member has none */
  externalContactIds(userId: string): Promise<string[]>
  /** One customer with all followers. @throws VendorError 84061: nobody of ours follows, 40096 no such id */
  externalContact(externalUserId: string): Promise<ExternalContact>
  /** A page of at most 100; each contact once per follower, and with that follower only. At most 100 members. */
  externalContactsByUsers(
    userIds: readonly string[],
    cursor?: string,
  ): Promise<{ contacts: ExternalContact[]; nextCursor: string | null }>
  /** Writes only what is given; a repeat changes nothing. @throws VendorError 84061: not this member's customer */
  setRemark(remark: Remark): Promise<void>
}

/** The customer and a member of those who follow; a page of `get` has 500 of them. */
const MAX_FOLLOWER_PAGES = 20
const GENDERS = { 1: 'male', 2: 'female' } as const

const Contact = z.object({
  external_userid: z.string(),
  name: z.string().default(''),
  unionid: z.string().optional(),
  type: NumberLike.default(1),
  gender: NumberLike.default(0),
  avatar: z.string().default(''),
  position: z.string().default(''),
  corp_name: z.string().default(''),
})
const common = {
  userid: z.string(),
  remark: z.string().default(''),
  description: z.string().default(''),
  remark_corp_name: z.string().default(''),
  remark_mobiles: z.array(z.string()).default([]),
  oper_userid: z.string().default(''),
  add_way: NumberLike.default(0),
  state: z.string().default(''),
  createtime: NumberLike.default(0),
}
const FollowUser = z.object({
  ...common,
  tags: z.array(z.object({ tag_id: z.string().default('') })).default([]),
})
const FollowInfo = z.object({ ...common, tag_id: z.array(z.string()).default([]) })
const FollowUsers = z.object({ follow_user: z.array(z.string()).default([]) })
const Ids = z.object({ external_userid: z.array(z.string()).default([]) })
const One = z.object({
  external_contact: Contact,
  follow_user: z.array(FollowUser).default([]),
  next_cursor: NextCursor,
})
const Page = z.object({
  external_contact_list: z.array(z.object({ external_contact: Contact, follow_info: FollowInfo })).default([]),
  next_cursor: NextCursor,
})

const follower = (raw: Omit<z.output<typeof FollowInfo>, 'tag_id'>, tagIds: string[]): Follower => ({
  userId: raw.userid.toLowerCase(),
  remark: raw.remark,
  description: raw.description,
  remarkCompany: raw.remark_corp_name,
  remarkMobiles: raw.remark_mobiles,
  tagIds,
  state: raw.state || null,
  addWay: ADD_WAYS[raw.add_way as keyof typeof ADD_WAYS] ?? 'unknown',
  addedBy: raw.oper_userid || null,
  createdAt: fromUnixSeconds(raw.createtime),
})

const contact = (raw: z.output<typeof Contact>, followers: Follower[]): ExternalContact => ({
  externalUserId: raw.external_userid,
  name: raw.name,
  unionId: raw.unionid || null,
  kind: raw.type === 2 ? 'wecom' : 'wechat',
  gender: GENDERS[raw.gender as keyof typeof GENDERS] ?? null,
  avatarUrl: raw.avatar || null,
  position: raw.position || null,
  corpName: raw.corp_name || null,
  followers,
})

export const externalContactsApi = (ask: Ask): ExternalContactsApi => ({
  async followUsers() {
    const { follow_user } = await ask.again(FollowUsers, '/cgi-bin/externalcontact/get_follow_user_list')
    return follow_user.map((one) => one.toLowerCase())
  },
  async externalContactIds(userId) {
    const query = { userid: userId }
    return (await ask.again(Ids, '/cgi-bin/externalcontact/list', { query })).external_userid
  },
  async externalContact(externalUserId) {
    const followers: Follower[] = []
    let cursor: string | null = null
    for (let page = 1; ; page++) {
      const query = { external_userid: externalUserId, ...(cursor ? { cursor } : {}) }
      const answer: z.output<typeof One> = await ask.again(One, '/cgi-bin/externalcontact/get', { query })
      followers.push(
        ...answer.follow_user.map((one) =>
          follower(
            one,
            one.tags.flatMap(({ tag_id }) => tag_id || []),
          ),
        ),
      )
      cursor = answer.next_cursor
      if (!cursor || page >= MAX_FOLLOWER_PAGES) return contact(answer.external_contact, followers)
    }
  },
  async externalContactsByUsers(userIds, cursor) {
    const body = { userid_list: userIds, cursor: cursor ?? '', limit: 100 }
    const answer = await ask.again(Page, '/cgi-bin/externalcontact/batch/get_by_user', { body })
    return {
      contacts: answer.external_contact_list.map(({ external_contact, follow_info }) =>
        contact(external_contact, [follower(follow_info, follow_info.tag_id)]),
      ),
      nextCursor: answer.next_cursor,
    }
  },
  async setRemark({ userId, externalUserId, remark, description, remarkCompany, remarkMobiles }) {
    await ask.again(Done, '/cgi-bin/externalcontact/remark', {
      body: {
        userid: userId,
        external_userid: externalUserId,
        remark,
        description,
        remark_company: remarkCompany,
        remark_mobiles: remarkMobiles?.length === 0 ? [''] : remarkMobiles,
      },
    })
  },
})
