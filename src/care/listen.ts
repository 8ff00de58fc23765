/** What care does when records change: plans begin, follow, and end. Every handler is safe to repeat. */
import type { CustomersService } from '../customers/index.ts'
import type { DomainEvent, EventHandler } from '../platform/events.ts'
import type {
  AppointmentChanged,
  ConsultationChanged,
  PurchaseRecorded,
  TreatmentCancelled,
  TreatmentCompleted,
  TreatmentCorrected,
} from '../treatments/index.ts'
import type { Cases } from './cases/cases.ts'
import { endOrResume, lookAtConsultations } from './consulted-ends.ts'
import { onDeceased } from './deceased.ts'
import { enrol } from './enrol.ts'
import type { PlanRow } from './model.ts'
import { type OfferDeps, onOptedOut } from './offers.ts'
import { cancelPlan, followUp, type ReplanDeps, replan } from './replan.ts'
import type { Subject } from './subjects.ts'

export interface ListenDeps extends ReplanDeps {
  tasks: Parameters<typeof onDeceased>[0]['tasks'] & ReplanDeps['tasks'] & OfferDeps['tasks']
  customers: ReplanDeps['customers'] & Pick<CustomersService, 'idsOf' | 'get'>
  messaging: OfferDeps['messaging'] & ReplanDeps['messaging']
  cases: Pick<Cases, 'close' | 'openAbout' | 'openOf'>
  nudge: (table: string) => void
}

export function recordHandlers(deps: ListenDeps): Record<string, EventHandler> {
  const { subjects, clock, nudge, cases, customers } = deps
  const only = async (id: string): Promise<Subject | undefined> => (await subjects([id])).get(id)

  const planOf = async (id: string): Promise<PlanRow | undefined> => (await deps.store.plansOf([id]))[0]

  async function onAppointment(event: DomainEvent): Promise<void> {
    const { appointmentId } = event.data as unknown as AppointmentChanged
    const visit = await only(appointmentId)
    if (!visit) return
    const plan = await planOf(appointmentId)
    await followUp(deps, formerly(visit, plan, event), 'next')
    if (visit.status === 'cancelled') {
      if (plan) await cancelPlan(deps, appointmentId, 'appointment_over', event, clock.now())
    } else if (plan) {
      // A visit that was cancelled and is booked again.
      await deps.store.changePlan(appointmentId, { status: 'active' })
      await replan(deps, visit, event)
    } else await enrol(deps, [{ ...visit, enteredAt: event.occurredAt }])
    await followUp(deps, [{ subject: visit, cause: event }], 'next')
    nudge('care_steps')
  }

  async function onConsultation(event: DomainEvent): Promise<void> {
    const { consultationId } = event.data as unknown as ConsultationChanged
    const asked = await only(consultationId)
    if (!asked) return
    const plan = await planOf(consultationId)
    if (!plan) await enrol(deps, [{ ...asked, enteredAt: event.occurredAt }])
    else {
      await endOrResume(deps, plan, asked, event)
      // Of what goes on the facts may be others.
      await replan(deps, asked, event)
    }
    nudge('care_steps')
  }

  return {
    'treatment.completed': {
      async together(completed) {
        const ids = completed.map(({ data }) => (data as unknown as TreatmentCompleted).treatmentId)
        const known = await subjects(ids)
        const done = ids.flatMap((id) => known.get(id) ?? [])
        if ((await enrol(deps, done)) > 0) nudge('care_steps')
        // One cause for each: the history of a plan names what moved it.
        const changed = completed.flatMap((cause) => {
          const subject = known.get((cause.data as unknown as TreatmentCompleted).treatmentId)
          return subject ? [{ subject, cause }] : []
        })
        await followUp(deps, changed, 'next')
        await lookAtConsultations(deps, changed.map(boughtBy))
      },
    },
    async 'treatment.corrected'(event) {
      const treatment = await only((event.data as unknown as TreatmentCorrected).treatmentId)
      if (!treatment) return
      await followUp(deps, formerly(treatment, await planOf(treatment.id), event), 'all')
      await replan(deps, treatment, event)
      await followUp(deps, [{ subject: treatment, cause: event }], 'all')
      await lookAtConsultations(deps, [boughtBy({ subject: treatment, cause: event })])
      nudge('care_steps')
    },
    async 'treatment.cancelled'(event) {
      const { treatmentId } = event.data as unknown as TreatmentCancelled
      await cancelPlan(deps, treatmentId, 'treatment_cancelled', event, clock.now())
      await cases.close(await cases.openAbout(treatmentId), 'treatment_cancelled')
      const treatment = await only(treatmentId)
      if (treatment) {
        await followUp(deps, [{ subject: treatment, cause: event }], 'all')
        await lookAtConsultations(deps, [boughtBy({ subject: treatment, cause: event })])
      }
      nudge('care_steps')
    },
    async 'purchase.recorded'(event) {
      const { purchaseId, customerId } = event.data as unknown as PurchaseRecorded
      await lookAtConsultations(deps, [{ customerId, cause: event }])
      const bought = await only(purchaseId)
      if (bought && (await enrol(deps, [{ ...bought, enteredAt: event.occurredAt }])) > 0) nudge('care_steps')
    },
    'appointment.booked': onAppointment,
    'appointment.moved': onAppointment,
    'appointment.cancelled': onAppointment,
    'appointment.arrived': onAppointment,
    'consultation.recorded': onConsultation,
    'consultation.closed': onConsultation,
    'customer.opted_out': ({ data }) =>
      onOptedOut(deps, { customerId: String(data.customerId), all: data.all === true }, clock.now()),
    async 'customer.deceased'(event) {
      await onDeceased(deps, event)
      await cases.close(await cases.openOf(await customers.idsOf(String(event.data.customerId))), 'deceased')
    },
  }
}

const boughtBy = ({ subject: { customerId }, cause }: { subject: Subject; cause: DomainEvent }) => ({
  customerId,
  cause,
})

/**
 * Another code or customer until now: what hung on that is planned anew first, while the plan still knows it. The records
 * have the new facts already.
 */
function formerly(subject: Subject, plan: PlanRow | undefined, cause: DomainEvent) {
  if (!plan || (plan.code === subject.code && plan.customerId === subject.customerId)) return []
  return [{ subject: { ...subject, code: plan.code, customerId: plan.customerId }, cause }]
}
