/**
 * Who comes to the clinics of the demo, and why: forty stories, told anew for every forty customers. Each pathway and each
 * shift rule has stories of its own, so that no seed can leave one out; the first eight alone meet every pathway. What a
 * story leaves open (days, hours, stores) is drawn from the seed, the person and the subject.
 */
import { between, chance, type World } from '../../simulator/index.ts'
import { chinaDay, chinaTime, DAY_MS, MINUTE_MS } from './calendar.ts'
import { type Bought, type Entry, type Fact, visited } from './entries.ts'
import type { ClinicStore } from './stores.ts'
import {
  booked,
  type Case,
  corrected,
  dayNumber,
  ending,
  entry,
  HOUR,
  MARK,
  numberOf,
  type Story,
  type Treat,
  treatedAfter,
  visitOf,
} from './story.ts'

/** Most come in the first two thirds, so that their month is seen. */
const SEEN = 0.62

const INJECTIONS = ['skin_booster', 'hyaluronic_filler', 'botulinum'] as const
const injection = (it: Case): string => INJECTIONS[it.draw(0, 2, 'injection')] ?? 'skin_booster'

const oneInjection: Story = (it) => visitOf(it, it.hospital, it.within(SEEN), { code: injection(it) }).entries

const salonCare: Story = (it) => {
  const first = visitOf(it, it.salon, it.within(0.5), { code: 'salon_care' })
  const at = first.done.endedAt
  const fate = (['comes', 'comes', 'moves', 'cancels'] as const)[it.draw(0, 3, 'fate')] ?? 'comes'
  const day = dayNumber(it, first.done.endedAt) + it.scaled(it.draw(21, 28, 'again'))
  // Booked before the customer leaves.
  const next = booked(it, it.salon, { code: 'salon_care', day, minutes: 14 * HOUR, at }, fate)
  if (fate === 'cancels') return [...next.entries, ...first.entries]
  return [...next.entries, ...first.entries, ...treatedAfter(it, it.salon, next.startsAt, { code: 'salon_care' })]
}

/** Sessions weeks apart; the doctor says the next date at the visit, or when the card asks for it. */
const courseOf =
  (code: string, sessions: number): Story =>
  (it) => {
    const between = it.scaled(22)
    const from = it.within(0.2)
    const id = numberOf(it, 'K', 1)
    // Nobody is treated while the hospital is closed.
    const open = (day: number): number => (it.hospital.closed.includes(it.on(day)) ? open(day + 1) : day)
    return Array.from({ length: sessions }, (_, i) => {
      const isLast = i + 1 === sessions
      const day = open(from + i * between)
      // After the last one the date is that of the next course; some wait for the doctor's card.
      const nextSessionOn = it.on(isLast ? day + it.scaled(12) : open(from + (i + 1) * between))
      const isSaid = !isLast || it.draw(0, 1, 'said') === 0
      return visitOf(
        it,
        it.hospital,
        day,
        { code, course: { id, session: i + 1, of: sessions }, ...(isSaid ? { nextSessionOn } : {}) },
        i + 1,
      ).entries
    }).flat()
  }

/** A next session: booked, said by the doctor, or left to the doctor's card. */
const device =
  (...codes: string[]): Story =>
  (it) => {
    const code = codes[it.nth % codes.length] ?? 'ipl'
    const day = it.within(0.5)
    const next = day + it.scaled(it.draw(26, 30, 'next'))
    const how = (it.nth + it.draw(0, 1, 'how')) % 3
    const first = visitOf(it, it.hospital, day, { code, ...(how === 1 ? { nextSessionOn: it.on(next) } : {}) })
    if (how !== 0) return first.entries
    const at = first.done.endedAt
    const fate = it.draw(0, 2, 'fate') === 0 ? 'moves' : 'comes'
    const visit = booked(it, it.hospital, { code, day: next, minutes: 10 * HOUR + 30, at }, fate)
    return [...visit.entries, ...first.entries, ...treatedAfter(it, it.hospital, visit.startsAt, { code })]
  }

const alternating =
  (...stories: Story[]): Story =>
  (it) =>
    (stories[it.nth % stories.length] as Story)({ ...it, nth: Math.floor(it.nth / stories.length) })

const operation =
  (code: string, more: Partial<Treat> = {}): Story =>
  (it) =>
    visitOf(it, it.hospital, it.within(0.55), { code, ...more }).entries

/** The day on which the stitches come out is put into the record two days later. */
const suturesSaidLater: Story = (it) => {
  const day = it.within(0.55)
  const { done, entries } = visitOf(it, it.hospital, day, { code: 'double_eyelid' })
  const suturesOn = it.on(day + it.draw(6, 11, 'sutures'))
  return [...entries, corrected(it, it.hospital, it.at(day + 2, 10 * HOUR), done.id, { suturesOn })]
}

/** In hospital for some days: the ward enters the discharge on its morning. */
const inpatient =
  (code: string): Story =>
  (it) => {
    const day = it.within(0.5)
    const stays = it.draw(2, 4, 'stays')
    const { done, entries } = visitOf(it, it.hospital, day, { code, inHospital: true })
    const dischargedOn = it.on(day + stays)
    const at = it.at(day + stays, 9 * HOUR + MARK * it.draw(0, 2, 'discharged'))
    return [...entries, corrected(it, it.hospital, at, done.id, { dischargedOn })]
  }

const secondOperation: Story = (it) => {
  const day = it.within(0.3)
  const again = day + it.scaled(it.draw(18, 30, 'again'))
  return [
    ...visitOf(it, it.hospital, day, { code: 'double_eyelid' }).entries,
    ...visitOf(it, it.hospital, again, { code: 'rhinoplasty' }, 2).entries,
  ]
}

/** Entered with the wrong day, put right two days later. */
const wrongDay: Story = (it) => {
  const day = 1 + it.within(0.5)
  const { done, entries } = visitOf(it, it.hospital, day, { code: 'double_eyelid' })
  const endedAt = new Date(done.endedAt.getTime() - DAY_MS)
  return [...entries, corrected(it, it.hospital, it.at(day + 2, 9 * HOUR + 30), done.id, { endedAt })]
}

const enteredLate: Story = (it) => {
  const day = it.within(SEEN)
  const done = { id: numberOf(it, 'T', 1), code: injection(it), endedAt: ending(it, day, 1, false) }
  return visited(it.customer, it.hospital, done, it.draw(30, 60, 'late') * HOUR)
}

/** What the customer wishes some days after the visit, or what happens to them. */
const then =
  (first: Story, afterDays: number, fact: Fact): Story =>
  (it) => {
    const entries = first(it)
    const last = entries.at(-1)?.at ?? it.at(0, 0)
    const at = it.at(dayNumber(it, last) + afterDays, 10 * HOUR + MARK * it.draw(0, 1, 'then'))
    return [...entries, entry(it, it.hospital, at, fact)]
  }

const PRODUCTS: readonly (readonly [Bought['type'], string, number])[] = [
  ['skin_care', '舒缓修护精华', 680_00],
  ['make_up', '轻透防晒粉底', 320_00],
  ['fragrance', '白茶淡香水', 560_00],
  ['medical', '医用修复敷料', 198_00],
  ['device', '家用射频仪', 2_980_00],
]
function purchase(it: Case, store: ClinicStore, at: Date, kind: number): Entry {
  const [type, name, amountFen] = PRODUCTS[kind % PRODUCTS.length] as (typeof PRODUCTS)[number]
  const bought = { id: numberOf(it, 'P', 1), name, type, paidAt: at, amountFen }
  return entry(it, store, at, { what: 'bought', bought })
}
const onlyBuys: Story = (it) => {
  const store = it.draw(0, 1, 'where') === 0 ? it.salon : it.hospital
  const at = ending(it, it.within(SEEN), 'purchase', false)
  const registered = entry(it, store, at, { what: 'registered', atCounter: true })
  return [registered, purchase(it, store, new Date(at.getTime() + MARK * MINUTE_MS), it.nth)]
}
/** The kind after that of whoever only buys, so that five of them meet all kinds twice. */
const treatedAndBuys: Story = (it) => {
  const { done, entries } = visitOf(it, it.hospital, it.within(SEEN), { code: injection(it) })
  return [...entries, purchase(it, it.hospital, new Date(done.endedAt.getTime() + MARK * MINUTE_MS), it.nth + 2)]
}

/** Books by phone before ever having been there. */
const bookedByPhone =
  (fate: 'comes' | 'moves' | 'cancels'): Story =>
  (it) => {
    const day = it.within(0.45)
    const at = it.at(day, 9 * HOUR + 30 + MARK * it.draw(0, 13, 'calls'))
    const code = it.draw(0, 1, 'code') === 0 ? 'ipl' : injection(it)
    const visit = booked(
      it,
      it.hospital,
      { code, day: day + it.scaled(it.draw(4, 12, 'in')), minutes: 10 * HOUR + 30 + MARK * it.draw(0, 13, 'hour'), at },
      fate,
    )
    const before = entry(it, it.hospital, new Date(at.getTime() - MARK * MINUTE_MS), {
      what: 'registered',
      atCounter: false,
    })
    const after =
      fate === 'cancels'
        ? []
        : treatedAfter(it, it.hospital, visit.startsAt, { code, ...(code === 'ipl' ? { nextSessionOn: 'none' } : {}) })
    return [before, ...visit.entries, ...after]
  }

/** Asks, and doesn't buy; `agrees`: wants to hear of offers. Some come back later and have it done. */
const onlyAsks =
  (agrees: boolean, buysAfterDays: number | null = null): Story =>
  (it) => {
    const day = it.within(0.2)
    const askedAt = ending(it, day, 'asks', false)
    const topics = [(['picosecond', 'rf', 'ipl'] as const)[it.draw(0, 2, 'topic')] ?? 'ipl']
    const asked = { id: numberOf(it, 'Q', 1), topics, askedAt }
    const entries = [
      entry(it, it.hospital, askedAt, { what: 'registered', atCounter: true, agrees }),
      entry(it, it.hospital, new Date(askedAt.getTime() + MARK * MINUTE_MS), { what: 'asked', asked }),
    ]
    if (buysAfterDays === null) return entries
    const code = topics[0] ?? 'ipl'
    return [
      ...entries,
      ...visitOf(it, it.hospital, day + it.scaled(buysAfterDays), { code, nextSessionOn: 'none' }).entries,
    ]
  }

const cycle: readonly Story[] = [
  suturesSaidLater,
  operation('hair_transplant', { technique: 'fut' }),
  courseOf('picosecond', 3),
  salonCare,
  device('rf', 'hair_removal'),
  treatedAndBuys,
  alternating(onlyAsks(true), onlyAsks(true, 40), onlyAsks(true), onlyAsks(false)),
  inpatient('rhinoplasty'),
  oneInjection,
  salonCare,
  then(oneInjection, 2, { what: 'left' }),
  secondOperation,
  salonCare,
  onlyBuys,
  // Without the technique nobody knows when the stitches come out: the doctor's card asks.
  alternating(operation('hair_transplant'), operation('hair_transplant', { technique: 'fue' })),
  device('hair_removal', 'rf'),
  onlyBuys,
  enteredLate,
  salonCare,
  wrongDay,
  bookedByPhone('cancels'),
  onlyBuys,
  alternating(operation('canthoplasty'), operation('thread_lift')),
  device('ipl', 'picosecond'),
  salonCare,
  onlyBuys,
  alternating(
    then(operation('double_eyelid'), 2, { what: 'wished', wish: 'no messages' }),
    then(oneInjection, 1, { what: 'wished', wish: 'no promotion' }),
    then(oneInjection, 6, { what: 'wished', wish: 'died' }),
    then(salonCare, 3, { what: 'wished', wish: 'no promotion' }),
    oneInjection,
    oneInjection,
  ),
  onlyBuys,
  onlyBuys,
  bookedByPhone('comes'),
  onlyBuys,
  alternating(inpatient('liposuction'), operation('double_eyelid')),
  onlyBuys,
  onlyBuys,
  onlyBuys,
  onlyBuys,
  onlyBuys,
  bookedByPhone('moves'),
  alternating(onlyAsks(true, 25), onlyAsks(true)),
  onlyBuys,
]

/** One in ten phones the clinic on the third morning, before customer service calls. */
function phonesFirst(it: Case, told: readonly Entry[]): Entry[] {
  if (told.some(({ what }) => what === 'wished' || what === 'left')) return []
  return told.flatMap((one): Entry[] => {
    if (one.what !== 'treated' || one.done.inHospital || it.draw(0, 9, `phones ${one.done.id}`) > 0) return []
    const at = it.at(dayNumber(it, one.done.endedAt) + 3, 9 * HOUR + 30 + MARK * it.draw(0, 1, `rings ${one.done.id}`))
    return one.at < at ? [entry(it, one.store, at, { what: 'phoned', id: one.done.id })] : []
  })
}

/** Everything that is entered in the run, from the seed alone. */
export function planEntries(
  { world: { seed, customers } }: { world: Pick<World, 'seed' | 'customers'> },
  stores: readonly ClinicStore[],
  start: Date,
  days: number,
): Entry[] {
  const hospitals = stores.filter(({ type }) => type === 'hospital')
  const salon = stores.find(({ type }) => type === 'salon') as ClinicStore
  const startOn = chinaDay(start)
  return customers
    .flatMap((customer, i): Entry[] => {
      const about = (subject: string) => [seed, customer.personId, subject] as const
      const draw: Case['draw'] = (low, high, subject) => between(low, high, ...about(subject))
      const day = (n: number) => chinaDay(chinaTime(startOn, 12 * HOUR), n)
      const it: Case = {
        customer,
        nth: Math.floor(i / cycle.length),
        days,
        hospital: hospitals[chance(...about('store')) < 0.68 ? 0 : 1] as ClinicStore,
        salon,
        draw,
        within: (share, subject = 'first') => draw(0, Math.max(0, Math.floor(days * share) - 1), subject),
        scaled: (of) => Math.max(1, Math.round((Math.min(days, 90) / 90) * of)),
        on: day,
        at: (n, minutes) => chinaTime(day(n), minutes),
      }
      const told = (cycle[i % cycle.length] as Story)(it)
      return [...told, ...phonesFirst(it, told)]
    })
    .sort((a, b) => a.at.getTime() - b.at.getTime() || (a.customer.personId < b.customer.personId ? -1 : 1))
}
