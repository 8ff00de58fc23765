/** A plan that is there, and how it would be planned anew; nothing is written. */
import type { Day } from '../platform/calendar.ts'
import type { Reason } from '../platform/reasons.ts'
import { lookAround } from './around.ts'
import { type Diff, diffOf, openness } from './diff.ts'
import { type EnrolDeps, type Made, makePlan } from './enrol.ts'
import type { PlanRow, StepRow } from './model.ts'
import type { Host } from './planner.ts'
import type { Subject } from './subjects.ts'
import type { PathwayVersions, Pin } from './versions.ts'
import type { HandPin } from './wanted.ts'

/** What people have decided, and the days that their decisions bring back. */
export interface Decided {
  pins: readonly HandPin[]
  days?: ReadonlyMap<string, Day>
}

export interface ReconsiderDeps extends EnrolDeps {
  versions: Pick<PathwayVersions, 'of'>
}

/** The open steps of a plan, and how to plan them anew: by the versions that the plan began with. */
export async function reconsider(all: ReconsiderDeps, plan: PlanRow, treatment: Subject, now: Date, instead?: Pin) {
  const deps = { ...all, pathways: await all.versions.of(plan, instead) }
  const rows = await deps.store.stepsOf(treatment.id)
  const around = await lookAround(deps, [treatment])
  const foreign = rows.flatMap(({ mergedInto }) => mergedInto ?? [])
  const isOpen = openness(rows, await deps.store.steps(foreign))
  const open = rows.filter(isOpen)
  const settled = new Set(rows.filter((row) => !isOpen(row)).map(({ _id }) => _id))
  const told = open.flatMap(({ _id, status, plannedOn }) =>
    status === 'planned' && plannedOn ? [[_id, plannedOn] as const] : [],
  )
  const enteredAt = now > treatment.enteredAt ? now : treatment.enteredAt
  const hosts = around.hostsOf(treatment, now)
  return {
    rows,
    open,
    isOpen,
    around,
    hosts,
    make: (on: readonly Host[] = hosts, { pins, days }: Decided = { pins: plan.pins ?? [] }): Made | null =>
      makePlan(
        deps,
        around,
        treatment,
        { settled, days: new Map([...told, ...(days ?? [])]), hosts: on, pins },
        enteredAt,
        now,
      ),
  }
}
export type Reconsidered = Awaited<ReturnType<typeof reconsider>>

/** What would become of a plan if these were the facts, and `instead` a version that it pins. Null where there is no plan to change. */
export async function foresee(deps: ReconsiderDeps, treatment: Subject, instead?: Pin): Promise<Diff | null> {
  const [plan] = await deps.store.plansOf([treatment.id])
  if (plan?.status !== 'active' || treatment.status !== 'completed') return null
  const { open, make } = await reconsider(deps, plan, treatment, deps.clock.now(), instead)
  const made = make()
  return made && diffOf(open, made.rows)
}

export const cancelled = (reason: Reason, now: Date) => ({ status: 'cancelled', reason, dueAt: null, doneAt: now })

/** Whoever is firing a step in the moment in which it is changed writes nothing over that, and finds out. */
export const NOT_FIRING = { 'claim.token': '' }

/** A card that is withdrawn can't come again under its number. */
export const withoutCard = ({ occurrence }: StepRow) => ({ taskId: null, occurrence: occurrence + 1 })
