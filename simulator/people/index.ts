/** Simulated people: they see what reaches them and react, each in their own way, the same way for the same seed. */
import type { Simulator } from '../index.ts'
import { installCustomers } from './customers.ts'
import { installStaff } from './staff.ts'

export { complain } from './complaints.ts'
export { attempt, type CustomerKind, kindOf, leave, refuseSms, visit } from './customers.ts'

export function installPeople(simulator: Simulator): void {
  installCustomers(simulator)
  installStaff(simulator)
}
