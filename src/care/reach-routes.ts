/** `GET /api/v1/customers/:customerId/reach`: which coming step would go by which channel, and why not by the others. */
import { z } from 'zod'
import type { Clock } from '../platform/clock.ts'
import { notFound } from '../platform/errors.ts'
import { route } from '../platform/http.ts'
import { REASONS, type Reason } from '../platform/reasons.ts'
import { Id, Instant } from '../platform/views.ts'
import type { StaffService } from '../staff/index.ts'
import { outlook, type ReachDeps } from './reach.ts'

const CHANNELS: Record<string, string> = {
  kf: '微信客服消息',
  subscribe: '小程序订阅消息',
  sms: '短信',
  email: '邮件',
  mass: '企业群发（员工确认后发送）',
  person: '员工代发',
}
const NOTICES = { care_reminder: '术后护理提醒', follow_up: '回访通知' }

/** A code with its Chinese words for staff. */
const Worded = z.object({ code: z.string(), label: z.string() })
const reasonOf = (code: Reason | null) => (code === null ? null : { code, label: REASONS[code].zh })
const channelOf = (code: string) => ({ code, label: CHANNELS[code] ?? code })

const Step = z.object({
  stepId: z.string(),
  treatmentId: z.string(),
  pathway: z.string(),
  step: z.string(),
  title: z.string(),
  action: z.string(),
  contactClass: z.string(),
  /** When it would go; null when it would not. */
  at: Instant.nullable(),
  /**
   * Of a call: of the message that announces it. Where no channel carries it by itself: `mass`, a member confirms it in
   * WeCom; else `person`, a colleague passes it on.
   */
  channel: Worded.nullable(),
  /** The member who would be asked to confirm it. */
  confirmBy: z.object({ userId: z.string(), name: z.string().nullable() }).nullable(),
  reason: Worded.nullable(),
  channels: z.array(z.object({ channel: Worded, ok: z.boolean(), reason: Worded.nullable() })),
})

const DAYS = 30
const Query = z.strictObject({
  days: z
    .string()
    .regex(/^\d{1,2}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(90))
    .optional(),
})

export const reachRoutes = (deps: ReachDeps & { clock: Clock; staff: Pick<StaffService, 'members'> }) => [
  route({
    method: 'get',
    path: '/api/v1/customers/:customerId/reach',
    summary:
      'How the coming contacts of a customer would arrive, as things stand: by which channel, why not by others, and what to ask the customer for',
    tag: 'care',
    auth: 'integration',
    params: z.strictObject({ customerId: Id }),
    query: Query,
    response: z.object({
      customerId: z.string(),
      days: z.number(),
      steps: z.array(Step),
      /** What the customer is to be asked for, so that medical contacts arrive by notice. */
      needs: z.array(
        z.object({ kind: z.string(), count: z.number(), label: z.string(), stepIds: z.array(z.string()) }),
      ),
    }),
    errors: ['customer_not_found'],
    async handle({ params: { customerId }, query: { days = DAYS } }) {
      const found = await outlook(deps, customerId, days, deps.clock.now())
      if (!found) throw notFound('customer_not_found', { customerId })
      const members = await deps.staff.members([
        ...new Set(found.steps.flatMap(({ confirmBy }) => (confirmBy === null ? [] : [confirmBy]))),
      ])
      return {
        customerId,
        days,
        steps: found.steps.map(({ step, at, channel, confirmBy, reason, channels }) => ({
          stepId: step._id,
          treatmentId: step.treatmentId,
          pathway: step.pathway,
          step: step.step,
          title: step.title,
          action: step.action,
          contactClass: step.contactClass,
          at,
          channel: channel === null ? null : channelOf(channel),
          confirmBy: confirmBy === null ? null : { userId: confirmBy, name: members.get(confirmBy)?.name ?? null },
          reason: reasonOf(reason),
          channels: channels.map((one) => ({
            channel: channelOf(one.channel),
            ok: one.ok,
            reason: reasonOf(one.reason),
          })),
        })),
        needs: found.grants.map(({ kind, count, ids }) => ({
          kind,
          count,
          label: `请客户再授权 ${count} 次“${NOTICES[kind]}”订阅消息`,
          stepIds: ids,
        })),
      }
    },
  }),
]
