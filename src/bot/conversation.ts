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
  if (!facts || message.type() === wechaty.Message.Type.Recalled) return { memory: before, intent: null }
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
  const { acts, heard, facts } = turn
  switch (intent.is) {
    case 'with_person':
      return {}
    case 'danger': {
      if (!intent.handled) {
        await acts.toPerson(heard, facts, 'danger')
        await tell(turn, 'danger')
      }
      // Nobody is asked about anything now, but what was decided counts.
      if (intent.also.includes('opt_out')) await acts.optOut(facts, 'promotion')
      const filed = intent.also.includes('complaint') ? await complaint(turn) : {}
      const given = intent.also.includes('person') ? await person(turn) : {}
      return { menu: null, ...filed, ...given }
    }
    case 'opt_out':
      await acts.optOut(facts, 'promotion')
      return ask(turn, 'opt_out', 'opt_out_ask', heard.messageId)
    case 'person':
      return person(turn)
    case 'complaint':
      return complaint(turn)
    case 'confirm': {
      const visit = await acts.confirmVisit(heard, facts)
      if (visit === null) return question(turn, null)
      await tell(turn, 'visit_confirmed', visit)
      return { menu: null }
    }
    case 'booking':
      return once(turn, facts.opensAt === null ? 'booking_now' : 'booking_later', () => acts.booking(heard, facts))
    case 'survey':
      return survey(turn)
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
      return once(turn, 'unreadable', () => acts.toPerson(heard, facts, 'unreadable'))
    case 'choice':
      return choice(turn, intent.menu, intent.n)
    case 'question':
      return question(turn, intent.mild)
  }
}

/** The page asks; a chat only shows the way there. */
async function survey(turn: Turn): Promise<Partial<Memory>> {
  const open = await turn.acts.openSurvey(turn.facts)
  if (open === null) await tell(turn, 'no_survey')
  else if (open.link === null) await tell(turn, 'survey', { title: open.title })
  else await tell(turn, 'survey_link', { title: open.title, link: open.link })
  return { menu: null }
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
  // A watch, and whoever is about to call, know already.
  return once(turn, 'handed', () => acts.toPerson(heard, facts, 'no_answer'), mild === 'watch' || danger.toCaller)
}

/** So long what comes after a message that was handed on belongs to it. */
const TOGETHER_MS = 30 * 60_000

/** More of the same within a while opens no second task, and is answered once: whoever has the first one reads it. */
async function once(turn: Turn, first: BotText, give: () => Promise<void>, isKnown = false): Promise<Partial<Memory>> {
  const { acts, heard, facts, before } = turn
  const isFresh = (key: BotText) => heard.at.getTime() - (before.said[key]?.getTime() ?? 0) < TOGETHER_MS
  const isMore = isFresh(first)
  if (!isKnown) await (isMore ? acts.show(heard, facts) : give())
  const key = isMore ? 'handed_more' : first
  if (isFresh(key)) return { menu: null }
  await tell(turn, key)
  return { menu: null, said: { ...before.said, [key]: heard.at } }
}

/** Outside the hours the assistant goes on answering: nobody else would. */
async function person(turn: Turn): Promise<Partial<Memory>> {
  const { acts, heard, facts } = turn
  const isOpen = facts.opensAt === null
  const give = () => acts.toPerson(heard, facts, 'asked')
  if (!isOpen) return once(turn, 'person_later', give)
  await give()
  await tell(turn, 'person_now')
  return { menu: null, personSince: heard.at }
}

async function complaint(turn: Turn): Promise<Partial<Memory>> {
  const { acts, heard, facts, before } = turn
  if (before.complaintAt !== null && heard.at.getTime() - before.complaintAt.getTime() < DAY_MS) {
    await acts.show(heard, facts)
    await tell(turn, 'complaint_more')
    return { menu: null }
  }
  // The acknowledgement with its number is the answer.
  await acts.complain(heard, facts)
  return { menu: null, complaintAt: heard.at }
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
  const { acts, facts, heard, before } = turn
  const consent = await acts.photoConsent(facts)
  if (consent === 'ask') {
    // Several in a row are one question, and its answer is about all of them.
    const open = before.menu?.kind === 'photo' ? before.menu : null
    const about = open ? `${open.about} ${heard.messageId}` : heard.messageId
    if (open && heard.at.getTime() - open.at.getTime() < TOGETHER_MS) return { menu: { ...open, about } }
    return ask(turn, 'photo', 'photo_ask', about)
  }
  if (consent === 'elsewhere') return once(turn, 'photo_elsewhere', () => acts.toPerson(heard, facts, 'photo'))
  return keep(turn, [heard.messageId])
}

async function keep(turn: Turn, messageIds: readonly string[]): Promise<Partial<Memory>> {
  const { acts, facts, heard, fileOf } = turn
  let isWhole = true
  for (const id of messageIds) {
    const bytes = await fileOf(id)
    isWhole = bytes !== null && (await acts.keepPhoto(id, facts, bytes)) && isWhole
  }
  if (!isWhole) return once(turn, 'photo_unusable', () => acts.toPerson(heard, facts, 'photo'))
  await acts.show(heard, facts)
  return { menu: null, ...(await sayOnce(turn, 'photo_kept', TOGETHER_MS)) }
}

async function choice(turn: Turn, kind: MenuKind, n: number): Promise<Partial<Memory>> {
  const { acts, heard, facts, before } = turn
  const menu = before.menu?.kind === kind ? before.menu : null
  switch (kind) {
    case 'helped':
      if (n === 1) await tell(turn, 'helped')
      else {
        const asked = { ...heard, text: menu?.question ?? heard.text }
        if (n === 3) return person({ ...turn, heard: asked })
        await acts.toPerson(asked, facts, 'not_helped')
        await tell(turn, 'not_helped')
      }
      return { menu: null }
    case 'opt_out':
      if (n === 2) await acts.optOut(facts, 'all')
      await tell(turn, n === 2 ? 'opt_out_all' : 'opt_out_keep')
      return { menu: null }
    case 'photo':
      if (n === 1 && menu) {
        await acts.allowPhotos(facts)
        return keep(turn, menu.about.split(' '))
      }
      await tell(turn, 'photo_declined')
      return { menu: null }
  }
}

async function sayOnce(
  turn: Turn,
  key: BotText,
  within = turn.config.repeat_hours * HOUR_MS,
): Promise<Partial<Memory>> {
  const { before, heard } = turn
  const last = before.said[key]
  if (last && heard.at.getTime() - last.getTime() < within) return {}
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
