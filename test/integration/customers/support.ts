/** The customers room on a real database, with vendors played by plain objects. */
import type { Connection } from 'mongoose'
import { createCustomers } from '../../../src/customers/index.ts'
import { addMs, MINUTE_MS } from '../../../src/platform/clock.ts'
import { AppError } from '../../../src/platform/errors.ts'
import type { DomainEvent } from '../../../src/platform/events.ts'
import type { Memory } from '../../../src/platform/memory.ts'
import type { StaffMember } from '../../../src/staff/index.ts'
import { createRoster } from '../../../src/staff/roster.ts'
import { type ExternalContact, type Follower, vendorRefusal } from '../../../src/wecom/index.ts'
import { testPorts } from '../../support/ports.ts'

export const COLLECTIONS = [
  'customers',
  'customer_identities',
  'identity_conflicts',
  'contact_syncs',
  'event_deliveries',
  'inbox',
  'stores',
]

export const follower = (userId: string, over: Partial<Follower> = {}): Follower => ({
  userId,
  remark: '',
  description: '',
  remarkCompany: '',
  remarkMobiles: [],
  tagIds: [],
  state: null,
  addWay: 'qr_code',
  addedBy: null,
  createdAt: new Date('2026-03-01T00:00:00Z'),
  ...over,
})

export const contact = (externalUserId: string, over: Partial<ExternalContact> = {}): ExternalContact => ({
  externalUserId,
  name: `微信${externalUserId}`,
  unionId: null,
  kind: 'wechat',
  gender: null,
  avatarUrl: null,
  position: null,
  corpName: null,
  followers: [follower('Lin')],
  ...over,
})

const has =
  (userIds: readonly string[]) =>
  ({ followers }: ExternalContact) =>
    followers.some(({ userId }) => userIds.includes(userId.toLowerCase()))

/** `memory`: as a process has it that is alone with its database. */
export async function customersWorld(db: Connection, { memory }: { memory?: Memory } = {}) {
  const ports = await testPorts(db)
  const contacts = new Map<string, ExternalContact>()
  const people = new Map<string, StaffMember>([
    ['lin', { userId: 'lin', name: '林', roles: ['consultant'], storeIds: ['huayan'], active: true }],
    ['zhao', { userId: 'zhao', name: '赵', roles: ['nurse'], storeIds: ['huayan'], active: true }],
  ])
  const told: DomainEvent[] = []
  const calls = { pages: 0, lists: 0, blocked: 0 }
  /** Answers of the vendor instead of a page, one after the other; null: the page after all. */
  const refusals: (number | null)[] = []
  /** When the shared rate gives a permit; null: now. */
  const rate: { retryAt: Date | null } = { retryAt: null }
  const feature = createCustomers({
    ...ports,
    ...(memory ? { memory } : {}),
    sessionSecret: 'a secret of at least thirty-two characters',
    staff: {
      members: async (ids) =>
        new Map(ids.flatMap((id) => (people.has(id) ? [[id, people.get(id) as StaffMember]] : []))),
      stores: async () => new Map(),
      roster: async () =>
        createRoster({
          people: [...people.values()],
          stores: new Map(),
          absences: [],
          hours: new Map(),
          organisation: { fallbacks: { hospital: {}, clinic: {}, salon: {} }, dutyDoctors: [] },
        }),
    },
    rates: {
      reserve: async () => ({ ok: rate.retryAt === null, retryAt: rate.retryAt ?? ports.clock.now() }),
      async block() {
        calls.blocked += 1
        return addMs(ports.clock.now(), MINUTE_MS)
      },
    },
    wecom: {
      async externalContact(id) {
        const found = contacts.get(id)
        if (!found) throw vendorRefusal('wecom', '/cgi-bin/externalcontact/get', 84061)
        return found
      },
      followUsers: async () => ['lin', 'zhao'],
      async externalContactIds(userId) {
        calls.lists += 1
        return [...contacts.values()].filter(has([userId])).map(({ externalUserId }) => externalUserId)
      },
      async externalContactsByUsers(userIds, cursor) {
        calls.pages += 1
        const refusal = refusals.shift()
        if (refusal) throw vendorRefusal('wecom', '/cgi-bin/externalcontact/batch/get_by_user', refusal)
        const all = [...contacts.values()].filter(has(userIds))
        const from = cursor ? Number(cursor) : 0
        return { contacts: all.slice(from, from + 2), nextCursor: from + 2 < all.length ? String(from + 2) : null }
      },
    },
    wechat: {
      async code2Session(code) {
        if (code.startsWith('used')) throw new AppError('unauthenticated', 'wechat_code_invalid')
        return { openId: `o-${code}`, unionId: `u-${code}`, sessionKey: 'never shown' }
      },
      phoneNumber: async (code) => ({ phone: code }),
    },
  })
  const names = ['customer.merged', 'customer.opted_out', 'customer.deceased', 'identity.conflict']
  ports.events.subscribe(
    'test',
    Object.fromEntries(names.map((name) => [name, async (event) => void told.push(event)])),
  )
  await feature.ready()
  return {
    ...ports,
    feature,
    desk: feature.service,
    contacts,
    people,
    calls,
    refusals,
    rate,
    /** Reads all contacts as the night does, until nothing of it is due. */
    async readAll(name = '2026-03-02') {
      await feature.contactSync.start(name)
      for (let i = 0; i < 50; i++) {
        const { slices } = await feature.contactSync.due.drain(ports.clock.now())
        if (slices === 0) break
      }
      const [latest] = await feature.contactSync.page({ limit: 1, after: null })
      return latest
    },
    async told(): Promise<DomainEvent[]> {
      await ports.events.due.drain(ports.clock.now())
      return told
    },
  }
}
