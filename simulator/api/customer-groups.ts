/** Groups of customers (客户群). This corp has none: lists are empty, and whatever names one is told that there is no such group. */
import { servingMember } from './members.ts'
import { type Api, ApiError, list, record, text, whole } from './types.ts'

const OWNERS = 100
const CHATS_AT_ONCE = 100
const LARGEST_PAGE = 1_000

const common = { method: 'POST', auth: 'wecom', permission: 'external' } as const

/** Each named group fails by itself; the call as such doesn't. */
const transferApi = (path: string): Api => ({
  ...common,
  path,
  handle({ body }, { world }) {
    const ids = list(body.chat_id_list).map(text)
    if (ids.length === 0 || ids.length > CHATS_AT_ONCE) throw new ApiError(40058, 'invalid parameter: chat_id_list')
    servingMember(world, body.new_owner)
    const refusal = { errcode: 90501, errmsg: 'chat is not external group chat' }
    return { failed_chat_list: ids.map((chat_id) => ({ chat_id, ...refusal })) }
  },
})

export const customerGroupApis: Api[] = [
  {
    ...common,
    path: '/cgi-bin/externalcontact/groupchat/list',
    handle({ body }, { world }) {
      const [limit, status] = [whole(body.limit, -1), whole(body.status_filter ?? 0, -1)]
      if (limit < 1 || limit > LARGEST_PAGE) throw new ApiError(40058, 'invalid parameter: limit')
      if (status < 0 || status > 3) throw new ApiError(40058, 'invalid parameter: status_filter')
      const owners = list(record(body.owner_filter).userid_list)
      if (owners.length > OWNERS) throw new ApiError(40058, 'invalid parameter: owner_filter')
      for (const owner of owners) servingMember(world, owner)
      if (text(body.cursor)) throw new ApiError(50100, 'invalid cursor')
      return { group_chat_list: [], next_cursor: '' }
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/groupchat/get',
    handle() {
      throw new ApiError(40050, 'invalid chatid')
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/opengid_to_chatid',
    handle() {
      throw new ApiError(90511, 'opengid not found')
    },
  },
  transferApi('/cgi-bin/externalcontact/groupchat/transfer'),
  transferApi('/cgi-bin/externalcontact/groupchat/onjob_transfer'),
]
