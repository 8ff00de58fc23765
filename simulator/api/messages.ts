/** App messages to members: sending, duplicate check, silent limits, card updates, recall. */
import { createHash } from 'node:crypto'
import { opaque } from '../chance.ts'
import type { Staff } from '../state.ts'
import { checkCard, isCallbackCard } from './card-checks.ts'
import { cardText } from './cards.ts'
import { checkMedia, showMessage } from './message-content.ts'
import { departmentsUnder, receiversOf } from './receivers.ts'
import { type Api, ApiError, isOn, list, record, type SimContext, text, whole } from './types.ts'

const DEFAULT_DUPLICATE_S = 1_800
const MAX_DUPLICATE_S = 14_400
const PER_MEMBER_A_MINUTE = 30
const PER_MEMBER_AN_HOUR = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const RECALL_MS = 24 * HOUR_MS

/** One per world: remembers bodies for the duplicate check and arrivals for the silent limit. */
export function createMessageApis(): Api[] {
  const recent = new Map<string, { at: number; answer: Record<string, unknown> }>()
  const arrivals = new Map<string, number[]>()
  const sentAt = new Map<string, number>()
  const repeats = new Map<string, number>()

  /** Past 30 a minute or 1000 an hour a member gets nothing, and the sender isn't told. */
  function isDropped(userId: string, now: number): boolean {
    const past = (arrivals.get(userId) ?? []).filter((at) => at > now - HOUR_MS)
    const lastMinute = past.filter((at) => at > now - MINUTE_MS).length
    const isOver = past.length >= PER_MEMBER_AN_HOUR || lastMinute >= PER_MEMBER_A_MINUTE
    arrivals.set(userId, isOver ? past : [...past, now])
    return isOver
  }

  /** An id of the request itself and how often it came, so that it doesn't depend on who else was sending. */
  function messageIdOf(seed: number, fingerprint: string): string {
    const n = (repeats.get(fingerprint) ?? 0) + 1
    repeats.set(fingerprint, n)
    return `msg${opaque(40, seed, 'app message', fingerprint, n)}`
  }

  function deliver(context: SimContext, staff: Staff, messageId: string, body: Record<string, unknown>): void {
    const { clock, ledger, cards, bus } = context
    const now = clock.now()
    const msgtype = text(body.msgtype)
    const payload = record(body[msgtype])
    const isCard = msgtype === 'template_card'
    ledger.add({
      at: now.toISOString(),
      person: staff.personId,
      kind: isCard ? 'card' : 'app',
      messageId,
      channel: 'message/send',
      payload: { msgtype, ...(isCard ? { card: payload } : {}) },
      text: showMessage(body),
    })
    const taskId = text(payload.task_id)
    if (!isCard || !taskId) return
    const { userId, personId } = staff
    const card = { taskId, userId, messageId, shown: payload, replacedBy: null, sentAt: now, updatedAt: now }
    cards.put(card)
    bus.emit('card', { person: personId, card, change: 'new' })
  }

  return [
    {
      method: 'POST',
      path: '/cgi-bin/message/send',
      auth: 'wecom',
      handle({ body }, context) {
        const { world, clock, cards, callbacks } = context
        const now = clock.now()
        const isNotice = text(body.msgtype) === 'miniprogram_notice'
        // Its mini-program says which app it is.
        if (!isNotice || body.agentid !== undefined) checkAgent(context, body)
        if (isNotice && text(body.touser) === '@all') throw new ApiError(40058, 'invalid parameter: touser')
        const { valid, invalid, invalidParties, invalidTags } = receiversOf(world, body)
        showMessage(body)
        if (isNotice && text(record(body.miniprogram_notice).appid) !== world.miniProgram.appId)
          throw new ApiError(90206, 'mini-program not linked to the corp')
        checkMedia(body, (id) => context.media.get('corp', id, now))

        const fingerprint = fingerprintOf(body)
        const seconds = Math.min(MAX_DUPLICATE_S, whole(body.duplicate_check_interval, 0) || DEFAULT_DUPLICATE_S)
        const before = isOn(body.enable_duplicate_check) ? recent.get(fingerprint) : undefined
        if (before && now.getTime() - before.at < seconds * 1_000) return before.answer

        const payload = record(body[text(body.msgtype)])
        const isCard = text(body.msgtype) === 'template_card'
        if (isCard && isCallbackCard(payload) && world.settings.cardsNeedCallback && !callbacks.targets.wecomUrl)
          throw new ApiError(43012, 'callback url required')
        if (isCard) cards.checkNew(payload)
        const messageId = messageIdOf(world.seed, fingerprint)
        sentAt.set(messageId, now.getTime())
        const answer = {
          invaliduser: invalid.join('|'),
          invalidparty: invalidParties.join('|'),
          invalidtag: invalidTags.join('|'),
          msgid: messageId,
          ...(isCard && isCallbackCard(payload) ? { response_code: cards.issueCode(text(payload.task_id), now) } : {}),
        }
        for (const staff of valid) if (!isDropped(staff.userId, now.getTime())) deliver(context, staff, messageId, body)
        recent.set(fingerprint, { at: now.getTime(), answer })
        return answer
      },
    },
    {
      method: 'POST',
      path: '/cgi-bin/message/update_template_card',
      auth: 'wecom',
      handle({ body }, context) {
        checkAgent(context, body)
        const { clock, cards } = context
        const wanted = list(body.userids).map(text)
        if (wanted.length > 1_000) throw new ApiError(40032, 'invalid userid list length')
        const replaceName = text(record(body.button).replace_name)
        const given = record(body.template_card)
        // SDKs of typed languages send an empty card beside the button's new words.
        const isCard = body.template_card !== undefined && !(replaceName && !text(given.card_type))
        const next = isCard ? given : null
        if (next) checkCard(next, true)
        else if (!replaceName) throw new ApiError(42020, 'button.replace_name missing')
        const { taskId } = cards.redeem(text(body.response_code), clock.now())
        const change = next ? { card: next } : { replaceName }
        for (const userId of holdersOf(context, body, taskId)) updateCopy(context, userId, taskId, change)
        return {
          invaliduser: wanted.map((userId) => userId.toLowerCase()).filter((userId) => !cards.find(userId, taskId)),
        }
      },
    },
    {
      method: 'POST',
      path: '/cgi-bin/message/recall',
      auth: 'wecom',
      handle({ body }, { clock, recalled }) {
        const at = sentAt.get(text(body.msgid))
        if (at === undefined) throw new ApiError(40058, 'invalid parameter: msgid')
        if (clock.now().getTime() - at > RECALL_MS) throw new ApiError(42052, 'message recall time limit exceeded')
        recalled.add(text(body.msgid))
        return {}
      },
    },
  ]
}

function checkAgent({ world }: SimContext, { agentid }: Record<string, unknown>): void {
  if (agentid === undefined) throw new ApiError(41011, 'agentid missing')
  // Some SDKs write the number as a string, and the vendor takes it.
  if (Number(agentid) !== world.corp.agentId) throw new ApiError(40056, 'invalid agentid')
}

/** The same content to the same receivers, however it is written down. */
function fingerprintOf(body: Record<string, unknown>): string {
  const { touser, toparty, totag, agentid, msgtype, safe } = body
  const said = [touser, toparty, totag, agentid, msgtype, safe, body[text(msgtype)]]
  return createHash('sha256').update(JSON.stringify(said)).digest('hex')
}

/** Whose copies an update means: those named, or everybody's when nobody is. */
function holdersOf({ world, cards }: SimContext, body: Record<string, unknown>, taskId: string): string[] {
  const holders = cards.copies(taskId).map(({ userId }) => userId)
  const [users, parties, tags] = [list(body.userids).map(text), list(body.partyids), list(body.tagids)]
  if (isOn(body.atall) || users.length + parties.length + tags.length === 0) return holders
  const named = new Set(users.map((userId) => userId.toLowerCase()))
  const within = new Set(parties.flatMap((id) => departmentsUnder(world, Number(id))))
  const isIn = (userId: string) => within.has(world.byUserId.get(userId.toLowerCase())?.departmentId ?? 0)
  return holders.filter((userId) => named.has(userId.toLowerCase()) || isIn(userId))
}

/** Changes one member's copy of a card. */
export function updateCopy(
  { world, clock, ledger, cards, bus }: SimContext,
  userId: string,
  taskId: string,
  change: { replaceName?: string; card?: Record<string, unknown> },
): void {
  const card = cards.find(userId, taskId)
  const staff = world.byUserId.get(userId.toLowerCase())
  if (!card || !staff) return
  const now = clock.now()
  cards.update(card, change, now)
  ledger.add({
    at: now.toISOString(),
    person: staff.personId,
    kind: 'card-update',
    messageId: card.messageId,
    channel: 'message/update_template_card',
    payload: { taskId, card: card.shown, replacedBy: card.replacedBy },
    text: cardText(card.shown, card.replacedBy),
  })
  bus.emit('card', { person: staff.personId, card, change: 'updated' })
}
