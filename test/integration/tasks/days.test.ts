/** What happens to tasks by the clock and by other rooms: reminders, lists, people who leave, messages without a channel. */
import { beforeEach, describe, expect, test } from 'vitest'
import { hashId } from '../../../src/platform/hash.ts'
import { HOUR, MINUTE, tasksWorld } from './support.ts'

const w = await tasksWorld()
const routine = (name: string) => {
  const found = w.tasks.routines.find((one) => one.name === name)
  if (!found) throw new Error(`no routine ${name}`)
  return found
}
const texts = (userId: string, part: string) =>
  w
    .ledger(userId, 'app')
    .map(({ text }) => text)
    .filter((text) => text.includes(part))
const at = (time: string, day = '2026-03-02') => new Date(`${day}T${time}:00+08:00`)
beforeEach(async () => {
  await w.db.collection('tasks').deleteMany({})
})

test('the owner is reminded half an hour before the deadline, and with the supervisor when it is over', async () => {
  await w.tasks.service.open([w.call('remind', { title: '提醒测试', dueAt: at('12:00') })])
  await w.to(at('11:29'))
  expect(texts('staff01', '提醒测试')).toEqual([])
  await w.to(at('11:30'))
  expect(texts('staff01', '提醒测试')).toHaveLength(1)
  await w.to(at('12:00'))
  expect(texts('staff01', '提醒测试')).toHaveLength(2)
  expect(texts('staff05', '提醒测试')).toHaveLength(1)
  await w.to(at('13:00'))
  expect([texts('staff01', '提醒测试').length, texts('staff05', '提醒测试').length]).toEqual([2, 1])
})

test('a finished task is not reminded of', async () => {
  await w.tasks.service.open([w.call('quick', { form: 'confirm', title: '很快完成', dueAt: at('15:00') })])
  await w.work()
  await w.click('staff01', 'quick-0', 'done')
  await w.to(at('15:30'))
  expect(texts('staff01', '很快完成')).toEqual([])
})

describe('lists of the day', () => {
  test('the evening list goes to the supervisor of each store, names the owner, and comes once', async () => {
    await w.to(at('16:00'))
    await w.tasks.service.open([
      w.call('left', { title: '没做完的', dueAt: at('20:30') }),
      w.call('tomorrow', { title: '明天的', dueAt: at('20:30', '2026-03-03') }),
      w.call('salon', {
        title: '美容院的',
        storeId: 'qingyan',
        role: 'beautician',
        preferredUserIds: ['staff08'],
        dueAt: at('20:30'),
      }),
    ])
    await w.to(at('20:40'))
    const evening = routine('tasks.evening-list')
    expect(await evening.nextAt(at('20:39'))).toEqual(at('20:40'))
    expect(await evening.run(at('20:40'))).toMatchObject({ lists: 2, overdue: 2 })
    await evening.run(at('20:40'))
    await w.work()
    const [list, ...more] = texts('staff05', '今日未完成')
    expect(more).toEqual([])
    expect(list).toContain('没做完的')
    expect(list).toContain((await w.staff.service.member('staff01'))?.name)
    expect(list).not.toMatch(/明天的|美容院的/)
    // The salon has no CS supervisor: its manager reads the list.
    expect(texts('staff09', '今日未完成').join()).toContain('美容院的')
  })

  test('"all done" is told to supervisors on a day with work, and to nobody on a day without', async () => {
    await w.to(at('10:00', '2026-03-03'))
    await w.tasks.service.open([w.call('all', { form: 'confirm', dueAt: at('20:30', '2026-03-03') })])
    await w.work()
    await w.click('staff01', 'all-0', 'done')
    await w.to(at('20:40', '2026-03-03'))
    expect(await routine('tasks.evening-list').run(at('20:40', '2026-03-03'))).toEqual({ lists: 1, overdue: 0 })
    await w.work()
    expect(texts('staff05', '全部完成')).toHaveLength(1)
    expect(texts('staff01', '全部完成')).toEqual([])
  })

  test('the morning list shows each person the open tasks of the day, once, and nobody an empty one', async () => {
    await w.to(at('09:00', '2026-03-04'))
    const day = (id: string, title: string, on: string, owner = 'staff01') =>
      w.call(id, { title, preferredUserIds: [owner], openAt: at('11:10', on), dueAt: at('20:30', on) })
    await w.tasks.service.open([
      day('m1', '今天一', '2026-03-04'),
      day('m2', '今天二', '2026-03-04'),
      day('m3', '后天的', '2026-03-06'),
      day('m4', '别人的', '2026-03-04', 'staff11'),
      day('m5', '昨天的', '2026-03-03'),
    ])
    const morning = routine('tasks.morning-list')
    expect(await morning.run(at('09:00', '2026-03-04'))).toEqual({ lists: 2 })
    await morning.run(at('09:02', '2026-03-04'))
    await w.work()
    const [list, ...more] = texts('staff01', '今日回访任务')
    expect(more).toEqual([])
    expect(list).toContain('3 项')
    expect(list).toMatch(/> 11:10 今天一/)
    expect(list).toMatch(/> 3月3日 11:10 昨天的/)
    expect(list).not.toMatch(/后天的|别人的/)
    expect(texts('staff02', '今日回访任务')).toEqual([])
  })
})

describe('people who leave', () => {
  test('their open tasks go to others with new cards, their finished ones stay theirs', async () => {
    await w.to(at('10:00', '2026-03-09'))
    const own = { preferredUserIds: ['staff11'], dueAt: at('20:30', '2026-03-09') }
    await w.tasks.service.open([
      w.call('stays', { ...own, form: 'confirm' }),
      w.call('moves', own),
      w.call('late', own),
    ])
    await w.work()
    await w.click('staff11', 'stays-0', 'done')
    w.act('staff11', 'resign')
    await w.staff.service.syncDirectory()
    await w.work()
    expect((await w.tasks.service.get('stays'))?.ownerUserId).toBe('staff11')
    for (const id of ['moves', 'late']) {
      const owner = (await w.tasks.service.get(id))?.ownerUserId ?? ''
      expect(owner).toBe('staff01')
      expect(w.shown(owner, `${id}-1`)?.grey).toBeNull()
    }
  })

  test('a task whose preferred owner has left goes to somebody who works', async () => {
    await w.tasks.service.open([w.call('new', { preferredUserIds: ['staff11'] })])
    expect((await w.tasks.service.get('new'))?.ownerUserId).toBe('staff01')
  })

  test('a further attempt of who left comes to another', async () => {
    await w.db.collection('tasks').deleteMany({})
    await w.tasks.service.open([w.call('again')])
    await w.db.collection('tasks').updateOne({ _id: 'again' as never }, { $set: { ownerUserId: 'staff11' } })
    await w.tasks.service.reopen('again', { openAt: w.now(), dueAt: new Date(w.now().getTime() + HOUR) })
    await w.work()
    expect((await w.tasks.service.get('again'))?.ownerUserId).toBe('staff01')
    expect(w.shown('staff01', 'again-1')?.grey).toBeNull()
  })

  test('a task that nobody can own waits, is given out when somebody works again, and then has its card', async () => {
    const people = await w.db.collection('staff').find().toArray()
    await w.db.collection('staff').updateMany({}, { $set: { active: false } })
    const dueAt = new Date(w.now().getTime() + 20 * HOUR)
    await w.tasks.service.open([w.call('nobody', { dueAt })])
    expect((await w.tasks.service.get('nobody'))?.ownerUserId).toBe('')
    await w.later(90 * MINUTE)
    for (const { _id, active } of people) await w.db.collection('staff').updateOne({ _id }, { $set: { active } })
    await w.later(60 * MINUTE)
    expect((await w.tasks.service.get('nobody'))?.ownerUserId).toBe('staff01')
    expect(w.shown('staff01', 'nobody-1')?.grey).toBeNull()
  })
})

describe('a message that no channel can carry', () => {
  const message = (stepId: string, customerId: string, text: string) => ({
    stepId,
    occurrence: 0,
    audience: 'customer',
    to: { customerId },
    storeId: 'huayan',
    contactClass: 'safety' as const,
    content: { kind: 'template' as const, templateKey: 'safety', vars: { text } },
    notBefore: w.now(),
    notAfter: new Date(w.now().getTime() + 12 * HOUR),
    refs: { owner: 'test', stepId, treatmentId: 't9' },
  })

  test('becomes one task of the own consultant with the very text, and is done with one tap', async () => {
    await w.to(at('10:00', '2026-03-10'))
    const customer = await w.customer('N-1', { ownerUserId: 'staff02' })
    await w.messaging.service.enqueueMany([message('care-1', customer.id, '王女士您好，今天请注意保湿。')])
    await w.work()
    const id = `send_${hashId('outbox', 'care-1', 0, 'customer')}`
    const task = await w.tasks.service.get(id)
    expect(task).toMatchObject({
      kind: 'send_message',
      ownerUserId: 'staff02',
      stepIds: ['care-1'],
      treatmentId: 't9',
      dueAt: at('20:30', '2026-03-10'),
    })
    expect(w.shown('staff02', `${id}-0`)?.card).toMatchObject({
      sub_title_text: '王女士您好，今天请注意保湿。',
      button_list: [{ text: '已完成' }, { text: '有问题' }],
    })
    await w.click('staff02', `${id}-0`, 'done')
    expect((await w.tasks.service.get(id))?.status).toBe('done')
    expect(JSON.stringify(await w.db.collection('tasks').find().toArray())).not.toContain('保湿')
  })

  test('longer than a card shows, it comes as a message to copy from as well', async () => {
    const customer = await w.customer('N-2', { ownerUserId: 'staff02' })
    const long = `${'请注意保湿防晒。'.repeat(40)}完`
    await w.messaging.service.enqueueMany([message('care-2', customer.id, long)])
    await w.work()
    expect(texts('staff02', long)).toHaveLength(1)
  })

  test('without a consultant it goes to customer service', async () => {
    const customer = await w.customer('N-3')
    await w.messaging.service.enqueueMany([message('care-3', customer.id, '您好')])
    await w.work()
    const id = `send_${hashId('outbox', 'care-3', 0, 'customer')}`
    expect((await w.tasks.service.get(id))?.ownerUserId).toBe('staff01')
  })
})
