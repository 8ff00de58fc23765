/** Relations: who is whose contact in WeCom, from the first hello to the hand-over. */

import type { CustomersFeature, CustomersPassedOn } from '../customers/index.ts'
import { type MessagingService, render, type TemplateBook } from '../messaging/index.ts'
import { notFound } from '../platform/errors.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import { firstChars } from '../platform/text.ts'
import type { StaffService } from '../staff/index.ts'
import type { TasksService } from '../tasks/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import { type Rates, readExternalContactEvent, type WecomClient } from '../wecom/index.ts'
import { createGreeter, senderOf } from './greet.ts'
import { createHandovers } from './handovers.ts'
import { createLabels } from './labels.ts'
import { createRelationsStore, LABELS } from './model.ts'
import { relationsRoutes } from './routes.ts'
import { createTags } from './tags.ts'
import { unassignedRoutine } from './unassigned.ts'
import { createWays } from './ways.ts'

export interface RelationsDeps extends Ports {
  wecom: WecomClient
  rates: Rates
  customers: Pick<CustomersFeature, 'service' | 'externalContacts' | 'onContactAdded'>
  treatments: TreatmentsService
  messaging: MessagingService
  tasks: Pick<TasksService, 'tell'>
  staff: StaffService
  templates: TemplateBook
}

/** The vendor's limit for what a customer reads of a hand-over. */
const MESSAGE_CHARS = 200
export const RELATIONS_TEMPLATES = ['system.handover'] as const

export function createRelations(deps: RelationsDeps): Feature<null> {
  const { db, clock, events, inbox, nudge, wecom, customers, staff, templates } = deps
  const store = createRelationsStore(db)
  const tags = createTags(wecom, clock)
  const shared = { ...deps, store, tags, customers: customers.service }
  const ways = createWays(shared)
  const handovers = createHandovers({
    ...shared,
    contacts: customers.externalContacts,
    async wordsFor({ userId, storeId }) {
      const [taker, place] = await Promise.all([staff.member(userId), staff.store(storeId)])
      const vars = { store: place?.displayName ?? '', sender: taker ? senderOf(taker) : '同事' }
      return firstChars(render(templates, 'system.handover', vars).chat, MESSAGE_CHARS)
    },
  })

  customers.onContactAdded(
    createGreeter({ ...shared, setStore: (customerId, storeId) => customers.service.addStore(customerId, storeId) }),
  )
  inbox.on('wecom', 'change_external_contact.transfer_fail', async ({ payload }) => {
    const { userId, externalUserId } = readExternalContactEvent(payload)
    await handovers.hurry(userId, externalUserId)
  })
  events.subscribe('relations', {
    'customers.passed_on': ({ id, data }) =>
      handovers.afterLeaving(id.slice('customers.passed_on:'.length), (data as unknown as CustomersPassedOn).userId),
    'treatment.completed': {
      async together(completed) {
        const all = await customers.service.idsOfMany(completed.map(({ data }) => String(data.customerId)))
        if (await store.label.again([...new Set([...all.values()].flat())], clock.now())) nudge(LABELS)
      },
    },
  })

  return {
    service: null,
    routes: relationsRoutes({
      ways,
      store,
      async handOver({ externalId, storeId, fromUserId, toUserId, customerIds }) {
        if (!(await staff.store(storeId))) throw notFound('store_not_found', { storeId })
        const [from, to] = [fromUserId.toLowerCase(), toUserId.toLowerCase()]
        const members = await staff.members([from, to])
        for (const userId of [from, to]) if (!members.get(userId)?.active) throw notFound('staff_not_found', { userId })
        const people = await customers.service.getMany(customerIds)
        const contacts = [...new Map([...people.values()].map((one) => [one.id, one])).values()]
          .filter(({ followUserIds }) => followUserIds.includes(from) && !followUserIds.includes(to))
          .flatMap(({ id, externalUserIds }) =>
            externalUserIds.map((externalUserId) => ({ customerId: id, externalUserId })),
          )
        const order = { storeId, fromUserId: from, toUserId: to, hasLeft: false, customers: contacts }
        return handovers.begin(`order:${externalId}`, order)
      },
    }),
    due: [createLabels(shared), handovers.due],
    routines: [unassignedRoutine({ ...shared, contacts: customers.externalContacts, handovers })],
    ready: () => store.ready(),
  }
}
