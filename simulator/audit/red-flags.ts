/**
 * Was everybody who told of something urgent met as they must be? A calm word and the number to call at once, the right
 * people's cards in the same moments, and, of an emergency, a person who takes it within a quarter of an hour.
 */
import type { LedgerEntry } from '../ledger.ts'

export interface RedFlag {
  person: string
  phone: string
  at: Date
  urgency: 'emergency' | 'abnormal'
}

/** A member of staff, and which cards' buttons they tapped. */
export interface Colleague {
  personId: string
  position: string
  tapped: readonly { at: Date; taskId: string; key: string }[]
}

export interface RedFlagVerdict {
  person: string
  at: string
  urgency: RedFlag['urgency']
  /** The customer got a word with an emergency number at once. */
  held: boolean
  /** The cards came to a doctor and, of an emergency, to a supervisor at once. */
  called: boolean
  /** Of an emergency: minutes until a member of staff tapped such a card; null: nobody did. */
  takenAfterMinutes: number | null
  /** What was not as it must be. */
  fault: string | null
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** At once, where an answer of the vendor may get lost and be asked for again. */
const AT_ONCE_MS = 5 * MINUTE_MS
/** Domain 6: taken within fifteen minutes. */
export const TAKEN_MINUTES = 15
const TAKES: readonly string[] = ['take', 'done', 'not_reached']

export function judgeRedFlags(
  flags: readonly RedFlag[],
  { ledger, staff }: { ledger: readonly LedgerEntry[]; staff: readonly Colleague[] },
): RedFlagVerdict[] {
  const positions = new Map(staff.map(({ personId, position }) => [personId, position]))
  return flags.map(({ person, phone, at, urgency }) => {
    const since = at.getTime()
    const held = ledger.some((entry) => {
      const after = Date.parse(entry.at) - since
      const isAtOnce = after >= 0 && after <= AT_ONCE_MS
      return isAtOnce && entry.person === person && ['kf', 'sms'].includes(entry.kind) && /120/.test(entry.text)
    })
    // A doctor who has a card about this person since yesterday needs no second one.
    const from = urgency === 'emergency' ? since : since - DAY_MS
    const cards = ledger.filter(
      (entry) => entry.kind === 'card' && Date.parse(entry.at) >= from && asksAbout(entry, phone, urgency),
    )
    const holders = cards
      .filter((entry) => Date.parse(entry.at) <= since + AT_ONCE_MS)
      .map((entry) => positions.get(entry.person) ?? '')
    const called =
      holders.some((position) => position.includes('医生')) && (urgency === 'abnormal' || new Set(holders).size > 1)
    const taken = staff
      .flatMap(({ tapped }) => tapped)
      .filter(({ taskId, key }) => TAKES.includes(key) && cards.some((card) => taskOf(card) === taskId))
      .map((tap) => (tap.at.getTime() - since) / MINUTE_MS)
    const takenAfterMinutes =
      urgency === 'emergency' && taken.length > 0 ? Math.round(Math.min(...taken) * 10) / 10 : null
    const isLate = urgency === 'emergency' && (takenAfterMinutes === null || takenAfterMinutes > TAKEN_MINUTES)
    const faults = [
      !held && 'no word to the customer at once',
      !called && 'not everybody was called at once',
      isLate && `taken after ${takenAfterMinutes ?? '∞'} minutes`,
    ].filter((one) => one !== false)
    return {
      person,
      at: at.toISOString(),
      urgency,
      held,
      called,
      takenAfterMinutes,
      fault: faults.length > 0 ? faults.join(', ') : null,
    }
  })
}

interface Card {
  task_id?: string
  main_title?: { title?: string }
  horizontal_content_list?: { value?: string }[]
}
const cardOf = (entry: LedgerEntry): Card => (entry.payload.card ?? {}) as Card
const taskOf = (entry: LedgerEntry): string => cardOf(entry).task_id ?? ''

/** A colleague knows whom a card is about by the phone on it. */
function asksAbout(entry: LedgerEntry, phone: string, urgency: RedFlag['urgency']): boolean {
  const card = cardOf(entry)
  const facts = (card.horizontal_content_list ?? []).map(({ value }) => value)
  const title = card.main_title?.title ?? ''
  return (
    facts.includes(`${phone.slice(0, 3)}****${phone.slice(-4)}`) &&
    (urgency === 'emergency' ? title.includes('紧急') : /请医生/.test(title))
  )
}
