/** Message templates: one text per key in the forms that the channels need. Loading, lint and rendering are pure. */
import { z } from 'zod'
import { AppError } from '../platform/errors.ts'
import { CONTACT_CLASSES, type ContactClass } from './types.ts'
import { type WordLint, wordCode } from './words.ts'

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
  'survey',
  'link',
  'when',
  'title',
  'text',
  'time',
  'staff',
  'address',
  'visit',
  'number',
] as const
export const SUBSCRIBE_KINDS = ['care_reminder', 'follow_up'] as const
export type SubscribeKind = (typeof SUBSCRIBE_KINDS)[number]
/** Titles under which the two notices stand in the mini-program's template list. */
export const TITLES: Record<SubscribeKind, string> = { care_reminder: '术后护理提醒', follow_up: '回访通知' }

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
  /** Of a mail, which says what the chat says; without it the clinic's name and the treatment's care. */
  subject: z.string().min(1).optional(),
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
  /** Of a check that programs know by name. */
  code?: string | undefined
}

/** Vendor's limit for one text of customer service. */
export const CHAT_BYTES = 2_048
/** What a guide may take of it, urgent signs included: with several treatments care says it shorter. */
export const GUIDE_BYTES = 1_500
const CHINESE_BYTES = 3
/** A long SMS, which carriers charge as five. */
const SMS_CHARS = 300
/** What a guide's short form may take of it, urgent signs included. */
export const BRIEF_CHARS = 130

const namesIn = (text: string): string[] => [...text.matchAll(/\{\{(\w*)\}\}/g)].map(([, name]) => name ?? '')

/** Joins the files into one book and lists everything that a careful reader would strike out. */
export function buildTemplates(
  files: ReadonlyMap<string, TemplateFile>,
  words: WordLint,
): {
  book: TemplateBook
  problems: TemplateProblem[]
} {
  const book = new Map<string, MessageTemplate>()
  const problems: TemplateProblem[] = []
  for (const [file, { version, templates }] of files) {
    for (const [key, template] of Object.entries(templates)) {
      const problem = (message: string) => problems.push({ file, key, message, code: codeOf(message) })
      if (book.has(key)) problem('is defined twice')
      book.set(key, { key, version, ...template })
      for (const message of lint(template, words)) problem(message)
    }
  }
  return { book, problems }
}

const UNKNOWN = 'names the unknown variable'
const codeOf = (message: string): string | undefined =>
  message.startsWith(UNKNOWN) ? 'unknown_variable' : wordCode(message)

const chars = (count: number): string => '字'.repeat(count)
/** Variables when they are long: a message that is cut would lose its end, whom to call. */
const LONG_VALUES: Record<(typeof VARIABLES)[number], string> = {
  salutation: chars(10),
  store: chars(16),
  sender: chars(26),
  caller: chars(10),
  treatment: chars(25),
  day: '365',
  phone: '0'.repeat(16),
  emergency: '0'.repeat(16),
  doctor: chars(10),
  guide: chars(GUIDE_BYTES / CHINESE_BYTES),
  brief: chars(BRIEF_CHARS),
  notice: chars(20),
  // Counted with the brief.
  urgent: '',
  // A sentence with an address.
  survey: `\n${chars(15)}${'x'.repeat(65)}`,
  link: 'x'.repeat(80),
  when: chars(2),
  title: chars(16),
  text: chars(300),
  time: '2026年12月31日 23:59',
  visit: '2026年12月31日 23:59',
  address: chars(40),
  number: 'TS20261231-FFFF',
  staff: chars(10),
}
const longest = (text: string): string =>
  text.replace(/\{\{(\w+)\}\}/g, (_, name: keyof typeof LONG_VALUES) => LONG_VALUES[name] ?? '')

function lint(
  { class: contactClass, chat, sms, subscribe, subject }: z.output<typeof Template>,
  words: WordLint,
): string[] {
  const texts = [chat, sms ?? '', subject ?? '', ...Object.values(subscribe?.fields ?? {})]
  const all = texts.join('\n')
  const found: string[] = []
  for (const name of new Set(texts.flatMap(namesIn)))
    if (!(VARIABLES as readonly string[]).includes(name)) found.push(`names the unknown variable {{${name}}}`)
  // `{{ store }}` or `{{store}` would stand in the message as it is written here.
  if (/[{}]/.test(all.replace(/\{\{\w*\}\}/g, ''))) found.push('has a brace that belongs to no {{variable}}')
  for (const [name, text] of Object.entries(subscribe?.fields ?? {}))
    if (!text.includes('{{') && [...text].length > fieldChars(name))
      found.push(`${name} is longer than the notice shows`)
  for (const text of [chat, ...(sms ? [sms] : [])]) {
    if (!/\{\{(store|sender)\}\}/.test(text)) found.push('does not say who writes: {{store}} or {{sender}} is missing')
    // Part of a conversation or an emergency has no room for it.
    if (!['reply', 'safety'].includes(contactClass) && !text.includes('谢')) found.push('does not say thanks')
  }
  const bytes = Buffer.byteLength(longest(chat))
  if (bytes > CHAT_BYTES) found.push(`takes up to ${bytes} bytes of chat; the vendor takes ${CHAT_BYTES}`)
  const length = [...longest(sms ?? '')].length
  if (length > SMS_CHARS) found.push(`takes up to ${length} characters of SMS; ${SMS_CHARS} are sent`)
  return [...found, ...words(all, contactClass)]
}

export interface RenderedMessage {
  templateKey: string
  templateVersion: number
  chat: string
  sms: string | null
  /** `page`: where a tap leads; the first page when left out. */
  subscribe: { kind: SubscribeKind; fields: Record<string, string>; page?: string } | null
  /** Who a mail with the chat's text is from, and its subject; null where the text belongs to a conversation. */
  email: { sender: string; subject: string } | null
}

const SUBJECT = '{{store}} · {{treatment}}护理关怀'

const ELLIPSIS_BYTES = 3
/** Vendor's value rules (wecom 9.4): longer values refuse the whole message. */
const FIELD_CHARS: Record<string, number> = { thing: 20, name: 10, phrase: 5, character_string: 32 }
const fieldChars = (name: string): number => FIELD_CHARS[name.replace(/\d+$/, '')] ?? 32

/** Fills a template; `vars.page` is where a notice leads. Same input, same text. @throws AppError internal/internal for an unknown key or a missing variable: checked at start, so our bug */
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
          ...(vars.page === undefined ? {} : { page: vars.page }),
          fields: Object.fromEntries(
            Object.entries(template.subscribe.fields).map(([name, text]) => [
              name,
              cutChars(oneLine(fill(text)), fieldChars(name)),
            ]),
          ),
        }
      : null,
    email:
      template.sms === undefined && template.subscribe === undefined
        ? null
        : { sender: oneLine(fill('{{store}}')), subject: oneLine(fill(template.subject ?? SUBJECT)) },
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
