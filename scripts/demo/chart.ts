/**
 * What the clinic has entered so far. The auditor gets its facts from here and from nowhere else: what was never entered
 * nobody could know, and what was put right later held until then.
 */
import type { Treatment } from '../../simulator/audit/expected.ts'
import type { Wishes } from '../../simulator/audit/judge.ts'
import type { RedFlag } from '../../simulator/audit/red-flags.ts'
import type { Customer } from '../../simulator/index.ts'
import type { Done, Entry } from './entries.ts'

export interface Chart {
  /** Before it is sent: an entry that fails on its way must be missed, not forgotten. */
  note(entry: Entry): void
  /** The treatment with everything that was said of it since; entries of other systems are unknown. */
  current(id: string): { done: Done; entry: Entry } | undefined
  treatments(): Treatment[]
  wishes(): Map<string, Wishes>
  /** What customers have told us of, in their own words. */
  felt(): RedFlag[]
  /** The server has taken a complaint of this person. */
  complained(customer: Customer): void
  /** Who has complained, once per complaint. */
  complaints(): string[]
}

export function createChart(): Chart {
  const records = new Map<string, Treatment>()
  const done = new Map<string, { done: Done; entry: Entry }>()
  const wishes = new Map<string, Wishes>()
  const felt: RedFlag[] = []
  const complaints: string[] = []

  const add = ({ at, customer, store }: Entry, own: Pick<Treatment, 'externalId' | 'code' | 'endedAt'>) =>
    records.set(own.externalId, {
      person: customer.personId,
      storeType: store.type,
      storeId: store.id,
      enteredAt: at,
      ...own,
    })

  function correct(id: string, at: Date, facts: Partial<Treatment>): void {
    const before = records.get(id)
    if (!before) return
    const was = Object.fromEntries(Object.keys(facts).map((name) => [name, before[name as keyof Treatment]]))
    records.set(id, { ...before, ...facts, correctedAt: at, earlier: [...(before.earlier ?? []), { until: at, was }] })
  }

  function note(entry: Entry): void {
    const { at, customer } = entry
    switch (entry.what) {
      case 'treated': {
        const { id, ...facts } = entry.done
        done.set(id, { done: entry.done, entry })
        add(entry, { externalId: id, ...facts })
        return
      }
      case 'corrected': {
        const known = done.get(entry.id)
        if (!known) return
        done.set(entry.id, { ...known, done: { ...known.done, ...entry.facts } })
        correct(entry.id, at, entry.facts)
        return
      }
      case 'booked': {
        const { id, code, startsAt, status } = entry.booking
        const known = records.get(id)
        if (!known) add(entry, { externalId: id, code, endedAt: startsAt, record: 'appointment' } as Treatment)
        else if (status === 'cancelled' || status === 'arrived') {
          records.set(id, { ...known, overAt: at, ...(status === 'cancelled' ? { cancelledAt: at } : {}) })
        } else correct(id, at, { endedAt: startsAt })
        return
      }
      case 'registered': {
        if (!entry.agrees) return
        const known = wishes.get(customer.personId) ?? {}
        wishes.set(customer.personId, { consentedAt: at, ...known })
        return
      }
      case 'asked': {
        const { id, topics, askedAt } = entry.asked
        add(entry, { externalId: id, code: topics[0], endedAt: askedAt, record: 'consultation' } as Treatment)
        return
      }
      case 'bought': {
        const { id, type, paidAt } = entry.bought
        add(entry, {
          externalId: id,
          code: 'product',
          endedAt: paidAt,
          record: 'purchase',
          products: [type],
        } as Treatment)
        return
      }
      case 'felt': {
        felt.push({ person: customer.personId, phone: customer.phone, at, urgency: entry.felt.urgency })
        const known = wishes.get(customer.personId) ?? {}
        // Until a doctor says that it is over, which nobody enters here.
        wishes.set(customer.personId, { ...known, trouble: [...(known.trouble ?? []), { from: at }] })
        return
      }
      case 'wished': {
        const known = wishes.get(customer.personId) ?? {}
        if (entry.wish === 'no messages') wishes.set(customer.personId, { ...known, optedOutAt: at })
        if (entry.wish === 'no promotion') wishes.set(customer.personId, { ...known, promotionOffAt: at })
        if (entry.wish === 'died') wishes.set(customer.personId, { ...known, diedAt: at })
        return
      }
    }
  }

  return {
    note,
    current: (id) => done.get(id),
    treatments: () => [...records.values()],
    wishes: () => new Map(wishes),
    felt: () => [...felt],
    complained: ({ personId }) => void complaints.push(personId),
    complaints: () => [...complaints],
  }
}
