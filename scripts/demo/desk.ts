/** The clinic's own system at work: every entry of the stories goes through `/api/v1` at its hour, as real systems would. */
import { between, type Customer, type Simulator } from '../../simulator/index.ts'
import { attempt, complain, leave, visit } from '../../simulator/people/index.ts'
import type { Chart } from './chart.ts'
import type { ClinicApi } from './clinic-api.ts'
import type { Bought, Done, Entry } from './entries.ts'
import type { ClinicStore } from './stores.ts'

export interface Desk {
  simulator: Simulator
  api: ClinicApi
  chart: Chart
}

/** Entries of one instant and person keep their order. */
export function scheduleEntries(desk: Desk, entries: readonly Entry[]): void {
  for (const [i, entry] of entries.entries())
    desk.simulator.schedule(entry.at, `clinic ${entry.customer.personId} ${String(i).padStart(6, '0')}`, () =>
      enter(desk, entry),
    )
}

export async function enter(desk: Desk, entry: Entry): Promise<void> {
  const { api, chart, simulator } = desk
  const { customer, store, at } = entry
  chart.note(entry)
  switch (entry.what) {
    case 'registered': {
      const consultant = consultantOf(simulator, store, customer)
      await api.call('POST', '/api/v1/customers', {
        ...fileOf(customer, store, consultant),
        ...(entry.agrees ? { promotionConsent: true } : {}),
      })
      if (entry.atCounter) await visit(simulator, customer, consultant)
      return
    }
    case 'treated':
      await api.call('POST', '/api/v1/treatments', { externalId: entry.done.id, ...factsOf(desk, entry, entry.done) })
      return
    case 'corrected': {
      const known = chart.current(entry.id)
      if (!known) throw new Error(`${entry.id} was never entered`)
      const id = await recordId(api, 'treatments', entry.id)
      await api.call('PUT', `/api/v1/treatments/${id}`, factsOf(desk, known.entry, known.done))
      return
    }
    case 'booked': {
      const { id, code, startsAt, status } = entry.booking
      await api.call('PUT', `/api/v1/appointments/${id}`, {
        customerExternalId: numberOf(customer),
        storeId: store.id,
        code,
        startsAt: startsAt.toISOString(),
        status,
      })
      return
    }
    case 'asked': {
      const { id, topics, askedAt } = entry.asked
      await api.call('POST', '/api/v1/consultations', {
        externalId: id,
        customerExternalId: numberOf(customer),
        storeId: store.id,
        consultantUserId: consultantOf(simulator, store, customer).toLowerCase(),
        consultedAt: askedAt.toISOString(),
        topics,
        outcome: 'open',
      })
      return
    }
    case 'bought':
      await api.call('POST', '/api/v1/purchases', receiptOf(entry.bought, customer, store))
      return
    case 'wished': {
      const id = await recordId(api, 'customers', numberOf(customer))
      await api.call('PATCH', `/api/v1/customers/${id}`, WISHES[entry.wish])
      return
    }
    case 'phoned':
      return phoned(desk, entry, entry.id)
    case 'felt':
      attempt(() => simulator.act({ as: 'customer', id: customer.personId, do: 'say', text: entry.felt.words }))
      simulator.context.clock.touch()
      return
    case 'complained':
      if (await complain(simulator, customer, { ...entry.grievance, about: at.toISOString() }))
        chart.complained(customer)
      return
    case 'left':
      leave(simulator, customer)
  }
}

async function phoned({ simulator, api }: Desk, { at, customer, store }: Entry, id: string): Promise<void> {
  const { world, act } = simulator
  const here = world.staff.filter((one) => one.departmentId === store.departmentId && one.position === '客服')
  const member = here[between(0, here.length - 1, world.seed, id, 'phones first', 'who')]
  if (!member) return
  act({ as: 'staff', id: member.personId, do: 'call', customer: customer.personId, outcome: 'answered' })
  await api.call('POST', '/api/v1/contacts', {
    externalId: `IN-${id}`,
    customerExternalId: numberOf(customer),
    treatmentExternalId: id,
    storeId: store.id,
    byUserId: member.userId,
    at: at.toISOString(),
    state: 'recovering_well',
    satisfaction: 5,
    checklist: ['reaction', 'care', 'recovery', 'worries'],
    summary: '客户来电询问洗护，已解答，恢复良好',
  })
}

const WISHES = {
  'no messages': { optOut: { all: true } },
  'no promotion': { optOut: { promotion: true } },
  died: { deceased: true },
}

export const numberOf = ({ personId }: Customer): string => `C-${personId}`

const fileOf = (customer: Customer, store: ClinicStore, consultant: string) => ({
  externalId: numberOf(customer),
  name: customer.name,
  gender: customer.gender,
  phone: customer.phone,
  storeIds: [store.id],
  ownerUserId: consultant.toLowerCase(),
})

const receiptOf = ({ id, name, type, paidAt, amountFen }: Bought, customer: Customer, store: ClinicStore) => ({
  externalId: id,
  customerExternalId: numberOf(customer),
  storeId: store.id,
  paidAt: paidAt.toISOString(),
  amountFen,
  items: [{ name, code: 'product', type, quantity: 1, amountFen }],
})

function factsOf({ simulator }: Desk, { customer, store }: Entry, done: Done) {
  const { code, technique, endedAt, suturesOn, nextSessionOn, inHospital, dischargedOn, course } = done
  return {
    customerExternalId: numberOf(customer),
    storeId: store.id,
    code,
    consultantUserId: consultantOf(simulator, store, customer).toLowerCase(),
    endedAt: endedAt.toISOString(),
    ...(technique ? { technique } : {}),
    ...(suturesOn ? { sutureRemovalOn: suturesOn } : {}),
    ...(nextSessionOn ? { nextSessionOn } : {}),
    ...(inHospital ? { inHospital } : {}),
    ...(dischargedOn ? { dischargedOn } : {}),
    ...(course ? { course } : {}),
  }
}

/** Our number of a record, asked for by the clinic's. */
async function recordId(api: ClinicApi, list: 'treatments' | 'customers', externalId: string): Promise<string> {
  const { items } = await api.call('GET', `/api/v1/${list}?externalId=${encodeURIComponent(externalId)}`)
  const [record] = items as { id: string }[]
  if (!record) throw new Error(`${externalId} is not known`)
  return record.id
}

export function consultantOf({ world }: Pick<Simulator, 'world'>, store: ClinicStore, { personId }: Customer): string {
  const here = world.staff.filter(
    ({ departmentId, position }) =>
      departmentId === store.departmentId && ['咨询师', '美容师', '店长'].includes(position),
  )
  const fitting = here.filter(({ position }) => position === '咨询师')
  const choices = fitting.length > 0 ? fitting : here
  return (choices[between(0, choices.length - 1, world.seed, personId, 'consultant')] ?? world.staff[0])?.userId ?? ''
}
