/** The puppet's line to the house: stored messages, the outbox, WeCom's files. */
import { Readable } from 'node:stream'
import type { CustomersService } from '../customers/index.ts'
import type { EnqueueContact, MessagingService } from '../messaging/index.ts'
import { addMs, type Clock, HOUR_MS } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { WecomClient } from '../wecom/index.ts'
import type { Line, LineContent, LineKey, LineMessage } from './puppet-wecom/line.ts'

export interface LineDeps {
  accountId: string
  messaging: Pick<MessagingService, 'inbound' | 'enqueue' | 'cancel' | 'outboxId'>
  customers: Pick<CustomersService, 'get' | 'contacts'>
  wecom: Pick<WecomClient, 'uploadMedia' | 'downloadMedia'>
  clock: Clock
  random: Random
  /** Notes what is said in answer to a message, and tells what was said before it in that conversation. */
  follows: (answers: string, outboxId: string) => string | null
}

/** An answer that comes later than this answers nothing any more. */
const USEFUL_MS = 2 * HOUR_MS
export const OWNER = 'bot'
/** The step of whatever answers a message. */
export const stepIdOf = (messageId: string): string => `${OWNER}:${messageId}`
type Words = Extract<EnqueueContact['content'], { kind: 'words' }>
/** What the record of an attachment says. */
const SHOWN: Record<Exclude<LineContent['kind'], 'text'>, string> = {
  media: '[文件]',
  link: '[链接]',
  mini_program: '[小程序]',
  location: '[位置]',
}

export function createLine({ accountId, messaging, customers, wecom, clock, random, follows }: LineDeps): Line {
  /** Our messages, as long as this process lives: an echo is read by its id. */
  const own = new Map<string, LineMessage>()
  const MOST_OWN = 2_000

  const contentOf = (content: LineContent): Words => {
    if (content.kind !== 'text') return { kind: 'words', text: SHOWN[content.kind], attachment: content }
    const { text, menu } = content
    return { kind: 'words', text, ...(menu.length > 0 ? { menu } : {}) }
  }

  return {
    accountId,
    async message(id) {
      const said = own.get(id)
      if (said) return said
      const inbound = await messaging.inbound(id)
      if (!inbound || inbound.customerId === null) return null
      const { customerId, at, text, mediaId, content, recalledAt } = inbound
      const type = recalledAt === null ? inbound.type : 'recalled'
      return { id, customerId, direction: 'in', at, type, text, mediaId, content }
    },
    async contact(customerId) {
      const contact = (await customers.contacts([customerId])).get(customerId)
      return contact ? { id: customerId, name: contact.name || contact.salutation } : null
    },
    async send(customerId, content, { answers, n }: LineKey) {
      const now = clock.now()
      const customer = await customers.get(customerId)
      // An answer's id is that of the message with its number: whoever answers again after a death adds nothing.
      const stepId = stepIdOf(answers ?? random.id())
      const after = answers === null ? null : follows(answers, messaging.outboxId(stepId, n, 'customer'))
      const words = contentOf(content)
      const { id } = await messaging.enqueue({
        stepId,
        occurrence: n,
        audience: 'customer',
        to: { customerId },
        storeId: customer?.storeIds[0] ?? '',
        contactClass: 'reply',
        content: words,
        notBefore: now,
        notAfter: addMs(now, USEFUL_MS),
        ...(after === null ? {} : { after }),
        refs: { owner: OWNER, ...(answers === null ? {} : { messageId: answers }) },
        // Somebody who can't be answered here isn't rung up for it: the question is with a colleague where it matters.
        handOver: false,
      })
      if (own.size >= MOST_OWN) own.clear()
      const parts = { type: 'text', text: words.text, mediaId: null, content: null }
      own.set(id, { id, customerId, direction: 'out', at: now, ...parts })
      return id
    },
    recall: async (messageId) => (await messaging.cancel([messageId], 'superseded')).includes(messageId),
    async download(mediaId) {
      const { fileName, stream } = await wecom.downloadMedia(mediaId)
      return { name: fileName ?? mediaId, stream }
    },
    async upload(kind, { name, contentType, bytes }) {
      const file = { fileName: name, contentType, size: bytes.length, open: () => Readable.from([bytes]) }
      return (await wecom.uploadMedia(kind, file)).mediaId
    },
  }
}
