/** A customer whom the clinic knows, with a phone that has said its number: registered, treated, able to sign in. */
import type { PhoneWorld } from './phone-world.ts'

export interface PhoneCustomer {
  personId: string
  customerId: string
  /** The first store. */
  storeId: string
  treatmentId: string
  /** What a test does beside the phone, as the same person. */
  mp<T = Record<string, unknown>>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<T>
}

/** @param done what was done to them, and when it ended */
export async function phoneCustomer(
  { simulator, server, api, stores }: PhoneWorld,
  index: number,
  done: { code: string; endedAt: Date },
): Promise<PhoneCustomer> {
  const person = simulator.world.customers[index]
  const [store] = stores
  if (!person || !store) throw new Error('the world is too small')
  const { personId, name, phone, gender } = person
  const customer = await api.call('POST', '/api/v1/customers', {
    externalId: personId,
    ...{ name, phone, gender },
    storeIds: [store.id],
  })
  const customerId = String(customer.id)
  const treatment = await api.call('POST', '/api/v1/treatments', {
    externalId: `T-${personId}`,
    customerId,
    storeId: store.id,
    code: done.code,
    endedAt: done.endedAt.toISOString(),
  })

  const codeOf = (what: 'mp-login' | 'mp-phone') =>
    String((simulator.act({ as: 'customer', id: personId, do: what }) as { code: string }).code)
  let token = ''
  const mp: PhoneCustomer['mp'] = async (method, path, body) => {
    const response = await fetch(`${server.address}/api/mp${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path} answers ${response.status}: ${await response.text()}`)
    return (await response.json()) as never
  }
  ;({ token } = await mp<{ token: string }>('POST', '/session', { code: codeOf('mp-login') }))
  await mp('POST', '/phone', { code: codeOf('mp-phone') })
  await agreeTo({ mp }, 'service')
  return { personId, customerId, storeId: store.id, treatmentId: String(treatment.id), mp }
}

/** Says yes to one purpose, as it reads now. */
export async function agreeTo({ mp }: Pick<PhoneCustomer, 'mp'>, purpose: string): Promise<void> {
  const { items } = await mp<{ items: { purpose: string; version: number }[] }>('GET', '/consents')
  const version = items.find((one) => one.purpose === purpose)?.version
  await mp('PUT', `/consents/${purpose}`, { version, granted: true })
}
