/**
 * Access tokens, shared by all processes through MongoDB. One process refreshes at a time (a lease), others wait for the
 * next generation. A token is given up by its generation: of many callers who saw it refused, one causes a refresh.
 */

import type { Connection } from 'mongoose'
import { addMs, type Clock, EPOCH } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { collectionOf, isDuplicate } from '../platform/db.ts'
import { AppError } from '../platform/errors.ts'
import { isVendorError } from './errors.ts'
import type { VendorAction } from './types.ts'

export interface AccessToken {
  value: string
  generation: number
}

export interface TokenStore {
  /** A token believed valid. @throws whatever the fetch throws, or AppError upstream/token_wait when another refresher hangs */
  get(): Promise<AccessToken>
  /** Says that this generation was refused by the vendor. Later generations are left alone. */
  invalidate(generation: number): Promise<void>
}

interface TokenRow {
  _id: string
  sealed: string
  generation: number
  /** Business time: the vendor counts in its own days, and a simulated clock moves them. */
  expiresAt: Date
  /** Machine time until which somebody is fetching. */
  refreshUntil: Date
}

export interface TokenStoreDeps {
  db: Connection
  clock: Clock
  crypto: FieldCrypto
  /** `wecom:<corp>:<agent>` or `wechat:<app>`. */
  name: string
  fetchToken: () => Promise<{ token: string; expiresInSeconds: number }>
  /** What the same question would only meet again within a minute; of a secret also that it is wrong. */
  lasting?: ReadonlySet<VendorAction>
}

/** Renewed this long before the end, so that a request under way doesn't outlive its token. */
const EARLY_MS = 5 * 60_000
const REFRESH_LEASE_MS = 10_000
const WAIT_STEP_MS = 25
const WAIT_LIMIT_MS = 12_000
/** A wrong secret is not asked about more often than this: WeCom bans the address of who repeats it. */
const REFUSED_PAUSE_MS = 60_000
const OF_A_SECRET: ReadonlySet<VendorAction> = new Set<VendorAction>(['refresh', 'person', 'stop'])

export function createTokenStore({
  db,
  clock,
  crypto,
  name,
  fetchToken,
  lasting = OF_A_SECRET,
}: TokenStoreDeps): TokenStore {
  const rows = collectionOf<TokenRow>(db, 'vendor_tokens')
  const field = `vendor_tokens.${name}`
  let cached: (AccessToken & { expiresAt: Date }) | null = null
  let flight: Promise<AccessToken> | null = null
  /** Highest generation that somebody here saw refused: it is never handed out again, whoever still holds or reads it. */
  let refused = 0
  let failure: { error: unknown; until: Date } | null = null

  const usable = ({ generation, expiresAt }: { generation: number; expiresAt: Date }) =>
    generation > refused && addMs(expiresAt, -EARLY_MS) > clock.now()

  function adopt(row: TokenRow): AccessToken {
    cached = { value: crypto.open(field, row.sealed), generation: row.generation, expiresAt: row.expiresAt }
    return cached
  }

  const paused = () => (failure && failure.until > clock.wall() ? failure : null)

  /** The lease to fetch what comes after this generation; null: another process has it, or is further. */
  async function leaseOf(generation: number): Promise<Date | null> {
    const wall = clock.wall()
    const refreshUntil = addMs(wall, REFRESH_LEASE_MS)
    const { modifiedCount } = await rows.updateOne(
      { _id: name, generation, refreshUntil: { $lte: wall } },
      { $set: { refreshUntil } },
    )
    return modifiedCount === 1 ? refreshUntil : null
  }

  async function renewed(): Promise<AccessToken> {
    // Usually nobody has renewed it since it was ours: then it needs no look. What we can't fetch another may have stored.
    const lease = cached && !paused() && (await leaseOf(cached.generation))
    return cached && lease ? refresh(cached.generation, lease) : fromStore()
  }

  async function fromStore(): Promise<AccessToken> {
    const deadline = addMs(clock.wall(), WAIT_LIMIT_MS)
    for (;;) {
      const row = await rows.findOne({ _id: name })
      if (row && usable(row)) return adopt(row)
      if (!row) {
        await isDuplicate(
          rows.insertOne({ _id: name, sealed: '', generation: 0, expiresAt: EPOCH, refreshUntil: EPOCH }),
        )
        continue
      }
      const failed = paused()
      if (failed) throw failed.error
      const lease = await leaseOf(row.generation)
      if (lease) return refresh(row.generation, lease)
      if (clock.wall() > deadline)
        throw new AppError('upstream', 'upstream', { waitedFor: 'token' }, { retryable: true })
      await new Promise((done) => setTimeout(done, WAIT_STEP_MS))
    }
  }

  async function refresh(generation: number, until: Date): Promise<AccessToken> {
    try {
      const { token, expiresInSeconds } = await fetchToken()
      const row = {
        sealed: crypto.seal(field, token),
        generation: generation + 1,
        expiresAt: addMs(clock.now(), expiresInSeconds * 1000),
        refreshUntil: EPOCH,
      }
      // Compare-and-set: if the lease ran out meanwhile and another was quicker, theirs stands.
      const { matchedCount } = await rows.updateOne({ _id: name, generation }, { $set: row })
      return matchedCount === 1 ? adopt({ _id: name, ...row }) : await fromStore()
    } catch (error) {
      if (isVendorError(error) && lasting.has(error.action))
        failure = { error, until: addMs(clock.wall(), REFUSED_PAUSE_MS) }
      // Only our own lease: if it ran out, somebody else is fetching under a later one.
      await rows.updateOne({ _id: name, generation, refreshUntil: until }, { $set: { refreshUntil: EPOCH } })
      throw error
    }
  }

  return {
    async get() {
      for (;;) {
        if (cached && usable(cached)) return cached
        flight ??= renewed().finally(() => {
          flight = null
        })
        const token = await flight
        // What this flight read may have been refused while it was under way.
        if (token.generation > refused) return token
      }
    },
    async invalidate(generation) {
      refused = Math.max(refused, generation)
      await rows.updateOne({ _id: name, generation }, { $set: { expiresAt: EPOCH } })
    },
  }
}
