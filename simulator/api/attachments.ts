/** What a member sends to customers in one go: a text and up to nine attachments, each a message of its own. */
import type { World } from '../state.ts'
import type { FindMedia } from './message-content.ts'
import { ApiError, bytes, entryOf, list, record, text } from './values.ts'

const TEXT_BYTES = 4_000
const MOST = 9

export interface AttachmentPorts {
  world: World
  findMedia: FindMedia
}

type Show = (content: Record<string, unknown>, ports: AttachmentPorts) => string

/**
 * The messages as the customer reads them, one line each.
 * @throws ApiError 41088 nothing to send, 45002, 41064, 41065, and those of media, titles and addresses
 */
export function showBundle(body: Record<string, unknown>, ports: AttachmentPorts): string[] {
  const said = text(record(body.text).content)
  const attachments = list(body.attachments).map(record)
  if (!said && attachments.length === 0) throw new ApiError(41088, 'empty attachments')
  if (bytes(said) > TEXT_BYTES) throw new ApiError(45002, 'content size out of limit')
  if (attachments.length > MOST) throw new ApiError(41064, 'too many attachments')
  const shown = attachments.map((attachment) => {
    const type = text(attachment.msgtype)
    const show = entryOf(KINDS, type)
    if (!show) throw new ApiError(41065, 'invalid attachment type')
    return show(record(attachment[type]), ports)
  })
  return said ? [said, ...shown] : shown
}

function checkTitle(value: unknown, most: number): string {
  if (!text(value)) throw new ApiError(41016, 'title missing')
  if (bytes(text(value)) > most) throw new ApiError(40058, 'invalid parameter: title')
  return text(value)
}

function checkUrl(value: unknown): void {
  if (!/^https?:\/\//.test(text(value))) throw new ApiError(45034, 'url needs http:// or https://')
  if (bytes(text(value)) > 2_048) throw new ApiError(40039, 'url too long')
}

const file =
  (label: string): Show =>
  ({ media_id }, { findMedia }) => {
    findMedia(text(media_id))
    return label
  }

const KINDS: Record<string, Show> = {
  image({ media_id, pic_url }, { findMedia }) {
    // An address counts only when uploadimg gave it.
    if (text(media_id) || !/\/wwpic\/\w+\/0$/.test(text(pic_url))) findMedia(text(media_id))
    return '[图片]'
  },
  video: file('[视频]'),
  file: file('[文件]'),
  link({ title, picurl, desc, url }) {
    const shown = checkTitle(title, 128)
    if (bytes(text(desc)) > 512) throw new ApiError(40058, 'invalid parameter: desc')
    checkUrl(url)
    if (text(picurl)) checkUrl(picurl)
    return [`[链接] ${shown}`, text(desc)].filter(Boolean).join('\n')
  },
  miniprogram({ title, pic_media_id, appid, page }, { world, findMedia }) {
    const shown = checkTitle(title, 64)
    if (text(appid) !== world.miniProgram.appId) throw new ApiError(90206, 'mini-program not linked to the corp')
    findMedia(text(pic_media_id))
    if (!text(page)) throw new ApiError(40063, 'empty parameter: page')
    return `[小程序] ${shown}`
  },
}
