/** The simulated clinic's own system: which customers come when, entered through `/api/v1` as real systems would. */

import type { Treatment } from '../../simulator/audit/expected.ts'
import type { Claim } from '../../simulator/audit/judge.ts'
import { between, type Customer, chance, pick, type Simulator } from '../../simulator/index.ts'
import { visit } from '../../simulator/people/index.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const CHINA_MS = 8 * 60 * MINUTE

export interface ClinicStore {
  id: string
  type: 'hospital' | 'salon'
  displayName: string
  departmentId: number
  /** Days on which nobody makes calls. */
  closed: string[]
}

export interface PlannedVisit {
  customer: Customer
  store: ClinicStore
  treatment: Treatment
}

/** Stores of the demo; each closes one day, so that the rule for closed days is played. */
export function storesOf(start: Date, days: number): ClinicStore[] {
  const day = (n: number) => new Date(start.getTime() + CHINA_MS + n * DAY).toISOString().slice(0, 10)
  return [
    {
      id: 'huayan',
      type: 'hospital',
      displayName: '华颜整形医院',
      departmentId: 2,
      closed: [day(Math.floor(days / 3)), day(Math.floor(days / 3) + 1)],
    },
    { id: 'qingyan', type: 'salon', displayName: '清妍美容院', departmentId: 3, closed: [day(Math.floor(days / 2))] },
  ]
}

const HOSPITAL_CODES = [
  ['skin_booster', 40],
  ['hyaluronic_filler', 25],
  ['botulinum', 28],
  ['ipl', 7],
] as const
const SALON_CODES = [
  ['salon_care', 60],
  ['ipl', 20],
  ['skin_booster', 20],
] as const

/** Every visit of the run, from the seed alone. */
export function planVisits(simulator: Simulator, start: Date, days: number): PlannedVisit[] {
  const { seed, customers } = simulator.world
  const stores = storesOf(start, days)
  const visits = customers.flatMap((customer): PlannedVisit[] => {
    const { personId } = customer
    const store = (chance(seed, personId, 'store') < 0.72 ? stores[0] : stores[1]) as ClinicStore
    const first = visitOf(seed, customer, store, start, days, 1)
    const again = chance(seed, personId, 'returns') < 0.2 ? [visitOf(seed, customer, store, start, days, 2)] : []
    return [
      first,
      ...again.filter(
        ({ treatment }) => Math.abs(treatment.endedAt.getTime() - first.treatment.endedAt.getTime()) > 12 * DAY,
      ),
    ]
  })
  return visits.sort(
    (a, b) =>
      a.treatment.endedAt.getTime() - b.treatment.endedAt.getTime() ||
      (a.treatment.externalId < b.treatment.externalId ? -1 : 1),
  )
}

function visitOf(
  seed: number,
  customer: Customer,
  store: ClinicStore,
  start: Date,
  days: number,
  n: number,
): PlannedVisit {
  const { personId } = customer
  const about = [seed, personId, 'visit', n] as const
  // Most come in the first two thirds, so that their month is seen.
  const span = Math.max(1, Math.floor(days * (n === 1 ? 0.62 : 0.8)))
  const day = between(0, span - 1, ...about, 'day')
  const slot = between(0, 138, ...about, 'time')
  const endedAt = new Date(start.getTime() + day * DAY + (9 * 60 + 30 + slot * 5) * MINUTE)
  const late = chance(...about, 'late') < 0.02
  const enteredAt = new Date(
    endedAt.getTime() +
      (late ? between(30, 60, ...about, 'entered') * 60 * MINUTE : between(0, 8, ...about, 'entered') * MINUTE),
  )
  const code = pick(store.type === 'hospital' ? HOSPITAL_CODES : SALON_CODES, ...about, 'code')
  return {
    customer,
    store,
    treatment: {
      externalId: `T-${personId}-${n}`,
      person: personId,
      code,
      storeType: store.type,
      storeId: store.id,
      endedAt,
      enteredAt,
    },
  }
}

export interface ClinicApi {
  call(method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown): Promise<Record<string, unknown>>
}

export function createClinicApi(base: string, key: string): ClinicApi {
  return {
    async call(method, path, body) {
      const response = await fetch(`${base}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const answer = (await response.json()) as Record<string, unknown>
      if (!response.ok) throw new Error(`${method} ${path} answers ${response.status}: ${JSON.stringify(answer.error)}`)
      return answer
    },
  }
}

const MAX_PAGES = 10_000

/** What the server says became of every step. */
export async function fetchClaims(api: ClinicApi): Promise<Claim[]> {
  const claims: Claim[] = []
  let cursor: string | null = null
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await api.call('GET', `/api/v1/promises?limit=200${cursor ? `&cursor=${cursor}` : ''}`)
    claims.push(...(answer.items as Claim[]))
    cursor = (answer.nextCursor as string | null) ?? null
    if (!cursor) return claims
  }
  throw new Error('the list of promises does not end')
}

const EVERY_DAY = Object.fromEntries(
  ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, [{ from: '09:00', to: '21:00' }]]),
)

export async function enterStores(api: ClinicApi, stores: readonly ClinicStore[]): Promise<void> {
  for (const { id, type, displayName, closed } of stores) {
    await api.call('PUT', `/api/v1/stores/${id}`, {
      type,
      displayName,
      callbackPhone: id === 'huayan' ? '021-60000001' : '021-60000002',
      emergencyPhone: '021-60000120',
      address: id === 'huayan' ? '上海市静安区示例路 1 号' : '上海市徐汇区示例路 8 号',
      opening: { weekly: EVERY_DAY, exceptions: closed.map((on) => ({ on, spans: [], reason: '设备检修' })) },
    })
  }
}

/** Puts every visit on the simulator's calendar: registration and counter twenty minutes before the end, entry at its hour. */
export function scheduleVisits(simulator: Simulator, api: ClinicApi, visits: readonly PlannedVisit[]): void {
  const { clock } = simulator.context
  for (const { customer, store, treatment } of visits) {
    const consultant = consultantOf(simulator, store, customer)
    schedulePhoneIn(simulator, api, { customer, store, treatment })
    clock.schedule(new Date(treatment.endedAt.getTime() - 20 * MINUTE), `visit ${treatment.externalId}`, async () => {
      await api.call('POST', '/api/v1/customers', {
        externalId: `C-${customer.personId}`,
        name: customer.name,
        gender: customer.gender,
        phone: customer.phone,
        storeIds: [store.id],
        ownerUserId: consultant.toLowerCase(),
      })
      await visit(simulator, customer, consultant)
    })
    clock.schedule(treatment.enteredAt, `entry ${treatment.externalId}`, async () => {
      await api.call('POST', '/api/v1/treatments', {
        externalId: treatment.externalId,
        customerExternalId: `C-${customer.personId}`,
        storeId: store.id,
        code: treatment.code,
        consultantUserId: consultant.toLowerCase(),
        endedAt: treatment.endedAt.toISOString(),
      })
    })
  }
}

/** Who phones the clinic before it calls them: whoever answers makes the contact, and enters it in the clinic's system. */
const PHONES_FIRST = 0.1

function schedulePhoneIn(simulator: Simulator, api: ClinicApi, { customer, store, treatment }: PlannedVisit): void {
  const { world, context, act } = simulator
  const about = [world.seed, treatment.externalId, 'phones first'] as const
  if (chance(...about) >= PHONES_FIRST) return
  const here = world.staff.filter((one) => one.departmentId === store.departmentId && one.position === '客服')
  const member = here[between(0, here.length - 1, ...about, 'who')]
  const midnight = Math.floor((treatment.endedAt.getTime() + CHINA_MS) / DAY) * DAY - CHINA_MS
  // The third day: customer service's call is due, and has not been made at ten.
  const at = new Date(midnight + 3 * DAY + (9 * 60 + 30 + between(0, 5, ...about, 'when') * 10) * MINUTE)
  if (!member || treatment.enteredAt >= at) return
  context.clock.schedule(at, `phones first ${treatment.externalId}`, async () => {
    act({ as: 'staff', id: member.personId, do: 'call', customer: customer.personId, outcome: 'answered' })
    await api.call('POST', '/api/v1/contacts', {
      externalId: `IN-${treatment.externalId}`,
      customerExternalId: `C-${customer.personId}`,
      treatmentExternalId: treatment.externalId,
      storeId: store.id,
      byUserId: member.userId,
      at: at.toISOString(),
      state: 'recovering_well',
      satisfaction: 5,
      checklist: ['reaction', 'care', 'recovery', 'worries'],
      summary: '客户来电询问洗护，已解答，恢复良好',
    })
  })
}

function consultantOf({ world }: Simulator, store: ClinicStore, { personId }: Customer): string {
  const here = world.staff.filter(
    ({ departmentId, position }) =>
      departmentId === store.departmentId && ['咨询师', '美容师', '店长'].includes(position),
  )
  const fitting = here.filter(({ position }) => position === '咨询师')
  const choices = fitting.length > 0 ? fitting : here
  return (choices[between(0, choices.length - 1, world.seed, personId, 'consultant')] ?? world.staff[0])?.userId ?? ''
}
