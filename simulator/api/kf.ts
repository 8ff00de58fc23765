/** The customer service APIs: parameters in, the desk decides. */
import { kfAccountApis } from './kf-accounts.ts'
import type { SessionState } from './kf-codes.ts'
import { kfCustomer } from './kf-desk.ts'
import { kfUpgradeApis } from './kf-upgrade.ts'
import { type Api, ApiError, isOn, list, type SimContext, text, whole } from './types.ts'

/** @throws ApiError 95014, 60253 */
function checkServicer({ world, kfAccounts }: SimContext, open_kfid: unknown, userId: string): void {
  const staff = world.byUserId.get(userId.toLowerCase())
  if (!staff || staff.resigned) throw new ApiError(95014, 'not a servicer or not activated')
  if (!kfAccounts.servicers(kfAccounts.of({ open_kfid })).includes(staff))
    throw new ApiError(60253, 'not in servicer list')
}

const isState = (value: unknown): value is SessionState => [0, 1, 2, 3, 4].includes(value as number)

const common = { method: 'POST', auth: 'wecom', permission: 'kf' } as const

export const kfApis: Api[] = [
  ...kfAccountApis,
  ...kfUpgradeApis,
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
    handle({ body }, { world, kf, kfAccounts, clock }) {
      const customer = kfCustomer({ world, kfAccounts }, body, 'external_userid')
      // Nobody has written to another account.
      if (kfAccounts.of(body).openKfId !== world.corp.openKfId) return { service_state: 4 }
      const state = kf.stateOf(customer, clock.now())
      return { service_state: state, ...(state === 3 ? { servicer_userid: kf.conversation(customer).servicer } : {}) }
    },
  },
  {
    ...common,
    path: '/cgi-bin/kf/service_state/trans',
    handle({ body }, context) {
      const customer = kfCustomer(context, body, 'external_userid')
      const next = whole(body.service_state, -1)
      if (!isState(next)) throw new ApiError(40058, 'invalid parameter: service_state')
      const servicer = text(body.servicer_userid)
      const isOther = context.kfAccounts.of(body).openKfId !== context.world.corp.openKfId
      if (isOther) throw new ApiError(95016, 'illegal state transition')
      if (next === 3) checkServicer(context, body.open_kfid, servicer)
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
            ...(world.settings.unionIds ? { unionid: customer.unionId } : {}),
            ...(isOn(body.need_enter_session_context) && entered
              ? { enter_session_context: { scene: entered.scene, scene_param: entered.sceneParam } }
              : {}),
          }
        }),
        invalid_external_userid: ids.filter((id) => !known.has(id)),
      }
    },
  },
]
