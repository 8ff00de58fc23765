import { describe, expect, test } from 'vitest'
import { nextWallTime } from '../../../src/platform/calendar.ts'
import type { Store } from '../../../src/staff/index.ts'
import { taskCard } from '../../../src/tasks/cards.ts'
import { zonesDue } from '../../../src/tasks/days.ts'
import { morningList, nothingSetList, overdueList } from '../../../src/tasks/lists.ts'
import { passOnTask } from '../../../src/tasks/needs-person.ts'
import { buildTask, minutes, NOW } from './support.ts'

const many = (n: number) =>
  Array.from({ length: n }, (_, i) =>
    buildTask({ _id: `t${String(i).padStart(3, '0')}`, title: `${'很长的姓名'.repeat(6)} ${i}`, openAt: minutes(i) }),
  )
const lines = (text: string) => text.split('\n').filter((line) => line.startsWith('>')).length
const left = (text: string) => Number(/…还有 (\d+) 条/.exec(text)?.[1] ?? 0)

describe('lists of the day', () => {
  test.each([1, 12, 13, 300])('%i tasks stay within 2048 bytes and every one is shown or counted', (n) => {
    for (const list of [
      morningList(many(n), () => '11:00', NOW),
      overdueList('华颜整形医院', many(n), () => '欧阳某某某'),
    ]) {
      expect(Buffer.byteLength(list)).toBeLessThanOrEqual(2_048)
      expect(lines(list) + left(list)).toBe(n)
    }
  })

  test('the morning list tells how many are overdue and begins with the earliest', () => {
    const list = morningList(
      [
        buildTask({ _id: 'b', title: '晚' }),
        buildTask({ _id: 'a', title: '早', openAt: minutes(-60), deadlineAt: minutes(-1) }),
      ],
      () => '09:00',
      NOW,
    )
    expect(list).toContain('2 项')
    expect(list).toContain('1 项已逾期')
    expect(list.indexOf('早')).toBeLessThan(list.indexOf('晚'))
  })

  test('a title can not change the markup of the list', () => {
    expect(morningList([buildTask({ title: '</font>[x](http://y)' })], () => '09:00', NOW)).not.toMatch(
      /\]\(|<\/font>\[/,
    )
  })

  test('what nobody owns is said to have no owner, rather than not to be filled in by nobody', () => {
    const tasks = [buildTask({ _id: 'a', ownerUserId: 'li' }), buildTask({ _id: 'b', ownerUserId: '' })]
    const list = nothingSetList(
      '华颜',
      tasks,
      (userId) => (userId === 'li' ? '李医生' : '未分配'),
      () => '03-02',
    )
    expect(list).toContain('：李医生未填写')
    expect(list).toContain('：尚未分配负责人')
    expect(list).not.toContain('未分配未填写')
  })

  test('nothing left is said in one line', () => {
    expect(overdueList('清妍美容院', [], () => '')).toContain('全部完成')
  })
})

describe('times of the lists', () => {
  const store = (id: string, timeZone: string) => ({ id, timeZone }) as Store

  test('are the wall times of each zone', () => {
    expect(nextWallTime(new Date('2026-03-02T00:59:00Z'), '09:00', 'Asia/Shanghai')).toEqual(
      new Date('2026-03-02T01:00:00Z'),
    )
    expect(nextWallTime(new Date('2026-03-02T01:00:00Z'), '09:00', 'Asia/Shanghai')).toEqual(
      new Date('2026-03-03T01:00:00Z'),
    )
  })

  test('a run that was delayed serves the zones that are due, and no others', () => {
    const places = [store('a', 'Asia/Shanghai'), store('b', 'Asia/Urumqi'), store('c', 'Asia/Shanghai')]
    const at = (time: string) => zonesDue(places, '09:00', new Date(`2026-03-02T${time}:00Z`))
    expect(at('01:05')).toMatchObject([
      { zone: 'Asia/Shanghai', day: '2026-03-02', places: [{ id: 'a' }, { id: 'c' }] },
    ])
    expect(at('03:00').map(({ zone }) => zone)).toEqual(['Asia/Shanghai', 'Asia/Urumqi'])
    expect(at('00:59')).toEqual([])
    expect(at('08:00')).toEqual([])
  })
})

test('a card keeps to the vendor’s lengths whatever the task says', () => {
  const task = buildTask({
    title: '长'.repeat(80),
    script: '话'.repeat(400),
    facts: Array.from({ length: 9 }, () => ({ name: '很长的名字', value: '值'.repeat(50) })),
  })
  const card = taskCard(task, 3).template_card as {
    main_title: { title: string }
    sub_title_text: string
    horizontal_content_list: unknown[]
    task_id: string
  }
  expect([...card.main_title.title]).toHaveLength(36)
  expect([...card.sub_title_text]).toHaveLength(160)
  expect(card.horizontal_content_list).toHaveLength(6)
  expect(card.task_id).toBe('call_1-3')
})

describe('a message that needs a person', () => {
  const need = {
    outboxId: 'o1',
    customerId: 'c1',
    storeId: 'huayan',
    reason: 'no_phone',
    unknown: false,
    contactClass: 'care' as const,
    refs: { owner: 'care', stepId: 's1' },
  }
  const customer = { id: 'c1', ownerUserId: 'anna', followUserIds: ['bea', 'anna'] } as never

  test('goes to the own consultant, then who follows in WeCom, then customer service, with the text', () => {
    const task = passOnTask(need, customer, '王女士您好，请注意保湿。', null, NOW)
    expect(task).toMatchObject({
      id: 'send_o1',
      kind: 'send_message',
      form: 'confirm',
      role: 'customer_service',
      preferredUserIds: ['anna', 'bea'],
      script: '王女士您好，请注意保湿。',
      facts: [{ name: '原因', value: '没有手机号码' }],
      stepIds: ['s1'],
    })
  })

  test('is asked for the same day, late in the evening for the next noon', () => {
    expect(passOnTask(need, customer, null, null, NOW).dueAt).toEqual(new Date('2026-03-02T12:30:00Z'))
    const late = new Date('2026-03-02T11:00:00Z')
    expect(passOnTask(need, customer, null, null, late).dueAt).toEqual(new Date('2026-03-03T04:30:00Z'))
  })

  test('an offer lapses, and its card says so; one that may have arrived is looked after', () => {
    const offer = { ...need, contactClass: 'promotion' as const }
    expect(passOnTask(offer, customer, '您好', null, NOW)).toMatchObject({
      lapses: true,
      title: '请代为发送回访消息',
      facts: [{ name: '原因' }, { name: '时限', value: '过时自动取消，不必补发' }],
    })
    expect(passOnTask({ ...offer, unknown: true }, customer, '您好', null, NOW).lapses).toBeUndefined()
    expect(passOnTask(need, customer, '您好', null, NOW).lapses).toBeUndefined()
  })

  test('asks to look first when the result is unknown', () => {
    const task = passOnTask({ ...need, unknown: true }, customer, '请注意保湿。', null, NOW)
    expect(task.kind).toBe('check_message')
    expect(task.script).toMatch(/^请核实.*请注意保湿。$/)
  })
})
