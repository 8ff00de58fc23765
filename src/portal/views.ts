/** What the mini-program's own pages get. Nothing of other people, nothing of what staff note. */
import { z } from 'zod'
import { Instant } from '../platform/views.ts'
import { APPOINTMENT_ANSWERS } from '../treatments/index.ts'

export const Moment = z.union([z.number(), z.string()])

export const StepView = z.object({
  id: z.string(),
  treatmentId: z.string(),
  title: z.string(),
  stage: z.string(),
  kind: z.string(),
  action: z.string(),
  /** In the store's zone; null while the doctor has not named the day. */
  day: z.string().nullable(),
  status: z.enum(['coming', 'done', 'missed']),
  moment: Moment.nullable(),
})

export const GuideView = z.object({
  moment: Moment,
  name: z.string(),
  notice: z.string(),
  lines: z.array(z.object({ id: z.string(), text: z.string() })),
  urgent: z.string(),
  drawings: z.array(z.object({ caption: z.string(), svg: z.string() })),
})

export const StoreView = z.object({
  id: z.string(),
  displayName: z.string(),
  callbackPhone: z.string(),
  emergencyPhone: z.string(),
  address: z.string(),
})

export const EmergencyView = z.object({
  items: z.array(StoreView.pick({ id: true, displayName: true, callbackPhone: true, emergencyPhone: true })),
})

export const VisitView = z.object({
  id: z.string(),
  startsAt: Instant,
  name: z.string(),
  storeName: z.string(),
  answer: z.enum(APPOINTMENT_ANSWERS).nullable(),
})

export const HomeView = z.object({
  salutation: z.string(),
  store: StoreView.nullable(),
  today: z.array(
    z.object({
      treatmentId: z.string(),
      name: z.string(),
      technique: z.string().nullable(),
      storeId: z.string(),
      treatedOn: z.string(),
      day: z.number(),
      guide: GuideView.nullable(),
      steps: z.array(StepView),
    }),
  ),
  coming: StepView.nullable(),
  appointment: VisitView.nullable(),
  questions: z.array(z.object({ title: z.string(), page: z.string() })),
  team: z.object({ consultant: z.string().nullable(), doctor: z.string().nullable() }),
})

export const CalendarView = z.object({
  /** At the store of the latest treatment: what is past, and what is to come. */
  today: z.string(),
  treatments: z.array(
    z.object({
      treatmentId: z.string(),
      name: z.string(),
      technique: z.string().nullable(),
      storeName: z.string(),
      treatedOn: z.string(),
      moments: z.array(z.object({ moment: Moment, name: z.string() })),
    }),
  ),
  steps: z.array(StepView),
})

export const MyGuideView = z.object({
  treatmentId: z.string(),
  name: z.string(),
  guide: GuideView,
  ticked: z.array(z.string()),
  moments: z.array(z.object({ moment: Moment, name: z.string() })),
  store: StoreView,
})

export const HelpView = z.object({
  items: z.array(
    z.object({
      title: z.string(),
      text: z.string(),
      /** The own treatment that it is about … */
      treatmentId: z.string().nullable(),
      /** … and, where it is a guide, the moment of its page. */
      moment: Moment.nullable(),
    }),
  ),
})

export const MeView = z.object({
  name: z.string().nullable(),
  /** 138****5678. */
  phone: z.string().nullable(),
  stores: z.array(StoreView),
  treatments: z.number(),
})

export const SubscriptionsView = z.object({
  items: z.array(z.object({ kind: z.string(), title: z.string(), templateId: z.string(), left: z.number() })),
})
