/**
 * The conversation, written against Wechaty's interface alone: a message comes, it is decided what is wanted, it is done, and
 * something is said. Which puppet carries it makes no difference here.
 */
import type { Message, Wechaty } from 'wechaty'
import type { BotFile, BotText } from './config.ts'
import { decide, type Intent } from './decide.ts'
import type { Acts, Article, Danger, Heard, Knowledge, Memory, MenuKind, Rephrase, TalkFacts } from './types.ts'

export interface ConversationDeps {
  config: BotFile
  /** A text of `config/templates/bot.yaml`, filled. */
  text: (key: BotText, vars: Record<string, string>) => string
  factsOf: (contactId: string, at: Date) => Promise<TalkFacts | null>
  dangerOf: (heard: Heard, facts: TalkFacts) => Promise<Danger>
  knowledge: Knowledge
  acts: Acts
  rephrase: Rephrase | null
  memoryOf: (contactId: string) => Promise<Memory>
  /** Everything that the message leads to has been done; `intent` null: it was nobody's. Null memory: it failed, and comes again. */
  done: (messageId: string, result: { memory: Memory; intent: Intent['is'] | null } | { error: unknown }) => void
}

/** A menu's text above its buttons, bytes; more is said before it. */
const MENU_BYTES = 1_024
const DAY_MS = 86_400_000
const SAME_MS = 10 * 60_000
const HOUR_MS = 3_600_000

export function converse(wechaty: Wechaty, deps: ConversationDeps): void {
  wechaty.on('message', (message) => {
    if (message.self()) return
    answer(wechaty, message, deps).then(
      (result) => deps.done(message.id, result),
      (error: unknown) => deps.done(message.id, { error }),
    )
  })
}

function heardOf(wechaty: Wechaty, message: Message): Heard {
  const { Type } = wechaty.Message
  const type = message.type()
  const kind = type === Type.Text ? 'text' : type === Type.Image ? 'photo' : 'other'
  return { messageId: message.id, at: message.date(), kind, text: kind === 'text' ? message.text() : '' }
}

async function answer(
  wechaty: Wechaty,
  message: Message,
  deps: ConversationDeps,
): Promise<{ memory: Memory; intent: Intent['is'] | null }> {
  const heard = heardOf(wechaty, message)
  const contactId = message.talker().id
  const [facts, before] = await Promise.all([deps.factsOf(contactId, heard.at), deps.memoryOf(contactId)])
  if (!facts) return { memory: before, intent: null }
  const danger = await deps.dangerOf(heard, facts)
  const intent = decide(heard, before, danger, deps.config)
  const fileOf = async (id: string): Promise<Buffer | null> => {
    const from = id === message.id ? message : await wechaty.Message.find({ id })
    return from ? (await from.toFileBox()).toBuffer() : null
  }
  const turn = {
    ...deps,
    heard,
    facts,
    before,
    danger,
    fileOf,
    say: (text: string) => message.say(text).then(() => undefined),
  }
  return { memory: { ...before, ...(await respond(turn, intent)) }, intent: intent.is }
}

type Turn = ConversationDeps & {
  heard: Heard
  facts: TalkFacts
  before: Memory
  danger: Danger
  fileOf: (messageId: string) => Promise<Buffer | null>
  say: (text: string) => Promise<void>
}

/** Does what is wanted and says so. Returns what is to be remembered otherwise than before. */
async function respond(turn: Turn, intent: Intent): Promise<Partial<Memory>> {
  const { acts, heard, facts, before } = turn
  switch (intent.is) {
    case 'with_person':
      return {}
    case 'danger':
      if (intent.handled) return { menu: null }
      await acts.toPerson(heard, facts, 'danger')
      await tell(turn, 'danger')
      return { menu: null }
    case 'opt_out':
      await acts.optOut(facts, 'promotion')
      return ask(turn, 'opt_out', 'opt_out_ask', heard.messageId)
    case 'person':
      await acts.toPerson(heard, facts, 'asked')
      return handedOver(turn)
    case 'complaint': {
      const isMore = before.complaintAt !== null && heard.at.getTime() - before.complaintAt.getTime() < DAY_MS
      if (isMore) {
        await acts.show(heard, facts)
        await tell(turn, 'complaint_more')
        return { menu: null }
      }
      // The acknowledgement with its number is the answer.
      await acts.complain(heard, facts)
      return { menu: null, complaintAt: heard.at }
    }
    case 'booking':
      await acts.booking(heard, facts)
      await tell(turn, facts.opensAt === null ? 'booking_now' : 'booking_later')
      return { menu: null }
    case 'survey': {
      const title = await acts.openSurvey(facts)
      await tell(turn, title === null ? 'no_survey' : 'survey', { title: title ?? '' })
      return { menu: null }
    }
    case 'guide':
      return guide(turn)
    case 'greeting':
      await tell(turn, facts.treatment ? 'greeting_day' : 'greeting')
      if (heard.text.length > 6) await acts.show(heard, facts)
      return { menu: null }
    case 'thanks':
      return sayOnce(turn, 'thanks')
    case 'fine':
      await acts.show(heard, facts)
      return sayOnce(turn, 'fine')
    case 'photo':
      return photo(turn)
    case 'unreadable':
      await acts.toPerson(heard, facts, 'unreadable')
      await tell(turn, 'unreadable')
      return { menu: null }
    case 'choice':
      return choice(turn, intent.n)
    case 'question':
      return question(turn, intent.mild)
  }
}

async function question(turn: Turn, mild: 'watch' | 'expected' | null): Promise<Partial<Memory>> {
  const { acts, knowledge, heard, facts, danger, rephrase } = turn
  const { treatment } = facts
  const about = { treatment: treatment?.code ?? null, day: treatment?.day ?? null }
  const found = await knowledge.answer(heard.text, about)
  // A mild sign is somebody's to ask back about today, whatever is said here.
  if (mild === 'watch') await acts.toPerson(heard, facts, 'watch')
  if (mild === 'expected') await acts.show(heard, facts)
  if (found !== null) {
    const words = (await otherwise(rephrase, found, heard.text)) ?? found.text
    return askWhetherItHelped(turn, words, found.id)
  }
  const normal = mild === 'expected' ? await knowledge.guide(facts) : null
  if (normal !== null) return askWhetherItHelped(turn, normal, 'guide')
  await knowledge.unanswered(heard.text, { messageId: heard.messageId, ...about })
  return handOn(turn, mild !== 'watch' && !danger.toCaller)
}

/** So long what comes after a question that was handed on belongs to it. */
const TOGETHER_MS = 30 * 60_000

/** `asks`: somebody is to answer who doesn't know yet. More of it opens no second task, and is answered once. */
async function handOn(turn: Turn, asks: boolean): Promise<Partial<Memory>> {
  const { acts, heard, facts, before } = turn
  const isFresh = (key: BotText) => heard.at.getTime() - (before.said[key]?.getTime() ?? 0) < TOGETHER_MS
  const isMore = isFresh('handed')
  if (asks) await (isMore ? acts.show(heard, facts) : acts.toPerson(heard, facts, 'no_answer'))
  const key = isMore ? 'handed_more' : 'handed'
  if (isFresh(key)) return { menu: null }
  await tell(turn, key)
  return { menu: null, said: { ...before.said, [key]: heard.at } }
}

/** The model's words, where there is one and it says something; never instead of an answer. */
async function otherwise(rephrase: Rephrase | null, article: Article, asked: string): Promise<string | null> {
  try {
    return rephrase ? await rephrase(article, asked) : null
  } catch {
    return null
  }
}

async function guide(turn: Turn): Promise<Partial<Memory>> {
  const { acts, knowledge, heard, facts } = turn
  const words = await knowledge.guide(facts)
  if (words !== null) return askWhetherItHelped(turn, words, 'guide')
  await acts.toPerson(heard, facts, 'no_guide')
  await tell(turn, 'no_guide')
  return { menu: null }
}

async function photo(turn: Turn): Promise<Partial<Memory>> {
  const { acts, facts, heard } = turn
  const consent = await acts.photoConsent(facts)
  if (consent === 'ask') return ask(turn, 'photo', 'photo_ask', heard.messageId)
  if (consent === 'elsewhere') {
    await acts.toPerson(heard, facts, 'photo')
    await tell(turn, 'photo_elsewhere')
    return { menu: null }
  }
  return keep(turn, heard.messageId)
}

async function keep(turn: Turn, messageId: string): Promise<Partial<Memory>> {
  const { acts, facts, heard, fileOf } = turn
  const bytes = await fileOf(messageId)
  if (bytes !== null && (await acts.keepPhoto(messageId, facts, bytes))) {
    await acts.show(heard, facts)
    await tell(turn, 'photo_kept')
  } else {
    await acts.toPerson(heard, facts, 'photo')
    await tell(turn, 'photo_unusable')
  }
  return { menu: null }
}

async function choice(turn: Turn, n: number): Promise<Partial<Memory>> {
  const { acts, heard, facts, before } = turn
  const { menu } = before
  switch (menu?.kind) {
    case 'helped':
      if (n === 1) await tell(turn, 'helped')
      else {
        const asked = { ...heard, text: menu.question ?? heard.text }
        await acts.toPerson(asked, facts, n === 2 ? 'not_helped' : 'asked')
        if (n === 3) return handedOver(turn)
        await tell(turn, 'not_helped')
      }
      return { menu: null }
    case 'opt_out':
      if (n === 2) await acts.optOut(facts, 'all')
      await tell(turn, n === 2 ? 'opt_out_all' : 'opt_out_keep')
      return { menu: null }
    case 'photo':
      if (n === 1) {
        await acts.allowPhotos(facts)
        return keep(turn, menu.about)
      }
      await tell(turn, 'photo_declined')
      return { menu: null }
    case undefined:
      return {}
  }
}

/** Outside the hours the assistant goes on answering: nobody else would. */
async function handedOver(turn: Turn): Promise<Partial<Memory>> {
  const { facts, heard } = turn
  await tell(turn, facts.opensAt === null ? 'person_now' : 'person_later')
  return { menu: null, personSince: facts.opensAt === null ? heard.at : null }
}

async function sayOnce(turn: Turn, key: 'thanks' | 'fine'): Promise<Partial<Memory>> {
  const { before, heard, config } = turn
  const last = before.said[key]
  if (last && heard.at.getTime() - last.getTime() < config.repeat_hours * HOUR_MS) return {}
  await tell(turn, key)
  return { said: { ...before.said, [key]: heard.at } }
}

function filled({ text, facts }: Turn, key: BotText, vars: Record<string, string> = {}): string {
  const { salutation, store, phone, emergency, opensAt, treatment } = facts
  return text(key, {
    salutation,
    store,
    phone,
    emergency,
    time: opensAt ?? '',
    treatment: treatment?.name ?? '',
    day: String(treatment?.day ?? ''),
    ...vars,
  })
}

const tell = (turn: Turn, key: BotText, vars: Record<string, string> = {}): Promise<void> =>
  turn.say(filled(turn, key, vars))

/** Numbered lines: a puppet that knows buttons makes some of them. */
const withItems = (head: string, labels: readonly string[]): string =>
  [head, ...labels.map((label, i) => `${i + 1} ${label}`)].join('\n')

async function ask(turn: Turn, kind: MenuKind, key: BotText, about: string): Promise<Partial<Memory>> {
  const labels = turn.config.menus[kind]
  await turn.say(withItems(filled(turn, key), labels))
  return { menu: { kind, labels: [...labels], at: turn.heard.at, about } }
}

async function askWhetherItHelped(turn: Turn, words: string, about: string): Promise<Partial<Memory>> {
  const { menu } = turn.before
  // Asked twice in one breath: what was said stands right above.
  if (menu?.kind === 'helped' && menu.about === about && turn.heard.at.getTime() - menu.at.getTime() < SAME_MS) {
    await tell(turn, 'same')
    return {}
  }
  const { helped: labels } = turn.config.menus
  const said = filled(turn, 'answer', { text: words })
  const asking = filled(turn, 'helped_ask')
  const head = `${said}\n\n${asking}`
  if (Buffer.byteLength(head) > MENU_BYTES) await turn.say(said)
  await turn.say(withItems(Buffer.byteLength(head) > MENU_BYTES ? asking : head, labels))
  return { menu: { kind: 'helped', labels: [...labels], at: turn.heard.at, about, question: turn.heard.text } }
}
