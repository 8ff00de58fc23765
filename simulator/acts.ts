/** What people do: each act changes the world and sends the callbacks that it would cause. */
import { type Act, ActError, type Answers, customerOf, staffOf } from './act.ts'
import { adminActs } from './acts-admin.ts'
import { customerContactActs, staffContactActs } from './acts-contacts.ts'
import { customerActs } from './acts-customer.ts'
import { staffActs } from './acts-staff.ts'
import { entryOf, type SimContext, text } from './api/types.ts'

/** @throws ActError when the act makes no sense; nothing has changed then */
export type Actor = (act: Act) => Record<string, unknown>

/** Everything that people can do, by name. */
export function actsOf(context: SimContext) {
  const answers: Answers = new Map()
  return {
    customer: { ...customerActs(context, answers), ...customerContactActs(context) },
    staff: { ...staffActs(context, answers), ...staffContactActs(context), ...adminActs(context) },
  }
}

export function createActor(context: SimContext): Actor {
  const { world, clock } = context
  const { customer: byCustomers, staff: byStaff } = actsOf(context)
  return (act) => {
    const unknown = () => new ActError(400, 'no_such_act', `a ${act.as} can't ${text(act.do) || '(nothing)'}`)
    let done: Record<string, unknown>
    if (act.as === 'customer') {
      const perform = entryOf(byCustomers, act.do)
      if (!perform) throw unknown()
      done = perform(customerOf(world, act.id), act)
    } else if (act.as === 'staff') {
      const perform = entryOf(byStaff, act.do)
      if (!perform) throw unknown()
      done = perform(staffOf(world, act.id), act)
    } else throw new ActError(400, 'bad_actor', 'as is customer or staff')
    clock.touch()
    return done
  }
}
