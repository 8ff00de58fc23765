/** Consents and requests about one's own data, for whoever is signed in to the mini-program. */
import { z } from 'zod'
import type { Clock } from '../platform/clock.ts'
import { type Route, route } from '../platform/http.ts'
import { Id, Instant, listing, NoteText, PageQuery, page } from '../platform/views.ts'
import { type ConsentDocument, PURPOSES } from './consents.ts'
import type { CopyPart } from './index.ts'
import { REQUEST_KINDS } from './model.ts'
import type { PrivacyService } from './service.ts'

const DocumentView = z.object({
  purpose: z.enum(PURPOSES),
  version: z.number(),
  title: z.string(),
  text: z.string(),
  /** Without it there is no account; any other may be refused without a loss. */
  needed: z.boolean(),
})
const ConsentView = DocumentView.extend({
  granted: z.boolean().nullable(),
  at: Instant.nullable(),
})
const DataRequestView = z.object({
  id: z.string(),
  kind: z.enum(REQUEST_KINDS),
  words: z.string(),
  at: Instant,
  answerBy: Instant,
})
const CopyView = z.object({ madeAt: Instant, parts: z.array(z.object({ name: z.string(), content: z.json() })) })

export interface PrivacyRouteDeps {
  service: PrivacyService
  documents: readonly ConsentDocument[]
  copyOf: (customerId: string) => Promise<CopyPart[]>
  clock: Pick<Clock, 'now'>
}

/** As JSON has it: instants as text. */
const plain = (content: unknown) => JSON.parse(JSON.stringify(content ?? null)) as z.input<ReturnType<typeof z.json>>

export function privacyRoutes({ service, documents, copyOf, clock }: PrivacyRouteDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/mp/consent-documents',
      summary: 'What customers are asked to agree to, to be read before anybody signs in',
      tag: 'mini-program',
      auth: 'public',
      response: z.object({ items: z.array(DocumentView) }),
      handle: async () => ({ items: [...documents] }),
    }),
    route({
      method: 'get',
      path: '/api/mp/consents',
      summary: 'What I am asked to agree to, and what I said',
      tag: 'mini-program',
      auth: 'customer',
      withoutConsent: true,
      response: z.object({ items: z.array(ConsentView) }),
      handle: async ({ actor }) => ({ items: await service.consents(actor.id) }),
    }),
    route({
      method: 'put',
      path: '/api/mp/consents/:purpose',
      summary: 'Agree to one purpose, refuse it, or take an agreement back',
      tag: 'mini-program',
      auth: 'customer',
      withoutConsent: true,
      params: z.strictObject({ purpose: z.enum(PURPOSES) }),
      body: z.strictObject({ version: z.int().positive(), granted: z.boolean() }),
      response: ConsentView,
      errors: ['consent_outdated', 'record_busy'],
      handle: ({ actor, params, body }) => service.decide(actor.id, params.purpose, body.version, body.granted),
    }),
    route({
      method: 'get',
      path: '/api/mp/my-data',
      summary: 'A copy of what is kept about me',
      tag: 'mini-program',
      auth: 'customer',
      withoutConsent: true,
      response: CopyView,
      errors: ['customer_not_found'],
      async handle({ actor }) {
        const parts = await copyOf(actor.id)
        return { madeAt: clock.now(), parts: parts.map(({ name, content }) => ({ name, content: plain(content) })) }
      },
    }),
    route({
      method: 'post',
      path: '/api/mp/data-requests',
      summary: 'Ask for a correction, for erasure, or for a copy on paper',
      tag: 'mini-program',
      auth: 'customer',
      withoutConsent: true,
      body: z.strictObject({ submissionId: Id, kind: z.enum(REQUEST_KINDS), words: NoteText(500) }),
      response: DataRequestView,
      errors: ['too_many_today'],
      handle: ({ actor, body }) => service.request(actor.id, body),
    }),
    route({
      method: 'get',
      path: '/api/mp/data-requests',
      summary: 'What I have asked for, and until when I have an answer',
      tag: 'mini-program',
      auth: 'customer',
      withoutConsent: true,
      query: PageQuery,
      response: page(DataRequestView),
      handle: ({ actor, query }) =>
        listing(
          query,
          (request) => service.requests(actor.id, request),
          (row) => row,
          ({ order }) => order,
        ),
    }),
  ]
}
