/** Stored messages as Wechaty reads them. Pure. */
import { type payloads, types } from 'wechaty-puppet'
import type { LineMessage } from './line.ts'

const TYPES: Record<string, types.Message> = {
  text: types.Message.Text,
  // A tap, and a menu that somebody passes on, read as their words.
  msgmenu: types.Message.Text,
  image: types.Message.Image,
  voice: types.Message.Audio,
  video: types.Message.Video,
  file: types.Message.Attachment,
  location: types.Message.Location,
  link: types.Message.Url,
  business_card: types.Message.Contact,
  miniprogram: types.Message.MiniProgram,
  merged_msg: types.Message.ChatHistory,
  channels: types.Message.Post,
  note: types.Message.GroupNote,
  recalled: types.Message.Recalled,
}

export function messagePayload(message: LineMessage, accountId: string): payloads.Message {
  const { id, customerId, direction, at, type, text } = message
  const own = direction === 'out'
  return {
    id,
    talkerId: own ? accountId : customerId,
    listenerId: own ? customerId : accountId,
    text: text ?? '',
    timestamp: Math.floor(at.getTime() / 1_000),
    type: TYPES[type] ?? types.Message.Unknown,
  }
}

export function contactPayload(id: string, name: string, isAccount: boolean): payloads.Contact {
  return {
    id,
    name,
    gender: types.ContactGender.Unknown,
    type: isAccount ? types.Contact.Corporation : types.Contact.Individual,
    avatar: '',
    phone: [],
    friend: !isAccount,
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number => (typeof value === 'number' ? value : Number(text(value)))

export const urlPayload = (content: Record<string, unknown>): payloads.UrlLink => ({
  title: text(content.title),
  url: text(content.url),
  description: text(content.desc),
  thumbnailUrl: text(content.pic_url),
})

export const locationPayload = (content: Record<string, unknown>): payloads.Location => ({
  accuracy: 0,
  address: text(content.address),
  name: text(content.name),
  latitude: number(content.latitude),
  longitude: number(content.longitude),
})

export const miniProgramPayload = (content: Record<string, unknown>): payloads.MiniProgram => ({
  appid: text(content.appid),
  title: text(content.title),
  pagePath: text(content.pagepath),
})
