import { describe, expect, test } from 'vitest'
import { transition } from '../../../src/tasks/clicks.ts'
import type { Effect, TaskRow } from '../../../src/tasks/model.ts'
import { NO_ANSWERS } from '../../../src/tasks/outcome.ts'
import { buildTask, clickOf, contextOf, keysOf, minutes, NOW, shownBy } from './support.ts'

const step = (task: TaskRow, click = clickOf('take'), over = {}) => {
  const { set, effects } = transition(task, click, contextOf(task, over))
  return { task: { ...task, ...set }, set, effects, shown: shownBy(task, effects) }
}
const events = (effects: readonly Effect[]) => effects.flatMap((effect) => (effect.kind === 'event' ? [effect.id] : []))
const ticking = (...checklist: string[]) => clickOf('submit_checklist', { selected: { checklist } })
/** The first form is answered. */
const checklist = buildTask({
  status: 'checklist',
  outcome: { ...NO_ANSWERS, reached: true, state: 'recovering_well', satisfaction: 5 },
})
const answers = { reached: ['yes'], state: ['recovering_well'], satisfaction: ['5'] }

describe('an ordinary contact', () => {
  test('take, done, form, checklist: the answers are kept and the summary is awaited for ten minutes', () => {
    const taken = step(buildTask())
    expect(taken.task.status).toBe('taken')
    expect(keysOf(taken.shown ?? {})).toEqual(['done', 'not_reached', 'transfer', 'problem'])

    const form = step(taken.task, clickOf('done'))
    expect(form.shown).toMatchObject({ card_type: 'multiple_interaction', submit_button: { key: 'submit_contact' } })

    const answered = step(form.task, clickOf('submit_contact', { selected: answers }))
    expect(answered.task.status).toBe('checklist')
    expect(answered.shown).toMatchObject({ card_type: 'vote_interaction', submit_button: { key: 'submit_checklist' } })

    const { task, effects, shown } = step(answered.task, ticking('recovery', 'care', 'nonsense'))
    expect(task).toMatchObject({ status: 'summary', summaryUntil: minutes(10), completedAt: null })
    expect(task.outcome).toMatchObject({ reached: true, state: 'recovering_well', satisfaction: 5 })
    // In the order of the boxes, and nothing that isn't one.
    expect(task.outcome?.checklist).toEqual(['care', 'recovery'])
    expect(task.attempts).toHaveLength(1)
    expect(events(effects)).toEqual([])
    // Ten characters are what a button shows.
    expect(shown).toMatchObject({ replace_text: '已记录，请回复小结', button_list: [{ text: '已记录，请回复小结' }] })
  })

  test('a second submit changes nothing', () => {
    const form = step(buildTask({ status: 'form' }), clickOf('submit_contact', { selected: answers }))
    const again = step(form.task, clickOf('submit_contact', { selected: { ...answers, satisfaction: ['1'] } }))
    expect(again.set).toEqual({})
    expect(again.shown?.submit_button).toMatchObject({ key: 'submit_checklist' })
    const ticked = step(form.task, ticking('recovery'))
    const late = step(ticked.task, ticking('unhappy'))
    expect([late.set, late.shown?.replace_text]).toEqual([{}, '已记录'])
  })

  test('without a tick there is no record: the boxes come again and say so', () => {
    const { set, shown } = step(checklist, ticking())
    expect(set).toEqual({})
    expect(shown).toMatchObject({ card_type: 'vote_interaction', main_title: { desc: '请至少勾选一项，再提交。' } })
  })

  test('an interest asks for which treatment and how strong; none chosen is none', () => {
    const asked = step(checklist, ticking('recovery', 'interest'))
    expect(asked.task.status).toBe('interest')
    expect(asked.shown).toMatchObject({ submit_button: { key: 'submit_interest' } })
    const chosen = (interest: string) =>
      step(asked.task, clickOf('submit_interest', { selected: { interest: [interest], strength: ['strong'] } })).task
    expect(chosen('rf')).toMatchObject({ status: 'summary', outcome: { interest: { code: 'rf', strength: 'strong' } } })
    expect(chosen('none')).toMatchObject({ status: 'summary', outcome: { interest: null } })
    expect(chosen('constructor')).toMatchObject({ status: 'summary', outcome: { interest: null } })
  })

  test('more than nine treatments stand in two lists, and one from either counts', () => {
    const kinds = Array.from({ length: 14 }, (_, i) => ({ code: `k${i}`, name: `项目${i}` }))
    const asked = step(checklist, ticking('interest'), { kinds })
    const lists = (asked.shown?.select_list ?? []) as { question_key: string; option_list: { id: string }[] }[]
    expect(lists.map(({ question_key, option_list }) => [question_key, option_list.length])).toEqual([
      ['interest', 10],
      ['interest_more', 6],
      ['strength', 3],
    ])
    const selected = { interest: ['none'], interest_more: ['k13'], strength: ['weak'] }
    expect(step(asked.task, clickOf('submit_interest', { selected }), { kinds }).task.outcome?.interest).toEqual({
      code: 'k13',
      strength: 'weak',
    })
  })

  test('answers that the form does not have are not kept', () => {
    const selected = { reached: ['yes'], state: ['constructor'], satisfaction: ['9'] }
    const { task } = step(buildTask({ status: 'form' }), clickOf('submit_contact', { selected }))
    expect(task.outcome).toMatchObject({ reached: true, state: null, satisfaction: null })
  })

  test('a submit counts although another tap had moved the task from its form', () => {
    const { task } = step(buildTask({ status: 'taken' }), clickOf('submit_contact', { selected: answers }))
    expect(task.status).toBe('checklist')
  })

  test('once it is answered, "not reached" and "done" on any of its cards show the boxes again', () => {
    for (const key of ['not_reached', 'done', 'submit_contact']) {
      const { set, shown } = step(checklist, clickOf(key))
      expect([set, shown?.card_type]).toEqual([{}, 'vote_interaction'])
    }
  })
})

describe('the form of a doctor', () => {
  const doctor = buildTask({ kind: 'doctor_contact', form: 'doctor', status: 'taken' })

  test('asks how it stands and when to look again, and has no boxes', () => {
    const form = step(doctor, clickOf('done'))
    expect(form.shown).toMatchObject({ submit_button: { key: 'submit_doctor' } })
    const selected = { reached: ['yes'], state: ['abnormal'], followUp: ['3'] }
    const { task } = step(form.task, clickOf('submit_doctor', { selected }))
    expect(task).toMatchObject({ status: 'summary', outcome: { state: 'abnormal', followUp: '3', checklist: null } })
    // The form of another task is none of this one.
    expect(step(form.task, clickOf('submit_contact', { selected })).set).toEqual({})
  })
})

describe('a choice', () => {
  const task = buildTask({ kind: 'decide_consultation', form: 'decision', stepIds: ['s1'] })

  test('is made with its reason; half an answer, or one that is not on the list, shows the form again', () => {
    const form = step(task, clickOf('done'))
    expect(form.task.status).toBe('form')
    expect(form.shown).toMatchObject({ card_type: 'multiple_interaction', submit_button: { key: 'submit_choice' } })
    for (const selected of [
      { choice: ['close'] },
      { choice: ['close'], why: ['toString'] },
      { choice: ['constructor'], why: ['price'] },
    ]) {
      const half = step(form.task, clickOf('submit_choice', { selected }))
      expect(half.set).toEqual({})
      expect(half.shown).toMatchObject({ submit_button: { key: 'submit_choice' } })
    }
    const made = step(form.task, clickOf('submit_choice', { selected: { choice: ['close'], why: ['price'] } }))
    expect(made.task).toMatchObject({ status: 'done', decision: { choice: 'close', reason: 'price' }, outcome: null })
    expect(events(made.effects)).toEqual(['task.completed:call_1'])
    // Once made it stands.
    const again = step(made.task, clickOf('submit_choice', { selected: { choice: ['continue'], why: ['price'] } }))
    expect(again.set).toEqual({})
  })

  test('is no contact: nobody misses a call on its card, and a form of contacts closes nothing', () => {
    expect(keysOf(step(task, clickOf('take')).shown ?? {})).toEqual(['done', 'transfer', 'problem'])
    expect(step(task, clickOf('not_reached')).set).toEqual({})
    expect(step(task, clickOf('submit_contact', { selected: answers })).set).toEqual({})
  })
})

describe('what is done about a product', () => {
  const task = buildTask({ kind: 'after_sales', form: 'decision', status: 'form', stepIds: [] })
  const saying = (choice: string, why: string) =>
    step(task, clickOf('submit_choice', { selected: { choice: [choice], why: [why] } }))

  test('nothing is chosen from the start: a slip tells no customer anything', () => {
    const { shown } = step(buildTask({ kind: 'after_sales', form: 'decision' }), clickOf('done'))
    const lists = (shown?.select_list ?? []) as { title: string; option_list: { id: string }[] }[]
    expect(lists.map(({ title, option_list }) => [title, option_list.map(({ id }) => id)])).toEqual([
      ['处理结果', ['unset', 'exchange', 'refund', 'usage_advice', 'suggestion']],
      ['客户沟通', ['unset', 'agreed', 'not_reached']],
    ])
    for (const [choice, why] of [
      ['unset', 'agreed'],
      ['exchange', 'unset'],
      ['continue', 'price'],
    ] as const)
      expect(saying(choice, why)).toMatchObject({ set: {}, shown: { submit_button: { key: 'submit_choice' } } })
  })

  test('the remedy is kept with whether the customer was reached, and words are awaited for the record', () => {
    const agreed = saying('refund', 'agreed')
    expect(agreed.task).toMatchObject({
      status: 'summary',
      summaryUntil: minutes(10),
      decision: { choice: 'refund', reason: 'agreed' },
      outcome: { reached: true, checklist: null },
    })
    expect(events(agreed.effects)).toEqual([])
    expect(saying('exchange', 'not_reached').task.outcome).toMatchObject({ reached: false })
    // Once said it stands.
    const again = step(agreed.task, clickOf('submit_choice', { selected: { choice: ['exchange'], why: ['agreed'] } }))
    expect(again.set).toEqual({})
  })
})

describe('the boxes', () => {
  const boxes = (task: TaskRow) => {
    const { shown } = step(task, clickOf('done'))
    const box = shown?.checkbox as { option_list: { id: string }[] } | undefined
    return (box?.option_list ?? []).map(({ id }) => id)
  }
  const problems = ['quality_problem', 'packaging_problem', 'service_problem']

  test('name problems with a product where the contact is about one, and nowhere else', () => {
    const about = { ...checklist, asksProduct: true }
    expect(boxes(about)).toEqual([...boxes(checklist), ...problems])
    expect(boxes(about).length).toBeLessThanOrEqual(20)
    expect(step(about, ticking('service_problem')).task.outcome?.checklist).toEqual(['service_problem'])
    expect(step(checklist, ticking('recovery', 'service_problem')).task.outcome?.checklist).toEqual(['recovery'])
  })
})

describe('a question on the card of a contact', () => {
  const choice = {
    title: '是否登记为投诉',
    options: [
      { id: 'register', text: '登记为投诉' },
      { id: 'dismiss', text: '已沟通，不登记' },
    ],
  }
  const task = buildTask({ _id: 'low', kind: 'survey_low', choice })
  const chosen = (answer: string) => ({ selected: { answer: [answer] } })

  test('is answered before the form comes, told at once, and asked only once', () => {
    for (const selected of [{}, { answer: ['unset'] }, { answer: ['toString'] }]) {
      const { set, shown } = step(task, clickOf('done', { selected }))
      expect(set).toEqual({})
      expect(shown).toMatchObject({ quote_area: { quote_text: '请先选择“是否登记为投诉”' }, button_selection: {} })
    }
    const form = step(task, clickOf('done', chosen('register')))
    expect(form.task).toMatchObject({ status: 'form', answer: 'register' })
    expect(events(form.effects)).toEqual(['task.answered:low'])
    expect(form.shown).toMatchObject({ submit_button: { key: 'submit_contact' } })
    const other = step(form.task, clickOf('done', chosen('dismiss')))
    expect([other.task.answer, events(other.effects)]).toEqual(['register', []])
    // Whoever says in the form that nobody was reached has answered, too.
    const missed = step(form.task, clickOf('submit_contact', { selected: { reached: ['no'] } }))
    expect([missed.task.status, events(missed.effects)]).toEqual([
      'done',
      ['task.attempted:low:1', 'task.completed:low'],
    ])
  })

  test('stays open while nobody is reached, unless it is answered all the same', () => {
    const missed = step(task, clickOf('not_reached'))
    expect(missed.task).toMatchObject({ status: 'taken', attempts: [{ result: 'not_reached' }] })
    expect(events(missed.effects)).toEqual(['task.attempted:low:1'])
    expect(keysOf(missed.shown ?? {})).toContain('done')
    const twice = step(missed.task, clickOf('not_reached'))
    expect(twice.set).toEqual({})
    // The same miss, with the answer that it still waited for: on the buttons, or in the form.
    const settled = step(missed.task, clickOf('not_reached', chosen('dismiss')))
    expect(settled.task).toMatchObject({ status: 'done', answer: 'dismiss', outcome: { reached: false } })
    expect(settled.task.attempts).toHaveLength(1)
    expect(events(settled.effects)).toEqual(['task.completed:low', 'task.answered:low'])
    const form = step(missed.task, clickOf('done', chosen('register')))
    const said = step(form.task, clickOf('submit_contact', { selected: { reached: ['no'] } }))
    expect([said.task.status, said.task.attempts.length]).toEqual(['done', 1])
    const closed = step(task, clickOf('not_reached', chosen('dismiss')))
    expect(closed.task).toMatchObject({ status: 'done', answer: 'dismiss', outcome: { reached: false } })
    expect(events(closed.effects)).toEqual(['task.attempted:low:1', 'task.completed:low', 'task.answered:low'])
  })
})

describe('the month form', () => {
  const month = buildTask({ form: 'contact_month', status: 'form' })

  test('asks effect and NPS after the first form; ten options reach from ten to zero or one', () => {
    const first = step(month, clickOf('submit_contact', { selected: answers }))
    expect(first.task.status).toBe('month_form')
    const [effect, nps] = (first.shown?.select_list ?? []) as { option_list: { id: string; text: string }[] }[]
    expect(effect?.option_list).toHaveLength(5)
    expect(nps?.option_list).toHaveLength(10)
    expect(nps?.option_list.at(-1)?.text).toBe('0–1 分')

    const second = step(first.task, clickOf('submit_month', { selected: { effect: ['4'], nps: ['1'] } }))
    expect(second.task).toMatchObject({ status: 'checklist', outcome: { satisfaction: 5, effect: 4, nps: 1 } })
    expect(second.task.attempts).toHaveLength(1)
  })

  test('a late second tap on the first form keeps its answers', () => {
    const first = step(month, clickOf('submit_contact', { selected: answers }))
    for (const key of ['done', 'submit_contact']) {
      const late = step(first.task, clickOf(key, { selected: { satisfaction: ['1'] } }))
      expect(late.set).toEqual({})
      expect(late.shown?.submit_button).toMatchObject({ key: 'submit_month' })
    }
  })
})

describe('not reached', () => {
  test('records one attempt per card and leaves the buttons, because the customer may call back', () => {
    const first = step(buildTask(), clickOf('not_reached'))
    expect(events(first.effects)).toEqual(['task.attempted:call_1:1'])
    expect(keysOf(first.shown ?? {})).toContain('done')
    const second = step(first.task, clickOf('not_reached'))
    expect(second.set).toEqual({})
    expect(second.task.attempts).toHaveLength(1)
  })

  test('on the next card it is the next attempt', () => {
    const first = step(buildTask(), clickOf('not_reached'))
    const reopened = { ...first.task, occurrence: 1, cards: 1 }
    const second = step(reopened, clickOf('not_reached', { occurrence: 1 }))
    expect(events(second.effects)).toEqual(['task.attempted:call_1:2'])
  })

  test('the form can say it too', () => {
    const { task, effects } = step(
      buildTask({ status: 'form' }),
      clickOf('submit_contact', { selected: { reached: ['no'] } }),
    )
    expect(task.status).toBe('taken')
    expect(events(effects)).toEqual(['task.attempted:call_1:1'])
  })

  test('ends a task for which nobody plans another attempt, with the outcome that says so', () => {
    const { task, effects } = step(buildTask({ kind: 'consultant_follow' }), clickOf('not_reached'))
    expect(task).toMatchObject({ status: 'done', outcome: { reached: false }, completedAt: NOW })
    expect(events(effects)).toEqual(['task.attempted:call_1:1', 'task.completed:call_1'])
  })

  test('a customer who calls back before the next card: the older card finishes the task, the newer one is withdrawn', () => {
    const reopened = buildTask({ occurrence: 1, cards: 1, status: 'open', openAt: minutes(240) })
    const { task, effects } = step(reopened, clickOf('submit_contact', { selected: answers, occurrence: 0 }))
    expect(task.status).toBe('checklist')
    expect(effects).toContainEqual({ kind: 'withdraw', userId: 'anna', occurrence: 1, said: '已记录' })
  })
})

describe('other people', () => {
  test('who does not own the task is told who does, and changes nothing', () => {
    for (const key of ['take', 'done', 'not_reached', 'transfer', 'problem', 'submit_contact', 'submit_transfer']) {
      const { set, effects, shown } = step(buildTask(), clickOf(key, { userId: 'bea' }))
      expect(set).toEqual({})
      expect(effects).toHaveLength(1)
      expect(shown?.replace_text).toBe('已由安娜接手')
    }
  })

  test('a transfer gives the colleague a new card and ends the old one', () => {
    const form = step(buildTask(), clickOf('transfer'))
    const [to] = (form.shown?.select_list ?? []) as { option_list: { id: string }[] }[]
    expect(to?.option_list.map(({ id }) => id)).toEqual(['bea', 'chris', 'anna'])

    const selected = { to: ['bea'], reason: ['busy'] }
    const { task, effects, shown } = step(form.task, clickOf('submit_transfer', { selected }))
    expect(task).toMatchObject({ status: 'open', ownerUserId: 'bea', occurrence: 1, cards: 1 })
    expect(task.transfers).toEqual([{ at: NOW, fromUserId: 'anna', toUserId: 'bea', reason: 'busy' }])
    expect(effects).toContainEqual({ kind: 'card', userId: 'bea', occurrence: 1, at: NOW })
    expect(shown?.replace_text).toBe('已转交贝雅')
    expect(step(task, clickOf('done')).set).toEqual({})
  })

  test('nobody passes on whom somebody has just spoken with: the boxes come again', () => {
    const outcome = { ...NO_ANSWERS, reached: true, state: 'abnormal' }
    const answered = buildTask({ status: 'checklist', outcome })
    for (const click of [clickOf('transfer'), clickOf('submit_transfer', { selected: { to: ['bea'] } })]) {
      const { set, shown } = step(answered, click)
      expect(set).toEqual({})
      expect(keysOf(shown ?? {})).toEqual(['submit_checklist'])
    }
    const helped = { ...answered, helper: { userId: 'chris', occurrence: 1 } }
    const taken = step(helped, clickOf('done', { userId: 'chris', occurrence: 1 }))
    expect(taken.task).toMatchObject({ ownerUserId: 'chris', status: 'checklist', outcome })
    expect(keysOf(taken.shown ?? {})).toEqual(['submit_checklist'])
  })

  test('an abnormal state is told within ten minutes, whatever becomes of the rest of its form', () => {
    const answers = (state: string) => clickOf('submit_contact', { selected: { reached: ['yes'], state: [state] } })
    expect(step(buildTask(), answers('needs_doctor')).task).toMatchObject({
      status: 'checklist',
      summaryUntil: minutes(10),
    })
    expect(step(buildTask(), answers('mild_reaction')).task.summaryUntil).toBeNull()
  })

  test('offers ten choices at most, the last of them to keep the task', () => {
    const colleagues = Array.from({ length: 30 }, (_, i) => ({ userId: `u${i}`, name: `同事${i}` }))
    const form = step(buildTask(), clickOf('transfer'), { colleagues })
    const [to] = (form.shown?.select_list ?? []) as { option_list: { id: string }[] }[]
    expect(to?.option_list).toHaveLength(10)
    expect(to?.option_list.at(-1)?.id).toBe('anna')
    const kept = step(form.task, clickOf('submit_transfer', { selected: { to: ['anna'] } }), { colleagues })
    expect(kept.task).toMatchObject({ status: 'taken', ownerUserId: 'anna', transfers: [] })
  })

  test('a colleague who has left meanwhile does not get it', () => {
    const { task } = step(buildTask({ status: 'transfer' }), clickOf('submit_transfer', { selected: { to: ['gone'] } }))
    expect(task).toMatchObject({ status: 'taken', ownerUserId: 'anna' })
  })

  test('a problem asks the supervisor, who takes the task over by working on the card', () => {
    const { task, effects, shown } = step(buildTask({ status: 'taken' }), clickOf('problem'))
    expect(task).toMatchObject({
      ownerUserId: 'anna',
      helper: { userId: 'chris', occurrence: 1 },
      problem: { byUserId: 'anna', toUserId: 'chris', until: minutes(10) },
    })
    expect(effects).toContainEqual({ kind: 'card', userId: 'chris', occurrence: 1, at: NOW })
    expect(shown?.quote_area).toMatchObject({ quote_text: '已通知主管，请直接回复说明' })

    const helped = step(task, clickOf('take', { userId: 'chris', occurrence: 1 }))
    expect(helped.task).toMatchObject({ ownerUserId: 'chris', occurrence: 1, status: 'taken', helper: null })
    expect(helped.effects).toContainEqual({ kind: 'withdraw', userId: 'anna', occurrence: 0, said: '已由陈主管接手' })
    expect(step(helped.task, clickOf('done')).shown?.replace_text).toBe('已由陈主管接手')
  })

  test('a problem without anybody to ask leaves the card working', () => {
    const { set, shown } = step(buildTask(), clickOf('problem'), { supervisorUserId: null })
    expect(set).toEqual({})
    expect(keysOf(shown ?? {})).toContain('done')
  })
})

describe('a task to pass a message on', () => {
  const confirm = buildTask({ kind: 'send_message', form: 'confirm' })

  test('has two buttons and is done with one tap', () => {
    const { task, effects, shown } = step(confirm, clickOf('done'))
    expect(task).toMatchObject({ status: 'done', completedBy: 'anna', outcome: null })
    expect(events(effects)).toEqual(['task.completed:call_1'])
    expect(shown?.replace_text).toBe('已完成')
    const again = step(task, clickOf('done'))
    expect([again.set, events(again.effects)]).toEqual([{}, []])
  })

  test('keys of other forms do nothing', () => {
    for (const key of ['not_reached', 'submit_contact', 'submit_month', 'closed', 'nonsense'])
      expect(step(confirm, clickOf(key)).set).toEqual({})
  })
})

test('a click on a cancelled task says so', () => {
  const { set, shown } = step(buildTask({ status: 'cancelled', closedAt: NOW }), clickOf('done'))
  expect(set).toEqual({})
  expect(shown?.replace_text).toBe('任务已取消')
})
