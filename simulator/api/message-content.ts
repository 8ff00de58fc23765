/** What an app message may hold, and how the member reads it. */
import { checkCard } from './card-checks.ts'
import { cardText } from './cards.ts'
import { ApiError, bytes, cut, entryOf, list, record, text } from './values.ts'

const TEXT_BYTES = 2048

/** Looks a media_id up. @throws ApiError 41006, 40007, 40145 */
export type FindMedia = (mediaId: string) => unknown

/** The types whose content is one file. */
const FILES: readonly string[] = ['image', 'voice', 'video', 'file']
/** The types with a small picture. */
const THUMBS: readonly string[] = ['link', 'miniprogram']

/** @throws ApiError for a file that is not there */
export function checkMedia(body: Record<string, unknown>, find: FindMedia): void {
  const type = text(body.msgtype)
  if (FILES.includes(type)) find(text(record(body[type]).media_id))
  if (THUMBS.includes(type)) find(text(record(body[type]).thumb_media_id))
  if (type === 'mpnews') for (const one of list(record(body.mpnews).articles)) find(text(record(one).thumb_media_id))
}

/** @throws ApiError for content that WeCom would refuse */
export function showMessage(body: Record<string, unknown>): string {
  const type = text(body.msgtype)
  const show = entryOf(KINDS, type)
  if (!show) throw new ApiError(40008, 'invalid message type')
  return show(record(body[type]))
}

function checkUrl(url: string): void {
  if (!/^https?:\/\//.test(url)) throw new ApiError(45034, 'url needs http:// or https://')
  if (bytes(url) > TEXT_BYTES) throw new ApiError(40039, 'url too long')
}

const length = (words: unknown): number => [...text(words)].length

const media = (label: string) => (payload: Record<string, unknown>) => {
  if (!text(payload.media_id)) throw new ApiError(41006, 'media_id missing')
  return label
}

const KINDS: Record<string, (payload: Record<string, unknown>) => string> = {
  text(payload) {
    if (!text(payload.content)) throw new ApiError(44004, 'empty content')
    return cut(text(payload.content), TEXT_BYTES)
  },
  markdown(payload) {
    if (!text(payload.content)) throw new ApiError(44004, 'empty content')
    if (bytes(text(payload.content)) > TEXT_BYTES) throw new ApiError(45002, 'content size out of limit')
    return text(payload.content)
  },
  textcard(payload) {
    if (!text(payload.title)) throw new ApiError(41016, 'title missing')
    if (!text(payload.description)) throw new ApiError(41033, 'description missing')
    checkUrl(text(payload.url))
    return `${text(payload.title)}\n${text(payload.description)}\n[${text(payload.btntxt) || '详情'}]`
  },
  news(payload) {
    const articles = list(payload.articles).map(record)
    if (articles.length < 1 || articles.length > 8) throw new ApiError(45008, 'articles size out of limit')
    for (const { title, url, appid } of articles) {
      if (!text(title)) throw new ApiError(41016, 'title missing')
      if (!text(appid)) checkUrl(text(url))
    }
    return articles
      .map(({ title, description }) => [text(title), text(description)].filter(Boolean).join('\n'))
      .join('\n')
  },
  mpnews(payload) {
    const articles = list(payload.articles).map(record)
    if (articles.length < 1 || articles.length > 8) throw new ApiError(45008, 'articles size out of limit')
    for (const { title, content } of articles) {
      if (!text(title)) throw new ApiError(41016, 'title missing')
      if (!text(content)) throw new ApiError(44004, 'empty content')
    }
    return articles.map(({ title, digest }) => [text(title), text(digest)].filter(Boolean).join('\n')).join('\n')
  },
  miniprogram_notice({ appid, page, title, description, content_item }) {
    if (!text(appid)) throw new ApiError(90200, 'missing mini-program appid')
    if (bytes(text(page)) > 1_024) throw new ApiError(90204, 'invalid page')
    if (!text(title)) throw new ApiError(41016, 'title missing')
    for (const words of [title, description])
      if (text(words) && (length(words) < 4 || length(words) > 12))
        throw new ApiError(40058, 'invalid parameter: length')
    const items = list(content_item).map(record)
    if (items.length > 10) throw new ApiError(90201, 'too many items')
    for (const { key, value } of items) {
      if (length(key) < 1 || length(key) > 10) throw new ApiError(90202, 'invalid item key')
      if (length(value) < 1 || length(value) > 30) throw new ApiError(90203, 'invalid item value')
    }
    const facts = items.map(({ key, value }) => `${text(key)}:${text(value)}`)
    return [text(title), text(description), ...facts].filter(Boolean).join('\n')
  },
  image: media('[图片]'),
  voice: media('[语音]'),
  video: media('[视频]'),
  file: media('[文件]'),
  template_card(payload) {
    checkCard(payload)
    return cardText(payload, null)
  },
}
