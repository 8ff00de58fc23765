/** The pages of the mini-program that show what the rooms know of the caller. */
import { z } from 'zod'
import { momentIn, momentName } from '../care/index.ts'
import type { KnowledgeService } from '../knowledge/index.ts'
import { DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import { maskPhone } from '../platform/crypto.ts'
import { notFound } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import { type Route, route } from '../platform/http.ts'
import { Id, InstantString, NoteText, ShortText } from '../platform/views.ts'
import { APPOINTMENT_ANSWERS, type TreatmentKind } from '../treatments/index.ts'
import { createHelp } from './help.ts'
import { homeOf, type Known, knownTreatments, type PortalDeps, visitOf } from './home.ts'
import { type Membership, membershipRoutes } from './membership.ts'
import type { PortalStore } from './model.ts'
import {
  CalendarView,
  EmergencyView,
  HelpView,
  HomeView,
  MeView,
  MyGuideView,
  SubscriptionsView,
  VisitView,
} from './views.ts'

export interface PortalRouteDeps extends PortalDeps {
  store: PortalStore
  kinds: readonly TreatmentKind[]
  /** What may be asked for, and how many of each are left. */
  subscriptions: (customerId: string) => Promise<z.input<typeof SubscriptionsView>['items']>
  knowledge: Pick<KnowledgeService, 'find' | 'searchIn'>
  membership: Membership
}

const GuideParams = z.strictObject({ treatmentId: z.string().min(1).max(128), moment: z.string().min(1).max(20) })
const Ticks = z.strictObject({ ticked: z.array(z.string().regex(/^[0-9a-f]{12}$/)).max(60) })
const MOST_WISH_SIGNS = 200
const AnswerBody = z.strictObject({
  answer: z.enum(APPOINTMENT_ANSWERS),
  /** Of `move`: when I would rather come. */
  wish: NoteText(MOST_WISH_SIGNS).optional(),
  /** The time that I was shown. */
  startsAt: InstantString,
})

export function portalRoutes(deps: PortalRouteDeps): Route[] {
  const { care, customers, staff, store, kinds, clock } = deps
  const help = createHelp(care, kinds, deps.knowledge)
  const mp = { tag: 'mini-program', auth: 'customer' } as const

  const momentsOf = ({ kind, treatment }: Known) =>
    care.moments(kind, treatment.technique).map((moment) => ({ moment, name: momentName(moment) }))

  /** @throws AppError not_found/guide_not_found: also for what belongs to somebody else */
  async function guideOf(customerId: string, treatmentId: string, text: string) {
    const known = (await knownTreatments(deps, customerId)).find(({ treatment }) => treatment.id === treatmentId)
    const moment = momentIn(text)
    const guide = known && moment !== null ? care.guide(known.kind, known.treatment.technique, moment) : null
    if (!known || !guide) throw notFound('guide_not_found', { treatmentId, moment: text })
    return { known, guide, key: hashId('ticks', treatmentId, String(guide.moment)) }
  }

  return [
    ...membershipRoutes(deps),
    route({
      ...mp,
      method: 'get',
      path: '/api/mp/home',
      summary: 'My first page: today, what helps, what comes next, and who is there for me',
      response: HomeView,
      handle: ({ actor }) => homeOf(deps, actor.id),
    }),
    route({
      ...mp,
      method: 'post',
      path: '/api/mp/appointments/:appointmentId/answer',
      summary: 'Say that I come to an appointment, or ask for another time; the last word counts',
      params: z.strictObject({ appointmentId: Id }),
      body: AnswerBody,
      response: VisitView,
      errors: ['appointment_not_found', 'appointment_over', 'appointment_moved', 'appointment_asked_often'],
      async handle({ actor, params: { appointmentId }, body: { answer, wish = null, startsAt } }) {
        const said = { what: answer, wish, startsAt }
        return visitOf(deps, await deps.treatments.answerAppointment(actor.id, appointmentId, said))
      },
    }),
    route({
      ...mp,
      method: 'get',
      path: '/api/mp/calendar',
      summary: 'My treatments with every contact, past and coming, and every guide',
      response: CalendarView,
      async handle({ actor }) {
        const known = await knownTreatments(deps, actor.id)
        return {
          today: dayOf(clock.now(), known[0]?.store.timeZone ?? DEFAULT_ZONE),
          treatments: known.map((one) => ({
            treatmentId: one.treatment.id,
            name: one.kind.name,
            technique: one.treatment.technique,
            storeName: one.store.displayName,
            treatedOn: one.treatment.treatedOn,
            moments: momentsOf(one),
          })),
          steps: await care.stepsOf(known.map(({ treatment }) => treatment.id)),
        }
      },
    }),
    route({
      ...mp,
      method: 'get',
      path: '/api/mp/guides/:treatmentId/:moment',
      summary: 'The guide of one day of my treatment, with what I have ticked off',
      params: GuideParams,
      response: MyGuideView,
      errors: ['guide_not_found'],
      async handle({ actor, params: { treatmentId, moment } }) {
        const { known, guide, key } = await guideOf(actor.id, treatmentId, moment)
        const ids = new Set(guide.lines.map(({ id }) => id))
        const ticked = (await store.ticks(key)).filter((id) => ids.has(id))
        return { treatmentId, name: known.kind.name, guide, ticked, moments: momentsOf(known), store: known.store }
      },
    }),
    route({
      ...mp,
      method: 'put',
      path: '/api/mp/guides/:treatmentId/:moment/ticks',
      summary: 'Tick off what I have done',
      params: GuideParams,
      body: Ticks,
      response: Ticks,
      errors: ['guide_not_found'],
      async handle({ actor, params: { treatmentId, moment }, body }) {
        const { guide, key } = await guideOf(actor.id, treatmentId, moment)
        const ids = new Set(guide.lines.map(({ id }) => id))
        const ticked = [...new Set(body.ticked)].filter((id) => ids.has(id))
        await store.tick(key, actor.id, ticked, clock.now())
        return { ticked }
      },
    }),
    route({
      tag: 'mini-program',
      auth: 'public',
      method: 'get',
      path: '/api/mp/emergency',
      summary: 'Whom to call at once: the number of every store, for whoever is not signed in or agrees to nothing',
      response: EmergencyView,
      handle: async () => ({ items: await staff.allStores() }),
    }),
    route({
      ...mp,
      method: 'get',
      path: '/api/mp/help',
      summary: 'Look something up in the articles and care guides, my own treatments first',
      query: z.strictObject({ q: ShortText(60) }),
      response: HelpView,
      async handle({ actor, query: { q } }) {
        const known = await knownTreatments(deps, actor.id)
        const own = new Map(
          known.map(({ treatment }) => [treatment.code, treatment.id]).reverse() as [string, string][],
        )
        const found = await help.find(q, new Set(own.keys()))
        return {
          items: found.map(({ codes, title, text, moment }) => {
            const mine = codes.find((code) => own.has(code))
            return { title, text, moment, treatmentId: mine === undefined ? null : (own.get(mine) ?? null) }
          }),
        }
      },
    }),
    route({
      ...mp,
      method: 'get',
      path: '/api/mp/me',
      summary: 'Who I am to the clinic',
      response: MeView,
      async handle({ actor }) {
        const [customer, contact, known] = await Promise.all([
          customers.get(actor.id),
          customers.contacts([actor.id]).then((all) => all.get(actor.id)),
          knownTreatments(deps, actor.id),
        ])
        const stores = await staff.stores(customer?.storeIds ?? [])
        return {
          name: contact?.name || null,
          phone: contact?.phone ? maskPhone(contact.phone) : null,
          stores: [...stores.values()],
          treatments: known.length,
        }
      },
    }),
    route({
      ...mp,
      method: 'get',
      path: '/api/mp/subscriptions',
      summary: 'Notices that I can allow, and how many of each are left',
      response: SubscriptionsView,
      handle: async ({ actor }) => ({ items: await deps.subscriptions(actor.id) }),
    }),
  ]
}
