/** A complaint in the mini-program, over HTTP, as a phone does it. */
import { opaque } from '../chance.ts'
import type { Customer, Simulator } from '../index.ts'
import { agreesToService, openProgram } from './mini-program.ts'

/** Tried again where the network failed; the same submission is one complaint. */
const TRIES = 3

/** Whether the clinic has taken it. */
export async function complain(
  simulator: Simulator,
  customer: Customer,
  { about, ...said }: { type: string; words: string; demand: string | null; about: string },
): Promise<boolean> {
  const { seed } = simulator.world
  const { personId } = customer
  const submissionId = opaque(24, seed, personId, about, 'complaint')
  for (let i = 0; i < TRIES; i++) {
    const call = await openProgram(simulator, customer)
    if (!call) continue
    if (!(await agreesToService(seed, personId, call))) return false
    const form = { ...said, submissionId, kind: 'complaint', treatmentId: null, evidence: [], mayContact: true }
    if (await call('POST', '/complaints', form)) return true
  }
  return false
}
