/** Directory (users, departments, app) and external contacts: what a self-built app may read. */
import type { Customer, Department, Staff, World } from '../state.ts'
import { departmentsUnder } from './receivers.ts'
import { type Api, ApiError, list, pageOf, text } from './types.ts'

const APP_NAME = '术后管家'

/** Apps made after June 2022 get no avatar, gender, mobile or email. */
const userOf = (staff: Staff) => ({
  userid: staff.userId,
  name: staff.name,
  department: [staff.departmentId],
  order: [0],
  position: staff.position,
  is_leader_in_dept: [staff.position === '店长' || staff.position === '院长' ? 1 : 0],
  direct_leader: [],
  telephone: '',
  alias: '',
  open_userid: '',
  main_department: staff.departmentId,
  extattr: { attrs: [] },
  status: staff.resigned ? 5 : 1,
  external_position: '',
})

const present = (world: World) => world.staff.filter((staff) => !staff.resigned)

/** Members of the asked department; with `fetch_child=1` (older SDKs) also of all below it. */
function membersIn(world: World, query: URLSearchParams): Staff[] {
  const id = Number(query.get('department_id'))
  if (!world.departments.some((department) => department.id === id)) throw new ApiError(60123, 'invalid department id')
  const within = query.get('fetch_child') === '1' ? departmentsUnder(world, id) : [id]
  return present(world).filter(({ departmentId }) => within.includes(departmentId))
}

function memberOf(world: World, userId: unknown): Staff {
  if (!text(userId)) throw new ApiError(41009, 'userid missing')
  const staff = world.byUserId.get(text(userId).toLowerCase())
  if (!staff || staff.resigned) throw new ApiError(60111, 'userid not found')
  return staff
}

const contactOf = (customer: Customer) => ({
  external_userid: customer.externalUserId,
  name: customer.name,
  avatar: '',
  type: 1,
  gender: customer.gender === 'female' ? 2 : 1,
  unionid: customer.unionId,
})
const seconds = (at: Date) => Math.floor(at.getTime() / 1000)

const followersOf = (customer: Customer) =>
  [...customer.contacts].map(([userid, { createdAt, state, remark, remarkMobiles }]) => ({
    userid,
    remark,
    description: '',
    createtime: seconds(createdAt),
    tags: [],
    remark_mobiles: remarkMobiles,
    oper_userid: userid,
    add_way: 1,
    ...(state === null ? {} : { state }),
  }))

export const contactApis: Api[] = [
  { method: 'GET', path: '/cgi-bin/getcallbackip', auth: 'wecom', handle: () => ({ ip_list: ['127.0.0.1'] }) },
  { method: 'GET', path: '/cgi-bin/get_api_domain_ip', auth: 'wecom', handle: () => ({ ip_list: ['127.0.0.1'] }) },
  {
    method: 'GET',
    path: '/cgi-bin/agent/get',
    auth: 'wecom',
    handle({ query }, { world }) {
      if (Number(query.get('agentid')) !== world.corp.agentId) throw new ApiError(301002, 'no permission on this agent')
      return {
        agentid: world.corp.agentId,
        name: APP_NAME,
        square_logo_url: '',
        description: '',
        allow_userinfos: { user: present(world).map(({ userId }) => ({ userid: userId })) },
        allow_partys: { partyid: [1] },
        allow_tags: { tagid: [] },
        close: 0,
        redirect_domain: '',
        report_location_flag: 0,
        isreportenter: 0,
        home_url: '',
      }
    },
  },
  {
    method: 'GET',
    path: '/cgi-bin/agent/list',
    auth: 'wecom',
    handle: (_, { world: { corp } }) => ({
      agentlist: [{ agentid: corp.agentId, name: APP_NAME, square_logo_url: '' }],
    }),
  },
  {
    method: 'GET',
    path: '/cgi-bin/user/get',
    auth: 'wecom',
    permission: 'contacts',
    handle: ({ query }, { world }) => userOf(memberOf(world, query.get('userid'))),
  },
  {
    method: 'GET',
    path: '/cgi-bin/user/simplelist',
    auth: 'wecom',
    permission: 'contacts',
    handle: ({ query }, { world }) => ({
      userlist: membersIn(world, query).map(({ userId, name, departmentId }) => ({
        userid: userId,
        name,
        department: [departmentId],
        open_userid: '',
      })),
    }),
  },
  {
    method: 'GET',
    path: '/cgi-bin/user/list',
    auth: 'wecom',
    permission: 'contacts',
    handle: ({ query }, { world }) => ({ userlist: membersIn(world, query).map(userOf) }),
  },
  {
    method: 'POST',
    path: '/cgi-bin/user/list_id',
    auth: 'wecom',
    permission: 'contacts',
    handle({ body }, { world }) {
      const { page, next_cursor } = pageOf(present(world), body, { usual: 10_000, most: 10_000 })
      return {
        dept_user: page.map(({ userId, departmentId }) => ({ userid: userId, department: departmentId })),
        next_cursor,
      }
    },
  },
  {
    method: 'GET',
    path: '/cgi-bin/department/list',
    auth: 'wecom',
    permission: 'contacts',
    handle: ({ query }, { world }) => ({
      department: subtree(world, query).map((one) => ({ ...one, name_en: '', department_leader: [] })),
    }),
  },
  {
    method: 'GET',
    path: '/cgi-bin/department/simplelist',
    auth: 'wecom',
    permission: 'contacts',
    handle: ({ query }, { world }) => ({
      department_id: subtree(world, query).map(({ id, parentid, order }) => ({ id, parentid, order })),
    }),
  },
  {
    method: 'GET',
    path: '/cgi-bin/department/get',
    auth: 'wecom',
    permission: 'contacts',
    handle({ query }, { world }) {
      const found = world.departments.find(({ id }) => id === Number(query.get('id')))
      if (!found) throw new ApiError(60123, 'invalid department id')
      return { department: { ...found, name_en: '', department_leader: [] } }
    },
  },
  {
    method: 'GET',
    path: '/cgi-bin/externalcontact/get_follow_user_list',
    auth: 'wecom',
    permission: 'external',
    handle: (_, { world }) => ({ follow_user: present(world).map(({ userId }) => userId) }),
  },
  {
    method: 'GET',
    path: '/cgi-bin/externalcontact/list',
    auth: 'wecom',
    permission: 'external',
    handle({ query }, { world }) {
      const { userId } = memberOf(world, query.get('userid'))
      const ids = world.customers
        .filter((customer) => customer.contacts.has(userId))
        .map(({ externalUserId }) => externalUserId)
      if (ids.length === 0) throw new ApiError(84061, 'not external contact')
      return { external_userid: ids }
    },
  },
  {
    method: 'GET',
    path: '/cgi-bin/externalcontact/get',
    auth: 'wecom',
    permission: 'external',
    handle({ query }, { world }) {
      const id = query.get('external_userid') ?? ''
      if (!id) throw new ApiError(41035, 'missing external userid')
      const customer = world.byExternalUserId.get(id)
      if (!customer) throw new ApiError(40096, 'invalid external userid')
      if (customer.contacts.size === 0) throw new ApiError(84061, 'not external contact')
      return { external_contact: contactOf(customer), follow_user: followersOf(customer) }
    },
  },
  {
    method: 'POST',
    path: '/cgi-bin/externalcontact/batch/get_by_user',
    auth: 'wecom',
    permission: 'external',
    handle({ body }, { world }) {
      // SDKs from before the list name one member.
      const named = body.userid_list === undefined && body.userid ? [body.userid] : list(body.userid_list)
      if (named.length === 0 || named.length > 100) throw new ApiError(40058, 'invalid parameter: userid_list')
      const users = named.map((one) => memberOf(world, one).userId)
      const rows = users.flatMap((userId) =>
        world.customers.flatMap((customer) => {
          const follower = followersOf(customer).find((one) => one.userid === userId)
          if (!follower) return []
          const { tags: _, ...rest } = follower
          return [{ external_contact: contactOf(customer), follow_info: { ...rest, tag_id: [] } }]
        }),
      )
      const { page, next_cursor } = pageOf(rows, body, { usual: 50, most: 100 })
      return { external_contact_list: page, next_cursor }
    },
  },
]

function subtree(world: World, query: URLSearchParams): Department[] {
  const within = departmentsUnder(world, Number(query.get('id') || 1))
  const found = world.departments.filter(({ id }) => within.includes(id))
  if (found.length === 0) throw new ApiError(60003, 'department not found')
  return found
}
