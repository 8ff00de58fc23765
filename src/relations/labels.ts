/** Remark and tags of a member's customer in WeCom: store, consultant, name and last treatment. Written only where they differ. */
import type { CustomersService } from '../customers/index.ts'
import { backoffMs, type RowResult } from '../platform/claims.ts'
import { addMs, type Clock } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { type DueTable, due } from '../platform/due.ts'
import { AppError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { StaffService } from '../staff/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import { isNoContact, RateLimited, type Rates, type WecomClient, withinRates } from '../wecom/index.ts'
import { mayWriteRemark, remarkOf, tagChanges } from './label-rules.ts'
import { LABELS, type LabelRow, type RelationsStore } from './model.ts'
import type { Tags } from './tags.ts'

export interface LabelDeps {
  store: RelationsStore
  tags: Tags
  wecom: Pick<WecomClient, 'externalContact' | 'setRemark' | 'markTags'>
  rates: Pick<Rates, 'reserve' | 'block'>
  customers: Pick<CustomersService, 'contacts'>
  treatments: Pick<TreatmentsService, 'ofCustomer' | 'kind'>
  staff: Pick<StaffService, 'store' | 'member'>
  clock: Clock
  random: Random
  log: Log
  crypto: Pick<FieldCrypto, 'blindIndex'>
  leaseMs: number
}

export const TAG_GROUPS = { store: '门店', consultant: '咨询师' } as const

const REMARK_FIELD = 'contact_labels.remark'
const BATCH = 20
const MAX_ATTEMPTS = 8
/** Reading, remark and tags of one customer: of each path one call. */
const BUCKET = 'externalcontact/label'

export function createLabels(deps: LabelDeps): DueTable {
  const { store, tags, wecom, rates, customers, treatments, staff, clock, random, log, crypto, leaseMs } = deps

  async function wantedFor({ customerId, storeId: cameBy }: LabelRow) {
    const known = (await customers.contacts([customerId])).get(customerId)
    if (!known) return null
    const done = (await treatments.ofCustomer(customerId)).filter(({ status }) => status === 'completed')
    const last = done.at(-1)
    const storeId = known.customer.storeIds[0] ?? cameBy
    const { ownerUserId } = known.customer
    const [place, owner] = await Promise.all([staff.store(storeId), ownerUserId ? staff.member(ownerUserId) : null])
    return {
      remark: remarkOf(known.name, last ? (treatments.kind(last.code)?.name ?? null) : null),
      ownName: known.name,
      tags: [
        ...(place ? [{ group: TAG_GROUPS.store, name: place.displayName }] : []),
        ...(owner ? [{ group: TAG_GROUPS.consultant, name: owner.name }] : []),
      ],
    }
  }

  /** To know our own words again without keeping them. */
  const fingerprint = (remark: string) => crypto.blindIndex(REMARK_FIELD, remark)

  /** What stands there now. */
  async function write(row: LabelRow): Promise<LabelRow['written']> {
    const { userId, externalUserId, written } = row
    const wanted = await wantedFor(row)
    const contact = await wecom.externalContact(externalUserId)
    const follower = contact.followers.find((one) => one.userId === userId)
    if (!wanted || !follower) return written
    const isOurs = written.remark === fingerprint(follower.remark)
    const own = mayWriteRemark(follower.remark, [contact.name, wanted.ownName], isOurs)
    const isNew = wanted.remark !== '' && wanted.remark !== follower.remark
    if (own && isNew) await wecom.setRemark({ userId, externalUserId, remark: wanted.remark })
    const ids = await tags.idsOf(wanted.tags)
    await wecom.markTags({ userId, externalUserId, ...tagChanges(ids, follower.tagIds, written.tagIds) })
    return { remark: own ? fingerprint(wanted.remark) : written.remark, tagIds: ids }
  }

  async function work(row: LabelRow): Promise<RowResult> {
    const { _id, claim, dueAt } = row
    const now = clock.now()
    try {
      const written = await withinRates(rates, BUCKET, () => write(row))
      return { _id, claim, set: { written, dueAt: null, attempt: 0, lastError: null } }
    } catch (error) {
      if (error instanceof RateLimited) return { _id, claim, set: { dueAt: error.retryAt } }
      // Nobody's contact any more: there is nothing to write on.
      if (isNoContact(error)) return { _id, claim, set: { dueAt: null, lastError: null } }
      const attempt = row.attempt + 1
      const lastError = error instanceof AppError ? error.code : 'internal'
      log.warn({ err: error, label: _id, since: dueAt, attempt }, 'remark and tags of a contact not written')
      // Only a label: after a few hours it waits for the next occasion.
      const isOver = attempt >= MAX_ATTEMPTS
      return { _id, claim, set: { attempt, lastError, dueAt: isOver ? null : addMs(now, backoffMs(attempt)) } }
    }
  }

  return due({
    table: LABELS,
    nextDueAt: store.label.nextDueAt,
    whole: true,
    async drain(now) {
      const wall = clock.wall()
      const rows = await store.label.claim({ now, wall, limit: BATCH, leaseMs, token: random.id() })
      for (const row of rows) await store.label.finish([await work(row)])
      return { handled: rows.length }
    },
  })
}
