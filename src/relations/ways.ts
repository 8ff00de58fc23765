/** Codes by which customers add members: what `state` brings back says which store and whom. */
import type { Clock } from '../platform/clock.ts'
import { conflict, notFound } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import type { PageRequest } from '../platform/views.ts'
import type { StaffService } from '../staff/index.ts'
import { isVendorError, type WecomClient } from '../wecom/index.ts'
import type { ContactWayRow, RelationsStore } from './model.ts'

export interface Ways {
  /**
   * The code of a store that leads to these members; asked again it is the same one.
   *
   * @throws AppError not_found/store_not_found, not_found/staff_not_found; conflict/contact_way_refused: WeCom says no, e.g. to
   * a member who isn't in its directory any more; VendorError where asking again may help
   */
  make(wanted: { storeId: string; userIds: readonly string[]; remark: string }): Promise<ContactWayRow>
  page(request: PageRequest): Promise<ContactWayRow[]>
}

/** WeCom brings back 30 characters at most. */
const STATE_CHARS = 24

export function createWays({
  store,
  staff,
  wecom,
  clock,
}: {
  store: RelationsStore
  staff: Pick<StaffService, 'store' | 'members'>
  wecom: Pick<WecomClient, 'addContactWay'>
  clock: Clock
}): Ways {
  return {
    page: store.wayPage,
    async make({ storeId, remark, ...wanted }) {
      const userIds = [...new Set(wanted.userIds.map((id) => id.toLowerCase()))].sort()
      if (!(await staff.store(storeId))) throw notFound('store_not_found', { storeId })
      const people = await staff.members(userIds)
      for (const userId of userIds) if (!people.get(userId)?.active) throw notFound('staff_not_found', { userId })
      const state = hashId('contact way', storeId, ...userIds).slice(0, STATE_CHARS)
      const row = { _id: state, storeId, userIds, remark, configId: null, qrCodeUrl: null, createdAt: clock.now() }
      // Before WeCom knows it: whoever comes by the code finds where it hung.
      await store.addWay(row)
      const before = await store.way(state)
      if (before?.configId) return before
      // A death after this leaves a code at WeCom that nobody has seen; the repeat makes another with the same state.
      const made = await wecom
        .addContactWay({ scene: 'qr_code', userIds, departmentIds: [], state, remark, skipVerify: true })
        .catch((error: unknown) => {
          if (!isVendorError(error) || error.retryable || error.errcode === null) throw error
          throw conflict('contact_way_refused', { errcode: error.errcode })
        })
      await store.wayMade(state, made)
      return (await store.way(state)) ?? { ...row, ...made }
    },
  }
}
