/** Stores and staff as clinic systems write and read them. */
import { z } from 'zod'
import { WEEKDAYS } from '../platform/calendar.ts'
import { DayString, Id, PageQuery, page, ShortText, SpanView, TimeString } from '../platform/views.ts'
import { leavesRoom } from './rules.ts'
import { STORE_DEFAULTS } from './service.ts'
import { ROLES } from './types.ts'

const isZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone.length > 0
  } catch {
    return false
  }
}

/** Spans of one day, in order, none touching another. */
const Spans = z
  .array(SpanView)
  .max(8)
  .refine(
    (spans) => spans.every((span, i) => i === 0 || (spans[i - 1]?.to ?? '') <= span.from),
    'spans must be in order and must not overlap',
  )
const Weekly = z.strictObject(
  Object.fromEntries(WEEKDAYS.map((day) => [day, Spans])) as Record<(typeof WEEKDAYS)[number], typeof Spans>,
)
export const HoursBody = z.strictObject({ weekly: Weekly.nullable() })
const Opening = z.strictObject({
  weekly: Weekly,
  exceptions: z
    .array(z.strictObject({ on: DayString, spans: Spans, reason: ShortText(100) }))
    .max(1000)
    .refine((list) => new Set(list.map(({ on }) => on)).size === list.length, 'a day must not appear twice')
    .default([]),
})
const PhoneText = z
  .string()
  .trim()
  .regex(/^\+?\d[\d -]{1,24}(转\d{1,6})?$/, 'must be a phone number')

export const StoreBody = z
  .strictObject({
    type: z.enum(['hospital', 'clinic', 'salon']),
    displayName: ShortText(60),
    callbackPhone: PhoneText,
    emergencyPhone: PhoneText,
    address: ShortText(200),
    timeZone: z
      .string()
      .regex(/^[A-Za-z_]+(\/[\w+-]+){0,2}$/)
      .refine(isZone, 'must be an IANA time zone, e.g. Asia/Shanghai')
      .optional(),
    opening: Opening.optional(),
    contactWindows: Spans.min(1).optional(),
    /** May cross midnight: 21:00–09:00. */
    quietHours: z
      .strictObject({ from: TimeString, to: TimeString })
      .refine(({ from, to }) => from !== to, 'must not be empty')
      .optional(),
  })
  .refine(
    ({ contactWindows = STORE_DEFAULTS.contactWindows, quietHours = STORE_DEFAULTS.quietHours }) =>
      leavesRoom(contactWindows, quietHours),
    {
      path: ['contactWindows'],
      message: 'must leave time outside the quiet hours; at no other time is anybody contacted',
    },
  )
export const StoreParams = z.strictObject({ storeId: Id })
const spanOut = z.object({ from: z.string(), to: z.string() })
export const StoreView = z.object({
  id: z.string(),
  type: z.enum(['hospital', 'clinic', 'salon']),
  displayName: z.string(),
  callbackPhone: z.string(),
  emergencyPhone: z.string(),
  address: z.string(),
  timeZone: z.string(),
  opening: z.object({
    weekly: z.record(z.string(), z.array(spanOut)),
    exceptions: z.array(z.object({ on: z.string(), spans: z.array(spanOut), reason: z.string() })),
  }),
  contactWindows: z.array(spanOut),
  quietHours: spanOut,
})
export const StorePage = page(StoreView)

const Flag = z.enum(['true', 'false']).transform((text) => text === 'true')
export const StaffQuery = PageQuery.extend({
  unmapped: Flag.optional(),
  active: Flag.optional(),
  storeId: Id.optional(),
})
export const StaffView = z.object({
  userId: z.string(),
  name: z.string(),
  roles: z.array(z.enum(ROLES)),
  storeIds: z.array(z.string()),
  active: z.boolean(),
  unmapped: z.boolean(),
  position: z.string(),
  hours: z.record(z.string(), z.array(spanOut)).nullish(),
})
export const StaffPage = page(StaffView)
