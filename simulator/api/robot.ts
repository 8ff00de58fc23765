/** The group robot: whoever has its address may write into the room, 20 times a minute. */
import { createHash } from 'node:crypto'
import { opaque } from '../chance.ts'
import type { Ledger } from '../ledger.ts'
import { checkCard } from './card-checks.ts'
import { cardText } from './cards.ts'
import { fileOf, kindOf } from './media.ts'
import { checkFile } from './media-files.ts'
import { type Api, ApiError, entryOf, list, record, type SimContext, text } from './types.ts'
import { bytes } from './values.ts'

const A_MINUTE = 20
const MINUTE_MS = 60_000
const IMAGE_BYTES = 2 * 1024 * 1024

/** ok; removed from the room; switched off; a room that takes no pushes; a room that it isn't in. */
export const ROBOT_STATES = ['ok', 'removed', 'disabled', 'closed', 'elsewhere'] as const
export type RobotState = (typeof ROBOT_STATES)[number]

const REFUSALS: Record<Exclude<RobotState, 'ok'>, [errcode: number, errmsg: string]> = {
  removed: [93000, 'invalid webhook url, or the robot was removed'],
  disabled: [93004, 'the robot is disabled'],
  closed: [93001, 'the chat does not allow push'],
  elsewhere: [93008, 'the robot is not in the chat'],
}

export interface Robot {
  key: string
  /** Stands for the room wherever a person is named. */
  roomId: string
  name: string
  state: RobotState
  /** When it wrote, of the last minute. */
  sent: number[]
  blockedUntil: number
}

export function createRobot(seed: number): Robot {
  const hex = createHash('md5').update(`${seed} robot`).digest('hex')
  const key = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return { key, roomId: 'r01', name: '护理交接群', state: 'ok', sent: [], blockedUntil: 0 }
}

/** @throws ApiError 93000, 93001, 93004, 93008 */
function robotOf({ robot }: SimContext, query: URLSearchParams): Robot {
  if (query.get('key') !== robot.key) throw new ApiError(...REFUSALS.removed)
  if (robot.state !== 'ok') throw new ApiError(...REFUSALS[robot.state])
  return robot
}

/** @throws ApiError 45009 */
function count(robot: Robot, now: number): void {
  robot.sent = robot.sent.filter((at) => at > now - MINUTE_MS)
  if (robot.blockedUntil <= now && robot.sent.length < A_MINUTE) return void robot.sent.push(now)
  if (robot.blockedUntil <= now) robot.blockedUntil = now + MINUTE_MS
  throw new ApiError(45009, 'reach max api frequency limit')
}

const bad = (field: string) => new ApiError(40058, `invalid parameter: ${field}`)

function content(body: Record<string, unknown>, most: number): string {
  const said = text(body.content)
  if (!said) throw new ApiError(44004, 'empty content')
  if (bytes(said) > most) throw bad('content')
  return said
}

const KINDS: Record<string, (body: Record<string, unknown>, findMedia: (id: string) => unknown) => string> = {
  text(body) {
    const called = [...list(body.mentioned_list), ...list(body.mentioned_mobile_list)].map(text)
    return [content(body, 2_048), ...called.map((one) => `@${one === '@all' ? '所有人' : one}`)].join(' ')
  },
  markdown: (body) => content(body, 4_096),
  markdown_v2: (body) => content(body, 4_096),
  image({ base64, md5 }) {
    const image = Buffer.from(text(base64), 'base64')
    if (image.length > IMAGE_BYTES) throw new ApiError(93018, 'image too large')
    checkFile('image', image, 'image.png', IMAGE_BYTES)
    if (createHash('md5').update(image).digest('hex') !== text(md5).toLowerCase())
      throw new ApiError(301019, 'md5 does not match')
    return '[图片]'
  },
  news({ articles: given }) {
    const articles = list(given).map(record)
    if (articles.length < 1 || articles.length > 8) throw bad('articles')
    for (const { title, description, url } of articles) {
      if (!text(title) || bytes(text(title)) > 128) throw bad('title')
      if (bytes(text(description)) > 512) throw bad('description')
      if (!/^https?:\/\//.test(text(url))) throw bad('url')
    }
    return articles
      .map(({ title, description }) => [text(title), text(description)].filter(Boolean).join('\n'))
      .join('\n')
  },
  file({ media_id }, findMedia) {
    findMedia(text(media_id))
    return '[文件]'
  },
  voice({ media_id }, findMedia) {
    findMedia(text(media_id))
    return '[语音]'
  },
  template_card(card) {
    // A robot gets no callbacks, so its cards have nothing to tap that would need one.
    if (card.card_type !== 'text_notice' && card.card_type !== 'news_notice')
      throw new ApiError(42031, 'invalid card_type')
    if (card.action_menu !== undefined) throw bad('action_menu')
    if (card.card_type === 'news_notice' && !text(record(card.card_image).url))
      throw new ApiError(42044, 'card_image.url missing')
    checkCard(card)
    return cardText(card, null)
  },
}

function write(
  ledger: Ledger,
  robot: Robot,
  at: Date,
  n: number,
  seed: number,
  body: Record<string, unknown>,
  shown: string,
) {
  ledger.add({
    at: at.toISOString(),
    person: robot.roomId,
    kind: 'robot',
    messageId: `robot${opaque(20, seed, 'robot', robot.key, n)}`,
    channel: 'webhook/send',
    payload: { msgtype: body.msgtype, room: robot.name },
    text: shown,
  })
}

export const robotApis: Api[] = [
  {
    method: 'POST',
    path: '/cgi-bin/webhook/send',
    auth: null,
    // Which it tells by an error of its own.
    mayBeEmpty: true,
    isOpen: true,
    isUnlimited: true,
    handle({ query, body }, context) {
      const { clock, ledger, media, counters, world } = context
      const robot = robotOf(context, query)
      if (Object.keys(body).length === 0) throw new ApiError(93017, 'empty body')
      const now = clock.now()
      count(robot, now.getTime())
      const type = text(body.msgtype)
      const show = entryOf(KINDS, type)
      if (!show) throw new ApiError(40008, 'invalid message type')
      const shown = show(record(body[type]), (id) => media.get(`robot ${robot.key}`, id, now))
      write(ledger, robot, now, counters.next('robot', robot.key), world.seed, body, shown)
      return {}
    },
  },
  {
    method: 'POST',
    path: '/cgi-bin/webhook/upload_media',
    auth: null,
    takes: 'form',
    isOpen: true,
    isUnlimited: true,
    handle({ query, parts }, context) {
      const { key } = robotOf(context, query)
      const kind = kindOf(query, 'file', 'voice')
      const { mediaId, createdAt } = context.media.put(`robot ${key}`, fileOf(parts, kind), context.clock.now())
      return { type: kind, media_id: mediaId, created_at: String(createdAt) }
    },
  },
]
