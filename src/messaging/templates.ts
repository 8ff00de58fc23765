/** Message templates: one text per key in the forms that the channels need. Loading, lint and rendering are pure. */
import { z } from 'zod'
import { AppError } from '../platform/errors.ts'
import { CONTACT_CLASSES, type ContactClass } from './types.ts'

/** What a text may name. Care fills all of them; a template that names another is refused at start. */
export const VARIABLES = [
  'salutation',
  'store',
  'sender',
  'caller',
  'treatment',
  'day',
  'phone',
  'emergency',
  'doctor',
  'guide',
  'brief',
  'notice',
  'urgent',
  'when',
  'title',
  'text',
  'time',
  'staff',
  'address',
  'visit',
] as const
export const SUBSCRIBE_KINDS = ['care_reminder', 'follow_up'] as const
export type SubscribeKind = (typeof SUBSCRIBE_KINDS)[number]

const Template = z.strictObject({
  class: z.enum(CONTACT_CLASSES),
  /** Customer-service chat, up to 2048 bytes when filled. */
  chat: z.string().min(1),
  /** Short form for SMS; without it the channel is left out. */
  sms: z.string().min(1).optional(),
  /** Mini-program notice: which template of ours, and its fields. */
  subscribe: z
    .strictObject({
      kind: z.enum(SUBSCRIBE_KINDS),
      fields: z.record(z.string().regex(/^(thing|time|name|date|phrase|character_string)\d+$/), z.string().min(1)),
    })
    .optional(),
})
export const TemplateFile = z.strictObject({
  version: z.int().positive(),
  templates: z.record(z.string().regex(/^[a-z][a-z0-9_.]*$/), Template),
})
export type TemplateFile = z.output<typeof TemplateFile>

export interface MessageTemplate extends z.output<typeof Template> {
  key: string
  version: number
}
export type TemplateBook = ReadonlyMap<string, MessageTemplate>

export interface TemplateProblem {
  file: string
  key: string
  message: string
}

/** 第一天, 第一次, 第一时间 are plain speech; 第一 alone is a claim of rank. */
const RANK = /第一(?![天日次周个步时月针])/
/** Advertising law and good care: words that promise, compare or sell. */
const FORBIDDEN = [
  '最佳',
  '最有效',
  '顶级',
  '国家级',
  '根治',
  '治愈',
  '保证',
  '百分之百',
  '100%',
  '无副作用',
  '永久',
  '绝对',
  '立竿见影',
  '零风险',
]
const OFFERS = ['优惠', '折扣', '特价', '秒杀', '促销', '抽奖', '满减', '立减', '团购']

const namesIn = (text: string): string[] => [...text.matchAll(/\{\{(\w*)\}\}/g)].map(([, name]) => name ?? '')

/** Joins the files into one book and lists everything that a careful reader would strike out. */
export function buildTemplates(files: ReadonlyMap<string, TemplateFile>): {
  book: TemplateBook
  problems: TemplateProblem[]
} {
  const book = new Map<string, MessageTemplate>()
  const problems: TemplateProblem[] = []
  for (const [file, { version, templates }] of files) {
    for (const [key, template] of Object.entries(templates)) {
      const problem = (message: string) => problems.push({ file, key, message })
      if (book.has(key)) problem('is defined twice')
      book.set(key, { key, version, ...template })
      for (const message of lint(template)) problem(message)
    }
  }
  return { book, problems }
}

function lint({ class: contactClass, chat, sms, subscribe }: z.output<typeof Template>): string[] {
  const texts = [chat, sms ?? '', ...Object.values(subscribe?.fields ?? {})]
  const all = texts.join('\n')
  const found: string[] = []
  for (const name of new Set(texts.flatMap(namesIn)))
    if (!(VARIABLES as readonly string[]).includes(name)) found.push(`names the unknown variable {{${name}}}`)
  for (const [name, text] of Object.entries(subscribe?.fields ?? {}))
    if (!text.includes('{{') && [...text].length > fieldChars(name))
      found.push(`${name} is longer than the notice shows`)
  for (const text of [chat, ...(sms ? [sms] : [])]) {
    if (!/\{\{(store|sender)\}\}/.test(text)) found.push('does not say who writes: {{store}} or {{sender}} is missing')
    // Part of a conversation or an emergency has no room for it.
    if (!['reply', 'safety'].includes(contactClass) && !text.includes('谢')) found.push('does not say thanks')
  }
  return [...found, ...lintWords(all, contactClass)]
}

/** What no text to a customer may say, whatever it is part of. Pure. */
export function lintWords(text: string, contactClass: ContactClass = 'care'): string[] {
  return [
    ...(text.includes('你') ? ['says 你; customers are addressed with 您'] : []),
    ...(RANK.test(text) ? ['contains the forbidden word 第一'] : []),
    ...FORBIDDEN.filter((word) => text.includes(word)).map((word) => `contains the forbidden word ${word}`),
    ...(contactClass === 'promotion' ? [] : OFFERS.filter((word) => text.includes(word))).map(
      (word) => `sells (${word}) in a message of care`,
    ),
  ]
}

export interface RenderedMessage {
  templateKey: string
  templateVersion: number
  chat: string
  sms: string | null
  subscribe: { kind: SubscribeKind; fields: Record<string, string> } | null
}

const CHAT_BYTES = 2_048
const ELLIPSIS_BYTES = 3
const SMS_CHARS = 300
/** Vendor's value rules (wecom 9.4): longer values refuse the whole message. */
const FIELD_CHARS: Record<string, number> = { thing: 20, name: 10, phrase: 5, character_string: 32 }
const fieldChars = (name: string): number => FIELD_CHARS[name.replace(/\d+$/, '')] ?? 32

/** Fills a template. Same input, same text. @throws AppError internal/internal for an unknown key or a missing variable: checked at start, so our bug */
export function render(book: TemplateBook, key: string, vars: Record<string, string>): RenderedMessage {
  const template = book.get(key)
  if (!template) throw new AppError('internal', 'internal', { template: key })
  const fill = (text: string) =>
    text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
      const value = vars[name]
      if (value === undefined) throw new AppError('internal', 'internal', { template: key, variable: name })
      return value
    })
  return {
    templateKey: key,
    templateVersion: template.version,
    chat: cutBytes(fill(template.chat).trim(), CHAT_BYTES),
    sms: template.sms === undefined ? null : cutChars(oneLine(fill(template.sms)), SMS_CHARS),
    subscribe: template.subscribe
      ? {
          kind: template.subscribe.kind,
          fields: Object.fromEntries(
            Object.entries(template.subscribe.fields).map(([name, text]) => [
              name,
              cutChars(oneLine(fill(text)), fieldChars(name)),
            ]),
          ),
        }
      : null,
  }
}

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ').trim()
const cutChars = (text: string, limit: number): string => {
  const chars = [...text]
  return chars.length <= limit ? text : `${chars.slice(0, limit - 1).join('')}…`
}
/** At most `limit` bytes of UTF-8, ending in … when something was cut. Pure. */
export function cutBytes(text: string, limit: number): string {
  if (Buffer.byteLength(text) <= limit) return text
  const chars = [...text]
  let bytes = Buffer.byteLength(text)
  while (bytes > limit - ELLIPSIS_BYTES) bytes -= Buffer.byteLength(chars.pop() ?? '')
  return `${chars.join('')}…`
}

export const classOf = (book: TemplateBook, key: string): ContactClass | null => book.get(key)?.class ?? null
