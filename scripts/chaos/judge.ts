/**
 * What became of every contact of a fault run, by what reached people. The simulator's ledger is the witness; the server's rows
 * are claims. Pure.
 */
import type { Claim, Verdict } from '../../simulator/audit/judge.ts'
import type { LedgerEntry } from '../../simulator/index.ts'

/** A row of the outbox as it stands at the end. */
export interface Contact {
  id: string
  /** personId for customers, null for staff. */
  person: string | null
  /** What it is: two rows that are the same contact carry the same; null where nobody waits to hear of it. */
  key: string | null
  stepId: string | null
  status: string
  channel: string | null
  reason: string | null
  messageId: string | null
  /** Ids that the vendor took once, also if it couldn't deliver them. */
  takenIds: string[]
  /** Something should be done about it by now. */
  isDue: boolean
}

export interface StaffTask {
  id: string
  kind: string
  status: string
  ownerUserId: string
  stepIds: string[]
}

export interface Kill {
  place: string
  worker: string
  /** Rows whose request may have been on its way when the process died. */
  inFlight: string[]
}

export interface Evidence {
  verdict: Verdict
  claims: readonly Pick<
    Claim,
    'id' | 'treatmentExternalId' | 'pathway' | 'step' | 'mergedInto' | 'action' | 'status' | 'reason'
  >[]
  ledger: readonly LedgerEntry[]
  contacts: readonly Contact[]
  tasks: readonly StaffTask[]
  kills: readonly Kill[]
  /** People written to at the same time by one process. */
  concurrency: number
  /** Rows of any due-table that are still claimed after everything is over. */
  leases: readonly string[]
}

export interface Finding {
  what: 'doubled' | 'lost' | 'unexplained' | 'too_many_unknown' | 'hanging'
  detail: string
}

export interface Judgement {
  findings: Finding[]
  promises: Record<string, number>
  /** `arrived`: unknown ones that had reached their person; the person who was asked will find that out. */
  contacts: { once: number; unknown: number; arrived: number; open: number; other: Record<string, number> }
  unknownByChannel: Record<string, number>
  /** Tasks that ask a person to check an unknown message. */
  checks: number
}

/** What a program sent to a customer; calls and words of staff are people's own doing. */
const SENT_TO_CUSTOMERS = new Set(['kf/send_msg', 'kf/send_msg_on_event', 'subscribe/send', 'sms', 'smtp'])
const GREETING = { channel: 'contact_welcome', path: 'externalcontact/send_welcome_msg' }
const SENT_TO_STAFF = new Set(['card', 'app'])
/** Ends without a message that are right: the reason is on the row, and in the day's lists. */
const RIGHT_ENDS = new Set(['cancelled', 'delegated'])
/** States of a call that has fired. */
const CALLED = new Set(['calling', 'done', 'unreachable'])
const OPEN = new Set(['ready', 'sending', 'awaiting_confirmation', 'settling'])

export function judgeRun(evidence: Evidence): Judgement {
  const { contacts, verdict, leases, tasks, ledger } = evidence
  const known = knownIds(contacts)
  const unknown = contacts.filter(({ status }) => status === 'unknown')
  const others = contacts.filter(({ status }) => !['sent', 'unknown', ...OPEN].includes(status))
  return {
    findings: [
      ...doubles(evidence),
      ...promisesOf(evidence),
      ...callsOf(evidence),
      ...contacts.flatMap((contact) => endOf(contact, evidence)),
      ...swallowed(evidence),
      ...greetingsOf(evidence),
      ...cardsOf(evidence),
      ...unknownPerKill(evidence),
      ...leases.map((row) => finding('hanging', `${row} is still claimed`)),
    ],
    promises: count(verdict.promises, ({ outcome, reason }) => (reason ? `${outcome}: ${reason}` : outcome)),
    contacts: {
      once: contacts.filter(({ status }) => status === 'sent').length,
      unknown: unknown.length,
      arrived: ledger.filter((entry) => SENT_TO_CUSTOMERS.has(entry.channel) && !known.has(entry.messageId)).length,
      open: contacts.filter(({ status }) => OPEN.has(status)).length,
      other: count(others, ({ status, reason }) => `${status}: ${reason}`),
    },
    unknownByChannel: count(unknown, ({ channel }) => channel ?? 'none'),
    checks: tasks.filter(({ kind }) => kind === 'check_message').length,
  }
}

const finding = (what: Finding['what'], detail: string): Finding => ({ what, detail })

/** Twice the same to one person, or one contact in two rows. Holds at any time of a run. */
export function doubles({ verdict, ledger, contacts }: Pick<Evidence, 'verdict' | 'ledger' | 'contacts'>): Finding[] {
  const found = verdict.duplicated.map(({ person, at, text }) =>
    finding('doubled', `${person} at ${at}: ${text.slice(0, 40)}`),
  )
  for (const [key, rows] of groups(contacts, ({ key }) => key))
    if (rows.length > 1) found.push(finding('doubled', `${rows.length} rows are the contact ${key}`))
  // Whatever reached a customer must be some contact's own message; one contact of unknown end answers for one message.
  const known = knownIds(contacts)
  const doubtful = contacts.filter(({ status }) => status === 'unknown')
  for (const entry of ledger) {
    if (!SENT_TO_CUSTOMERS.has(entry.channel) || known.has(entry.messageId)) continue
    const at = doubtful.findIndex(({ person, channel }) => person === entry.person && channel === entry.kind)
    if (at >= 0) doubtful.splice(at, 1)
    else
      found.push(finding('doubled', `${entry.person} got a ${entry.kind} at ${entry.at} that no contact answers for`))
  }
  for (const [card, entries] of groups(ledger, cardKey))
    if (entries.length > 1) found.push(finding('doubled', `the card ${card} came ${entries.length} times`))
  return found
}

const knownIds = (contacts: readonly Contact[]): Set<string | null> =>
  new Set(contacts.flatMap(({ messageId, takenIds }) => [messageId, ...takenIds]))
const taskIdOn = ({ payload }: LedgerEntry): string =>
  String((payload.card as { task_id?: unknown } | undefined)?.task_id ?? '')
const cardKey = (entry: LedgerEntry): string | null =>
  entry.kind === 'card' && taskIdOn(entry) ? `${taskIdOn(entry)} of ${entry.person}` : null

/**
 * A promise is kept; or its message is unknown and a person was asked; or what people did explains it: they forgot a card, or
 * never picked up. Nothing in these runs makes anything late, or explains it otherwise.
 */
function promisesOf({ verdict, contacts, claims }: Evidence): Finding[] {
  const unknown = new Set(contacts.filter(({ status }) => status === 'unknown').map(({ stepId }) => stepId))
  return verdict.promises.flatMap(({ id, outcome, reason }) => {
    const claim = claims.find((one) => `${one.treatmentExternalId}.${one.pathway}.${one.step}` === id)
    const isRight =
      outcome === 'kept' ||
      (outcome === 'explained' && reason === 'unreachable') ||
      (outcome === 'delegated' && (reason === 'staff_overdue' || reason === 'not_confirmed')) ||
      (outcome === 'delegated' && reason === 'send_unknown' && unknown.has(claim?.mergedInto ?? claim?.id ?? null))
    return isRight ? [] : [finding('lost', `promise ${id} is ${outcome} (${reason})`)]
  })
}

/** A call that somebody was to make was somebody's task. */
function callsOf({ claims, tasks }: Evidence): Finding[] {
  const asked = new Set(tasks.filter(({ kind }) => kind === 'contact_call').flatMap(({ stepIds }) => stepIds))
  return claims.flatMap(({ id, action, status, reason }) => {
    const isFired = CALLED.has(status) || reason === 'staff_overdue'
    return action === 'call' && isFired && !asked.has(id) ? [finding('lost', `the call ${id} is nobody's task`)] : []
  })
}

function endOf(contact: Contact, { ledger, tasks }: Evidence): Finding[] {
  const { id, status, channel, reason, messageId, isDue } = contact
  if (isDue) return [finding('lost', `row ${id} is due and still ${status}`)]
  if (OPEN.has(status) || RIGHT_ENDS.has(status)) return []
  if (status === 'sent') {
    // One id of many people: the auditor finds each by person, member and time.
    if (channel === 'card_update' || channel === GREETING.channel || channel === 'mass') return []
    const arrived = ledger.filter((entry) => entry.messageId === messageId && isMessage(entry)).length
    return arrived === 1
      ? []
      : [finding(arrived === 0 ? 'lost' : 'doubled', `row ${id} (${channel}) came ${arrived} times`)]
  }
  if (status !== 'unknown') return [finding('unexplained', `row ${id} ends ${status} (${reason})`)]
  const task = tasks.find((one) => one.id === `send_${id}` && one.kind === 'check_message')
  if (!task) return [finding('unexplained', `row ${id} (${channel}) is unknown and nobody was asked`)]
  const isShown = ledger.some((entry) => entry.kind === 'card' && taskIdOn(entry).startsWith(`send_${id}-`))
  return isShown ? [] : [finding('unexplained', `the card that asks about row ${id} reached nobody`)]
}
const isMessage = ({ channel, kind }: LedgerEntry) => SENT_TO_CUSTOMERS.has(channel) || SENT_TO_STAFF.has(kind)

/** WeCom names no id for the welcome of a new contact: as many must have come to a person as were sent. */
function greetingsOf({ contacts, ledger }: Evidence): Finding[] {
  const sent = groups(contacts, ({ channel, status, person }) =>
    channel === GREETING.channel && status === 'sent' ? (person ?? '') : null,
  )
  const came = groups(ledger, ({ channel, person }) => (channel === GREETING.path ? person : null))
  return [...new Set([...sent.keys(), ...came.keys()])].flatMap((person) => {
    const [claimed, arrived] = [sent.get(person)?.length ?? 0, came.get(person)?.length ?? 0]
    if (claimed === arrived) return []
    return [finding(arrived < claimed ? 'lost' : 'doubled', `${person} got ${arrived} welcomes of ${claimed}`)]
  })
}

/** Two messages that the vendor took for one: the second reached nobody. */
function swallowed({ contacts }: Evidence): Finding[] {
  return [
    ...groups(contacts, ({ status, channel, messageId }) =>
      status === 'sent' && channel !== 'mass' ? messageId : null,
    ),
  ].flatMap(([, rows]) =>
    rows.length > 1 ? [finding('lost', `rows ${rows.map(({ id }) => id).join(', ')} are one message`)] : [],
  )
}

/** Every task that somebody has was shown to somebody. */
function cardsOf({ tasks, ledger, contacts }: Evidence): Finding[] {
  const shown = new Set(
    ledger.filter(({ kind }) => kind === 'card').map((entry) => taskIdOn(entry).replace(/-\d+$/, '')),
  )
  // A card that isn't due yet, or was withdrawn before it was, has been shown to nobody.
  const waiting = new Set(
    contacts.filter(({ status }) => status !== 'sent').map(({ key }) => key?.replace(/-\d+$/, '')),
  )
  return tasks.flatMap(({ id, ownerUserId, status }) =>
    ownerUserId === '' || shown.has(id) || waiting.has(id)
      ? []
      : [finding('lost', `task ${id} (${status}) of ${ownerUserId} was shown to nobody`)],
  )
}

/** A dead process leaves at most as many doubtful messages as it sends at the same time. Holds at any time of a run. */
export function unknownPerKill({
  kills,
  contacts,
  concurrency,
}: Pick<Evidence, 'kills' | 'contacts' | 'concurrency'>): Finding[] {
  const unknown = new Set(contacts.filter(({ status }) => status === 'unknown').map(({ id }) => id))
  const found = kills.flatMap(({ place, inFlight }) => {
    const left = inFlight.filter((id) => unknown.delete(id)).length
    return left > concurrency
      ? [
          finding(
            'too_many_unknown',
            `a kill at "${place}" left ${left} unknown; one process sends ${concurrency} at a time`,
          ),
        ]
      : []
  })
  // Nothing else makes a message unknown in these runs.
  return [
    ...found,
    ...[...unknown].map((id) => finding('too_many_unknown', `row ${id} is unknown and no kill explains it`)),
  ]
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string | null): Map<string, T[]> {
  const found = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    if (key !== null) found.set(key, [...(found.get(key) ?? []), item])
  }
  return found
}

export const count = <T>(items: readonly T[], keyOf: (item: T) => string): Record<string, number> =>
  Object.fromEntries([...groups(items, keyOf)].map(([key, { length }]) => [key, length]))
