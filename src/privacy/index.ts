/** What customers agree to, purpose by purpose, and what they ask about their own data. */
import type { CustomersService } from '../customers/index.ts'
import { createAnnouncer } from '../platform/announcements.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import type { ConsentDocument } from './consents.ts'
import { createPrivacyStore } from './model.ts'
import { privacyRoutes } from './routes.ts'
import { type AskStaff, createPrivacyService, type PrivacyService } from './service.ts'

export { type ConsentDocument, ConsentsFile, type Purpose } from './consents.ts'
export { withConsent } from './gate.ts'
export { ANSWER_DAYS, type AskStaff, type PrivacyService } from './service.ts'

/** A part of a copy of somebody's data, in plain fields. */
export interface CopyPart {
  name: string
  content: unknown
}

export interface PrivacyDeps extends Ports {
  customers: Pick<CustomersService, 'get' | 'idsOf'>
  /** Takes over what was said about offers. */
  promotionDecided: (customerId: string, granted: boolean) => Promise<void>
  askStaff: AskStaff
  documents: readonly ConsentDocument[]
  /** Everything that is kept about a customer. */
  copyOf: (customerId: string) => Promise<CopyPart[]>
}

export function createPrivacy(deps: PrivacyDeps): Feature<PrivacyService> {
  const store = createPrivacyStore(deps)
  const announcer = createAnnouncer('consents', { consents: store.announcing }, deps)
  const service = createPrivacyService({ ...deps, store, announcer })
  deps.events.subscribe('privacy', {
    async 'consent.decided'({ data }) {
      const { customerId, purpose, granted } = data as { customerId: string; purpose: string; granted: boolean }
      if (purpose === 'promotion') await deps.promotionDecided(customerId, granted)
    },
  })
  return {
    service,
    routes: privacyRoutes({ ...deps, service }),
    due: [announcer.due],
    routines: [],
    ready: () => store.ready(),
  }
}
