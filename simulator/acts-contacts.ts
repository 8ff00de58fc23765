/** Becoming contacts, and what members and administrators do with contacts by hand: all of it is told by events. */
import { type Act, ActError, customerOf, flag, required } from './act.ts'
import { confirmMass } from './api/mass.ts'
import { isFull } from './api/members.ts'
import { refuseTransfer } from './api/transfers.ts'
import { list, type SimContext, text } from './api/types.ts'
import { between } from './chance.ts'
import { befriend, unfriend } from './contact-book.ts'
import type { Customer, Staff } from './state.ts'

type Acts<P> = Record<string, (person: P, act: Act) => Record<string, unknown>>

interface Joining {
  state: string | null
  addWay: number
  /** The member hasn't confirmed yet. */
  isHalf: boolean
  remarkMobiles: string[]
}

function createMeeting(context: SimContext) {
  const { world, clock, callbacks, welcomes } = context
  const event = (customer: Customer, changeType: string, userId: string, fields: Record<string, unknown> = {}) =>
    callbacks.wecom(`contact ${customer.personId}`, {
      FromUserName: 'sys',
      MsgType: 'event',
      Event: 'change_external_contact',
      ChangeType: changeType,
      UserID: userId,
      ExternalUserID: customer.externalUserId,
      ...fields,
    })
  /** Nothing to greet with where the administrator's own welcome goes out, or one has gone already. */
  const codeOf = (customer: Customer, userId: string, isAgain: boolean) =>
    world.settings.ownWelcome || (isAgain && welcomes.isGreeted(customer, userId))
      ? {}
      : { WelcomeCode: welcomes.issue(customer, userId, clock.now()) }

  function memberOf(userId: unknown): Staff {
    const staff = world.byUserId.get(text(userId).toLowerCase())
    if (!staff || staff.resigned) throw new ActError(404, 'no_such_user', `no member ${text(userId)}`)
    return staff
  }

  function join(customer: Customer, staff: Staff, { state, addWay, isHalf, remarkMobiles }: Joining): void {
    const { userId } = staff
    if (customer.contacts.has(userId)) throw new ActError(409, 'already_contact', 'they are contacts already')
    if (isFull(world, staff)) throw new ActError(409, 'member_full', 'this member can have no more customers')
    const half = isHalf ? { isHalf } : {}
    befriend(world, customer, userId, {
      createdAt: clock.now(),
      state,
      remark: customer.name,
      remarkMobiles,
      addWay,
      ...half,
    })
    event(customer, isHalf ? 'add_half_external_contact' : 'add_external_contact', userId, {
      ...(state ? { State: state } : {}),
      ...codeOf(customer, userId, false),
    })
  }
  return { event, codeOf, memberOf, join }
}

export function customerContactActs(context: SimContext): Acts<Customer> {
  const { world, clock, ways, transfers } = context
  const { event, memberOf, join } = createMeeting(context)
  // Staff write the phone into the remark when they add a customer at the visit; `remarkMobile: false` leaves it out.
  const mobilesOf = (customer: Customer, act: Act) => (flag(act, 'remarkMobile') ? [customer.phone] : [])
  const isHalf = (act: Act) => act.half !== undefined && flag(act, 'half')

  return {
    'add-contact'(customer, act) {
      const joining = { state: text(act.state) || null, addWay: 1, isHalf: isHalf(act) }
      join(customer, memberOf(act.userId), { ...joining, remarkMobiles: mobilesOf(customer, act) })
      return {}
    },
    /** Scans the code of a way to add, or presses its button. Of several members chance takes one. */
    scan(customer, act) {
      const way = ways.byId.get(required(act, 'configId'))
      if (!way) throw new ActError(404, 'no_such_code', 'no such code')
      const now = clock.now().getTime()
      if (way.isUsed || (way.expiresAt !== null && way.expiresAt <= now))
        throw new ActError(409, 'code_over', 'this code is over')
      if (way.isExclusive && customer.contacts.size > 0)
        throw new ActError(409, 'already_contact', 'this customer has somebody here already')
      const there = way.userIds.filter((userId) => !world.byUserId.get(userId.toLowerCase())?.resigned)
      if (there.length === 0) throw new ActError(409, 'code_over', 'nobody is behind this code any more')
      const userId = there[between(0, there.length - 1, world.seed, customer.personId, way.configId)]
      // Without the free pass the member has to confirm first.
      const joining = { state: way.state, addWay: 1, isHalf: isHalf(act) || !way.skipVerify }
      join(customer, memberOf(userId), { ...joining, remarkMobiles: [] })
      way.isUsed = way.isTemp
      return { userId }
    },
    'delete-contact'(customer, act) {
      const { userId } = memberOf(act.userId)
      if (!unfriend(world, customer, userId)) throw new ActError(409, 'no_contact', 'they are no contacts')
      event(customer, 'del_follow_user', userId)
      return {}
    },
    'refuse-transfer'(customer, act) {
      const transfer = transfers.waiting(customer, required(act, 'userId'))
      if (!transfer) throw new ActError(409, 'no_transfer', 'this customer is not being handed over')
      refuseTransfer(context, transfer)
      return {}
    },
  }
}

export function staffContactActs(context: SimContext): Acts<Staff> {
  const { world, ledger, clock, tags } = context
  const { event, codeOf } = createMeeting(context)

  function own(staff: Staff, act: Act) {
    const customer = customerOf(world, act.customer)
    const contact = customer.contacts.get(staff.userId)
    if (!contact) throw new ActError(409, 'no_contact', 'they are no contacts')
    return { customer, contact }
  }
  function knownTags(act: Act, field: string): string[] {
    const ids = list(act[field]).map(text)
    if (ids.some((id) => !tags.tag(id))) throw new ActError(404, 'no_such_tag', 'no such tag')
    return ids
  }

  return {
    /** Confirms who has added this member by a code. */
    'accept-contact'(staff, act) {
      const { customer, contact } = own(staff, act)
      if (!contact.isHalf) throw new ActError(409, 'already_contact', 'they are contacts already')
      delete contact.isHalf
      const state = contact.state ? { State: contact.state } : {}
      event(customer, 'add_external_contact', staff.userId, { ...state, ...codeOf(customer, staff.userId, true) })
      return {}
    },
    'delete-customer'(staff, act) {
      const { customer } = own(staff, act)
      unfriend(world, customer, staff.userId)
      event(customer, 'del_external_contact', staff.userId)
      return {}
    },
    'edit-contact'(staff, act) {
      const { customer, contact } = own(staff, act)
      const [added, removed] = [knownTags(act, 'addTags'), knownTags(act, 'removeTags')]
      if (act.remark !== undefined) contact.remark = text(act.remark)
      if (act.description !== undefined) contact.description = text(act.description)
      if (act.mobiles !== undefined) contact.remarkMobiles = list(act.mobiles).map(text)
      contact.tagIds ??= new Set()
      for (const id of removed) contact.tagIds.delete(id)
      for (const id of added) contact.tagIds.add(id)
      event(customer, 'edit_external_contact', staff.userId)
      return {}
    },
    'send-chat'(staff, act) {
      const { customer, contact } = own(staff, act)
      const words = required(act, 'text')
      contact.chattedAt = clock.now()
      ledger.add({
        at: clock.now().toISOString(),
        person: customer.personId,
        kind: 'sidebar',
        messageId: null,
        channel: 'sendChatMessage',
        payload: { by: staff.userId },
        text: words,
      })
      return {}
    },
    'confirm-mass'(staff, act) {
      const only =
        act.customers === undefined ? null : list(act.customers).map((id) => customerOf(world, id).externalUserId)
      const sent = confirmMass(context, staff, required(act, 'msgId'), only && new Set(only))
      if (sent === null) throw new ActError(409, 'no_mass', 'this member has no such message to confirm')
      return { sent }
    },
  }
}
