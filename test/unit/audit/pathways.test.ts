/**
 * The auditor against the shipped pathways in a world where everything planned happens: an untouched pathway is kept to the
 * last promise, and whatever is taken out of a file or put on another day is found.
 */
import { describe, expect, test } from 'vitest'
import type { Treatment } from '../../../simulator/audit/expected.ts'
import { type Claim, judge } from '../../../simulator/audit/judge.ts'
import type { LedgerEntry } from '../../../simulator/ledger.ts'
import type { Pathway, PathwayStep } from '../../../src/care/pathway.ts'
import { plan } from '../../../src/care/planner.ts'
import { loadConfig } from '../../../src/config.ts'
import { DEFAULT_ZONE, dailyOpening } from '../../../src/platform/calendar.ts'

const { pathways, treatments: kinds } = loadConfig('config')
const WINDOW = {
  timeZone: DEFAULT_ZONE,
  contactWindows: [
    { from: '11:00', to: '12:30' },
    { from: '14:30', to: '17:30' },
    { from: '19:30', to: '20:30' },
  ],
  quietHours: { from: '21:00', to: '09:00' },
  preferredTime: null,
}
const CLOSED = ['2026-03-05', '2026-03-09']
const opening = { ...dailyOpening(), exceptions: CLOSED.map((on) => ({ on, spans: [], reason: '盘点' })) }

const entered = (
  externalId: string,
  code: string,
  storeType: Treatment['storeType'],
  endedAt: string,
  more: Partial<Treatment> & { lateHours?: number } = {},
): Treatment => {
  const { lateHours = 0, ...rest } = more
  const at = new Date(endedAt)
  const enteredAt = new Date(at.getTime() + lateHours * 3_600_000)
  return { externalId, person: `c-${externalId}`, code, storeType, storeId: 's', endedAt: at, enteredAt, ...rest }
}
const treatments: Treatment[] = [
  entered('T1', 'skin_booster', 'hospital', '2026-03-02T15:00:00+08:00'),
  entered('T2', 'ipl', 'hospital', '2026-01-31T10:00:00+08:00', { nextSessionOn: '2026-03-02' }),
  entered('T3', 'salon_care', 'salon', '2026-03-02T23:30:00+08:00', { nextSessionOn: '2026-03-30' }),
  entered('T4', 'botulinum', 'salon', '2026-03-03T00:30:00+08:00'),
  entered('T5', 'hyaluronic_filler', 'hospital', '2026-02-26T15:00:00+08:00', { lateHours: 60 }),
  entered('T6', 'rf', 'clinic', '2026-03-02T11:00:00+08:00', { nextSessionOn: '2026-04-13' }),
  entered('T7', 'double_eyelid', 'hospital', '2026-03-12T16:00:00+08:00'),
  entered('T8', 'canthoplasty', 'clinic', '2026-03-02T16:00:00+08:00'),
  entered('T9', 'hair_transplant', 'clinic', '2026-03-12T12:00:00+08:00', { technique: 'fut' }),
  entered('T10', 'hair_transplant', 'clinic', '2026-03-03T12:00:00+08:00', { technique: 'fue' }),
  entered('T11', 'picosecond', 'hospital', '2026-03-02T15:00:00+08:00', {
    course: { session: 2, of: 3 },
    nextSessionOn: '2026-04-02',
  }),
  entered('T12', 'picosecond', 'hospital', '2026-03-02T15:00:00+08:00', {
    course: { session: 3, of: 3 },
    nextSessionOn: '2026-09-02',
  }),
  entered('T13', 'product', 'salon', '2026-03-12T15:00:00+08:00', {
    record: 'purchase',
    products: ['skin_care', 'make_up', 'fragrance', 'medical', 'device'],
  }),
  entered('T14', 'ipl', 'hospital', '2026-03-20T10:00:00+08:00', {
    record: 'appointment',
    enteredAt: new Date('2026-03-02T15:00:00+08:00'),
  }),
  entered('T16', 'picosecond', 'clinic', '2026-03-02T15:00:00+08:00', { record: 'consultation' }),
  entered('T15', 'thread_lift', 'clinic', '2026-03-02T16:00:00+08:00'),
]

/** The same facts for the server's planner, as its records would give them. */
function factsOf(one: Treatment) {
  const kind = kinds.find(({ code }) => code === one.code)
  const { sutureDay } = kind ?? {}
  const said = (day: string | undefined) => day ?? null
  const on = new Date(one.endedAt.getTime() + 8 * 3_600_000).toISOString().slice(0, 10)
  return {
    treatmentId: one.externalId,
    code: one.code,
    category: kind?.category,
    storeType: one.storeType,
    techniques: one.products ?? (one.technique ? [one.technique] : []),
    isAppointment: one.record === 'appointment',
    isConsultation: one.record === 'consultation',
    course: one.course ? { isFirst: one.course.session === 1, isLast: one.course.session === one.course.of } : null,
    dates: {
      next_session_date: said(one.nextSessionOn),
      appointment_start: on,
      purchase_date: on,
      consultation_date: on,
    },
    sutureDay: typeof sutureDay === 'object' ? sutureDay[one.technique ?? ''] : sutureDay,
    opening,
    window: WINDOW,
    endedAt: one.endedAt,
    enteredAt: one.enteredAt,
  }
}

/** What happens when the server does all that these pathways say, to the minute. */
function play(files: readonly Pathway[]) {
  const claims: Claim[] = []
  const ledger: LedgerEntry[] = []
  for (const treatment of treatments) {
    const { externalId, person } = treatment
    const planned = plan(files, factsOf(treatment) as never)
    for (const { id, pathway, step, status, reason, mergedInto, action, dueAt } of planned) {
      // The claim is about promises: what waits for its day is none yet.
      if (status === 'needs_anchor') continue
      const at = dueAt?.toISOString() ?? ''
      const happens = status === 'planned'
      claims.push({
        id,
        treatmentExternalId: externalId,
        pathway,
        step: step.id,
        status: happens ? 'done' : status,
        reason: happens ? null : reason,
        mergedInto,
        action,
        messageIds: happens ? [`m-${id}`] : [],
        taskId: action === 'task' ? `task-${id}` : null,
        calls: happens && action === 'call' ? [{ byUserId: 'staff01', at, reached: true }] : [],
      })
      if (!happens) continue
      const entry = { at, person, messageId: null, payload: {}, text: id }
      if (action === 'task') {
        ledger.push({ ...entry, kind: 'card', channel: 'app', payload: { card: { task_id: `task-${id}-0` } } })
        continue
      }
      ledger.push({ ...entry, kind: 'sms', channel: 'sms', messageId: `m-${id}` })
      if (action === 'call')
        ledger.push({ ...entry, kind: 'call', channel: 'phone', payload: { by: 'Staff01', outcome: 'answered' } })
    }
  }
  const verdict = judge({
    treatments,
    calendars: new Map([['s', { closed: new Set(CLOSED) }]]),
    ledger,
    claims,
    end: new Date('2027-06-01T00:00:00Z'),
  })
  const bad = verdict.promises.filter(({ outcome }) => !['kept', 'explained'].includes(outcome))
  return { verdict, bad: bad.map(({ id, outcome }) => `${id} ${outcome}`) }
}

const changed = (pathway: string, id: string, change: (step: PathwayStep) => PathwayStep | null): Pathway[] =>
  pathways.map((file) =>
    file.id === pathway
      ? { ...file, steps: file.steps.flatMap((step) => (step.id === id ? (change(step) ?? []) : step)) }
      : file,
  )
const all = pathways.flatMap(({ id, steps }) =>
  steps.flatMap((step) => (step.kind === 'decision' ? [] : [[`${id}.${step.id}`, id, step.id] as const])),
)

test('untouched, every promise is kept, or was over at entry', () => {
  const { verdict, bad } = play(pathways)
  expect(bad).toEqual([])
  const { duplicated, atNight, unexpected, overCap, unasked } = verdict
  expect([duplicated, atNight, unexpected, overCap, unasked]).toEqual([[], [], [], [], []])
  expect(verdict.promises.length).toBeGreaterThan(240)
  const explained = verdict.promises.filter(({ outcome }) => outcome === 'explained')
  expect(explained.map(({ treatment, step }) => `${treatment} ${step}`).sort()).toEqual([
    // Between the first and the last session no consultant calls.
    'T11 consultant_day1',
    'T11 consultant_month',
    'T5 consultant_day1',
    'T5 cs_2h',
    'T5 day1',
    'T5 greeting',
    'T5 guidance_day1',
    'T5 guidance_day2',
  ])
})

describe('a step that is taken out is missed:', () => {
  test.each(all)('%s', (name, pathway, id) => {
    expect(play(changed(pathway, id, () => null)).bad.join()).toContain(`.${name} lost`)
  })
})

describe('a step on another day is not kept:', () => {
  const shift = (days: number) => (step: PathwayStep) => {
    const { when } = step
    if ('day' in when) return { ...step, when: { day: when.day + days } }
    if ('days' in when)
      return { ...step, when: { days: [when.days[0] + days * 5, when.days[1] + days * 5] as [number, number] } }
    if ('month' in when) return { ...step, when: { day: when.month * 31 + 3 + days * (when.within ? 10 : 1) } }
    if ('fromDay' in when)
      return { ...step, when: { days: days > 0 ? ([40, 45] as [number, number]) : ([1, 1] as [number, number]) } }
    return step
  }
  const moved = all.filter(([, pathway, id]) => {
    const step = pathways.find((one) => one.id === pathway)?.steps.find((one) => one.id === id)
    return step && !('withinHours' in step.when)
  })
  test.each(moved)('%s', (name, pathway, id) => {
    expect(play(changed(pathway, id, shift(1))).bad.join()).toContain(`.${name} `)
    expect(play(changed(pathway, id, shift(-1))).bad.join()).toContain(`.${name} `)
  })
})

describe('a call that became a message is not kept:', () => {
  const calls = pathways.flatMap(({ id, steps }) =>
    steps.filter(({ action }) => action === 'call').map((step) => [`${id}.${step.id}`, id, step.id] as const),
  )
  test.each(calls)('%s', (name, pathway, id) => {
    const asMessages = pathways.map((file) => ({
      ...file,
      steps: file.steps.map((step) => ({ ...step, action: 'message' as const, script: undefined })),
    })) as Pathway[]
    expect(play(asMessages).bad.join()).toContain(`.${name} lost`)
    expect([pathway, id].join('.')).toBe(name)
  })
})

test('a decision that is taken out, or comes late, was asked of nobody', () => {
  const without = changed('consulted', 'decision', () => null)
  expect(play(without).verdict.unasked).toEqual(['T16.consulted.decision'])
  const late = changed('consulted', 'decision', (step) => ({ ...step, when: { month: 5 } }))
  expect(play(late).verdict.unasked).toEqual(['T16.consulted.decision'])
})

test('monthly offers that come every week are over the caps', () => {
  const weekly = changed('consulted', 'month2', (step) => ({ ...step, when: { day: 38 } }))
  expect(play(weekly).verdict.overCap).toHaveLength(1)
})

test('a call on a closed day that does not move is not kept', () => {
  const still = changed('treatment_call', 'cs_day3', (step) => ({ ...step, neverMoves: true }))
  expect(play(still).bad).toContain('T1.treatment_call.cs_day3 lost')
})
