/** What a customer sees of the own care: each contact with its day, and the guide of a day in parts. Nothing of what staff see. */
import type { Day } from '../platform/calendar.ts'
import { hashId } from '../platform/hash.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import type { Drawing } from './drawings.ts'
import { linesOf } from './guide-page.ts'
import { type GuideBook, MILESTONE_NAMES, type Moment } from './guides.ts'
import type { CareStore, StepRow } from './model.ts'
import type { Stage, StepStatus } from './types.ts'

/** How it stands, in the customer's eyes. */
export type MyStepStatus = 'coming' | 'done' | 'missed'

export interface MyStep {
  id: string
  treatmentId: string
  title: string
  stage: Stage
  kind: StepRow['kind']
  action: StepRow['action']
  /** In the store's zone; null while the doctor has not named the day. */
  day: Day | null
  status: MyStepStatus
  /** The guide that comes with it. */
  moment: Moment | null
}

export interface MyGuide {
  moment: Moment
  /** 第 3 天, 拆线当天. */
  name: string
  notice: string
  /** One piece of advice each; `id` stays while the words do, so that a tick stands for what was read. */
  lines: { id: string; text: string }[]
  /** Signs that need the emergency number at once. */
  urgent: string
  drawings: Drawing[]
}

export interface MyCare {
  /** Contacts of these treatments that concern the customer, by day; what was called off is left out. */
  stepsOf(treatmentIds: readonly string[]): Promise<MyStep[]>
  /** Null: there is none, or no doctor has approved it. */
  guide(kind: TreatmentKind, technique: string | null, moment: Moment): MyGuide | null
  /** Every moment that has a guide, in the order in which the customer meets them. */
  moments(kind: TreatmentKind, technique: string | null): Moment[]
}

const SEEN_AS: Partial<Record<StepStatus, MyStepStatus>> = {
  planned: 'coming',
  needs_anchor: 'coming',
  enqueued: 'coming',
  calling: 'coming',
  done: 'done',
  delegated: 'done',
  unreachable: 'missed',
  missed: 'missed',
}

export const nameOf = (moment: Moment): string =>
  typeof moment === 'string' ? MILESTONE_NAMES[moment] : moment === 0 ? '治疗当天' : `第 ${moment} 天`

/** Pure. */
export function mineOf(row: StepRow): MyStep[] {
  const status = SEEN_AS[row.status]
  if (status === undefined || row.audience !== 'customer' || row.contactClass === 'promotion') return []
  const { _id: id, treatmentId, title, stage, kind, action, plannedOn: day, guideDay: moment } = row
  return [{ id, treatmentId, title, stage, kind, action, day, status, moment }]
}

const byDay = (a: MyStep, b: MyStep): number =>
  (a.day ?? '9999').localeCompare(b.day ?? '9999') || a.id.localeCompare(b.id)

export interface MineDeps {
  store: Pick<CareStore, 'stepsOfAll'>
  guides: GuideBook
  drawings: ReadonlyMap<string, Drawing>
}

export function createMine({ store, guides, drawings }: MineDeps): MyCare {
  return {
    stepsOf: async (treatmentIds) => (await store.stepsOfAll(treatmentIds)).flatMap(mineOf).sort(byDay),
    guide(kind, technique, moment) {
      const found = guides.find(kind.code, kind.category, moment, technique)
      if (!found) return null
      return {
        moment,
        name: nameOf(moment),
        notice: found.notice,
        lines: linesOf(found.text).map((text) => ({ id: hashId(text).slice(0, 12), text })),
        urgent: found.urgent,
        drawings: found.pictures.flatMap((name) => drawings.get(name) ?? []),
      }
    },
    moments: (kind, technique) => guides.moments(kind.code, kind.category, technique),
  }
}
