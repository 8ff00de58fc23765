/** Directory (users, departments, app): what a self-built app may read. */
import type { Department, Staff, World } from '../state.ts'
import { memberOf, visible } from './members.ts'
import { departmentsUnder } from './receivers.ts'
import { type Api, ApiError, pageOf } from './types.ts'

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
  status: staff.resigned ? 5 : staff.activated ? 1 : 4,
  external_position: '',
})

/** Members of the asked department; with `fetch_child=1` (older SDKs) also of all below it. */
function membersIn(world: World, query: URLSearchParams): Staff[] {
  const id = Number(query.get('department_id'))
  if (!world.departments.some((department) => department.id === id)) throw new ApiError(60123, 'invalid department id')
  const within = query.get('fetch_child') === '1' ? departmentsUnder(world, id) : [id]
  return visible(world).filter(({ departmentId }) => within.includes(departmentId))
}

export const contactApis: Api[] = [
  { method: 'GET', path: '/cgi-bin/getcallbackip', auth: 'wecom', handle: () => ({ ip_list: ['127.0.0.1'] }) },
  { method: 'GET', path: '/cgi-bin/get_api_domain_ip', auth: 'wecom', handle: () => ({ ip_list: ['127.0.0.1'] }) },
  {
    // There are SDKs that ask by POST.
    method: 'either',
    path: '/cgi-bin/agent/get',
    auth: 'wecom',
    handle({ query }, { world }) {
      if (Number(query.get('agentid')) !== world.corp.agentId) throw new ApiError(301002, 'no permission on this agent')
      return {
        agentid: world.corp.agentId,
        name: APP_NAME,
        square_logo_url: '',
        description: '',
        allow_userinfos: { user: visible(world).map(({ userId }) => ({ userid: userId })) },
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
    mayBeEmpty: true,
    auth: 'wecom',
    permission: 'contacts',
    handle({ body }, { world }) {
      const { page, next_cursor } = pageOf(visible(world), body, { usual: 10_000, most: 10_000 })
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
]

function subtree(world: World, query: URLSearchParams): Department[] {
  const within = departmentsUnder(world, Number(query.get('id') || 1))
  const found = world.departments.filter(({ id }) => within.includes(id))
  if (found.length === 0) throw new ApiError(60003, 'department not found')
  return found
}
