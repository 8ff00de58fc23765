/** Customers of the service desk shown to a member of their own, or to a group (升级服务). The administrator has set up neither. */
import { kfCustomer } from './kf-desk.ts'
import { type Api, ApiError, record, text, whole } from './types.ts'

const common = { method: 'POST', auth: 'wecom', permission: 'kf' } as const

export const kfUpgradeApis: Api[] = [
  {
    ...common,
    method: 'GET',
    path: '/cgi-bin/kf/customer/get_upgrade_service_config',
    handle: () => ({
      member_range: { userid_list: [], department_id_list: [] },
      groupchat_range: { chat_id_list: [] },
    }),
  },
  {
    ...common,
    path: '/cgi-bin/kf/customer/upgrade_service',
    handle({ body }, context) {
      kfCustomer(context, body, 'external_userid')
      const named = [record(body.member).userid, record(body.groupchat).chat_id][whole(body.type, 0) - 1]
      if (!text(named)) throw new ApiError(40058, 'invalid parameter: type')
      throw new ApiError(95021, 'not in the configuration of upgrade service')
    },
  },
  {
    ...common,
    path: '/cgi-bin/kf/customer/cancel_upgrade_service',
    handle({ body }, context) {
      kfCustomer(context, body, 'external_userid')
      return {}
    },
  },
]
