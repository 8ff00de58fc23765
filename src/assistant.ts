/** Fills the assistant's ports from the rooms: part of the composition root. */
import { type BotService, createBot } from './bot/index.ts'
import type { CareService, Moment } from './care/index.ts'
import type { ComplaintsService } from './complaints/index.ts'
import type { AppConfig } from './config.ts'
import type { createCustomers } from './customers/index.ts'
import type { KnowledgeService } from './knowledge/index.ts'
import type { MessagingService } from './messaging/index.ts'
import type { PhotosService } from './photos/index.ts'
import { addMs, DAY_MS } from './platform/clock.ts'
import { AppError } from './platform/errors.ts'
import type { Metrics } from './platform/metrics.ts'
import type { Feature, Ports } from './platform/ports.ts'
import type { Settings } from './platform/settings.ts'
import type { PrivacyService } from './privacy/index.ts'
import type { StaffService } from './staff/index.ts'
import type { SurveysService } from './surveys/index.ts'
import type { TasksService } from './tasks/index.ts'
import { type Appointment, coming, type TreatmentsService } from './treatments/index.ts'
import type { WecomClient } from './wecom/index.ts'

export interface AssistantRooms {
  wecom: WecomClient
  messaging: MessagingService
  customers: ReturnType<typeof createCustomers>['service']
  treatments: TreatmentsService
  staff: StaffService
  tasks: TasksService
  privacy: PrivacyService
  photos: PhotosService
  surveys: Pick<SurveysService, 'wayIn'>
  care: Pick<CareService, 'mine' | 'levelOf'>
  complaints: Pick<ComplaintsService, 'file'>
  knowledge: KnowledgeService
}

export function createAssistant(
  ports: Ports,
  rooms: AssistantRooms,
  { settings, config, metrics }: { settings: Settings; config: AppConfig; metrics: Metrics },
): Feature<BotService> {
  const { customers, treatments, staff, surveys, care, complaints, knowledge } = rooms
  return createBot({
    ...ports,
    ...rooms,
    accountId: settings.WECOM_OPEN_KFID,
    config: config.bot,
    templates: config.templates,
    puppet: settings.WECHATY_PUPPET,
    talks: settings.ROLE === 'bot' || settings.ROLE === 'all',
    eager: settings.ROLE === 'bot',
    concurrency: settings.SEND_CONCURRENCY,
    metrics,
    // No model says anything in other words unless somebody hands one in here.
    rephrase: null,
    levelOf: care.levelOf,
    setOptOut: async (customerId, optOut) => void (await customers.patch(customerId, { optOut })),
    async complain({ customerId, submissionId, words, treatmentId }) {
      const said = { kind: 'complaint' as const, type: null, demand: null, evidence: [], mayContact: true }
      await complaints.file(customerId, { ...said, submissionId, words, treatmentId })
    },
    async confirmVisit(customerId, saidAt) {
      const now = ports.clock.now()
      const next = visitToConfirm(await treatments.appointmentsOf(customerId), saidAt, now)
      const store = next && (await staff.store(next.storeId))
      if (!next || !store) return null
      const { id, startsAt } = next
      try {
        await treatments.answerAppointment(customerId, id, { what: 'confirmed', wish: null, startsAt, saidAt })
      } catch (error) {
        // It is not what was meant any more: a person reads the words.
        if (error instanceof AppError && OVERTAKEN.includes(error.code)) return null
        throw error
      }
      return { startsAt, store: store.displayName, timeZone: store.timeZone }
    },
    openSurvey: surveys.wayIn,
    knowledge: {
      async answer(question, about) {
        const found = await knowledge.answer(question, { ...about, audience: 'customer' })
        if (!found) return null
        const { id, title, answer: text } = found.article
        return { id, title, text }
      },
      unanswered: (question, about) => knowledge.unanswered(question, { ...about, audience: 'customer' }),
      async guide({ treatment }) {
        const kind = treatment && treatments.kind(treatment.code)
        if (!treatment || !kind) return null
        const technique = (await treatments.get(treatment.id))?.technique ?? null
        const moment = momentOf(care.mine.moments(kind, technique), treatment.day)
        const guide = moment === null ? null : care.mine.guide(kind, technique, moment)
        if (!guide) return null
        const lines = guide.lines.map(({ text }) => `· ${text}`)
        return [`${kind.name}${guide.name}的护理要点：`, ...lines, guide.urgent].filter(Boolean).join('\n')
      },
    },
  })
}

/** Notices go out two days and one day before: nobody has asked about what is further away. */
const CONFIRMED_WITHIN_MS = 3 * DAY_MS

const OVERTAKEN = ['appointment_over', 'appointment_moved', 'appointment_answered_since']

/**
 * Which of those of the next days is confirmed by words that name none; null: it isn't clear. The one that has no answer yet;
 * where all have been confirmed, the first one once more. Pure.
 */
export function visitToConfirm(visits: readonly Appointment[], saidAt: Date, now: Date): Appointment | null {
  const near = coming(visits, now).filter(({ startsAt }) => startsAt <= addMs(now, CONFIRMED_WITHIN_MS))
  const isConfirmed = ({ answer }: Appointment) => answer?.what === 'confirmed'
  // The same message once more confirms no second one.
  const done = near.find((one) => isConfirmed(one) && Number(one.answer?.at) === Number(saidAt))
  if (done) return done
  const [open, ...others] = near.filter(({ answer }) => !answer)
  if (open && others.length === 0) return open
  return near.length === 1 || near.every(isConfirmed) ? (near[0] ?? null) : null
}

/** The last one whose day has come. Pure. */
export function momentOf(moments: readonly Moment[], day: number): Moment | null {
  const days = moments.filter((one): one is number => typeof one === 'number' && one <= day)
  return days.length === 0 ? null : Math.max(...days)
}
