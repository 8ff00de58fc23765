/**
 * How planned contacts would reach one customer, as things stand: the sender's own decisions, played forward. Each takes its
 * place in the conversation, its grant, its turn under the caps; what nobody has said or granted yet isn't guessed. Pure.
 */
import { comingOf } from './facts.ts'
import { type Asking, type Decision, decideCustomer, type ReachFacts, rungsOf } from './ladder.ts'
import { messageKey } from './model.ts'
import type { PromotionFacts } from './promotion.ts'
import type { SubscribeKind, TemplateBook } from './templates.ts'
import type { ContactReach, PlannedContact, ReachPlan } from './types.ts'
import type { WindowFacts } from './windows.ts'

/** A contact that is held is looked at every two hours of its windows: more looks than this are no plan. */
const LOOKS = 500

interface Queued {
  contact: PlannedContact
  at: Date
  looks: number
}

export function planReach(
  contacts: readonly PlannedContact[],
  templates: TemplateBook,
  known: ReachFacts,
  windowOf: (storeId: string) => WindowFacts,
  now: Date,
): ReachPlan {
  const facts = copyOf(known)
  const queue: Queued[] = contacts.map((contact) => ({ contact, at: contact.at > now ? contact.at : now, looks: 0 }))
  const found: ContactReach[] = []
  const lacking = new Map<SubscribeKind, string[]>()
  for (let next = take(queue); next; next = take(queue)) {
    const { contact, at, looks } = next
    const asking = askingOf(contact, templates)
    // What is still to come is what nobody has sent yet.
    if (facts.promotion) {
      const left = queue.filter((one) => one.contact.contactClass !== 'promotion')
      facts.promotion.coming = left.map((one) => comingOf(templates, { ...one.contact, at: one.at }))
    }
    const decision = decideCustomer(asking, facts, windowOf(contact.storeId), at)
    if (decision.do === 'wait' && decision.at > at && looks < LOOKS) {
      queue.push({ contact, at: decision.at, looks: looks + 1 })
      continue
    }
    const rungs = rungsOf(asking, facts, at)
    found.push({
      ...reachOf(contact.id, decision, at),
      channels: rungs.map(({ channel, target, reason }) => ({ channel, ok: target !== null, reason })),
    })
    if (decision.do === 'send' || (decision.do === 'settle' && decision.outcome === 'delegated'))
      spend(facts, contact, decision, at)
    const isShort = rungs.some(({ channel, reason }) => channel === 'subscribe' && reason === 'no_grant')
    const kind = asking.content.kind === 'customer' ? asking.content.subscribe?.kind : undefined
    if (kind && isShort && contact.contactClass !== 'promotion' && !goesByChat(decision))
      lacking.set(kind, [...(lacking.get(kind) ?? []), contact.id])
  }
  return { contacts: found, grants: [...lacking].map(([kind, ids]) => ({ kind, count: ids.length, ids })) }
}

/** The earliest; of one instant what is medical goes first. */
function take(queue: Queued[]): Queued | undefined {
  const rank = ({ contact }: Queued) => (contact.contactClass === 'promotion' ? 1 : 0)
  queue.sort((a, b) => Number(a.at) - Number(b.at) || rank(a) - rank(b) || (a.contact.id < b.contact.id ? -1 : 1))
  return queue.shift()
}

const goesByChat = (decision: Decision): boolean =>
  decision.do === 'send' && (decision.channel === 'kf' || decision.channel === 'subscribe')

/** The facts as they change with each contact; what was given stays as it is. */
const copyOf = (
  known: ReachFacts,
): ReachFacts & { promotion?: { -readonly [K in keyof PromotionFacts]: PromotionFacts[K] } } => ({
  ...known,
  sessions: known.sessions.map((one) => ({ ...one, places: [...one.places] })),
  grants: Object.fromEntries(Object.entries(known.grants).map(([kind, grant]) => [kind, { ...grant }])),
  ...(known.promotion ? { promotion: { ...known.promotion } } : {}),
})

function askingOf({ id, at, until, contactClass, templateKey }: PlannedContact, templates: TemplateBook): Asking {
  const template = templates.get(templateKey)
  const subscribe = template?.subscribe ? { kind: template.subscribe.kind } : null
  const content = { kind: 'customer' as const, subscribe, sms: template?.sms ?? null }
  return { _id: id, contactClass, notBefore: at, notAfter: until, refusals: {}, content }
}

function reachOf(id: string, decision: Decision, at: Date): Omit<ContactReach, 'channels'> {
  if (decision.do === 'send') return { id, at, channel: decision.channel, reason: null }
  if (decision.do === 'wait') return { id, at: null, channel: null, reason: decision.reason }
  const byHand = decision.outcome === 'delegated'
  return { id, at: byHand ? at : null, channel: byHand ? 'person' : null, reason: decision.reason }
}

function spend(
  facts: ReturnType<typeof copyOf>,
  { id, contactClass }: PlannedContact,
  decision: Decision,
  at: Date,
): void {
  if (contactClass === 'promotion' && facts.promotion)
    facts.promotion.spent = [...facts.promotion.spent, { key: id, at }]
  if (decision.do !== 'send') return
  if (decision.channel === 'kf')
    facts.sessions.find(({ _id }) => _id === decision.target)?.places.push(messageKey(id, 'kf', 0))
  if (decision.channel === 'subscribe')
    for (const grant of Object.values(facts.grants))
      if (`${grant.openId}|${grant.templateId}` === decision.target) grant.count -= 1
}
