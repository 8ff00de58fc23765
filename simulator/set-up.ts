/** What the administrator has set up, changed by the control API: all that is named, or nothing. */
import { ok, refuse } from './answers.ts'
import type { ControlAnswer } from './server.ts'
import type { Settings, Staff } from './state.ts'

type Holds = (value: unknown) => boolean

const isFlag: Holds = (value) => typeof value === 'boolean'
const isNames: Holds = (value) =>
  value === null || (Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== ''))

export function change(
  target: object,
  given: Record<string, unknown>,
  holds: (value: unknown, name: string) => boolean,
): ControlAnswer {
  const wrong = Object.keys(given).find((name) => !Object.hasOwn(target, name) || !holds(given[name], name))
  if (wrong) return refuse(400, 'bad_field', `${wrong} is no field here, or not of its type`)
  return ok(Object.assign(target, given))
}

function changeBy(target: object, given: Record<string, unknown>, rules: Record<string, Holds>): ControlAnswer {
  const wrong = Object.keys(given).find((name) => !Object.hasOwn(rules, name) || !rules[name]?.(given[name]))
  if (wrong) return refuse(400, 'bad_field', `${wrong} is no field here, or not of its type`)
  Object.assign(target, given)
  return ok(Object.fromEntries(Object.keys(rules).map((name) => [name, (target as Record<string, unknown>)[name]])))
}

const SETTINGS: Record<keyof Settings, Holds> = {
  unionIds: isFlag,
  appEnabled: isFlag,
  trustedAddresses: isNames,
  trustedDomains: isNames,
  massQuota: (value) => value === 'month' || value === 'week' || value === 'day',
  cardsNeedCallback: isFlag,
  ownWelcome: isFlag,
}

/** Of the corp. */
export const setUp = (settings: Settings, given: Record<string, unknown>): ControlAnswer =>
  changeBy(settings, given, SETTINGS)

const MEMBER: Record<string, Holds> = {
  inScope: isFlag,
  servesCustomers: isFlag,
  activated: isFlag,
  realNamed: isFlag,
  customerCap: (value) => value === null || (Number.isInteger(value) && Number(value) >= 0),
}

/** Of one member. */
export const setUpMember = (staff: Staff, given: Record<string, unknown>): ControlAnswer =>
  changeBy(staff, given, MEMBER)
