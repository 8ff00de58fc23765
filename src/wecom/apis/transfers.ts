/** Customers handed from one member to another (在职/离职继承, wecom.md 4.7). */
import { z } from 'zod'
import { fromUnixSeconds } from '../../platform/clock.ts'
import { invalid } from '../../platform/errors.ts'
import { type Ask, NextCursor, NumberLike } from '../ask.ts'

/** What became of one customer's request. Only the first two have an outcome to wait for. */
export type TransferStart =
  | 'started'
  | 'under_way'
  /** The taker can have no more customers. */
  | 'taker_full'
  /** Handed over twice in 90 days already. */
  | 'too_often'
  /** The taker has the customer. */
  | 'same_member'
  /** The giver doesn't have the customer, or nobody knows the id. */
  | 'not_contact'
  /** A member who can't have customers now: banned, without a verified name, not activated, out of scope. */
  | 'member'
  | 'other'

/** `waiting`: a day, during which the customer may refuse. */
export type TransferOutcome = 'done' | 'waiting' | 'refused' | 'taker_full'

/** So long the customer may refuse; then it is done by itself. */
export const TRANSFER_WAIT_MS = 24 * 3_600_000
/** Customers of one call. */
export const TRANSFER_BATCH = 100

interface Pair {
  fromUserId: string
  toUserId: string
  /** Whether the giver has left the corp: other paths, no message to the customer. */
  hasLeft: boolean
}

export interface TransfersApi {
  /**
   * At most 100 customers. A repeat starts nothing twice: it answers `under_way`.
   *
   * @param input.message ≤ 200 characters, shown to the customer; only while the giver is there
   * @throws VendorError 40097 the giver has not left, 60111 no such member; AppError invalid/invalid_request over 100
   */
  transferCustomers(
    input: Pair & { externalUserIds: readonly string[]; message?: string },
  ): Promise<{ externalUserId: string; start: TransferStart; errcode: number }[]>
  transferResults(input: Pair & { cursor?: string | null }): Promise<{
    customers: { externalUserId: string; outcome: TransferOutcome; at: Date | null }[]
    nextCursor: string | null
  }>
  /** Customers of members who left within a year and whom nobody took, a page of 1000. */
  unassignedCustomers(cursor?: string | null): Promise<{
    customers: { fromUserId: string; externalUserId: string; leftAt: Date }[]
    nextCursor: string | null
  }>
}

const STARTS: Record<number, TransferStart> = {
  0: 'started',
  40096: 'not_contact',
  40098: 'member',
  40099: 'taker_full',
  40100: 'under_way',
  40128: 'too_often',
  40129: 'under_way',
  40130: 'same_member',
  40131: 'not_contact',
  40143: 'member',
  41054: 'member',
  84061: 'not_contact',
  84074: 'member',
}
const OUTCOMES = { 1: 'done', 2: 'waiting', 3: 'refused', 4: 'taker_full' } as const

const Started = z.object({
  customer: z.array(z.object({ external_userid: z.string(), errcode: NumberLike })).default([]),
})
const Outcomes = z.object({
  customer: z
    .array(z.object({ external_userid: z.string(), status: NumberLike, takeover_time: NumberLike.default(0) }))
    .default([]),
  next_cursor: NextCursor,
})
const Unassigned = z.object({
  info: z
    .array(z.object({ handover_userid: z.string(), external_userid: z.string(), dimission_time: NumberLike }))
    .default([]),
  is_last: z.boolean().default(true),
  next_cursor: NextCursor,
})

const pathOf = (name: string, hasLeft: boolean) => `/cgi-bin/externalcontact/${hasLeft ? 'resigned/' : ''}${name}`

export const transfersApi = (ask: Ask): TransfersApi => ({
  async transferCustomers({ fromUserId, toUserId, hasLeft, externalUserIds, message }) {
    if (externalUserIds.length > TRANSFER_BATCH)
      throw invalid('invalid_request', { customers: externalUserIds.length, most: TRANSFER_BATCH })
    const { customer } = await ask.once(Started, pathOf('transfer_customer', hasLeft), {
      handover_userid: fromUserId,
      takeover_userid: toUserId,
      external_userid: externalUserIds,
      ...(hasLeft ? {} : { transfer_success_msg: message }),
    })
    return customer.map(({ external_userid, errcode }) => ({
      externalUserId: external_userid,
      start: STARTS[errcode] ?? 'other',
      errcode,
    }))
  },
  async transferResults({ fromUserId, toUserId, hasLeft, cursor }) {
    const body = {
      handover_userid: fromUserId,
      takeover_userid: toUserId,
      ...(cursor ? { cursor } : {}),
    }
    const answer = await ask.again(Outcomes, pathOf('transfer_result', hasLeft), { body })
    return {
      customers: answer.customer.map(({ external_userid, status, takeover_time }) => ({
        externalUserId: external_userid,
        outcome: OUTCOMES[status as keyof typeof OUTCOMES] ?? 'waiting',
        at: takeover_time ? fromUnixSeconds(takeover_time) : null,
      })),
      nextCursor: answer.next_cursor,
    }
  },
  async unassignedCustomers(cursor) {
    const body = { page_size: 1_000, ...(cursor ? { cursor } : {}) }
    const { info, is_last, next_cursor } = await ask.again(Unassigned, '/cgi-bin/externalcontact/get_unassigned_list', {
      body,
    })
    return {
      customers: info.map(({ handover_userid, external_userid, dimission_time }) => ({
        fromUserId: handover_userid.toLowerCase(),
        externalUserId: external_userid,
        leftAt: fromUnixSeconds(dimission_time),
      })),
      nextCursor: is_last ? null : next_cursor,
    }
  },
})
