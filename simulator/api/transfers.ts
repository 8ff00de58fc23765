/** Customers handed from one member to another: on the job and after leaving, done a day later unless the customer refuses. */
import { befriend, type Contact, unfriend } from '../contact-book.ts'
import type { Customer, Staff } from '../state.ts'
import { isFull, memberOf, servingMember } from './members.ts'
import { type Api, ApiError, list, pageOf, type SimContext, text } from './types.ts'

const DAY_MS = 86_400_000
const CUSTOMERS = 100
const TIMES = 2
const TIMES_DAYS = 90
/** 管理员分配 */
const ADD_WAY = 202

/** As the vendor numbers it: 1 done, 2 waiting, 3 refused, 4 the taker is full. */
type Status = 1 | 2 | 3 | 4

export interface Transfer {
  customer: Customer
  from: string
  to: string
  status: Status
  startedAt: number
  /** When it was or will be taken over. */
  takeoverAt: number
  isResigned: boolean
  words: string
}

export interface Transfers {
  all: Transfer[]
  /** The one that this customer may still refuse. */
  waiting(customer: Customer, from: string): Transfer | undefined
}

export function createTransfers(): Transfers {
  const all: Transfer[] = []
  return {
    all,
    waiting: (customer, from) => all.find((one) => one.customer === customer && one.from === from && one.status === 2),
  }
}

function event({ callbacks }: SimContext, { customer }: Transfer, fields: Record<string, unknown>): void {
  callbacks.wecom(`contact ${customer.personId}`, {
    FromUserName: 'sys',
    MsgType: 'event',
    Event: 'change_external_contact',
    ...fields,
    ExternalUserID: customer.externalUserId,
  })
}

const failed = (context: SimContext, transfer: Transfer, reason: string) =>
  event(context, transfer, { ChangeType: 'transfer_fail', UserID: transfer.to, FailReason: reason })

/** The day is over: the customer is the taker's, unless something has come between. */
function complete(context: SimContext, transfer: Transfer): void {
  const { world, clock, ledger } = context
  const { customer, from, to, isResigned, words } = transfer
  if (transfer.status !== 2) return
  const taker = world.byUserId.get(to.toLowerCase())
  const contact = customer.contacts.get(from)
  // Whoever has deleted the old member meanwhile doesn't get the new one either.
  if (!taker || taker.resigned || !contact) {
    refuseTransfer(context, transfer)
    return
  }
  if (isFull(world, taker)) {
    transfer.status = 4
    failed(context, transfer, 'customer_limit_exceed')
    return
  }
  transfer.status = 1
  unfriend(world, customer, from)
  const { seq: _, ...kept }: Contact = contact
  befriend(world, customer, to, { ...kept, createdAt: clock.now(), addWay: ADD_WAY, operUserId: from })
  if (!isResigned)
    event(context, transfer, { ChangeType: 'del_external_contact', UserID: from, Source: 'DELETE_BY_TRANSFER' })
  event(context, transfer, {
    ChangeType: 'add_external_contact',
    UserID: to,
    ...(contact.state ? { State: contact.state } : {}),
  })
  if (words)
    ledger.add({
      at: clock.now().toISOString(),
      person: customer.personId,
      kind: 'sidebar',
      messageId: null,
      channel: 'externalcontact/transfer_customer',
      payload: { by: to },
      text: words,
    })
}

/** The customer doesn't want the new member. */
export function refuseTransfer(context: SimContext, transfer: Transfer): void {
  transfer.status = 3
  failed(context, transfer, 'customer_refused')
}

/** Starts one; an errcode when it can't be. */
function start(context: SimContext, from: Staff, to: Staff, id: string, words: string): number {
  const { world, transfers, clock } = context
  const customer = world.byExternalUserId.get(id)
  if (!customer) return 40096
  if (!customer.contacts.has(from.userId)) return 40131
  if (customer.contacts.has(to.userId)) return 40130
  if (transfers.waiting(customer, from.userId)) return 40129
  const now = clock.now().getTime()
  const recent = transfers.all.filter(
    (one) => one.customer === customer && one.status === 1 && one.takeoverAt > now - TIMES_DAYS * DAY_MS,
  )
  if (recent.length >= TIMES) return 40128
  if (isFull(world, to)) return 40099
  const transfer: Transfer = {
    customer,
    from: from.userId,
    to: to.userId,
    status: 2,
    startedAt: now,
    takeoverAt: now + DAY_MS,
    isResigned: from.resigned,
    words,
  }
  transfers.all.push(transfer)
  clock.schedule(new Date(transfer.takeoverAt), `transfer ${customer.personId} ${from.userId}`, () =>
    complete(context, transfer),
  )
  return 0
}

function handedOver(context: SimContext, body: Record<string, unknown>, isResigned: boolean): Staff {
  const { world } = context
  if (!isResigned) return servingMember(world, body.handover_userid)
  const staff = world.byUserId.get(text(body.handover_userid).toLowerCase())
  if (!staff) return memberOf(world, body.handover_userid)
  if (!staff.resigned) throw new ApiError(40097, 'user has not resigned')
  return staff
}

const common = { method: 'POST', auth: 'wecom', permission: 'external' } as const

const transferApi = (path: string, isResigned: boolean): Api => ({
  ...common,
  path,
  handle({ body }, context) {
    const from = handedOver(context, body, isResigned)
    const to = servingMember(context.world, body.takeover_userid)
    if (!to.activated) throw new ApiError(41054, 'user not activated')
    if (!to.realNamed) throw new ApiError(40098, 'user not real-named')
    const ids = [...new Set(list(body.external_userid).map(text))]
    if (ids.length === 0 || ids.length > CUSTOMERS) throw new ApiError(40058, 'invalid parameter: external_userid')
    const words = isResigned ? '' : text(body.transfer_success_msg)
    if ([...words].length > 200) throw new ApiError(40058, 'invalid parameter: transfer_success_msg')
    const usual = `您好，您的服务已升级，后续将由我的同事${to.name}继续为您服务。`
    const said = isResigned ? '' : words || usual
    return { customer: ids.map((id) => ({ external_userid: id, errcode: start(context, from, to, id, said) })) }
  },
})

const resultApi = (path: string, isResigned: boolean): Api => ({
  ...common,
  path,
  handle({ body }, context) {
    const from = handedOver(context, body, isResigned)
    const to = memberOf(context.world, body.takeover_userid, 60021)
    const latest = new Map<Customer, Transfer>()
    for (const one of context.transfers.all)
      if (one.from === from.userId && one.to === to.userId && one.isResigned === isResigned)
        latest.set(one.customer, one)
    const rows = [...latest.values()].map(({ customer, status, takeoverAt }) => ({
      external_userid: customer.externalUserId,
      status,
      // Of one who is still waiting it is when it will be.
      takeover_time: status <= 2 ? Math.floor(takeoverAt / 1_000) : 0,
    }))
    const { page, next_cursor } = pageOf(rows, { cursor: body.cursor }, { usual: 1_000, most: 1_000 })
    return { customer: page, next_cursor }
  },
})

export const transferApis: Api[] = [
  transferApi('/cgi-bin/externalcontact/transfer_customer', false),
  resultApi('/cgi-bin/externalcontact/transfer_result', false),
  transferApi('/cgi-bin/externalcontact/resigned/transfer_customer', true),
  resultApi('/cgi-bin/externalcontact/resigned/transfer_result', true),
]
