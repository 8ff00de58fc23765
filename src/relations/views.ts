/** Shapes of the relations' routes. */
import { z } from 'zod'
import { ExternalId, Id, Instant, page, ShortText } from '../platform/views.ts'
import { HANDOVER_STATES } from './handover-rules.ts'

/** WeCom takes 30 characters of remark, and 100 members behind one code. */
export const ContactWayBody = z.strictObject({
  storeId: Id,
  userIds: z.array(Id).min(1).max(100),
  remark: ShortText(30),
})
export const ContactWayView = z.object({
  state: z.string(),
  storeId: z.string(),
  userIds: z.array(z.string()),
  remark: z.string(),
  /** Null: WeCom hasn't made it yet; ask again. */
  qrCodeUrl: z.string().nullable(),
  createdAt: Instant,
})
export const ContactWayPage = page(ContactWayView)

export const HandoverBody = z.strictObject({
  /** The clinic's own name of this hand-over: said again it is the same one. */
  externalId: ExternalId,
  storeId: Id,
  fromUserId: Id,
  toUserId: Id,
  customerIds: z.array(Id).min(1).max(1_000),
})
export const HandoverStarted = z.object({
  /** Contact cards that are handed over: customers who aren't contacts of the one are left out. */
  contacts: z.number(),
})
export const HandoverPage = page(
  z.object({
    id: z.string(),
    cause: z.string(),
    storeId: z.string(),
    fromUserId: z.string(),
    toUserId: z.string(),
    hasLeft: z.boolean(),
    customers: z.array(z.object({ customerId: z.string(), state: z.enum(HANDOVER_STATES), at: Instant.nullable() })),
    createdAt: Instant,
    finishedAt: Instant.nullable(),
    lastError: z.string().nullable(),
  }),
)
