/**
 * Doctors whom a card asks for a day look it up and put it into the clinic's record, an hour or so after they answered the
 * card: the record has the last word. What they find depends on the seed and the treatment alone, never on which card came
 * first.
 */
import { list, record, text } from '../../simulator/api/types.ts'
import { between, type LedgerEntry } from '../../simulator/index.ts'
import { chinaDay, chinaTime, MINUTE_MS } from './calendar.ts'
import { type Desk, enter } from './desk.ts'
import type { Done } from './entries.ts'

const MARK_MS = 10 * MINUTE_MS
const EVENING = 20 * 60
const MORNING = 10 * 60 + 30
/** A next date is some weeks ahead, in short runs some days. */
const WEEKS = 28

export function installDoctors(desk: Desk, days: number): void {
  const asked = new Set<string>()
  desk.simulator.ledger.onEntry((entry) => {
    if (entry.kind !== 'card') return
    const question = questionOn(entry)
    // A card may come again; the answer is entered once.
    const key = question && `${question.id} ${question.about}`
    if (!question || !key || asked.has(key)) return
    asked.add(key)
    const { seed } = desk.simulator.world
    const known = desk.chart.current(question.id)
    // What nothing hangs on is said on the card alone.
    if (!known || (question.about === 'next session' && !hasNext(known.done))) return
    const at = inOffice(Date.parse(entry.at) + between(40, 90, seed, key, 'looks it up') * MINUTE_MS)
    desk.simulator.schedule(at, `doctor ${key}`, async () => {
      const facts = answerOf(question.about, known.done, seed, at, days)
      const { customer, store } = known.entry
      await enter(desk, { what: 'corrected', id: question.id, facts, at, customer, store })
    })
  })
}

/** Treatments that a reminder of the next session follows. */
const SERIES = new Set(['ipl', 'picosecond', 'rf', 'hair_removal', 'salon_care'])
const hasNext = ({ code, course }: Done): boolean => course !== undefined || SERIES.has(code)

type About = 'sutures' | 'next session'

function questionOn(entry: LedgerEntry): { id: string; about: About } | null {
  const card = record(entry.payload.card)
  const title = text(record(card.main_title).title)
  const about = title.includes('拆线日期') ? 'sutures' : title.includes('下次治疗日期') ? 'next session' : null
  if (!title.includes('请确定') || about === null) return null
  const facts = list(card.horizontal_content_list).map(record)
  const id = text(facts.find(({ keyname }) => keyname === '编号')?.value)
  return id ? { id, about } : null
}

function answerOf(
  about: About,
  { id, code, endedAt }: Done,
  seed: number,
  at: Date,
  days: number,
): Partial<Omit<Done, 'id' | 'course'>> {
  // The technique says when the stitches come out.
  if (about === 'sutures' && code === 'hair_transplant')
    return { technique: between(0, 1, seed, id, 'technique') === 0 ? 'fut' : 'fue' }
  if (about === 'sutures') return { suturesOn: chinaDay(endedAt, 7) }
  if (between(0, 3, seed, id, 'again') === 0) return { nextSessionOn: 'none' }
  const usual = chinaDay(endedAt, Math.round((Math.min(days, 90) / 90) * WEEKS))
  const soonest = chinaDay(at, 3)
  return { nextSessionOn: usual > soonest ? usual : soonest }
}

function inOffice(at: number): Date {
  const day = chinaDay(new Date(at))
  const marked = new Date(Math.ceil(at / MARK_MS) * MARK_MS)
  if (marked < chinaTime(day, MORNING)) return chinaTime(day, MORNING)
  return marked > chinaTime(day, EVENING) ? chinaTime(chinaDay(marked, 1), MORNING) : marked
}
