/** Rows and facts with sensible values, to be changed one at a time. */
import type { ReachFacts } from '../../../src/messaging/ladder.ts'
import type { Intent, OutboxRow } from '../../../src/messaging/model.ts'
import type { WindowFacts } from '../../../src/messaging/windows.ts'

/** Monday 2 March 2026, 11:30 in Shanghai: inside a contact window. */
export const NOW = new Date('2026-03-02T03:30:00Z')
export const hours = (n: number) => new Date(NOW.getTime() + n * 3_600_000)

export const row = (more: Partial<OutboxRow> = {}): OutboxRow => ({
  _id: 'row',
  to: { customerId: 'c' },
  storeId: 's',
  contactClass: 'care',
  content: {
    kind: 'customer',
    menu: null,
    eventCode: null,
    templateKey: 'k',
    templateVersion: 1,
    chat: '您好',
    sms: '您好',
    subscribe: { kind: 'care_reminder', fields: { thing1: '水光针' } },
    email: { sender: '华颜', subject: '华颜 · 水光针护理关怀' },
  },
  notBefore: NOW,
  notAfter: hours(12),
  refs: { owner: 'test' },
  status: 'ready',
  outcome: null,
  reason: null,
  channel: null,
  messageId: null,
  responseCode: null,
  settledAt: null,
  intent: null,
  attempts: [],
  skips: [],
  refusals: {},
  createdAt: NOW,
  dueAt: NOW,
  claim: { token: 't', until: hours(1), fence: 1 },
  attempt: 0,
  ...more,
})

export const intent = (more: Partial<Intent> = {}): Intent => ({
  channel: 'kf',
  n: 0,
  key: 'key',
  body: '{}',
  target: 'kf|wm',
  firstSentAt: NOW,
  ...more,
})

export const reach = (more: Partial<ReachFacts> = {}): ReachFacts => ({
  customer: {
    id: 'c',
    externalId: null,
    storeIds: ['s'],
    ownerUserId: null,
    followUserIds: [],
    externalUserIds: ['wm'],
    openIds: ['o'],
    unionId: null,
    hasPhone: true,
    preferredTime: null,
    deceased: false,
    optOut: { all: false, promotion: false },
    promotionConsentAt: null,
    provisional: false,
  },
  phone: '13800000000',
  email: 'lin@example.com',
  sessions: [
    { _id: 'kf|wm', lastInboundAt: hours(-1), lastInboundId: 'm', places: [], full: false, state: 0, blocked: false },
  ],
  grants: { care_reminder: { openId: 'o', templateId: 't', count: 1, places: [] } },
  smsOn: true,
  emailOn: true,
  miniProgramOn: true,
  ...more,
})

export const window: WindowFacts = {
  timeZone: 'Asia/Shanghai',
  contactWindows: [{ from: '11:00', to: '12:30' }],
  quietHours: { from: '21:00', to: '09:00' },
  preferredTime: null,
}
