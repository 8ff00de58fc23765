/** App messages to members: sending, duplicate check, silent limits, card updates, recall. */
import { createHash } from 'node:crypto'
import { opaque } from '../chance.ts'
import type { Staff, World } from '../state.ts'
import { cardText } from './cards.ts'
import { type Api, ApiError, bytes, list, record, type SimContext, text } from './types.ts'

const DEFAULT_DUPLICATE_S = 1_800
const MAX_DUPLICATE_S = 14_400
const PER_MEMBER_A_MINUTE = 30
const PER_MEMBER_AN_HOUR = 1_000
const RECALL_MS = 24 * 3_600_000

interface Sent {
  at: number
  messageId: string
  answer: Record<string, unknown>
}

/** One per simulator: remembers bodies for the duplicate check and arrivals for the silent limit. */
export function createMessageApis(): Api[] {
  const recent = new Map<string, Sent>()
  const arrivals = new Map<string, number[]>()
  const sentAt = new Map<string, number>()
  let serial = 0

  const dropped = (userId: string, now: number): boolean => {
    const past = (arrivals.get(userId) ?? []).filter((at) => at > now - 3_600_000)
    const over =
      past.length >= PER_MEMBER_AN_HOUR || past.filter((at) => at > now - 60_000).length >= PER_MEMBER_A_MINUTE
    if (!over) past.push(now)
    arrivals.set(userId, past)
    return over
  }

  function send(
    { body, raw }: { body: Record<string, unknown>; raw: string },
    context: SimContext,
  ): Record<string, unknown> {
    const { world, clock, ledger, cards } = context
    const now = clock.now()
    if (body.agentid === undefined) throw new ApiError(41011, 'missing agentid')
    if (Number(body.agentid) !== world.corp.agentId) throw new ApiError(40056, 'invalid agentid')
    const { valid, invalid } = receivers(world, body)
    const render = RENDERERS[text(body.msgtype)]
    if (!render) throw new ApiError(40008, 'invalid message type')
    const payload = record(body[text(body.msgtype)])
    const shown = render(payload, context)

    if (body.enable_duplicate_check === 1) {
      const window = Math.min(MAX_DUPLICATE_S, Number(body.duplicate_check_interval) || DEFAULT_DUPLICATE_S) * 1000
      const key = createHash('sha256').update(raw).digest('hex')
      const before = recent.get(key)
      if (before && now.getTime() - before.at < window) return before.answer
      recent.set(key, { at: now.getTime(), messageId: '', answer: {} })
    }
    serial += 1
    const messageId = `msg${opaque(40, world.seed, 'app message', serial)}`
    sentAt.set(messageId, now.getTime())
    const callbackCard =
      text(body.msgtype) === 'template_card' &&
      (payload.card_type !== 'text_notice' || payload.action_menu !== undefined)
    const taskId = text(payload.task_id)
    const answer: Record<string, unknown> = {
      invaliduser: invalid.join('|'),
      invalidparty: '',
      invalidtag: '',
      msgid: messageId,
    }
    if (callbackCard)
      answer.response_code = cards.issueCode(
        taskId,
        valid.map(({ userId }) => userId),
        now,
      )
    for (const staff of valid) {
      if (dropped(staff.userId, now.getTime())) continue
      const isCard = text(body.msgtype) === 'template_card'
      if (isCard && taskId)
        cards.put({
          taskId,
          userId: staff.userId,
          messageId,
          shown: payload,
          replacedBy: null,
          sentAt: now,
          updatedAt: now,
        })
      ledger.add({
        at: now.toISOString(),
        person: staff.personId,
        kind: isCard ? 'card' : 'app',
        messageId,
        channel: 'message/send',
        payload: { msgtype: body.msgtype, ...(isCard ? { card: payload } : {}) },
        text: shown,
      })
    }
    const key = createHash('sha256').update(raw).digest('hex')
    const kept = recent.get(key)
    if (kept) Object.assign(kept, { messageId, answer })
    return answer
  }

  return [
    { method: 'POST', path: '/cgi-bin/message/send', auth: 'wecom', handle: send },
    {
      method: 'POST',
      path: '/cgi-bin/message/update_template_card',
      auth: 'wecom',
      handle({ body }, { world, clock, ledger, cards }) {
        const now = clock.now()
        if (Number(body.agentid) !== world.corp.agentId) throw new ApiError(40056, 'invalid agentid')
        const replaceName = text(record(body.button).replace_name)
        const next = body.template_card === undefined ? null : record(body.template_card)
        if (!replaceName && !next) throw new ApiError(42020, 'button.replace_name missing')
        // task_id isn't sent with an update: the card keeps its own.
        const { taskId, userIds } = cards.redeem(text(body.response_code), now)
        if (next) cards.validate({ ...next, task_id: taskId })
        const wanted = list(body.userids).map((one) => text(one).toLowerCase())
        const invalid: string[] = []
        for (const userId of body.atall === 1
          ? userIds
          : userIds.filter((one) => wanted.length === 0 || wanted.includes(one.toLowerCase()))) {
          const card = cards.find(userId, taskId)
          const staff = world.byUserId.get(userId.toLowerCase())
          if (!card || !staff) {
            invalid.push(userId)
            continue
          }
          cards.update(card, next ? { card: next } : { replaceName }, now)
          ledger.add({
            at: now.toISOString(),
            person: staff.personId,
            kind: 'card-update',
            messageId: card.messageId,
            channel: 'message/update_template_card',
            payload: { taskId, card: card.shown, replacedBy: card.replacedBy },
            text: cardText(card.shown, card.replacedBy),
          })
        }
        return { invaliduser: invalid }
      },
    },
    {
      method: 'POST',
      path: '/cgi-bin/message/recall',
      auth: 'wecom',
      handle({ body }, { clock }) {
        const at = sentAt.get(text(body.msgid))
        if (at === undefined) throw new ApiError(40058, 'invalid msgid')
        if (clock.now().getTime() - at > RECALL_MS) throw new ApiError(42052, 'message recall time limit exceeded')
        return {}
      },
    },
  ]
}

function receivers(world: World, body: Record<string, unknown>): { valid: Staff[]; invalid: string[] } {
  const present = world.staff.filter(({ resigned }) => !resigned)
  const touser = text(body.touser)
  if (!touser && !text(body.toparty) && !text(body.totag)) throw new ApiError(82001, 'no receiver')
  if (touser === '@all') return { valid: present, invalid: [] }
  const wanted = touser.split('|').filter(Boolean)
  if (wanted.length > 1_000) throw new ApiError(40032, 'invalid userid list length')
  const parties = text(body.toparty).split('|').filter(Boolean).map(Number)
  const valid = new Set(present.filter(({ departmentId }) => parties.includes(departmentId)))
  const invalid: string[] = []
  for (const userId of wanted) {
    const staff = world.byUserId.get(userId.toLowerCase())
    if (staff && !staff.resigned) valid.add(staff)
    else invalid.push(userId.toLowerCase())
  }
  if (valid.size === 0) throw new ApiError(81013, 'all receivers are invalid', { invaliduser: invalid.join('|') })
  return { valid: [...valid], invalid }
}

/** WeCom cuts longer text silently. */
const cut = (value: string, limit: number): string => {
  if (bytes(value) <= limit) return value
  return Buffer.from(value)
    .subarray(0, limit)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')
}

const RENDERERS: Record<string, (payload: Record<string, unknown>, context: SimContext) => string> = {
  text(payload) {
    if (!text(payload.content)) throw new ApiError(44004, 'empty content')
    return cut(text(payload.content), 2048)
  },
  markdown(payload) {
    if (!text(payload.content)) throw new ApiError(44004, 'empty content')
    if (bytes(text(payload.content)) > 2048) throw new ApiError(45002, 'content size out of limit')
    return text(payload.content)
  },
  textcard(payload) {
    if (!text(payload.title)) throw new ApiError(41016, 'title missing')
    if (!text(payload.description)) throw new ApiError(41033, 'description missing')
    if (!/^https?:\/\//.test(text(payload.url))) throw new ApiError(45034, 'url needs a scheme')
    return `${text(payload.title)}\n${text(payload.description)}`
  },
  template_card(payload, { cards }) {
    cards.validate(payload)
    return cardText(payload, null)
  },
}
