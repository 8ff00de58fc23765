/**
 * How planned contacts would reach one customer, as things stand: the sender's own decisions, played forward. Each takes its
 * place in the conversation, its grant, its turn under the caps; what nobody has said or granted yet isn't guessed. Pure.
 */
import { type Day, DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import type { Reason } from '../platform/reasons.ts'
import { massQuotaOn } from '../wecom/index.ts'
import { comingOf } from './facts.ts'
import { type Asking, type Decision, decideCustomer, type ReachFacts, rungsOf } from './ladder.ts'
import { type Confirming, confirmUntil, mayBeConfirmed, memberFor, membersOf } from './mass-rules.ts'
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

/** Who could confirm a message that no channel carries. */
export interface Confirmers {
  config: Confirming
  isHere(userId: string, at: Date): boolean
  /** Mass messages that the customer has had in the quota's present period, or may still get. */
  had: number
}

export function planReach(
  contacts: readonly PlannedContact[],
  templates: TemplateBook,
  known: ReachFacts,
  confirmers: Confirmers,
  windowOf: (storeId: string) => WindowFacts,
  now: Date,
): ReachPlan {
  const facts = copyOf(known)
  const hadIn = new Map([[periodOf(confirmers, now).from, confirmers.had]])
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
    const window = windowOf(contact.storeId)
    const decision = decideCustomer(asking, facts, window, at)
    if (decision.do === 'wait' && decision.at > at && looks < LOOKS) {
      queue.push({ contact, at: decision.at, looks: looks + 1 })
      continue
    }
    const rungs = rungsOf(asking, facts, at)
    const asked = askedOf(asking, decision, facts, confirmers, { window, at, hadIn })
    const channels = rungs.map(({ channel, target, reason }) => ({ channel, ok: target !== null, reason }))
    found.push({
      ...reachOf(contact.id, decision, at),
      ...(asked && 'userId' in asked ? { channel: 'mass' as const, confirmBy: asked.userId, reason: null } : {}),
      channels: asked
        ? [...channels, { channel: 'mass', ok: 'userId' in asked, reason: 'reason' in asked ? asked.reason : null }]
        : channels,
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

const periodOf = ({ config }: Confirmers, at: Date) => massQuotaOn(config.quota, dayOf(at, DEFAULT_ZONE))

/** Which member would be asked about what no channel carries, or why none; null where members aren't asked. Counts it. */
function askedOf(
  asking: Asking,
  decision: Decision,
  { customer }: ReachFacts,
  confirmers: Confirmers,
  { window, at, hadIn }: { window: WindowFacts; at: Date; hadIn: Map<Day, number> },
): { userId: string } | { reason: Reason } | null {
  const isLast = decision.do === 'settle' && decision.outcome === 'delegated' && decision.reason === 'no_channel_left'
  if (!isLast || !mayBeConfirmed(asking)) return null
  const { from, most } = periodOf(confirmers, at)
  const had = hadIn.get(from) ?? 0
  const { config } = confirmers
  const members = membersOf(customer, (userId) => confirmers.isHere(userId, at))
  const choice = memberFor({ members, asked: [], had, most, until: confirmUntil(asking, window, config, at) }, config)
  if ('userId' in choice) hadIn.set(from, had + 1)
  return choice
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

function askingOf(
  { id, at, until, contactClass, templateKey, handOver = true }: PlannedContact,
  templates: TemplateBook,
): Asking {
  const template = templates.get(templateKey)
  const subscribe = template?.subscribe ? { kind: template.subscribe.kind } : null
  const content = { kind: 'customer' as const, subscribe, sms: template?.sms ?? null }
  return { _id: id, contactClass, notBefore: at, notAfter: until, refusals: {}, handOver, content }
}

function reachOf(id: string, decision: Decision, at: Date): Omit<ContactReach, 'channels'> {
  const nobody = { id, confirmBy: null }
  if (decision.do === 'send') return { ...nobody, at, channel: decision.channel, reason: null }
  if (decision.do === 'wait') return { ...nobody, at: null, channel: null, reason: decision.reason }
  const byHand = decision.outcome === 'delegated'
  return { ...nobody, at: byHand ? at : null, channel: byHand ? 'person' : null, reason: decision.reason }
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
