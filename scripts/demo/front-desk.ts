/**
 * The clinic's front desk for the page to play with: a few forms' worth of requests, passed on to the clinic API. The
 * integration key stays in this process; what the page may ask is this list and nothing else.
 */
import { z } from 'zod'
import type { Customer, Desk, Simulator } from '../../simulator/index.ts'
import type { AppConfig } from '../../src/config.ts'
import { type ClinicApi, ClinicApiError } from './clinic-api.ts'
import { consultantOf, numberOf } from './desk.ts'
import { absenceForms } from './front-desk-absences.ts'
import { type Answer, checked, type Forms, ok, refuse, settled } from './front-desk-forms.ts'
import { handForms } from './front-desk-hand.ts'
import { changeIn, type PlanView, planIn, stepNames } from './front-desk-views.ts'
import type { ClinicStore } from './stores.ts'

export interface FrontDeskDeps {
  simulator: Simulator
  api: ClinicApi
  stores: readonly ClinicStore[]
  config: Pick<AppConfig, 'pathways' | 'treatments'>
}

const Day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)
const Entered = z.object({
  person: z.string(),
  storeId: z.string(),
  code: z.string(),
  technique: z.string().optional(),
  /** Left out: just now. */
  endedAt: z.iso.datetime({ offset: true }).optional(),
})
const Moved = z.object({ treatmentId: z.string().min(1).max(128), on: Day })

export function createFrontDesk(deps: FrontDeskDeps): Desk {
  const { simulator, api, stores, config } = deps
  const kinds = new Map(config.treatments.map((kind) => [kind.code, kind]))
  const names = stepNames(config.pathways)
  const customerOf = (personId: string | null): Customer | null => {
    const person = simulator.world.byPersonId.get(personId ?? '')
    return person?.kind === 'customer' ? person : null
  }

  // Several at one instant: the clock stands still.
  let entered = 0
  type Treated = Record<string, unknown> & { id: string; externalId: string | null; code: string; endedAt: string }
  const treatmentOf = (id: string) =>
    api.call('GET', `/api/v1/treatments/${encodeURIComponent(id)}`) as Promise<Treated>
  const planOf = (id: string) => api.call('GET', `/api/v1/care-plans/${encodeURIComponent(id)}`)

  const viewOf = async (treated: Treated): Promise<PlanView> => {
    const kind = kinds.get(treated.code)
    return planIn(treated, kind, await planOf(treated.id).catch(unlessMissing), names)
  }

  async function treatmentsOf(person: Customer): Promise<PlanView[]> {
    const list = await api
      .call('GET', `/api/v1/treatments?customerExternalId=${numberOf(person)}&limit=50`)
      .catch(unlessMissing)
    const items = (list?.items ?? []) as (Treated & { status: string })[]
    const recent = items
      .filter(({ status }) => status === 'completed')
      .sort((a, b) => (a.endedAt < b.endedAt ? 1 : -1))
      .slice(0, SHOWN)
    return Promise.all(recent.map(viewOf))
  }

  async function treat({ person, storeId, code, technique, endedAt }: z.output<typeof Entered>): Promise<Answer> {
    const customer = customerOf(person)
    const store = stores.find(({ id }) => id === storeId)
    if (!customer || !store) return refuse(404, 'not_found', '没有这位客户或这家门店。')
    const now = simulator.clock.now()
    const consultant = consultantOf(simulator, store, customer).toLowerCase()
    const { name, gender, phone } = customer
    const about = { externalId: numberOf(customer), name, gender, phone, storeIds: [store.id] }
    await api.call('POST', '/api/v1/customers', { ...about, ownerUserId: consultant })
    const treated = (await api.call('POST', '/api/v1/treatments', {
      externalId: `D-${customer.personId}-${now.getTime()}-${++entered}`,
      customerExternalId: numberOf(customer),
      storeId: store.id,
      code,
      consultantUserId: consultant,
      endedAt: endedAt ?? now.toISOString(),
      ...(technique ? { technique } : {}),
    })) as Treated
    await settled(simulator)
    return ok(await viewOf(treated))
  }

  /** The treatment's day is another one; the hour stays. */
  async function move({ treatmentId, on }: z.output<typeof Moved>, isPreview: boolean): Promise<Answer> {
    const treated = await treatmentOf(treatmentId)
    const endedAt = `${on}${chinaTimeOf(treated.endedAt)}`
    if (isPreview) {
      const foreseen = await api.call('POST', `/api/v1/care-plans/${treated.id}/preview`, { endedAt })
      return ok(changeIn(foreseen, await planOf(treated.id), names))
    }
    const before = changesIn(await planOf(treated.id))
    await api.call('PUT', `/api/v1/treatments/${treated.id}`, { ...factsOf(treated), endedAt })
    await settled(simulator)
    const plan = await planOf(treated.id)
    const [change] = changesIn(plan).slice(before.length)
    return ok(changeIn(change ?? {}, plan, names))
  }

  const routes: Forms = {
    ...absenceForms({ simulator, api, stores, names }),
    ...handForms({ simulator, api, names }),
    'GET catalogue': async () =>
      ok({
        stores: stores.map(({ id, displayName, type }) => ({ id, name: displayName, type })),
        kinds: config.treatments
          .filter(({ category }) => category !== 'product')
          .map(({ code, name, techniques = [] }) => ({ code, name, techniques })),
      }),
    'GET treatments': async (query) => {
      const customer = customerOf(query.get('person'))
      return customer ? ok({ treatments: await treatmentsOf(customer) }) : refuse(404, 'not_found', '没有这位客户。')
    },
    'POST treatments': (_, json) => checked(Entered, json, treat),
    'POST moves/preview': (_, json) => checked(Moved, json, (one) => move(one, true)),
    'POST moves': (_, json) => checked(Moved, json, (one) => move(one, false)),
  }

  return async ({ method, path, query, json }) => {
    const route = routes[`${method} ${path}`]
    if (!route) return refuse(404, 'no_such_form', '前台没有这项功能。')
    try {
      return await route(query, json)
    } catch (error) {
      if (error instanceof ClinicApiError) return refuse(error.status, error.code, error.sentence)
      throw error
    }
  }
}

/** Plans that the page shows of one person. */
const SHOWN = 8
const changesIn = (plan: Record<string, unknown>) => (plan.changes ?? []) as Record<string, unknown>[]

/** A plan that is not made yet, a customer who is not entered yet: nothing to show. */
function unlessMissing(error: unknown): null {
  if (error instanceof ClinicApiError && error.status === 404) return null
  throw error
}

/** `T14:30:00.000+08:00` of an instant, in China. */
const chinaTimeOf = (at: string): string =>
  `${new Date(Date.parse(at) + 8 * 3_600_000).toISOString().slice(10, -1)}+08:00`

const FACTS = [
  'customerId',
  'storeId',
  'code',
  'technique',
  'doctorUserId',
  'consultantUserId',
  'sutureRemovalOn',
  'nextSessionOn',
  'inHospital',
  'dischargedOn',
  'course',
] as const
/** What a correction repeats of the record, since it replaces all of it. */
const factsOf = (treated: Record<string, unknown>) => Object.fromEntries(FACTS.map((name) => [name, treated[name]]))
