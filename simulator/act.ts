/** An act by a person: its shape, and how it is refused. */
import { text } from './api/types.ts'
import type { Customer, Staff, World } from './state.ts'

export type Act = { as: 'customer' | 'staff'; id: string; do: string } & Record<string, unknown>

/** An act that makes no sense here; nothing has changed. */
export class ActError extends Error {
  /** HTTP status of the control answer. */
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** What a customer will say on the phone, until the next call. */
export type Answers = Map<string, unknown>

export function customerOf(world: World, id: unknown): Customer {
  const person = world.byPersonId.get(text(id))
  if (person?.kind !== 'customer') throw new ActError(404, 'no_such_customer', `no customer ${text(id)}`)
  return person
}

export function staffOf(world: World, id: unknown): Staff {
  const person = world.byPersonId.get(text(id))
  if (person?.kind !== 'staff') throw new ActError(404, 'no_such_staff', `no member of staff ${text(id)}`)
  if (person.resigned) throw new ActError(409, 'resigned', 'this member has left')
  return person
}

/** A text field that the act can't do without. */
export function required(act: Act, field: string): string {
  const value = text(act[field])
  if (!value) throw new ActError(400, 'missing_field', `${act.do} needs ${field}`)
  return value
}

/** True or false, true when nothing is said. A word would be taken for the opposite of what it says. */
export function flag(act: Act, field: string): boolean {
  const value = act[field] ?? true
  if (typeof value !== 'boolean') throw new ActError(400, 'bad_field', `${act.do} takes ${field} as true or false`)
  return value
}
