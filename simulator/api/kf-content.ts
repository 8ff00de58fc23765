/** What may be sent in customer service, and how the customer reads it. */
import { ApiError, bytes, cut, entryOf, list, record, text } from './values.ts'

export interface MenuItem {
  id: string
  content: string
}

export interface Shown {
  shown: string
  /** The items that the customer can tap to answer. */
  menu?: MenuItem[]
}

const TEXT_BYTES = 2048
const PART_BYTES = 1024
const URL_BYTES = 2048

/** @throws ApiError for content that the vendor would refuse */
export function showContent(body: Record<string, unknown>): Shown {
  const type = text(body.msgtype)
  const show = entryOf(KINDS, type)
  if (!show) throw new ApiError(40008, 'invalid message type')
  return show(record(body[type]))
}

const media =
  (label: string) =>
  (content: Record<string, unknown>): Shown => {
    if (!text(content.media_id)) throw new ApiError(41006, 'media_id missing')
    return { shown: label }
  }

const KINDS: Record<string, (content: Record<string, unknown>) => Shown> = {
  text(content) {
    if (!text(content.content)) throw new ApiError(44004, 'empty content')
    return { shown: cut(text(content.content), TEXT_BYTES) }
  },
  image: media('[图片]'),
  voice: media('[语音]'),
  video: media('[视频]'),
  file: media('[文件]'),
  link(content) {
    if (!text(content.title)) throw new ApiError(41016, 'title missing')
    if (!text(content.thumb_media_id)) throw new ApiError(41006, 'thumb_media_id missing')
    checkUrl(text(content.url))
    return { shown: [`[链接] ${text(content.title)}`, text(content.desc)].filter(Boolean).join('\n') }
  },
  miniprogram(content) {
    if (!text(content.appid)) throw new ApiError(40058, 'invalid parameter: appid')
    if (!text(content.thumb_media_id)) throw new ApiError(41006, 'thumb_media_id missing')
    if (!text(content.pagepath).split('?')[0]?.endsWith('.html'))
      throw new ApiError(40058, 'invalid parameter: pagepath')
    return { shown: `[小程序] ${text(content.title)}`.trim() }
  },
  location(content) {
    const within = (value: unknown, limit: number) => typeof value === 'number' && Math.abs(value) <= limit
    if (!within(content.latitude, 90) || !within(content.longitude, 180)) throw new ApiError(40058, 'invalid parameter')
    return { shown: `[位置] ${text(content.name)} ${text(content.address)}`.trim() }
  },
  ca_link(content) {
    checkUrl(text(content.link_url))
    return { shown: `[获客链接] ${text(content.link_url)}` }
  },
  msgmenu: showMenu,
}

function checkUrl(url: string): void {
  if (!/^https?:\/\//.test(url) || bytes(url) > URL_BYTES) throw new ApiError(45034, 'invalid url')
}

function showMenu(content: Record<string, unknown>): Shown {
  const items = list(content.list).map(record)
  if (items.length > 50 || items.filter(({ type }) => type !== 'text').length > 10)
    throw new ApiError(95008, 'too many menu items')
  const [head, tail] = [text(content.head_content), text(content.tail_content)]
  if (bytes(head) > PART_BYTES || bytes(tail) > PART_BYTES) throw new ApiError(45002, 'content size out of limit')
  if (!head && !tail && items.length === 0) throw new ApiError(44004, 'empty content')
  const lines = items.map(showItem)
  const menu = items
    .filter(({ type }) => type === 'click')
    .map(({ click }, i) => ({ id: text(record(click).id) || String(i + 1), content: text(record(click).content) }))
  return { shown: [head, ...lines, tail].filter(Boolean).join('\n'), menu }
}

function showItem(item: Record<string, unknown>): string {
  const part = record(item[text(item.type)])
  const label = text(part.content)
  const bad = () => new ApiError(95009, 'invalid menu item')
  switch (item.type) {
    case 'click':
      if (part.id !== undefined && !/^[a-zA-Z0-9_]{1,128}$/.test(text(part.id))) throw bad()
      if (!label || bytes(label) > 128) throw bad()
      return `[${label}]`
    case 'view':
      if (!/^https?:\/\//.test(text(part.url)) || bytes(text(part.url)) > URL_BYTES) throw bad()
      if (!label || bytes(label) > PART_BYTES) throw bad()
      return `[${label}]`
    case 'miniprogram':
      if (!text(part.appid) || !text(part.pagepath) || !label || bytes(label) > PART_BYTES) throw bad()
      return `[${label}]`
    case 'text':
      if (!label || bytes(label) > 256) throw bad()
      return label
    default:
      throw bad()
  }
}
