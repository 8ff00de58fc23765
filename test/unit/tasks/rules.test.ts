import { describe, expect, test } from 'vitest'
import type { TaskRow } from '../../../src/tasks/model.ts'
import { NO_ANSWERS } from '../../../src/tasks/outcome.ts'
import {
  cancelled,
  complete,
  handOver,
  heardWords,
  nextActionAt,
  nextLookAt,
  reassign,
  timely,
} from '../../../src/tasks/rules.ts'
import { buildTask, minutes, NOW } from './support.ts'

const people = { supervisorUserId: 'chris' }
const bea = { userId: 'bea', name: '贝雅', fromName: '安娜', reason: 'owner_absent' as const }
const summary = buildTask({ status: 'summary', summaryUntil: minutes(10) })

describe('the clock', () => {
  test('reminds half an hour before the deadline, then at the deadline, then no more', () => {
    const task = buildTask({ deadlineAt: minutes(120) })
    expect(nextActionAt(task)).toEqual(minutes(90))
    const reminded = { ...task, ...timely(task, minutes(90), people).set }
    expect(nextActionAt(reminded)).toEqual(minutes(120))
    const breached = timely(reminded, minutes(120), people)
    expect(breached.effects.map((effect) => (effect.kind === 'note' ? effect.userId : effect.kind))).toEqual([
      'anna',
      'chris',
    ])
    expect(nextActionAt({ ...reminded, ...breached.set })).toBeNull()
  })

  test('a task that opens within the last half hour is not reminded of before it began', () => {
    expect(nextActionAt(buildTask({ deadlineAt: minutes(20) }))).toEqual(minutes(20))
  })

  test('late by hours, it tells of the breach once and leaves the reminder out', () => {
    const task = buildTask({ deadlineAt: minutes(120) })
    const { set, effects } = timely(task, minutes(600), people)
    expect(effects).toHaveLength(2)
    expect(nextActionAt({ ...task, ...set })).toBeNull()
  })

  test('who supervises and owns is told once', () => {
    const task = buildTask({ deadlineAt: minutes(120), ownerUserId: 'chris' })
    expect(timely(task, minutes(120), people).effects).toHaveLength(1)
  })

  test('what a doctor has still to set goes to the doctor; the supervisor has it on the evening’s list', () => {
    const { effects } = timely(buildTask({ kind: 'set_day', form: 'confirm' }), minutes(1_000), people)
    expect(effects.map((effect) => effect.kind === 'note' && effect.userId)).toEqual(['anna'])
  })

  test('what is of no use after its deadline ends by itself, undone, and that is told', () => {
    const task = buildTask({ kind: 'send_message', form: 'confirm', lapses: true, deadlineAt: minutes(120) })
    expect(timely(task, minutes(119), people).set).toEqual({ remindedAt: minutes(119) })
    const { set, effects } = timely(task, minutes(120), people)
    expect(set).toMatchObject({ status: 'cancelled', closedAt: minutes(120) })
    expect(effects).toMatchObject([
      { kind: 'withdraw', userId: 'anna', said: '已过时，无需再做' },
      { kind: 'event', id: 'task.lapsed:call_1', data: { taskId: 'call_1', kind: 'send_message', stepIds: ['s1'] } },
    ])
  })

  test('a contact without a summary is done after ten minutes, not before', () => {
    expect(timely(summary, minutes(9), people)).toEqual({ code: '', set: {}, effects: [] })
    expect(timely(summary, minutes(10), people).set).toMatchObject({ status: 'done', summary: null })
  })

  test('a task of nobody is looked at every hour and given to the first who can', () => {
    const task = buildTask({ ownerUserId: '', breachedAt: NOW, remindedAt: NOW })
    expect(nextLookAt(task, NOW)).toEqual(minutes(60))
    const { set, effects } = timely(task, NOW, { ...people, successor: bea })
    expect(set).toMatchObject({ ownerUserId: 'bea', occurrence: 1 })
    expect(effects.map(({ kind }) => kind)).toEqual(['card'])
  })

  test('effects that are not surely done are looked after within a minute', () => {
    const task = buildTask({ status: 'done', closedAt: NOW, pending: [{ code: 'x', effects: [] }] })
    expect(nextLookAt(task, NOW)).toEqual(minutes(1))
    expect(nextLookAt({ ...task, pending: [] }, NOW)).toBeNull()
  })
})

describe('words', () => {
  const said = { userId: 'anna', userName: '安娜', words: 'sealed', id: 'm1' }

  test('of the owner are the summary and finish the task', () => {
    expect(heardWords(summary, said, NOW).set).toMatchObject({ status: 'done', summary: 'sealed', completedBy: 'anna' })
  })

  test('of somebody else are nothing', () => {
    expect(heardWords(summary, { ...said, userId: 'bea' }, NOW)).toEqual({ set: {}, effects: [] })
  })

  test('after a problem go to the supervisor, once', () => {
    const task = buildTask({ problem: { byUserId: 'anna', toUserId: 'chris', until: minutes(10) } })
    const { set, effects } = heardWords(task, said, NOW)
    expect(effects).toMatchObject([{ kind: 'note', userId: 'chris', words: 'sealed' }])
    expect(heardWords({ ...task, ...set }, said, NOW).effects).toEqual([])
  })
})

describe('a contact that was made, and its form not finished', () => {
  const outcome = { ...NO_ANSWERS, reached: true, state: 'abnormal', satisfaction: 2 }
  const attempts = [{ at: NOW, byUserId: 'anna', result: 'reached' as const, occurrence: 0 }]
  const answered = buildTask({ status: 'checklist', outcome, attempts })
  const completed = { kind: 'event', type: 'task.completed', data: { byUserId: 'anna' } }

  test.each([
    ['its owner leaves', reassign(answered, bea, NOW)],
    ['it is taken back', cancelled(answered, NOW, 'deceased')],
    ['nobody finishes the form of an abnormal state', timely({ ...answered, summaryUntil: NOW }, NOW, people)],
  ])('is kept as it stands when %s: a record, and no second call', (_, { set, effects }) => {
    expect(set).toMatchObject({ status: 'done', completedBy: 'anna' })
    expect(set).not.toHaveProperty('outcome')
    expect(effects).toMatchObject([{ kind: 'withdraw', userId: 'anna', said: '已记录' }, completed])
  })

  test('has all day for its form while nothing is wrong', () => {
    expect(timely(answered, minutes(60), people).set).toEqual({})
  })
})

test('a question on a contact’s card that nobody answers any more is told of with the reason; an answered one isn’t', () => {
  const choice = { title: '是否登记为投诉', options: [{ id: 'register', text: '登记为投诉' }] }
  const asked = buildTask({ kind: 'survey_low', choice })
  const told = (task: TaskRow) => cancelled(task, NOW, 'deceased').effects.filter(({ kind }) => kind === 'event')
  expect(told(asked)).toEqual([
    {
      kind: 'event',
      type: 'task.unanswered',
      id: 'task.unanswered:call_1',
      data: { taskId: 'call_1', kind: 'survey_low', reason: 'deceased' },
    },
  ])
  expect(told({ ...asked, answer: 'register' })).toEqual([])
  expect(told(buildTask())).toEqual([])
})

test('a card says whose it was just now, and never the name of whoever has it', () => {
  const named = (task: TaskRow) => task.facts.find(({ name }) => name === '转自')?.value ?? null
  const absent = { ...buildTask(), ...reassign(buildTask(), bea, NOW).set }
  expect(named(absent)).toBe('安娜（休假）')
  const back = { ...absent, ...handOver(absent, 'anna', { name: '贝雅', why: '任务较多' }, NOW).set }
  expect(named(back)).toBe('贝雅（任务较多）')
  const lost = { ...back, ...reassign(back, { ...bea, userId: null, fromName: '安娜' }, NOW).set }
  expect(named({ ...lost, ...reassign(lost, { ...bea, userId: 'anna', fromName: '其他同事' }, NOW).set })).toBeNull()
})

test('completing is told with ids only', () => {
  const [event] = complete(buildTask(), 'anna', NOW, 'sealed words').effects
  expect(event).toEqual({
    kind: 'event',
    type: 'task.completed',
    id: 'task.completed:call_1',
    data: { taskId: 'call_1', kind: 'contact_call', stepIds: ['s1'], customerId: 'c1', byUserId: 'anna' },
  })
})

test('the tasks of who leaves go on with a new card; recorded and finished ones stay', () => {
  expect(reassign(buildTask(), bea, NOW)).toMatchObject({
    set: { ownerUserId: 'bea', occurrence: 1, status: 'open' },
    effects: [
      { kind: 'withdraw', userId: 'anna' },
      { kind: 'card', userId: 'bea' },
    ],
  })
  expect(reassign(summary, bea, NOW).set).toEqual({})
  expect(reassign(buildTask({ status: 'done', closedAt: NOW }), bea, NOW).set).toEqual({})
})
