/** A customer in the middle of a recovery, for tests of the phone's pages. */
import type { PhoneWorld } from './phone-world.ts'

export type Person = PhoneWorld['simulator']['world']['customers'][number]
const MOVE_MS = 60_000

export function personOf({ simulator }: PhoneWorld, index: number): Person {
  const person = simulator.world.customers[index]
  if (!person) throw new Error(`the world has no customer ${index}`)
  return person
}

/** Registered with the own phone number, and treated at `endedAt`; the plan is made when it returns. */
export async function treated(
  { api, simulator, stores }: PhoneWorld,
  person: Person,
  code: string,
  endedAt: string,
  more: Record<string, unknown> = {},
): Promise<void> {
  const storeId = stores[0]?.id
  const here = simulator.world.staff.filter(({ departmentId }) => departmentId === stores[0]?.departmentId)
  const member = (position: string) => here.find((one) => one.position === position)?.userId.toLowerCase()
  await api.call('POST', '/api/v1/customers', {
    externalId: `C-${person.personId}`,
    name: person.name,
    gender: person.gender,
    phone: person.phone,
    storeIds: [storeId],
    ownerUserId: member('咨询师'),
  })
  await api.call('POST', '/api/v1/treatments', {
    externalId: `T-${person.personId}-${code}`,
    customerExternalId: `C-${person.personId}`,
    storeId,
    code,
    consultantUserId: member('咨询师'),
    doctorUserId: member('医生'),
    endedAt,
    ...more,
  })
  await simulator.clock.moveTo(new Date(simulator.clock.now().getTime() + 60_000), MOVE_MS)
}

/** Somebody who has opened the program before: agreed, with the own phone number. */
export async function known({ open }: PhoneWorld, person: Person): Promise<void> {
  const phone = await open({ person: person.personId })
  await phone.tap(phone.text('同意服务协议并继续'))
  await phone.tap(phone.find('wx-button').getByText('验证手机号'))
  await phone.tap(phone.page.getByRole('button', { name: '同意', exact: true }))
  await phone.tap(phone.page.getByRole('button', { name: '允许', exact: true }))
  await phone.text('专属顾问').waitFor()
  await phone.close()
}
