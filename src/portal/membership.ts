/** The member's card and the history of points, as the mini-program shows them. What they come from plugs in as `Membership`. */
import { z } from 'zod'
import { type Route, route } from '../platform/http.ts'
import { DayString, Instant, listing, PageQuery, type PageRequest, page } from '../platform/views.ts'

const Card = z.object({
  /** 银卡. */
  tier: z.string(),
  since: DayString,
  /** Paid so far, by which the tier rises. */
  spentFen: z.int(),
  /** Null: there is none above. */
  next: z.object({ tier: z.string(), missingFen: z.int() }).nullable(),
  points: z.int(),
  /** All of them are good until then; null: there are none. */
  pointsUntil: DayString.nullable(),
})
const Entry = z.object({
  id: z.string(),
  at: Instant,
  /** What they were earned by or spent on. */
  title: z.string(),
  /** Spent ones are negative. */
  points: z.int(),
  /** After it. */
  balance: z.int(),
})

export interface Membership {
  /** Null: the customer has none. */
  cardOf(customerId: string): Promise<z.input<typeof Card> | null>
  /** The newest first, one more than the page holds; `_id` is the place in that order. */
  pointsOf(customerId: string, request: PageRequest): Promise<(z.input<typeof Entry> & { _id: string })[]>
}

/** Of an installation that keeps no members: nobody has a card. */
export const noMembership: Membership = { cardOf: async () => null, pointsOf: async () => [] }

export const membershipRoutes = ({ membership }: { membership: Membership }): Route[] => [
  route({
    method: 'get',
    path: '/api/mp/membership',
    summary: 'My member’s card: tier, what is missing to the next one, points and until when they are good',
    tag: 'mini-program',
    auth: 'customer',
    response: z.object({ card: Card.nullable() }),
    handle: async ({ actor }) => ({ card: await membership.cardOf(actor.id) }),
  }),
  route({
    method: 'get',
    path: '/api/mp/points',
    summary: 'How my points came and went, the newest first',
    tag: 'mini-program',
    auth: 'customer',
    query: PageQuery,
    response: page(Entry),
    handle: ({ actor, query }) => listing(query, (request) => membership.pointsOf(actor.id, request)),
  }),
]
