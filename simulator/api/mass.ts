/** The APIs of mass messages to customers (企业群发): the task, its reminders, and what came of it. */

import { opaque } from '../chance.ts'
import { friendsOf } from '../contact-book.ts'
import type { Customer, Staff } from '../state.ts'
import { showBundle } from './attachments.ts'
import type { MassSend, MassTask } from './mass-book.ts'
import { servingMember } from './members.ts'
import { knownTags } from './tag-apis.ts'
import { type Api, ApiError, list, pageOf, record, type SimContext, text, whole } from './types.ts'

const CUSTOMERS = 10_000
const REMINDERS_A_DAY = 3
const DAY_MS = 86_400_000
const MONTH_S = 31 * 86_400
/** The platform is still handing the task out. */
const DISPATCH_MS = 1_000

const common = { method: 'POST', auth: 'wecom', permission: 'external' } as const

/** @throws ApiError 41046, 41047 */
function taskOf({ mass }: SimContext, id: unknown): MassTask {
  if (!text(id)) throw new ApiError(41046, 'missing msgid')
  const task = mass.tasks.get(text(id))
  if (!task) throw new ApiError(41047, 'invalid msgid')
  return task
}

/** Who sends it to this customer: of several members the one who chatted last, else whose contact is newest. */
function senderFor({ world }: SimContext, customer: Customer, sender: Staff | null): string | null {
  const followers = [...customer.contacts].filter(([userId]) => {
    const staff = world.byUserId.get(userId.toLowerCase())
    return staff && !staff.resigned && staff.inScope && staff.servesCustomers && (!sender || staff === sender)
  })
  const last = followers.sort(
    ([, a], [, b]) => (b.chattedAt?.getTime() ?? 0) - (a.chattedAt?.getTime() ?? 0) || b.seq - a.seq,
  )
  return last[0]?.[0] ?? null
}

/** Whoever has, by any member, a tag of each group of the filter. */
function tagged(context: SimContext, filter: unknown): Customer[] {
  const groups = list(record(filter).group_list).map((group) => {
    const tags = knownTags(context.tags, record(group).tag_list)
    if (tags.length === 0 || tags.length > 100) throw new ApiError(40058, 'invalid parameter: tag_list')
    return tags
  })
  if (groups.length === 0) throw new ApiError(40058, 'invalid parameter: group_list')
  return context.world.customers.filter(({ contacts }) => {
    const own = new Set([...contacts.values()].flatMap(({ tagIds = [] }) => [...tagIds]))
    return groups.every((tags) => tags.some((id) => own.has(id)))
  })
}

/** @throws ApiError 86214, 40058, 81017, 41048 */
function choose(context: SimContext, body: Record<string, unknown>) {
  const { world } = context
  const { chat_type: chatType = 'single', tag_filter: filter } = body
  if (chatType !== 'single' && chatType !== 'group') throw new ApiError(86214, 'invalid chat_type')
  const sender = text(body.sender) ? servingMember(world, body.sender) : null
  // This corp has no customer groups.
  if (chatType === 'group') throw new ApiError(sender ? 41048 : 40058, 'no customer to send')
  const ids = list(body.external_userid).map(text)
  if (ids.length > CUSTOMERS) throw new ApiError(81017, 'too many objects')
  if (ids.length === 0 && filter === undefined && !sender) throw new ApiError(40058, 'invalid parameter: nobody named')
  const named = [...new Set(ids)].map((id) => ({ id, customer: world.byExternalUserId.get(id) }))
  const wanted =
    ids.length > 0
      ? named
      : (filter === undefined ? friendsOf(world, sender?.userId ?? '') : tagged(context, filter)).map((customer) => ({
          id: customer.externalUserId,
          customer,
        }))
  const failed: string[] = []
  const senders: MassTask['senders'] = new Map()
  for (const { id, customer } of wanted) {
    const userId = customer && senderFor(context, customer, sender)
    if (!userId) failed.push(id)
    else {
      const own = senders.get(userId) ?? { confirmedAt: null, sends: [] }
      own.sends.push({ customer, status: 0, sentAt: null })
      senders.set(userId, own)
    }
  }
  if (senders.size === 0) throw new ApiError(41048, 'no customer to send', { fail_list: failed })
  return { failed: ids.length > 0 ? failed : [], senders }
}

/** The member's client says so; it says it again when reminded. */
function notify({ world, clock, ledger }: SimContext, { msgId, shown }: MassTask, userId: string, words: string): void {
  const staff = world.byUserId.get(userId.toLowerCase())
  if (!staff) return
  ledger.add({
    at: clock.now().toISOString(),
    person: staff.personId,
    kind: 'mass',
    messageId: msgId,
    channel: 'externalcontact/add_msg_template',
    payload: { msgId },
    text: `${words}\n${shown.join('\n')}`,
  })
}

const seconds = (ms: number) => Math.floor(ms / 1_000)
const sendView = (userid: string, { customer, status, sentAt }: MassSend) => ({
  external_userid: customer.externalUserId,
  userid,
  status,
  ...(sentAt === null ? {} : { send_time: seconds(sentAt) }),
})

export const massApis: Api[] = [
  {
    ...common,
    path: '/cgi-bin/externalcontact/add_msg_template',
    handle({ body }, context) {
      const { world, clock, media, mass, counters } = context
      const now = clock.now()
      const shown = showBundle(body, { world, findMedia: (id) => media.get('corp', id, now) })
      const { failed, senders } = choose(context, body)
      const about = JSON.stringify(body)
      const msgId = `msg${opaque(30, world.seed, 'mass', about, counters.next('mass', about))}`
      const allowSelect = body.allow_select === true
      const common = { createdAt: now.getTime(), isCancelled: false, reminders: [] }
      const task: MassTask = { ...common, msgId, body, shown, allowSelect, senders }
      mass.tasks.set(msgId, task)
      for (const userId of senders.keys()) notify(context, task, userId, '群发助手：您有一条待发送的客户消息')
      return { fail_list: failed, msgid: msgId }
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/remind_groupmsg_send',
    handle({ body }, context) {
      const task = taskOf(context, body.msgid)
      const now = context.clock.now().getTime()
      if (task.isCancelled) throw new ApiError(41093, 'task cancelled')
      const today = task.reminders.filter((at) => at > now - DAY_MS)
      if (today.length >= REMINDERS_A_DAY) throw new ApiError(41094, 'remind too often')
      task.reminders = [...today, now]
      for (const [userId, { confirmedAt }] of task.senders)
        if (confirmedAt === null) notify(context, task, userId, '群发助手：请尽快发送这条客户消息')
      return {}
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/cancel_groupmsg_send',
    handle({ body }, context) {
      const task = taskOf(context, body.msgid)
      if (task.isCancelled) throw new ApiError(41093, 'task cancelled')
      task.isCancelled = true
      return {}
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/get_groupmsg_list_v2',
    handle({ body }, { mass, clock }) {
      const { chat_type: chatType, creator } = body
      if (chatType !== 'single' && chatType !== 'group') throw new ApiError(86214, 'invalid chat_type')
      const [from, to] = [whole(body.start_time, -1), whole(body.end_time, -1)]
      if (from < 0 || to < from || to - from > MONTH_S) throw new ApiError(40058, 'invalid parameter: time')
      const filter = whole(body.filter_type, 2)
      if (![0, 1, 2].includes(filter)) throw new ApiError(40058, 'invalid parameter: filter_type')
      const within = [...mass.tasks.values()].filter(
        ({ createdAt }) => seconds(createdAt) >= from && seconds(createdAt) <= to,
      )
      const now = clock.now().getTime()
      if (within.some(({ createdAt }) => now - createdAt < DISPATCH_MS))
        throw new ApiError(41063, 'group message is being dispatched')
      // Tasks of apps have no member as creator, and this corp has no customer groups.
      const isListed = chatType === 'single' && filter !== 1 && !text(creator)
      const { page, next_cursor } = pageOf(isListed ? within : [], body, { usual: 50, most: 100 })
      return {
        group_msg_list: page.map(({ msgId, createdAt, body: { text: said, attachments } }) => ({
          msgid: msgId,
          create_time: seconds(createdAt),
          create_type: 0,
          text: { content: text(record(said).content) },
          attachments: list(attachments),
        })),
        next_cursor,
      }
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/get_groupmsg_task',
    handle({ body }, context) {
      const rows = [...taskOf(context, body.msgid).senders].map(([userid, { confirmedAt }]) => ({
        userid,
        status: confirmedAt === null ? 0 : 2,
        ...(confirmedAt === null ? {} : { send_time: seconds(confirmedAt) }),
      }))
      const { page, next_cursor } = pageOf(rows, body, { usual: 500, most: 1_000 })
      return { task_list: page, next_cursor }
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/get_groupmsg_send_result',
    handle({ body }, context) {
      const task = taskOf(context, body.msgid)
      const { userId } = servingMember(context.world, body.userid)
      const sends = task.senders.get(userId)?.sends ?? []
      const { page, next_cursor } = pageOf(sends, body, { usual: 500, most: 1_000 })
      return { send_list: page.map((send) => sendView(userId, send)), next_cursor }
    },
  },
]

/**
 * A member confirms the task in the client.
 *
 * @param only customers that the member leaves in the selection; null = all
 * @returns how many got it; null when this member has nothing to confirm here
 */
export function confirmMass(
  { mass, world, clock, ledger }: SimContext,
  { userId }: Staff,
  msgId: string,
  only: ReadonlySet<string> | null,
): number | null {
  const task = mass.tasks.get(msgId)
  const own = task?.senders.get(userId)
  if (!task || !own || task.isCancelled || own.confirmedAt !== null) return null
  const now = clock.now()
  own.confirmedAt = now.getTime()
  let sent = 0
  for (const send of own.sends) {
    const { customer } = send
    if (only && !only.has(customer.externalUserId)) continue
    send.sentAt = now.getTime()
    if (!customer.contacts.has(userId)) send.status = 2
    else if (!mass.take(customer, world.settings.massQuota, now)) send.status = 3
    else {
      send.status = 1
      sent += 1
      for (const [i, line] of task.shown.entries())
        ledger.add({
          at: now.toISOString(),
          person: customer.personId,
          kind: 'mass',
          messageId: i === 0 ? msgId : `${msgId}-${i}`,
          channel: 'externalcontact/add_msg_template',
          payload: { by: userId, msgId },
          text: line,
        })
    }
  }
  return sent
}
