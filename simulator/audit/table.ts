/**
 * The business's own table (domain, section 3), written by hand. It never looks at the clinic's configuration or at the
 * server's code, so that a step which is missing there is missed here.
 */

/** Days count from the treatment's own day unless `of` names another one; before it they are negative. */
export type When =
  | { hours: number }
  | { day: number }
  | { days: [number, number] }
  /** That day, or one of so many after it. */
  | { month: number; within?: number }
  | { from: number; toMonth: number }

export interface Row {
  step: string
  when: When
  of?: 'sutures' | 'next session' | 'appointment' | 'consultation'
  /** A person must make the contact: it avoids closed days. */
  needsPerson?: boolean
  /** Goes by itself on its day, whoever works. */
  guidance?: boolean
  /** Duty staff make it whatever the day. */
  neverMoves?: boolean
  /** The consultant's: within a course only at the first and the last session. */
  consultant?: boolean
  /** Moves where sutures come out on day 10 or later. */
  afterSutures?: boolean
  /** Ends with the next visit. */
  untilNext?: boolean
  /** Of a course: after its last session, or before it. */
  session?: 'last' | 'not last'
  /** Of a product of this kind. */
  product?: string
  /** Only by consent, under the caps of domain 5, and never while something is wrong. */
  promotion?: boolean
  /** A colleague decides something: no promise to the customer, but the card has to come. */
  staff?: boolean
  /** Planned with a later room: photos and recommendations. */
  later?: boolean
}

const BASE: Row[] = [
  { step: 'greeting', when: { hours: 2 } },
  ...[1, 2, 3, 5, 7].map((day) => ({ step: `guidance_day${day}`, when: { day }, guidance: true })),
  { step: 'effect_day7', when: { day: 7 } },
  { step: 'effect_month1', when: { month: 1 } },
  { step: 'periodic_week1', when: { day: 7 } },
  { step: 'periodic_month1', when: { month: 1 } },
  { step: 'periodic_month3', when: { month: 3 } },
  { step: 'survey_month1', when: { month: 1 } },
  { step: 'photos_day7', when: { day: 7 }, later: true },
  { step: 'photos_month1', when: { month: 1 }, later: true },
  { step: 'recommendation', when: { from: 30, toMonth: 3 }, later: true },
]
const TREATMENT_CALL: Row[] = [
  { step: 'cs_2h', when: { hours: 2 } },
  { step: 'cs_day3', when: { day: 3 }, needsPerson: true },
  { step: 'cs_day7', when: { day: 7 }, needsPerson: true },
  { step: 'consultant_day1', when: { day: 1 }, needsPerson: true, neverMoves: true, consultant: true },
  { step: 'consultant_month', when: { from: 2, toMonth: 1 }, needsPerson: true, consultant: true },
]
const INJECTION: Row[] = [
  { step: 'day1', when: { day: 1 }, neverMoves: true },
  { step: 'days7_10', when: { days: [7, 10] }, needsPerson: true },
  { step: 'month1', when: { month: 1 }, needsPerson: true },
  { step: 'month3', when: { month: 3 } },
  { step: 'month6', when: { month: 6 } },
]
const HAIR_REMOVAL_RF: Row[] = [
  { step: 'day1', when: { day: 1 }, neverMoves: true },
  { step: 'days7_10', when: { days: [7, 10] }, needsPerson: true },
  { step: 'next_session', when: { day: -2 }, of: 'next session' },
]
const LASER_SKIN: Row[] = [
  { step: 'day1', when: { day: 1 }, neverMoves: true },
  { step: 'days3_5', when: { days: [3, 5] }, needsPerson: true },
  { step: 'days10_12', when: { days: [10, 12] }, needsPerson: true },
  { step: 'next_session', when: { day: -2 }, of: 'next session' },
]
const SURGERY: Row[] = [
  { step: 'day1', when: { day: 1 }, needsPerson: true, neverMoves: true },
  { step: 'day3', when: { day: 3 }, needsPerson: true },
  { step: 'suture_before', when: { day: -1 }, of: 'sutures', neverMoves: true },
  { step: 'suture_day', when: { day: 0 }, of: 'sutures', neverMoves: true },
  { step: 'suture_after', when: { day: 1 }, of: 'sutures', needsPerson: true, neverMoves: true },
  { step: 'day10', when: { day: 10 }, needsPerson: true, afterSutures: true },
  { step: 'month1', when: { month: 1 }, needsPerson: true },
  { step: 'month3', when: { month: 3 } },
  { step: 'month6', when: { month: 6 } },
  { step: 'month12', when: { month: 12 } },
]
const COURSE: Row[] = [
  { step: 'next_session', when: { day: -2 }, of: 'next session', session: 'not last' },
  { step: 'next_course', when: { day: 0 }, of: 'next session', needsPerson: true, session: 'last', consultant: true },
]
const PRODUCT: Row[] = [
  { step: 'skin_care', when: { day: 14 }, needsPerson: true, product: 'skin_care' },
  { step: 'make_up', when: { day: 7 }, needsPerson: true, product: 'make_up' },
  { step: 'fragrance', when: { day: 7 }, needsPerson: true, product: 'fragrance' },
  { step: 'medical', when: { day: 7 }, needsPerson: true, product: 'medical' },
  { step: 'device', when: { day: 30 }, needsPerson: true, product: 'device' },
]
const SALON: Row[] = [
  { step: 'day3', when: { day: 3 } },
  ...[1, 2, 3, 4, 5, 6].map((month) => ({ step: `month${month}`, when: { month }, untilNext: true })),
  { step: 'next_visit', when: { day: -2 }, of: 'next session' },
]
const APPOINTMENT: Row[] = [
  { step: 'before2', when: { day: -2 }, of: 'appointment' },
  { step: 'before1', when: { day: -1 }, of: 'appointment' },
]

const CONSULTED: Row[] = [
  ...[1, 2, 3].map(
    (month): Row => ({ step: `month${month}`, when: { month, within: 6 }, of: 'consultation', promotion: true }),
  ),
  { step: 'decision', when: { month: 4 }, of: 'consultation', needsPerson: true, staff: true },
]

/** How often one person may hear of offers: so many in so many days. */
export const CAPS = [
  { most: 1, days: 14 },
  { most: 3, days: 90 },
] as const

/** Everything the table has, `later` rows included: the report shows them as such. */
export const TABLE: Record<string, readonly Row[]> = {
  base: BASE,
  treatment_call: TREATMENT_CALL,
  injection: INJECTION,
  hair_removal_rf: HAIR_REMOVAL_RF,
  laser_skin: LASER_SKIN,
  surgery: SURGERY,
  hair_transplant: SURGERY,
  course: COURSE,
  product: PRODUCT,
  salon: SALON,
  appointment: APPOINTMENT,
  consulted: CONSULTED,
}

/** Which pathway of its own each code of the clinic has. */
export const OWN: Record<string, keyof typeof TABLE> = {
  botulinum: 'injection',
  hyaluronic_filler: 'injection',
  skin_booster: 'injection',
  hair_removal: 'hair_removal_rf',
  rf: 'hair_removal_rf',
  ipl: 'laser_skin',
  picosecond: 'laser_skin',
  thread_lift: 'surgery',
  double_eyelid: 'surgery',
  canthoplasty: 'surgery',
  rhinoplasty: 'surgery',
  liposuction: 'surgery',
  hair_transplant: 'hair_transplant',
  salon_care: 'salon',
  product: 'product',
}

/** Days until the sutures come out: seven, unless the operation or its technique says otherwise. */
export function usualSutures(code: string, technique: string | undefined): number | 'none' | 'not said' {
  if (code === 'hair_transplant') return technique === 'fut' ? 10 : technique === 'fue' ? 'none' : 'not said'
  if (code === 'thread_lift') return 'none'
  return code === 'canthoplasty' ? 10 : 7
}
