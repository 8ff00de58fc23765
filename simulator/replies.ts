/** Passive replies: what a server answers to a callback, sealed as the callback was, and shown at once. */
import { XMLParser } from 'fast-xml-parser'
import { checkCard } from './api/card-checks.ts'
import { updateCopy } from './api/messages.ts'
import type { SimContext } from './api/types.ts'
import { bytes, list, record, text } from './api/values.ts'
import { decrypt, signatureOf } from './envelope.ts'

export interface Reply {
  kind: 'wecom' | 'wechat'
  /** What the callback said. */
  fields: Record<string, unknown>
  /** The answer's body. */
  body: string
}

export interface ReplyCounts {
  accepted: number
  refused: number
  /** Why the last one was refused, for whoever wonders where the reply has gone. */
  lastRefusal: string | null
}

/** Events that may be answered so; messages always may. */
const ANSWERABLE: readonly string[] = [
  'subscribe',
  'enter_agent',
  'LOCATION',
  'click',
  'view',
  'view_miniprogram',
  'scancode_waitmsg',
  'template_card_event',
  'template_card_menu_event',
]
const TEXT_BYTES = 2_048

const parser = new XMLParser({ parseTagValue: false, trimValues: false, processEntities: false })

class Refused extends Error {}

/** The four fields in any case, from XML or JSON. @throws Refused */
function envelopeOf(body: string): { encrypted: string; signature: string; timestamp: string; nonce: string } {
  let outside: Record<string, unknown>
  try {
    outside = record(body.trimStart().startsWith('<') ? record(parser.parse(body)).xml : JSON.parse(body))
  } catch {
    throw new Refused('the reply is neither XML nor JSON')
  }
  const fields = new Map(Object.entries(outside).map(([name, value]) => [name.toLowerCase(), String(value)]))
  const of = (name: string) => fields.get(name) ?? ''
  return { encrypted: of('encrypt'), signature: of('msgsignature'), timestamp: of('timestamp'), nonce: of('nonce') }
}

/** @throws Refused */
function open({ world }: SimContext, { kind, body }: Reply): Record<string, unknown> {
  const { corp, miniProgram } = world
  const [token, aesKey, receiveId] =
    kind === 'wecom'
      ? [corp.callbackToken, corp.callbackAesKey, corp.corpId]
      : [miniProgram.token, miniProgram.aesKey, miniProgram.appId]
  const { encrypted, signature, timestamp, nonce } = envelopeOf(body)
  if (!encrypted) throw new Refused('the reply is not encrypted')
  if (signatureOf(token, timestamp, nonce, encrypted) !== signature) throw new Refused('the signature does not match')
  const opened = decrypt(aesKey, encrypted)
  if (!opened) throw new Refused('the reply cannot be decrypted')
  if (opened.receiveId !== receiveId) throw new Refused('the reply is sealed for somebody else')
  const { message } = opened
  try {
    return record(message.trimStart().startsWith('<') ? record(parser.parse(message)).xml : JSON.parse(message))
  } catch {
    throw new Refused('what is inside is neither XML nor JSON')
  }
}

/** Shows the reply to the member or customer of the callback; keeps count of what was no reply. */
export function createReplies(context: SimContext, counts: ReplyCounts): (reply: Reply) => void {
  return (reply) => {
    try {
      const { Event: event } = reply.fields
      const inner = open(context, reply)
      if (reply.kind === 'wechat')
        return show(context, reply, inner, context.world.byOpenId.get(text(reply.fields.FromUserName))?.personId)
      if (event !== undefined && !ANSWERABLE.includes(text(event))) throw new Refused(`${text(event)} takes no reply`)
      const staff = context.world.byUserId.get(text(reply.fields.FromUserName).toLowerCase())
      const to = text(inner.ToUserName).toLowerCase()
      if (!staff || to !== staff.userId.toLowerCase()) throw new Refused('the reply is to somebody else')
      show(context, reply, inner, staff.personId)
    } catch (error) {
      counts.refused += 1
      counts.lastRefusal = (error as Error).message
    }
  }

  function show(
    of: SimContext,
    { kind, fields }: Reply,
    inner: Record<string, unknown>,
    personId: string | undefined,
  ): void {
    if (!personId) throw new Refused('the reply is to nobody')
    const type = text(inner.MsgType)
    const isCardEvent = text(fields.Event).startsWith('template_card')
    if (type === 'update_button' || type === 'update_template_card') {
      if (!isCardEvent) throw new Refused('only a card can be updated')
      updateCopy(of, text(fields.FromUserName), text(fields.TaskId), changeOf(type, inner))
    } else if (!(kind === 'wechat' && type === 'transfer_customer_service')) {
      const words = wordsOf(of, type, inner, kind)
      of.ledger.add({
        at: of.clock.now().toISOString(),
        person: personId,
        kind: kind === 'wecom' ? 'app' : 'kf',
        messageId: null,
        channel: 'passive reply',
        payload: { msgtype: type },
        text: words,
      })
    }
    counts.accepted += 1
  }
}

function changeOf(
  type: string,
  inner: Record<string, unknown>,
): { replaceName: string } | { card: Record<string, unknown> } {
  if (type === 'update_button') {
    const replaceName = text(record(inner.Button).ReplaceName)
    if (!replaceName) throw new Refused('ReplaceName is missing')
    return { replaceName }
  }
  const card = snake(record(inner.TemplateCard))
  checkCard(card, true)
  return { card }
}

function wordsOf(
  { media, clock }: SimContext,
  type: string,
  inner: Record<string, unknown>,
  kind: 'wecom' | 'wechat',
): string {
  const file = (field: string, label: string) => {
    media.get(kind === 'wecom' ? 'corp' : 'mini', text(record(inner[field]).MediaId), clock.now())
    return label
  }
  switch (type) {
    case 'text': {
      const said = text(inner.Content)
      if (!said || bytes(said) > TEXT_BYTES) throw new Refused('Content is missing or too long')
      return said
    }
    case 'image':
      return file('Image', '[图片]')
    case 'voice':
      return file('Voice', '[语音]')
    case 'video':
      return file('Video', '[视频]')
    case 'news': {
      const { item } = record(inner.Articles)
      const items = (Array.isArray(item) ? item : [item]).map(record)
      if (items.length < 1 || items.some(({ Title }) => !text(Title))) throw new Refused('an article has no title')
      return items
        .map(({ Title, Description }) => [text(Title), text(Description)].filter(Boolean).join('\n'))
        .join('\n')
    }
    default:
      throw new Refused(`${type || 'nothing'} is no kind of reply`)
  }
}

/** Names of the API that aren't the XML's with underscores. */
const NAMES: Record<string, string> = {
  KeyName: 'keyname',
  UserId: 'userid',
  PagePath: 'pagepath',
  AppId: 'appid',
  CheckBox: 'checkbox',
}
const NUMBERS: readonly string[] = ['Type', 'Style', 'Mode', 'DescColor']

/** The card as the API writes it: the XML says the same in other names, and repeats a tag for a list. */
function snake(given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const key = NAMES[name] ?? name.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase()
      const one = (part: unknown) => (typeof part === 'object' && part !== null ? snake(record(part)) : part)
      if (name.endsWith('List')) return [key, (Array.isArray(value) ? list(value) : [value]).map(one)]
      if (name === 'IsChecked' || name === 'Disable') return [key, value === 'true' || value === '1' || value === true]
      return [key, NUMBERS.includes(name) ? Number(value) : one(value)]
    }),
  )
}
