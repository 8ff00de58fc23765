/** One question to a vendor inside the rates that all processes share. */
import { isVendorError } from './errors.ts'
import type { Rates } from './rates.ts'

/** Nothing was asked, or the vendor said that it was too much: worth another try at `retryAt`. */
export class RateLimited extends Error {
  readonly retryAt: Date
  constructor(retryAt: Date) {
    super('rate limited')
    this.retryAt = retryAt
  }
}

/**
 * Takes a permit of the bucket and asks; a vendor that says that it is too much blocks the bucket for everybody.
 *
 * @throws RateLimited; else what `ask` throws
 */
export async function withinRates<T>(
  rates: Pick<Rates, 'reserve' | 'block'>,
  bucket: string,
  ask: () => Promise<T>,
): Promise<T> {
  const { ok, retryAt } = await rates.reserve(bucket, 'api', 1)
  if (!ok) throw new RateLimited(retryAt)
  try {
    return await ask()
  } catch (error) {
    if (isVendorError(error) && error.action === 'wait') throw new RateLimited(await rates.block(bucket))
    throw error
  }
}
