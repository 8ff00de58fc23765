/** Which treatment a customer's words are judged by, and what a level asks of people. Pure. */
import type { WindowFacts } from '../../messaging/index.ts'
import { dayOf, daysBetween, type Opening } from '../../platform/calendar.ts'
import { addMs, DAY_MS, HOUR_MS } from '../../platform/clock.ts'
import { hashId } from '../../platform/hash.ts'
import type { OpenTask } from '../../tasks/index.ts'
import type { Treatment, TreatmentsService } from '../../treatments/index.ts'
import { isAtLeast, type Triage, type Verdict } from '../../triage/index.ts'
import { soonest } from '../leads.ts'
import { endOfContacts } from '../timing.ts'
import { dayNumber, type StepFacts, treatmentName } from '../wording.ts'

/** What was done longer ago explains no new complaint by itself. */
const HORIZON_MS = 180 * DAY_MS
/** Somebody who comes often is judged by the newest few. */
const MOST_TREATMENTS = 5
const WORDS_SHOWN = 80
/** Late in the day, whoever asks back has this long. */
const ROOM_MS = HOUR_MS

export interface Judged {
  verdict: Verdict
  treatment: Treatment | null
  /** Days since the treatment in the store's zone. */
  day: number | null
}

/**
 * The highest level over the customer's recent treatments; of equals the newest treatment. What is normal after one of them
 * isn't unclear because another one doesn't explain it. Without any, the words alone.
 */
export function judge(
  triage: Triage,
  said: { text: string; at: Date },
  treatments: readonly Treatment[],
  zoneOf: (storeId: string) => string,
): Judged {
  const { text, at } = said
  const recent = treatments
    .filter(({ status, endedAt }) => status === 'completed' && endedAt <= at && addMs(endedAt, HORIZON_MS) > at)
    .sort((a, b) => Number(b.endedAt) - Number(a.endedAt))
    .slice(0, MOST_TREATMENTS)
  const judged = recent.map((treatment): Judged => {
    const day = daysBetween(treatment.treatedOn, dayOf(at, zoneOf(treatment.storeId)))
    return { verdict: triage({ text, treatment: treatment.code, day }), treatment, day }
  })
  const [first, ...others] = judged
  if (!first) return { verdict: triage({ text, treatment: null, day: null }), treatment: null, day: null }
  const highest = others.reduce((best, one) => (isAtLeast(best.verdict.level, one.verdict.level) ? best : one), first)
  const normal = judged.find(({ verdict }) => verdict.level === 'expected')
  return highest.verdict.level === 'watch' && normal ? normal : highest
}

/** What a member of staff reads on a card: the customer's words, then why the machine asks. */
export function wordsFor(text: string, { explanation }: Verdict, where: string): string {
  const said = [...text.replace(/\s+/g, ' ').trim()]
  const shown = said.length > WORDS_SHOWN ? `${said.slice(0, WORDS_SHOWN).join('')}…` : said.join('')
  return `客户${where}：“${shown}”。提示：${explanation}`
}

export interface WatchFacts extends StepFacts {
  window: WindowFacts
  opening: Opening
}

/** Mild or unclear: one colleague asks back today, however often the customer writes. */
export function watchTask(
  treatments: Pick<TreatmentsService, 'kind'>,
  about: { customerId: string; storeId: string; treatmentId: string | null },
  facts: WatchFacts,
  script: string,
): OpenTask {
  const { at, window, opening, contact, treatment } = facts
  const openAt = soonest(at, window, opening)
  const evening = endOfContacts(dayOf(openAt, window.timeZone), window)
  const room = addMs(openAt, ROOM_MS)
  return {
    ...about,
    id: watchTaskId(about.customerId, openAt, window),
    kind: 'call_back',
    form: 'contact',
    role: 'customer_service',
    preferredUserIds: [],
    stepIds: [],
    title: `${contact?.salutation ?? '客户'} · 反映不适，请今日回问`,
    facts: treatment
      ? [
          { name: '项目', value: treatmentName(facts, treatments) },
          { name: '天数', value: `术后第${dayNumber(facts)}天` },
        ]
      : [],
    script,
    openAt,
    dueAt: evening > room ? evening : room,
  }
}

const watchTaskId = (customerId: string, openAt: Date, { timeZone }: WindowFacts): string =>
  `watch_${hashId(customerId, dayOf(openAt, timeZone))}`
