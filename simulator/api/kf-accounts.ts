/** Customer-service accounts and who serves them. Customers write to the corp's first account only. */
import { opaque } from '../chance.ts'
import { createCounters } from '../counters.ts'
import type { Staff, World } from '../state.ts'
import { present } from './members.ts'
import { departmentsUnder } from './receivers.ts'
import { type Api, ApiError, list, type SimContext, text, whole } from './types.ts'

const NAME_CHARS = 16
const SCENE = /^[0-9a-zA-Z_-]{0,32}$/
const PEOPLE = 100
const DEPARTMENTS = 20

interface Account {
  openKfId: string
  name: string
  /** By userid in lower case: taken on, or sent away. Of the first account the people of the service desk are servicers anyway. */
  people: Map<string, boolean>
  departments: Set<number>
}

export interface KfAccounts {
  /** @throws ApiError 95006 */
  add(name: unknown): Account
  all(): Account[]
  /** @throws ApiError 60251, 95004 */
  of(body: { open_kfid?: unknown }): Account
  remove(account: Account): void
  servicers(account: Account): Staff[]
}

export function createKfAccounts(world: World): KfAccounts {
  const { openKfId: first, kfName } = world.corp
  const counters = createCounters(world.seed)
  const fresh = (openKfId: string, name: string): Account => ({
    openKfId,
    name,
    people: new Map(),
    departments: new Set(),
  })
  const accounts = new Map([[first, fresh(first, kfName)]])
  return {
    add(name) {
      const account = fresh(
        `wk${opaque(30, world.seed, 'kf account', nameOf(name), counters.next('kf account'))}`,
        nameOf(name),
      )
      accounts.set(account.openKfId, account)
      return account
    },
    all: () => [...accounts.values()],
    of({ open_kfid }) {
      if (!text(open_kfid)) throw new ApiError(60251, 'open_kfid missing')
      const account = accounts.get(text(open_kfid))
      if (!account) throw new ApiError(95004, 'open_kfid not exist')
      return account
    },
    remove: ({ openKfId }) => void accounts.delete(openKfId),
    servicers({ openKfId, people, departments }) {
      const within = new Set([...departments].flatMap((id) => departmentsUnder(world, id)))
      return present(world).filter(({ userId, position, departmentId }) => {
        const isUsual = (openKfId === first && position.startsWith('客服')) || within.has(departmentId)
        return people.get(userId.toLowerCase()) ?? isUsual
      })
    },
  }
}

/** @throws ApiError 95006 */
function nameOf(name: unknown): string {
  if (!text(name) || [...text(name)].length > NAME_CHARS) throw new ApiError(95006, 'invalid name')
  return text(name)
}

/** Why a member can't serve, as the row of the answer says it. */
function refusalOf({ world }: SimContext, userId: string): [errcode: number, errmsg: string] | null {
  const staff = world.byUserId.get(userId.toLowerCase())
  if (!staff || staff.resigned) return [60111, 'userid not found']
  if (!staff.inScope) return [60030, 'out of the scope of the app']
  return staff.activated ? null : [95014, 'not activated']
}

/** Takes people on, or sends them away; who is that already is `ignored`. */
const servicerApi = (path: string, isAdded: boolean): Api => ({
  ...common,
  path,
  handle({ body }, context) {
    const { kfAccounts, world } = context
    const account = kfAccounts.of(body)
    const [users, parties] = [list(body.userid_list).map(text), list(body.department_id_list)]
    const isTooMany = users.length > PEOPLE || parties.length > DEPARTMENTS
    if (users.length + parties.length === 0 || isTooMany) throw new ApiError(40058, 'invalid parameter: userid_list')
    const known = new Set(kfAccounts.servicers(account).map(({ userId }) => userId.toLowerCase()))
    const people = users.map((userid) => {
      const [errcode, errmsg] = (isAdded && refusalOf(context, userid)) || [0, '']
      if (errcode !== 0) return { userid, errcode, errmsg }
      const isNews = known.has(userid.toLowerCase()) !== isAdded
      if (isNews) account.people.set(userid.toLowerCase(), isAdded)
      return { userid, errcode, errmsg: isNews ? 'success' : 'ignored' }
    })
    const departments = parties.map((one) => {
      const department_id = whole(one, -1)
      if (!world.departments.some(({ id }) => id === department_id))
        return { department_id, errcode: 60003, errmsg: 'department not found' }
      const isNews = account.departments.has(department_id) !== isAdded
      if (isAdded) account.departments.add(department_id)
      else account.departments.delete(department_id)
      return { department_id, errcode: 0, errmsg: isNews ? 'success' : 'ignored' }
    })
    return { result_list: [...people, ...departments] }
  },
})

const common = { method: 'POST', auth: 'wecom', permission: 'kf' } as const

export const kfAccountApis: Api[] = [
  {
    ...common,
    path: '/cgi-bin/kf/account/add',
    handle({ body }, { kfAccounts, media, clock }) {
      media.get('corp', text(body.media_id), clock.now())
      return { open_kfid: kfAccounts.add(body.name).openKfId }
    },
  },
  {
    ...common,
    path: '/cgi-bin/kf/account/update',
    handle({ body }, { kfAccounts, media, clock }) {
      const account = kfAccounts.of(body)
      if (text(body.media_id)) media.get('corp', text(body.media_id), clock.now())
      if (text(body.name)) account.name = nameOf(body.name)
      return {}
    },
  },
  {
    ...common,
    path: '/cgi-bin/kf/account/del',
    handle({ body }, { kfAccounts, world }) {
      const account = kfAccounts.of(body)
      // Customers write to it, and the world has no other.
      if (account.openKfId === world.corp.openKfId) throw new ApiError(48002, 'API forbidden')
      kfAccounts.remove(account)
      return {}
    },
  },
  {
    ...common,
    // Older SDKs ask by GET.
    method: 'either',
    path: '/cgi-bin/kf/account/list',
    handle({ body }, { kfAccounts }) {
      const [offset, limit] = [whole(body.offset, 0), whole(body.limit, 0) || 100]
      if (offset < 0 || limit < 1 || limit > 100) throw new ApiError(40058, 'invalid parameter')
      const accounts = kfAccounts.all().slice(offset, offset + limit)
      return {
        account_list: accounts.map(({ openKfId, name }) => ({
          open_kfid: openKfId,
          name,
          avatar: '',
          manage_privilege: true,
        })),
      }
    },
  },
  {
    ...common,
    path: '/cgi-bin/kf/add_contact_way',
    handle({ body }, { kfAccounts }) {
      const { openKfId } = kfAccounts.of(body)
      const scene = text(body.scene)
      if (!SCENE.test(scene)) throw new ApiError(40058, 'invalid parameter: scene')
      return { url: `https://work.weixin.qq.com/kfid/${openKfId}${scene ? `?enc_scene=${scene}` : ''}` }
    },
  },
  servicerApi('/cgi-bin/kf/servicer/add', true),
  servicerApi('/cgi-bin/kf/servicer/del', false),
  {
    ...common,
    // Documented as GET; there are SDKs that ask by POST.
    method: 'either',
    path: '/cgi-bin/kf/servicer/list',
    handle({ query }, { kfAccounts }) {
      const account = kfAccounts.of({ open_kfid: query.get('open_kfid') ?? '' })
      const people = kfAccounts.servicers(account).map(({ userId }) => ({ userid: userId, status: 0 }))
      return { servicer_list: [...people, ...[...account.departments].map((department_id) => ({ department_id }))] }
    },
  },
]
