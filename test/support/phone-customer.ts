/** People with a phone that is signed in, for tests of the mini-program: strangers, and customers whom the clinic knows. */
import type { PhoneWorld } from './phone-world.ts'

export interface PhonePerson {
  personId: string
  /** What a test does beside the phone, as the same person. */
  mp<T = Record<string, unknown>>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<T>
}
export interface PhoneCustomer extends PhonePerson {
  customerId: string
  /** The first store. */
  storeId: string
  treatmentId: string
}

export interface Done {
  code: string
  technique?: string
  endedAt: Date
  /** The first one otherwise. */
  storeId?: string | undefined
}

/** Agreed to the service; the clinic doesn't know the number yet. */
export async function phoneStranger(world: PhoneWorld, index: number): Promise<PhonePerson> {
  const person = await signedIn(world, index)
  await agreeTo(person, 'service')
  return person
}

async function signedIn({ simulator, server }: PhoneWorld, index: number): Promise<PhonePerson> {
  const personId = simulator.world.customers[index]?.personId ?? ''
  const { code } = simulator.act({ as: 'customer', id: personId, do: 'mp-login' }) as { code: string }
  let token = ''
  const mp: PhonePerson['mp'] = async (method, path, body) => {
    const response = await fetch(`${server.address}/api/mp${path}`, {
      method,
      headers: {
        'content-type': body instanceof Uint8Array ? 'application/octet-stream' : 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      ...(body === undefined ? {} : { body: body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path} answers ${response.status}: ${await response.text()}`)
    return (await response.json()) as never
  }
  ;({ token } = await mp<{ token: string }>('POST', '/session', { code }))
  return { personId, mp }
}

/**
 * Registered, treated, and known by the own number.
 * @param done what was done to them, and when it ended; null for somebody who wasn't treated yet
 * @param more of the record of the customer
 */
export async function phoneCustomer(
  world: PhoneWorld,
  index: number,
  done: Done | null,
  more: Record<string, unknown> = {},
): Promise<PhoneCustomer> {
  const { simulator, api, stores } = world
  const person = simulator.world.customers[index]
  const [store] = stores
  if (!person || !store) throw new Error('the world is too small')
  const { personId, name, phone, gender } = person
  const customer = await api.call('POST', '/api/v1/customers', {
    externalId: personId,
    ...{ name, phone, gender },
    storeIds: [store.id],
    ...more,
  })
  const customerId = String(customer.id)
  const treatmentId = done ? await treat(world, customerId, done) : ''
  const own = await signedIn(world, index)
  const { code } = simulator.act({ as: 'customer', id: personId, do: 'mp-phone' }) as { code: string }
  await own.mp('POST', '/phone', { code })
  await agreeTo(own, 'service')
  return { ...own, customerId, storeId: store.id, treatmentId }
}

/** @returns the treatment's id */
export async function treat(
  { api, stores }: PhoneWorld,
  customerId: string,
  { code, endedAt, technique, storeId = stores[0]?.id }: Done,
): Promise<string> {
  const treatment = await api.call('POST', '/api/v1/treatments', {
    externalId: `T-${customerId}-${code}`,
    customerId,
    storeId,
    code,
    endedAt: endedAt.toISOString(),
    ...(technique ? { technique } : {}),
  })
  return String(treatment.id)
}

/** Says yes to one purpose, as it reads now. */
export async function agreeTo({ mp }: Pick<PhonePerson, 'mp'>, purpose: string): Promise<void> {
  const { items } = await mp<{ items: { purpose: string; version: number }[] }>('GET', '/consents')
  const version = items.find((one) => one.purpose === purpose)?.version
  await mp('PUT', `/consents/${purpose}`, { version, granted: true })
}
