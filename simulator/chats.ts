/** What a person sees on the phone, derived from the ledger, the conversation and the cards. */
import { cardText } from './api/cards.ts'
import type { SimContext } from './api/types.ts'
import type { Person } from './state.ts'

const LAST = 200

/** As `GET /_sim/chats` answers it: the last 200 lines of each kind. */
export function chatsOf(
  { ledger, kf, cards, world, grants, clock, recalled }: SimContext,
  person: Person,
): Record<string, unknown> {
  const isThere = (messageId: string | null) => messageId === null || !recalled.has(messageId)
  const own = ledger.entries().filter((entry) => entry.person === person.personId && isThere(entry.messageId))
  const of = (...kinds: string[]) =>
    own
      .filter(({ kind }) => kinds.includes(kind))
      .slice(-LAST)
      .map(({ at, kind, text, payload, messageId }) => ({ at, kind, text, payload, messageId }))
  if (person.kind === 'staff') {
    return {
      person: {
        personId: person.personId,
        kind: person.kind,
        name: person.name,
        position: person.position,
        userId: person.userId,
      },
      messages: of('app'),
      said: person.said.slice(-LAST),
      cards: cards
        .of(person.userId)
        .filter(({ messageId }) => isThere(messageId))
        .slice(-LAST)
        .map(({ taskId, shown, replacedBy, sentAt, updatedAt }) => ({
          taskId,
          card: shown,
          replacedBy,
          sentAt,
          updatedAt,
          // The newest code decides whether the server can still change this card.
          responseCode: cards.codesOf(taskId).at(-1) ?? null,
          text: cardText(shown, replacedBy),
        })),
    }
  }
  const { chat, lastInboundAt, sentSinceInbound, blocked } = kf.conversation(person)
  return {
    person: {
      personId: person.personId,
      kind: person.kind,
      name: person.name,
      phone: person.phone,
      contacts: [...person.contacts.keys()],
    },
    kf: {
      chat: chat.slice(-LAST),
      state: kf.stateOf(person, clock.now()),
      lastInboundAt: lastInboundAt === null ? null : new Date(lastInboundAt),
      sentSinceInbound,
      blocked,
    },
    notices: of('subscribe'),
    sms: of('sms'),
    calls: of('call'),
    contactChat: of('sidebar', 'mass'),
    email: of('email'),
    grants: world.templates.map(({ priTmplId, title }) => ({
      templateId: priTmplId,
      title,
      left: grants.left(person.openId, priTmplId),
    })),
  }
}
