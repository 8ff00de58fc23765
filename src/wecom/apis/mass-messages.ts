/** Messages to many customers that each sender must confirm in WeCom (企业群发, wecom.md 4.5). */
import { z } from 'zod'
import { fromUnixSeconds, unixSeconds } from '../../platform/clock.ts'
import { type Ask, Done, NextCursor, NumberLike } from '../ask.ts'
import type { SendOptions } from '../types.ts'
import { type Attachment, contentOf } from './attachments.ts'

/** `not_contact`: they are contacts no more. `quota`: the customer has had all mass messages that the period allows. */
export type MassResult = 'unsent' | 'sent' | 'not_contact' | 'quota'

export interface MassMessage {
  /** Who sends. Alone: to all customers of that member. Without: to each customer the member who chatted last. */
  sender?: string
  /** ≤ 10 000; tags are then ignored. */
  externalUserIds?: readonly string[]
  /** Customers with any tag of each of these lists. */
  tags?: readonly (readonly string[])[]
  /** Whether the sender may leave customers out. */
  allowSelect?: boolean
  /** ≤ 4000 bytes. */
  text?: string | null
  attachments?: readonly Attachment[]
}

export interface MassMessagesApi {
  /**
   * Frozen bytes of `massMessageBody`: makes a task of each sender, which nobody is sent anything by until confirmed. Nothing on
   * WeCom's side recognises a repeat: look through `massMessages` first.
   *
   * @throws VendorError 41048: nobody to send to
   */
  addMassMessage(body: string, options?: SendOptions): Promise<{ msgid: string; failedExternalUserIds: string[] }>
  /** Asks the senders again who have not confirmed. @throws VendorError 41094 too often (wait), 41093 cancelled */
  remindMassMessage(msgid: string): Promise<void>
  /** Takes it back where it is not confirmed yet. @throws VendorError 41093: cancelled already */
  cancelMassMessage(msgid: string): Promise<void>
  /** A page of what was made between two instants at most a month apart. */
  massMessages(input: {
    from: Date
    to: Date
    creator?: string
    cursor?: string | null
  }): Promise<{ messages: { msgid: string; createdAt: Date; text: string }[]; nextCursor: string | null }>
  /** Who has confirmed, a page of 500. */
  massMessageTasks(
    msgid: string,
    cursor?: string | null,
  ): Promise<{ tasks: { userId: string; confirmed: boolean; sentAt: Date | null }[]; nextCursor: string | null }>
  /** What became of it with the customers of one sender, a page of 500. */
  massMessageResults(input: { msgid: string; userId: string; cursor?: string | null }): Promise<{
    results: { externalUserId: string; result: MassResult; sentAt: Date | null }[]
    nextCursor: string | null
  }>
}

const TASK_SENT = 2
const RESULTS = { 0: 'unsent', 1: 'sent', 2: 'not_contact', 3: 'quota' } as const
const PAGE = 500

const Added = z.object({ msgid: z.string().min(1), fail_list: z.array(z.string()).default([]) })
const List = z.object({
  group_msg_list: z
    .array(
      z.object({
        msgid: z.string(),
        create_time: NumberLike,
        text: z.object({ content: z.string().default('') }).default({ content: '' }),
      }),
    )
    .default([]),
  next_cursor: NextCursor,
})
const SentAt = NumberLike.optional().transform((seconds) => (seconds ? fromUnixSeconds(seconds) : null))
const Tasks = z.object({
  task_list: z.array(z.object({ userid: z.string(), status: NumberLike, send_time: SentAt })).default([]),
  next_cursor: NextCursor,
})
const Results = z.object({
  send_list: z
    .array(z.object({ external_userid: z.string().default(''), status: NumberLike, send_time: SentAt }))
    .default([]),
  next_cursor: NextCursor,
})

export const massMessageBody = (message: MassMessage): string =>
  JSON.stringify({
    chat_type: 'single',
    external_userid: message.externalUserIds,
    ...(message.tags && !message.externalUserIds
      ? { tag_filter: { group_list: message.tags.map((tag_list) => ({ tag_list })) } }
      : {}),
    sender: message.sender,
    allow_select: message.allowSelect,
    ...contentOf(message.text ?? null, message.attachments ?? []),
  })

export const massMessagesApi = (ask: Ask): MassMessagesApi => ({
  async addMassMessage(body, options) {
    const { msgid, fail_list } = await ask.once(Added, '/cgi-bin/externalcontact/add_msg_template', body, options)
    return { msgid, failedExternalUserIds: fail_list }
  },
  async remindMassMessage(msgid) {
    await ask.once(Done, '/cgi-bin/externalcontact/remind_groupmsg_send', { msgid })
  },
  async cancelMassMessage(msgid) {
    await ask.once(Done, '/cgi-bin/externalcontact/cancel_groupmsg_send', { msgid })
  },
  async massMessages({ from, to, creator, cursor }) {
    const body = {
      chat_type: 'single',
      start_time: unixSeconds(from),
      end_time: unixSeconds(to),
      creator,
      limit: 100,
      ...(cursor ? { cursor } : {}),
    }
    const answer = await ask.again(List, '/cgi-bin/externalcontact/get_groupmsg_list_v2', { body })
    return {
      messages: answer.group_msg_list.map(({ msgid, create_time, text }) => ({
        msgid,
        createdAt: fromUnixSeconds(create_time),
        text: text.content,
      })),
      nextCursor: answer.next_cursor,
    }
  },
  async massMessageTasks(msgid, cursor) {
    const body = { msgid, limit: PAGE, ...(cursor ? { cursor } : {}) }
    const answer = await ask.again(Tasks, '/cgi-bin/externalcontact/get_groupmsg_task', { body })
    return {
      tasks: answer.task_list.map(({ userid, status, send_time }) => ({
        userId: userid.toLowerCase(),
        confirmed: status === TASK_SENT,
        sentAt: send_time,
      })),
      nextCursor: answer.next_cursor,
    }
  },
  async massMessageResults({ msgid, userId, cursor }) {
    const body = { msgid, userid: userId, limit: PAGE, ...(cursor ? { cursor } : {}) }
    const answer = await ask.again(Results, '/cgi-bin/externalcontact/get_groupmsg_send_result', { body })
    return {
      results: answer.send_list.map(({ external_userid, status, send_time }) => ({
        externalUserId: external_userid,
        result: RESULTS[status as keyof typeof RESULTS] ?? 'unsent',
        sentAt: send_time,
      })),
      nextCursor: answer.next_cursor,
    }
  },
})
