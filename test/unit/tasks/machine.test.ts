/** The state machine under any sequence of causes: nothing is lost, nothing is completed twice. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { updateOf } from '../../../src/tasks/cards.ts'
import { transition } from '../../../src/tasks/clicks.ts'
import type { Effect, TaskRow } from '../../../src/tasks/model.ts'
import { cancelled, heardWords, isAnswered, nextActionAt, reassign, timely } from '../../../src/tasks/rules.ts'
import { buildTask, clickOf, contextOf, keysOf, minutes } from './support.ts'

const toOther = (userId: string) => ({ userId, name: userId, fromName: '安娜', reason: 'owner_left' as const })
const USERS = ['anna', 'bea', 'chris']
const KEYS = [
  'take',
  'done',
  'not_reached',
  'transfer',
  'problem',
  'submit_contact',
  'submit_month',
  'submit_checklist',
  'submit_interest',
  'submit_transfer',
  'closed',
]

const cause = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('tap' as const),
      pick: fc.nat(30),
      to: fc.constantFrom(...USERS),
      reached: fc.constantFrom('yes', 'no'),
    }),
  },
  // A stale or forged click: anybody, any key, any card.
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('click' as const),
      user: fc.constantFrom(...USERS),
      key: fc.constantFrom(...KEYS),
      card: fc.nat(5),
      to: fc.constantFrom(...USERS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('say' as const), user: fc.constantFrom(...USERS) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), min: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), to: fc.constantFrom(...USERS) }) },
)
const someTask = fc.record({
  kind: fc.constantFrom('contact_call' as const, 'consultant_follow' as const, 'send_message' as const),
  month: fc.boolean(),
})

test('no sequence of clicks, words and waiting loses a task or completes it twice', () => {
  fc.assert(
    fc.property(someTask, fc.array(cause, { maxLength: 40 }), ({ kind, month }, causes) => {
      let task: TaskRow = buildTask({
        kind,
        form: kind === 'send_message' ? 'confirm' : month ? 'contact_month' : 'contact',
      })
      let now = task.openAt
      /** What each card offers now: `userId#number` → keys. */
      const cards = new Map<string, string[]>([['anna#0', ['take', 'done', 'not_reached', 'transfer', 'problem']]])
      const codes = new Map<string, string>()
      const events: string[] = []
      // Its owner left, or forgot the rest of the form.
      let isCutShort = false

      const take = ({ set, effects }: { set: Partial<TaskRow>; effects: Effect[] }) => {
        const was = task
        task = { ...task, ...set }
        if (was.closedAt) expect(set).toEqual({})
        // Whom somebody has spoken with is not called again, and what was said is not lost.
        if (isAnswered(was)) {
          expect(['month_form', 'checklist', 'interest', 'summary', 'done']).toContain(task.status)
          expect(task.outcome).toMatchObject({ reached: true, state: was.outcome?.state })
          isCutShort ||= task.status === 'done'
        }
        // Answers count once: who submits again changes nothing.
        if (was.status === 'summary') expect([task.outcome, task.attempts]).toEqual([was.outcome, was.attempts])
        for (const effect of effects) {
          if (effect.kind === 'event') events.push(effect.id)
          if (effect.kind === 'card') cards.set(`${effect.userId}#${effect.occurrence}`, ['take', 'done'])
          if (effect.kind === 'withdraw') cards.delete(`${effect.userId}#${effect.occurrence}`)
          const clicked = effect.kind === 'update' ? codes.get(effect.responseCode) : undefined
          if (effect.kind === 'update' && clicked !== undefined)
            cards.set(clicked, keysOf(updateOf(task, effect.show).template_card as Record<string, unknown>))
        }
      }
      const click = (userId: string, occurrence: number, key: string, to: string, reached = 'yes') => {
        // Whoever picks the boxes ticks none, some, or an interest.
        const checklist = { anna: ['recovery'], bea: ['care', 'interest'], chris: [] }[to] ?? []
        const selected = {
          checklist,
          interest: ['rf'],
          reached: [reached],
          state: [{ anna: 'abnormal', bea: 'recovering_well', chris: 'needs_doctor' }[to] ?? ''],
          satisfaction: ['2'],
          to: [to],
        }
        const made = clickOf(key, { userId, occurrence, selected })
        codes.set(made.responseCode, `${userId}#${occurrence}`)
        const colleagues = USERS.filter((one) => one !== userId).map((one) => ({ userId: one, name: one }))
        take(transition(task, made, contextOf(task, { now, colleagues })))
      }

      for (const one of causes) {
        if (one.do === 'tap') {
          const live = [...cards].flatMap(([card, keys]) => keys.map((key) => ({ card, key })))
          const chosen = live[one.pick % Math.max(1, live.length)]
          const [userId = '', number = ''] = chosen?.card.split('#') ?? []
          if (chosen) click(userId, Number(number), chosen.key, one.to, one.reached)
        }
        if (one.do === 'click') click(one.user, one.card, one.key, one.to)
        if (one.do === 'say')
          take(heardWords(task, { userId: one.user, userName: one.user, words: 'sealed', id: 'm' }, now))
        if (one.do === 'wait') {
          now = minutes(one.min, now)
          for (let due = nextActionAt(task); due !== null && due <= now; due = nextActionAt(task))
            take(timely(task, now, { supervisorUserId: 'chris', successor: undefined }))
        }
        if (one.do === 'reopen' && task.closedAt === null && task.status !== 'summary' && !isAnswered(task)) {
          const occurrence = task.cards + 1
          take({
            set: { status: 'open', occurrence, cards: occurrence, remindedAt: null, breachedAt: null },
            effects: [{ kind: 'card', userId: task.ownerUserId, occurrence, at: now }],
          })
        }
        if (one.do === 'leave' && one.to !== task.ownerUserId) take(reassign(task, toOther(one.to), now))

        // Completed once, and only then told so.
        const completions = events.filter((id) => id === 'task.completed:call_1').length
        expect(completions).toBe(task.status === 'done' ? 1 : 0)
        expect(task.closedAt !== null).toBe(task.status === 'done')
        // Every attempt is its own event.
        const attempts = events.filter((id) => id.startsWith('task.attempted'))
        expect(new Set(attempts).size).toBe(attempts.length)
        // Not lost: whoever owns an open task has a card to go on with; one in summary ends by itself.
        if (task.status === 'summary') expect(nextActionAt(task)).not.toBeNull()
        else if (isAnswered(task) && task.outcome?.state !== 'recovering_well')
          expect(Number(nextActionAt(task)) - Number(now)).toBeLessThanOrEqual(10 * 60_000)
        else if (task.closedAt === null)
          expect(
            [...cards].filter(([card, keys]) => card.startsWith(`${task.ownerUserId}#`) && keys.length > 0),
          ).not.toEqual([])
        // A finished contact has its outcome, and whoever was reached a checklist.
        if (task.status === 'done' && task.form !== 'confirm') expect(task.outcome).not.toBeNull()
        if (task.status === 'done' && task.outcome?.reached && !isCutShort)
          expect(task.outcome.checklist?.length).toBeGreaterThan(0)
      }
      if (task.closedAt === null && task.status !== 'summary') {
        const wasAnswered = isAnswered(task)
        take(cancelled(task, now, 'deceased'))
        expect(task.status).toBe(wasAnswered ? 'done' : 'cancelled')
        expect(nextActionAt(task)).toBeNull()
      }
    }),
    { numRuns: 3_000, seed: 7 },
  )
})
