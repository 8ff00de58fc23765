/** What ends the plan of somebody who asked, and what lets it go on: something bought, taken back, closed, opened again. */
import type { PlanRow } from './model.ts'
import { type Cause, cancelPlan, type ReplanDeps, replan } from './replan.ts'
import type { Subject } from './subjects.ts'

/**
 * A treatment or purchase of a customer ends what is planned because the customer has not bought; one that is taken back lets
 * it go on. Safe to repeat.
 */
export async function lookAtConsultations(
  deps: ReplanDeps,
  changed: readonly { customerId: string; cause: Cause }[],
): Promise<void> {
  if (changed.length === 0) return
  const people = await deps.customers.getMany([...new Set(changed.map(({ customerId }) => customerId))])
  const causes = new Map(
    changed.flatMap(({ customerId, cause }) =>
      [customerId, people.get(customerId)?.id ?? customerId].map((id) => [id, cause] as const),
    ),
  )
  const plans = await deps.store.consultationsOf([...causes.keys()])
  if (plans.length === 0) return
  const subjects = await deps.subjects(plans.map(({ _id }) => _id))
  for (const plan of plans) {
    const subject = subjects.get(plan._id)
    const cause = causes.get(plan.customerId)
    if (subject && cause) await endOrResume(deps, plan, subject, cause)
  }
}

/** Brings the plan to what its consultation is now: over, or open again. */
export async function endOrResume(deps: ReplanDeps, plan: PlanRow, subject: Subject, cause: Cause): Promise<void> {
  if (subject.status === 'cancelled') {
    if (plan.status === 'active')
      await cancelPlan(deps, plan._id, subject.overBy ?? 'superseded', cause, deps.clock.now())
    return
  }
  if (plan.status === 'active') return
  const people = await deps.customers.getMany([subject.customerId])
  if (people.get(subject.customerId)?.deceased) return
  await deps.store.changePlan(plan._id, { status: 'active' })
  await replan(deps, subject, cause)
}
