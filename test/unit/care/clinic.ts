/** Facts of a plan as the tests of dates tell them, in the clinic's zone. */
import { type PlanFacts, type PlannedStep, plan } from '../../../src/care/planner.ts'
import { loadConfig } from '../../../src/config.ts'
import { DEFAULT_ZONE, dailyOpening } from '../../../src/platform/calendar.ts'

export const { pathways, treatments: kinds } = loadConfig('config')
export const only = (...ids: string[]) => pathways.filter(({ id }) => ids.includes(id))

export const WINDOW = {
  timeZone: DEFAULT_ZONE,
  contactWindows: [
    { from: '11:00', to: '12:30' },
    { from: '14:30', to: '17:30' },
    { from: '19:30', to: '20:30' },
  ],
  quietHours: { from: '21:00', to: '09:00' },
  preferredTime: null,
}
export const closedOn = (...days: string[]) => ({
  ...dailyOpening(),
  exceptions: days.map((on) => ({ on, spans: [], reason: '盘点' })),
})
/** `2026-03-02 15:00` in the clinic's zone. */
export const at = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`)

/** A treatment of a clinic, entered at its end unless said otherwise; its suture day comes from the shipped table. */
export function facts(code: string, endedAt: string, more: Partial<PlanFacts> = {}): PlanFacts {
  const kind = kinds.find((one) => one.code === code)
  if (!kind) throw new Error(`no treatment ${code}`)
  const { sutureDay } = kind
  const [technique] = more.techniques ?? []
  const usual = typeof sutureDay === 'object' ? (technique ? sutureDay[technique] : null) : sutureDay
  return {
    treatmentId: 't1',
    code,
    category: kind.category,
    storeType: 'clinic',
    opening: dailyOpening(),
    window: WINDOW,
    endedAt: at(endedAt),
    enteredAt: at(endedAt),
    ...(usual === undefined ? {} : { sutureDay: usual }),
    ...more,
  }
}

/** Day and fate of each step of some pathways: `2026-03-03 planned`, with the reason where there is one. */
export function fates(planned: readonly PlannedStep[], ...ids: string[]): Record<string, string> {
  const own = planned.filter(({ pathway }) => ids.length === 0 || ids.includes(pathway))
  return Object.fromEntries(
    own.map(({ pathway, step, plannedOn, status, reason }) => [
      ids.length === 1 ? step.id : `${pathway}.${step.id}`,
      [plannedOn, status, reason === status ? null : reason].filter(Boolean).join(' '),
    ]),
  )
}
export const planOf = (ids: readonly string[], input: PlanFacts) => plan(only(...ids), input)
