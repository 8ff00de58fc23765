/** A task as its tests want it, and a phone that shows what the effects make of its cards. */

import { updateOf } from '../../../src/tasks/cards.ts'
import type { Click, ClickContext } from '../../../src/tasks/clicks.ts'
import type { Effect, TaskRow } from '../../../src/tasks/model.ts'

export const NOW = new Date('2026-03-02T02:00:00Z')
export const minutes = (n: number, from: Date = NOW): Date => new Date(from.getTime() + n * 60_000)

/** Owned by `anna`, opened at 10:00 in Shanghai, overdue at 20:30. */
export const buildTask = (over: Partial<TaskRow> = {}): TaskRow => ({
  _id: 'call_1',
  kind: 'contact_call',
  form: 'contact',
  storeId: 'huayan',
  role: 'customer_service',
  preferredUserIds: [],
  customerId: 'c1',
  treatmentId: 't1',
  stepIds: ['s1'],
  title: '王女士 · 次日回访（第1天）',
  facts: [{ name: '客户', value: '王女士' }],
  script: '请询问有无不适。',
  openAt: NOW,
  deadlineAt: new Date('2026-03-02T12:30:00Z'),
  status: 'open',
  ownerUserId: 'anna',
  occurrence: 0,
  cards: 0,
  helper: null,
  attempts: [],
  outcome: null,
  summary: null,
  summaryUntil: null,
  problem: null,
  transfers: [],
  closedAt: null,
  completedAt: null,
  completedBy: null,
  createdAt: NOW,
  remindedAt: null,
  breachedAt: null,
  rev: 0,
  seen: [],
  pending: [],
  updates: [],
  cardCode: null,
  dueAt: null,
  claim: { token: '', until: new Date(0), fence: 0 },
  attempt: 0,
  ...over,
})

export const NAMES: Record<string, string> = { anna: '安娜', bea: '贝雅', chris: '陈主管' }

export const KINDS = ['ipl', 'rf', 'botulinum'].map((code) => ({ code, name: `项目 ${code}` }))

export const contextOf = (task: TaskRow, over: Partial<ClickContext> = {}): ClickContext => ({
  now: NOW,
  ownerName: NAMES[task.ownerUserId] ?? '其他同事',
  colleagues: [
    { userId: 'bea', name: '贝雅' },
    { userId: 'chris', name: '陈主管' },
  ],
  supervisorUserId: 'chris',
  kinds: KINDS,
  ...over,
})

let serial = 0
export const clickOf = (key: string, over: Partial<Click> = {}): Click => {
  serial += 1
  const userId = over.userId ?? 'anna'
  return {
    userId,
    userName: NAMES[userId] ?? userId,
    key,
    selected: {},
    responseCode: `code-${serial}`,
    occurrence: 0,
    ...over,
  }
}

type Json = Record<string, unknown>
/** Keys that can be tapped on a card in WeCom's shape: none once it is grey. */
export function keysOf(card: Json): string[] {
  if (card.replace_text !== undefined) return []
  const buttons = (card.button_list ?? []) as { key: string }[]
  const submit = card.submit_button as { key: string } | undefined
  return [...buttons.map(({ key }) => key), ...(submit ? [submit.key] : [])]
}

export const shownBy = (task: TaskRow, effects: readonly Effect[]): Json | null => {
  const update = effects.find((effect) => effect.kind === 'update')
  return update ? (updateOf(task, update.show).template_card as Json) : null
}
