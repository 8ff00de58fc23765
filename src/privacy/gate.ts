/** The one place where the consent to the service is asked for: no route of a customer's is open without it that doesn't say so. */
import { AppError } from '../platform/errors.ts'
import type { Route } from '../platform/http.ts'
import type { PrivacyService } from './service.ts'

/**
 * Closes every route of customers that isn't `withoutConsent` to who has not agreed, has taken it back, or agreed to a version
 * that no longer counts. What stays open, and why: `docs/decisions/0023-…`.
 */
export const withConsent = (routes: readonly Route[], { granted }: Pick<PrivacyService, 'granted'>): Route[] =>
  routes.map((route) =>
    route.auth !== 'customer' || route.withoutConsent
      ? route
      : {
          ...route,
          errors: [...route.errors, 'service_consent_needed'],
          async admit({ id }) {
            if (!(await granted(id, 'service'))) throw new AppError('forbidden', 'service_consent_needed')
          },
        },
  )
