/** Mass messages: tasks that members confirm in their client, and how often a customer may get one. */
import type { Customer, Settings } from '../state.ts'

/** The administrator's choice: how many mass messages a customer gets in which span of days in China. */
export const MASS_QUOTAS: Record<Settings['massQuota'], { most(day: Date): number; span(day: Date): string }> = {
  month: {
    most: (day) => new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate(),
    span: (day) => day.toISOString().slice(0, 7),
  },
  // Weeks begin on Monday; 1970-01-05 was one.
  week: { most: () => 7, span: (day) => `week ${Math.floor((day.getTime() / 86_400_000 - 4) / 7)}` },
  day: { most: () => 1, span: (day) => day.toISOString().slice(0, 10) },
}

/** As the vendor numbers it: 0 unsent, 1 sent, 2 no contact any more, 3 has had enough this month. */
export type SendStatus = 0 | 1 | 2 | 3

export interface MassSend {
  customer: Customer
  status: SendStatus
  sentAt: number | null
}

export interface MassTask {
  msgId: string
  createdAt: number
  body: Record<string, unknown>
  /** The messages as the customer reads them. */
  shown: string[]
  allowSelect: boolean
  isCancelled: boolean
  reminders: number[]
  /** By the userid of the member who confirms. */
  senders: Map<string, { confirmedAt: number | null; sends: MassSend[] }>
}

export interface MassBook {
  tasks: Map<string, MassTask>
  /** Takes one message out of the customer's quota; false when nothing is left of it. */
  take(customer: Customer, policy: Settings['massQuota'], now: Date): boolean
}

const CHINA_MS = 8 * 3_600_000

export function createMassBook(): MassBook {
  const had = new Map<string, number>()
  return {
    tasks: new Map(),
    take({ personId }, policy, now) {
      const day = new Date(now.getTime() + CHINA_MS)
      const { most, span } = MASS_QUOTAS[policy]
      const key = `${personId} ${span(day)}`
      const before = had.get(key) ?? 0
      if (before >= most(day)) return false
      // A change of the policy finds each span counted.
      for (const quota of Object.values(MASS_QUOTAS)) {
        const each = `${personId} ${quota.span(day)}`
        had.set(each, (had.get(each) ?? 0) + 1)
      }
      return true
    },
  }
}
