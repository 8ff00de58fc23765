/** Who is speaking: the person, the store, the treatment that questions are about. */
import type { CustomersService } from '../customers/index.ts'
import { addDays, type Day, DEFAULT_ZONE, dayOf, daysBetween, opensAgain } from '../platform/calendar.ts'
import type { StaffService } from '../staff/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import type { TalkFacts } from './types.ts'

export interface FactsDeps {
  customers: Pick<CustomersService, 'get' | 'contacts' | 'findByIdentity'>
  staff: Pick<StaffService, 'store' | 'allStores'>
  treatments: Pick<TreatmentsService, 'ofCustomer' | 'kind'>
}

/** A question half a year later is about something else. */
const COUNTS_DAYS = 180

/** `今天14:00`, `明天09:00`, `3月5日09:00`. Pure. */
export function whenIn(at: Date, now: Date, zone: string): string {
  const [today, day] = [dayOf(now, zone), dayOf(at, zone)] as [Day, Day]
  const time = new Intl.DateTimeFormat('zh-CN', { timeZone: zone, hour: '2-digit', minute: '2-digit', hour12: false })
  const [, month, date] = day.split('-').map(Number)
  const word = day === today ? '今天' : day === addDays(today, 1) ? '明天' : `${month}月${date}日`
  return `${word}${time.format(at)}`
}

export function createFacts({ customers, staff, treatments }: FactsDeps) {
  /** Null: nobody of ours. */
  return async (contactId: string, at: Date): Promise<(TalkFacts & { opens: Date | null }) | null> => {
    const customer = (await customers.get(contactId)) ?? (await customers.findByIdentity('external_userid', contactId))
    if (!customer || customer.deceased) return null
    const [contacts, all] = await Promise.all([customers.contacts([customer.id]), treatments.ofCustomer(customer.id)])
    const [latest] = all
      .filter(({ status }) => status === 'completed')
      .sort((a, b) => b.treatedOn.localeCompare(a.treatedOn) || (a.id < b.id ? -1 : 1))
    const store =
      (await staff.store(latest?.storeId ?? customer.storeIds[0] ?? '')) ?? (await staff.allStores())[0] ?? null
    const zone = store?.timeZone ?? DEFAULT_ZONE
    const day = latest ? daysBetween(latest.treatedOn, dayOf(at, zone)) : 0
    const kind = latest && day >= 0 && day <= COUNTS_DAYS ? treatments.kind(latest.code) : null
    const opens = store ? opensAgain(store.opening, at, zone) : null
    return {
      customerId: customer.id,
      salutation: contacts.get(customer.id)?.salutation ?? '您',
      storeId: store?.id ?? '',
      store: store?.displayName ?? '术后关怀',
      phone: store?.callbackPhone ?? '',
      emergency: store?.emergencyPhone || store?.callbackPhone || '120',
      opens,
      opensAt: opens && whenIn(opens, at, zone),
      treatment: latest && kind ? { id: latest.id, code: kind.code, name: kind.name, day } : null,
    }
  }
}
