/** A customer who would rather come at another time is called by the front desk; what has become needless ends by itself. */
import type { CustomersService } from '../customers/index.ts'
import { DEFAULT_ZONE, dayOf, opensAgain, timeOfDay } from '../platform/calendar.ts'
import { addMs, type Clock, HOUR_MS } from '../platform/clock.ts'
import type { EventHandler } from '../platform/events.ts'
import { firstChars } from '../platform/text.ts'
import type { StaffService, Store } from '../staff/index.ts'
import type { OpenTask, TaskCompleted, TasksService } from '../tasks/index.ts'
import type { AppointmentChanged, MoveWishes, TreatmentsService } from '../treatments/index.ts'

export interface MovesDeps {
  treatments: Pick<TreatmentsService, 'moveWishes' | 'hearMove' | 'kind'>
  customers: Pick<CustomersService, 'contacts'>
  staff: Pick<StaffService, 'store'>
  tasks: Pick<TasksService, 'open' | 'cancel'>
  clock: Pick<Clock, 'now'>
}

/** The sooner they agree, the sooner the old time is somebody else's. */
const WITHIN_MS = 2 * HOUR_MS
const SCRIPT_SIGNS = 150

const taskIdOf = (appointmentId: string, n: number): string => `move_${appointmentId}_${n}`
const TASK_ID = /^move_(.+)_(\d+)$/

export function moveHandlers(deps: MovesDeps): Record<string, EventHandler> {
  const { treatments, tasks, clock } = deps

  /** The tasks as the record wants them. Whoever wrote while they were changed is looked at again. */
  async function follow(appointmentId: string): Promise<void> {
    for (let seen = ''; ; ) {
      const wishes = await treatments.moveWishes(appointmentId)
      const mark = JSON.stringify(wishes)
      if (!wishes || wishes.asked === 0 || mark === seen) return
      seen = mark
      const { asked, standing, endedBy } = wishes
      const ids = Array.from({ length: asked }, (_, i) => taskIdOf(appointmentId, i + 1))
      const isWanted = standing !== null && standing.appointment.startsAt > clock.now()
      const needless = isWanted ? ids.slice(0, -1) : ids
      if (needless.length > 0) await tasks.cancel(needless, endedBy)
      if (isWanted) await tasks.open([await taskFor(deps, standing, ids.at(-1) ?? '')])
    }
  }
  const onChange: EventHandler = ({ data }) => follow((data as unknown as AppointmentChanged).appointmentId)
  return {
    'appointment.answered': onChange,
    'appointment.booked': onChange,
    'appointment.moved': onChange,
    'appointment.cancelled': onChange,
    'appointment.arrived': onChange,
    // Who asks once more after the call wants another one.
    async 'task.completed'({ data, occurredAt }) {
      const { kind, taskId } = data as unknown as TaskCompleted
      const [, appointmentId, n] = (kind === 'appointment_move' && TASK_ID.exec(taskId)) || []
      if (appointmentId) await treatments.hearMove(appointmentId, Number(n), occurredAt)
    },
  }
}

async function taskFor(
  { treatments, customers, staff }: MovesDeps,
  standing: NonNullable<MoveWishes['standing']>,
  id: string,
): Promise<OpenTask> {
  const { customerId, storeId, code } = standing.appointment
  const [store, contacts] = await Promise.all([staff.store(storeId), customers.contacts([customerId])])
  return {
    id,
    ...{ customerId, storeId },
    ...moveTask(standing, store, treatments.kind(code)?.name ?? '到院'),
    title: `${contacts.get(customerId)?.salutation ?? '客户'} · 客户希望改期`,
  }
}

/** Whom it goes to, when, and what it says. Pure. */
export function moveTask(
  { appointment: { startsAt }, answeredAt, wish }: NonNullable<MoveWishes['standing']>,
  store: Pick<Store, 'opening' | 'timeZone'> | null,
  name: string,
): Omit<OpenTask, 'id' | 'customerId' | 'storeId' | 'title'> {
  const zone = store?.timeZone ?? DEFAULT_ZONE
  const opens = store && opensAgain(store.opening, answeredAt, zone)
  // In the night nobody is rung up for what can wait, unless the appointment comes first.
  const openAt = opens && opens < startsAt ? opens : answeredAt
  const within = addMs(openAt, WITHIN_MS)
  const [, month, date] = dayOf(startsAt, zone).split('-').map(Number)
  return {
    kind: 'appointment_move',
    form: 'confirm',
    role: 'front_desk',
    preferredUserIds: [],
    treatmentId: null,
    stepIds: [],
    facts: [
      { name: '预约', value: name },
      { name: '原定时间', value: `${month}月${date}日 ${timeOfDay(startsAt, zone)}` },
    ],
    script: firstChars(
      `请致电客户，商定新的到院时间，并在诊所系统中改期。客户希望：${wish ?? '未填写，请在电话中询问'}`,
      SCRIPT_SIGNS,
    ),
    openAt,
    dueAt: within < startsAt ? within : startsAt,
  }
}
