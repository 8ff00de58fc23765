import { beforeEach, describe, expect, test } from 'vitest'
import { MINUTE, START, tasksWorld } from './support.ts'

const w = await tasksWorld()
let serial = 0
/** A task of staff01 that is out in WeCom: its id and the id of its first card. */
async function opened(more: Parameters<typeof w.call>[1] = {}) {
  serial += 1
  const id = `call_${serial}`
  await w.tasks.service.open([w.call(id, more)])
  await w.work()
  return { id, card: `${id}-0` }
}
const statusOf = async (id: string) => (await w.tasks.service.get(id))?.status
const eventsOf = (id: string) => w.heard.filter(({ data }) => data.taskId === id).map((event) => event.id)
const answers = { reached: 'yes', state: 'mild_reaction', satisfaction: '4' }

beforeEach(async () => {
  await w.db.collection('tasks').deleteMany({})
  await w.later(MINUTE)
})

describe('a contact from card to summary', () => {
  test('goes through card, form and words; the record has them, and the event has none of them', async () => {
    const customer = await w.customer('N-1', { phone: '13800001111' })
    const { id, card } = await opened({ customerId: customer.id })
    expect(w.shown('staff01', card)?.card).toMatchObject({
      main_title: { title: '王女士 · 次日回访（第1天）' },
      sub_title_text: '请询问有无不适，提醒保湿防晒。',
      horizontal_content_list: [
        { keyname: '客户', value: '王女士' },
        { keyname: '手机', value: '138****1111' },
        { keyname: '时限', value: '今日内完成' },
      ],
    })
    await w.click('staff01', card, 'take')
    expect(await statusOf(id)).toBe('taken')
    await w.click('staff01', card, 'done')
    expect(w.shown('staff01', card)?.card).toMatchObject({ card_type: 'multiple_interaction' })
    await w.click('staff01', card, 'submit_contact', answers)
    expect(w.shown('staff01', card)?.card).toMatchObject({ card_type: 'vote_interaction' })
    expect(await statusOf(id)).toBe('checklist')
    await w.click('staff01', card, 'submit_checklist', { checklist: ['recovery', 'reaction', 'care', 'interest'] })
    // Two lists of treatments where there are more than nine; the world of this test has two.
    expect(w.shown('staff01', card)?.card).toMatchObject({
      card_type: 'multiple_interaction',
      select_list: [{ question_key: 'interest' }, { question_key: 'strength' }],
    })
    await w.click('staff01', card, 'submit_interest', { interest: 'rf', strength: 'strong' })
    expect(w.shown('staff01', card)?.grey).toContain('小结')
    w.refuses('staff01', card, 'submit_contact')
    await w.later(9 * MINUTE)
    expect(await statusOf(id)).toBe('summary')

    await w.say('staff01', '  轻微红肿，已提醒冷敷  ')
    expect(await w.tasks.service.get(id)).toMatchObject({
      status: 'done',
      completedAt: w.now(),
      outcome: {
        reached: true,
        state: 'mild_reaction',
        satisfaction: 4,
        checklist: ['reaction', 'care', 'recovery', 'interest'],
        interest: { code: 'rf', strength: 'strong' },
        summary: '轻微红肿，已提醒冷敷',
      },
    })
    expect(eventsOf(id)).toEqual([`task.completed:${id}`])
    expect(JSON.stringify(w.heard)).not.toMatch(/红肿|王/)
    expect(JSON.stringify(await w.db.collection('tasks').findOne({ summary: { $ne: null } }))).not.toMatch(/红肿/)
  })

  test('a text after eleven minutes is no summary; the contact was done without one', async () => {
    const { id, card } = await opened()
    await w.click('staff01', card, 'done')
    await w.click('staff01', card, 'submit_contact', answers)
    await w.click('staff01', card, 'submit_checklist', { checklist: 'recovery' })
    await w.later(11 * MINUTE)
    expect(await statusOf(id)).toBe('done')
    await w.say('staff01', '太晚了')
    expect((await w.tasks.service.get(id))?.outcome).toMatchObject({ satisfaction: 4, summary: null })
    expect(eventsOf(id)).toEqual([`task.completed:${id}`])
  })

  test('a text that waited in the inbox counts by the time at which it came', async () => {
    const { id, card } = await opened()
    await w.click('staff01', card, 'done')
    await w.click('staff01', card, 'submit_contact', answers)
    await w.click('staff01', card, 'submit_checklist', { checklist: 'recovery' })
    await w.arrives(1, () => w.act('staff01', 'say', { text: '恢复良好' }))
    await w.later(30 * MINUTE)
    expect((await w.tasks.service.get(id))?.outcome?.summary).toBe('恢复良好')
  })

  test('of two contacts that wait, the text belongs to the later one, and the next text to the other', async () => {
    const [first, second] = [await opened(), await opened()]
    for (const { card } of [first, second]) {
      await w.click('staff01', card, 'done')
      await w.click('staff01', card, 'submit_contact', answers)
      await w.click('staff01', card, 'submit_checklist', { checklist: 'recovery' })
      await w.later(MINUTE)
    }
    await w.say('staff01', '第二位')
    await w.say('staff01', '第一位')
    expect((await w.tasks.service.get(second.id))?.outcome?.summary).toBe('第二位')
    expect((await w.tasks.service.get(first.id))?.outcome?.summary).toBe('第一位')
  })

  test('month 1 asks effect and NPS with a second form on the same card', async () => {
    const { id, card } = await opened({ form: 'contact_month' })
    await w.click('staff01', card, 'done')
    await w.click('staff01', card, 'submit_contact', answers)
    expect(w.shown('staff01', card)?.card).toMatchObject({ submit_button: { key: 'submit_month' } })
    await w.click('staff01', card, 'submit_month', { effect: '5', nps: '9' })
    await w.click('staff01', card, 'submit_checklist', { checklist: 'recovery' })
    await w.later(11 * MINUTE)
    expect(await w.tasks.service.get(id)).toMatchObject({
      status: 'done',
      outcome: { satisfaction: 4, effect: 5, nps: 9, summary: null },
    })
  })
})

describe('two clicks', () => {
  test('a double tap on "not reached" is one attempt', async () => {
    const { id, card } = await opened()
    const tap = () => w.act('staff01', 'click', { taskId: card, key: 'not_reached' })
    await w.arrives(2, () => {
      tap()
      tap()
    })
    await w.work()
    expect((await w.tasks.service.get(id))?.attempts).toHaveLength(1)
    expect(eventsOf(id)).toEqual([`task.attempted:${id}:1`])
  })

  test('a double submit is one outcome', async () => {
    const { id, card } = await opened()
    await w.click('staff01', card, 'done')
    const submit = (satisfaction: string) =>
      w.act('staff01', 'click', { taskId: card, key: 'submit_contact', selected: { ...answers, satisfaction } })
    await w.arrives(2, () => {
      submit('5')
      submit('1')
    })
    await w.work()
    const task = await w.tasks.service.get(id)
    expect(task?.attempts).toHaveLength(1)
    expect(task?.status).toBe('checklist')
  })

  test('owner and supervisor race for one task: one owns it, the other is told who', async () => {
    const { id, card } = await opened()
    await w.click('staff01', card, 'problem')
    const helping = `${id}-1`
    expect(w.shown('staff05', helping)?.grey).toBeNull()
    await w.arrives(2, () => {
      w.act('staff05', 'click', { taskId: helping, key: 'take' })
      w.act('staff01', 'click', { taskId: card, key: 'done' })
    })
    await w.work()
    const task = await w.tasks.service.get(id)
    expect(task?.ownerUserId).toBe('staff05')
    await w.click('staff05', helping, 'done')
    await w.click('staff05', helping, 'submit_contact', answers)
    await w.click('staff05', helping, 'submit_checklist', { checklist: 'recovery' })
    const supervisor = (await w.staff.service.member('staff05'))?.name
    expect(w.shown('staff01', card)?.grey).toBe(`已由${supervisor}接手`)
    await w.say('staff01', '我写的小结')
    expect(await statusOf(id)).toBe('summary')
  })
})

describe('problems and transfers', () => {
  test('words after "problem" reach the supervisor, sealed on the way', async () => {
    const { card } = await opened()
    await w.click('staff01', card, 'problem')
    await w.arrives(1, () => w.act('staff01', 'say', { text: '客户要求退款' }))
    await w.work()
    const notes = w.ledger('staff05', 'app').map(({ text }) => text)
    expect(notes.some((text) => text.includes('【问题说明】') && text.includes('客户要求退款'))).toBe(true)
    expect(JSON.stringify(await w.db.collection('tasks').find().toArray())).not.toContain('退款')
    await w.say('staff01', '第二条')
    expect(w.ledger('staff05', 'app').some(({ text }) => text.includes('第二条'))).toBe(false)
  })

  test('a transfer moves the work, with its reason, and only the new owner can go on', async () => {
    const { id, card } = await opened()
    await w.click('staff01', card, 'transfer')
    await w.click('staff01', card, 'submit_transfer', { to: 'staff11', reason: 'customer_wish' })
    expect(await w.tasks.service.get(id)).toMatchObject({ ownerUserId: 'staff11', status: 'open' })
    expect((await w.store.get(id))?.transfers).toMatchObject([
      { fromUserId: 'staff01', toUserId: 'staff11', reason: 'customer_wish' },
    ])
    w.refuses('staff01', card, 'done')
    await w.click('staff11', `${id}-1`, 'take')
    expect(await statusOf(id)).toBe('taken')
  })

  test('a task passed on and back again has a card of its own each time', async () => {
    const { id, card } = await opened()
    await w.click('staff01', card, 'transfer')
    await w.click('staff01', card, 'submit_transfer', { to: 'staff11' })
    await w.click('staff11', `${id}-1`, 'transfer')
    await w.click('staff11', `${id}-1`, 'submit_transfer', { to: 'staff01' })
    await w.click('staff01', `${id}-2`, 'take')
    expect(await w.tasks.service.get(id)).toMatchObject({ ownerUserId: 'staff01', status: 'taken' })
  })
})

describe('a further attempt', () => {
  test('has a new card at its hour; the first one still works when the customer calls back', async () => {
    const { id, card } = await opened()
    await w.click('staff01', card, 'not_reached')
    const openAt = new Date(w.now().getTime() + 240 * MINUTE)
    const again = { openAt, dueAt: new Date(openAt.getTime() + 120 * MINUTE) }
    await w.tasks.service.reopen(id, again)
    await w.tasks.service.reopen(id, again)
    await w.work()
    expect(w.shown('staff01', `${id}-1`)).toBeNull()

    await w.click('staff01', card, 'done')
    await w.click('staff01', card, 'submit_contact', answers)
    await w.click('staff01', card, 'submit_checklist', { checklist: 'recovery' })
    await w.to(openAt)
    expect(await statusOf(id)).toBe('done')
    expect(w.shown('staff01', `${id}-1`)).toBeNull()
  })

  test('comes once, with the next number, however often it is asked for', async () => {
    const { id, card } = await opened()
    await w.click('staff01', card, 'not_reached')
    const openAt = new Date(w.now().getTime() + 60 * MINUTE)
    const again = { openAt, dueAt: new Date(openAt.getTime() + 60 * MINUTE) }
    await w.tasks.service.reopen(id, again)
    await w.to(openAt)
    await w.click('staff01', `${id}-1`, 'take')
    await w.tasks.service.reopen(id, again)
    await w.work()
    expect(await w.tasks.service.get(id)).toMatchObject({ status: 'taken', occurrence: 1 })
    expect(w.shown('staff01', `${id}-2`)).toBeNull()
  })
})

describe('a cancelled task', () => {
  test('turns its delivered card grey without a click', async () => {
    const { id, card } = await opened()
    await w.tasks.service.cancel([id], 'treatment_cancelled')
    await w.work()
    expect(w.shown('staff01', card)?.grey).toBe('任务已取消')
    expect(await w.tasks.service.get(id)).toMatchObject({ status: 'cancelled', completedAt: null })
  })

  test('is not sent at all when its hour has not come', async () => {
    const openAt = new Date(w.now().getTime() + 60 * MINUTE)
    const { id, card } = await opened({ openAt })
    await w.tasks.service.cancel([id], 'superseded')
    await w.to(openAt)
    expect(w.shown('staff01', card)).toBeNull()
  })

  test('follows from a customer’s death or wish, and from nothing else', async () => {
    const [dies, stops, stays] = [await w.customer('N-7'), await w.customer('N-8'), await w.customer('N-9')]
    const cards = []
    for (const { id } of [dies, stops, stays]) cards.push((await opened({ customerId: id })).card)
    await w.customer('N-7', { deceased: true })
    await w.customer('N-8', { optOut: { all: true, promotion: true } })
    await w.customer('N-9', { optOut: { all: false, promotion: true } })
    await w.work()
    expect(cards.map((card) => w.shown('staff01', card)?.grey)).toEqual(['任务已取消', '任务已取消', null])
  })

  test('a doctor’s card outlives the wish for no contact; heard late, nothing unasked begins', async () => {
    const { id: customerId } = await w.customer('N-10')
    const doctor = await opened({ customerId, kind: 'doctor_contact', form: 'doctor', redFlag: true })
    await w.customer('N-10', { optOut: { all: true, promotion: false } })
    await w.work()
    // A further wish later on takes nothing more away.
    await w.customer('N-10', { optOut: { all: true, promotion: true } })
    await w.work()
    expect((await w.tasks.service.get(doctor.id))?.status).toBe('open')
    const late = ['consultant_follow', 'decide_contact', 'call_back'] as const
    const begun = await w.tasks.service.open(late.map((kind) => w.call(`late_${kind}`, { kind, customerId })))
    expect([...begun.keys()]).toEqual(['late_decide_contact', 'late_call_back'])
    await w.customer('N-10', { deceased: true })
    await w.work()
    const open = await w.tasks.service.open([w.call('dead', { kind: 'doctor_contact', customerId })])
    expect([open.size, (await w.tasks.service.get(doctor.id))?.status]).toEqual([0, 'cancelled'])
  })

  test('answered but not finished when the customer dies, it is a record', async () => {
    const { id: customerId } = await w.customer('N-11')
    const { id, card } = await opened({ customerId })
    await w.click('staff01', card, 'done')
    await w.click('staff01', card, 'submit_contact', {
      reached: ['yes'],
      state: ['mild_reaction'],
      satisfaction: ['4'],
    })
    await w.customer('N-11', { deceased: true })
    await w.work()
    expect(await w.tasks.service.get(id)).toMatchObject({ status: 'done', outcome: { state: 'mild_reaction' } })
    expect(w.shown('staff01', card)?.grey).toBe('已记录')
  })
})

test('the time of the world moved on while all this was tested', () => {
  expect(w.now() > START).toBe(true)
})
