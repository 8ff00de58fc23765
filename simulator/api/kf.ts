/** The customer service APIs: parameters in, the desk decides. */
import type { Staff, World } from '../state.ts'
import type { SessionState } from './kf-codes.ts'
import { checkAccount, kfCustomer } from './kf-desk.ts'
import { type Api, ApiError, list, text, whole } from './types.ts'

/** The account's servicers: the people of the service desk. */
const servicersOf = (world: World): Staff[] =>
  world.staff.filter(({ position, resigned }) => position.startsWith('客服') && !resigned)

function checkServicer(world: World, userId: string): void {
  const staff = world.byUserId.get(userId.toLowerCase())
  if (!staff || staff.resigned) throw new ApiError(95014, 'not a servicer or not activated')
  if (!servicersOf(world).includes(staff)) throw new ApiError(60253, 'not in servicer list')
}

const isState = (value: unknown): value is SessionState => [0, 1, 2, 3, 4].includes(value as number)

const common = { method: 'POST', auth: 'wecom', permission: 'kf' } as const

export const kfApis: Api[] = [
  {
    ...common,
    method: 'either',
    path: '/cgi-bin/kf/account/list',
    handle({ body }, { world: { corp } }) {
      const [offset, limit] = [whole(body.offset, 0), whole(body.limit, 100)]
      if (offset < 0 || limit < 1 || limit > 100) throw new ApiError(40058, 'invalid parameter')
      const accounts = [{ open_kfid: corp.openKfId, name: corp.kfName, avatar: '', manage_privilege: true }]
      return { account_list: accounts.slice(offset, offset + limit) }
    },
  },
  {
    ...common,
    path: '/cgi-bin/kf/add_contact_way',
    handle({ body }, { world }) {
      checkAccount(world, body)
      const scene = text(body.scene)
      if (!/^[0-9a-zA-Z_-]{0,32}$/.test(scene)) throw new ApiError(40058, 'invalid parameter: scene')
      return { url: `https://work.weixin.qq.com/kfid/${world.corp.openKfId}${scene ? `?enc_scene=${scene}` : ''}` }
    },
  },
  {
    ...common,
    method: 'GET',
    path: '/cgi-bin/kf/servicer/list',
    handle({ query }, { world }) {
      checkAccount(world, { open_kfid: query.get('open_kfid') })
      return { servicer_list: servicersOf(world).map(({ userId }) => ({ userid: userId, status: 0 })) }
    },
  },
  {
    ...common,
    path: '/cgi-bin/kf/sync_msg',
    // Who pulls when is chance; what a fault hits is the messages.
    identities: ({ body }, context) => context.kf.waiting(context, body),
    handle: ({ body }, context) => context.kf.sync(context, body),
  },
  { ...common, path: '/cgi-bin/kf/send_msg', handle: ({ body }, context) => ({ ...context.kf.send(context, body) }) },
  {
    ...common,
    path: '/cgi-bin/kf/send_msg_on_event',
    handle: ({ body }, context) => ({ ...context.kf.sendOnEvent(context, body) }),
  },
  {
    ...common,
    path: '/cgi-bin/kf/service_state/get',
    handle({ body }, { world, kf, clock }) {
      const customer = kfCustomer(world, body, 'external_userid')
      const state = kf.stateOf(customer, clock.now())
      return { service_state: state, ...(state === 3 ? { servicer_userid: kf.conversation(customer).servicer } : {}) }
    },
  },
  {
    ...common,
    path: '/cgi-bin/kf/service_state/trans',
    handle({ body }, context) {
      const customer = kfCustomer(context.world, body, 'external_userid')
      const next = body.service_state
      if (!isState(next)) throw new ApiError(40058, 'invalid parameter: service_state')
      const servicer = text(body.servicer_userid)
      if (next === 3) checkServicer(context.world, servicer)
      return { ...context.kf.transfer(context, customer, next, servicer) }
    },
  },
  {
    ...common,
    path: '/cgi-bin/kf/customer/batchget',
    handle({ body }, { world, kf, clock }) {
      const ids = list(body.external_userid_list).map(text)
      if (ids.length < 1 || ids.length > 100) throw new ApiError(40058, 'invalid parameter: external_userid_list')
      const now = clock.now()
      const found = ids.flatMap((id) => {
        const customer = world.byExternalUserId.get(id)
        return customer && kf.isRecent(customer, now) ? [customer] : []
      })
      const known = new Set(found.map(({ externalUserId }) => externalUserId))
      return {
        customer_list: found.map((customer) => {
          const { entered } = kf.conversation(customer)
          return {
            external_userid: customer.externalUserId,
            nickname: customer.name,
            avatar: '',
            gender: customer.gender === 'female' ? 2 : 1,
            unionid: customer.unionId,
            ...(body.need_enter_session_context === 1 && entered
              ? { enter_session_context: { scene: entered.scene, scene_param: entered.sceneParam } }
              : {}),
          }
        }),
        invalid_external_userid: ids.filter((id) => !known.has(id)),
      }
    },
  },
]
