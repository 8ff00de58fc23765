/**
 * Who is away has no work, and nothing stays lying with who is away. In customer service of the hospital are staff01 and
 * staff11, consultants are staff02 and staff12, the only nurse is staff03, the supervisor is staff05. The run begins on
 * Monday 2 March 2026 at 10:00.
 */
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Actor } from '../../../src/platform/http.ts'
import { HOUR, MINUTE, tasksWorld } from './support.ts'

const w = await tasksWorld()
const actor: Actor = { kind: 'integration', id: 'key', roles: [], stores: 'all' }
const at = (time: string, day: string) => new Date(`${day}T${time}:00+08:00`)
type Json = Record<string, unknown>
let serial = 0

async function route(method: string, userId: string, absenceId: string, body?: Json) {
  const path = '/api/v1/staff/:userId/absences/:absenceId'
  const found = w.staff.routes.find((one) => one.method === method && one.path === path)
  await found?.handle({
    params: { userId, absenceId },
    query: {},
    body: found.body?.parse(body),
    actor,
    requestId: 'r',
  })
  await w.work()
}
async function away(userId: string, from: Date, to: Date, delegateUserId: string | null = null): Promise<string> {
  serial += 1
  await route('put', userId, `L-${serial}`, {
    from: from.toISOString(),
    to: to.toISOString(),
    reason: 'annual',
    delegateUserId,
  })
  return `L-${serial}`
}
const ownerOf = async (id: string) => (await w.tasks.service.get(id))?.ownerUserId
const textsTo = (userId: string, since: Date) =>
  w.ledger(userId).filter((entry) => new Date(entry.at) >= since && entry.kind !== 'card-update')

/** Every test has a day of its own, at 10:00. */
let today = new Date('2026-03-02T00:00:00Z')
let day = '2026-03-02'
beforeEach(async () => {
  today = new Date(today.getTime() + 48 * HOUR)
  day = today.toISOString().slice(0, 10)
  for (const name of ['tasks', 'staff_absences']) await w.db.collection(name).deleteMany({})
  await w.to(at('10:00', day))
})

describe('an absence that begins', () => {
  test('hands over what falls due meanwhile, with a new card, a grey old one, and the reason on the task', async () => {
    const next = new Date(today.getTime() + 24 * HOUR).toISOString().slice(0, 10)
    await w.tasks.service.open([
      w.call('today', { dueAt: at('20:30', day) }),
      w.call('tomorrow', { openAt: at('11:00', next), dueAt: at('20:30', next) }),
      // Its card would come while she is away, although there is time until after the return.
      w.call('spans', {
        openAt: at('15:00', next),
        dueAt: new Date(at('20:30', next).getTime() + 24 * HOUR),
      }),
      w.call('after', { dueAt: new Date(at('20:30', next).getTime() + 24 * HOUR) }),
    ])
    await w.work()
    await w.click('staff01', 'today-0', 'take')
    await away('staff01', at('14:00', day), at('24:00', next))
    expect([await ownerOf('today'), await ownerOf('tomorrow')]).toEqual(['staff01', 'staff01'])
    await w.to(at('13:59', day))
    expect(await ownerOf('today')).toBe('staff01')
    await w.to(at('14:00', day))
    expect([await ownerOf('today'), await ownerOf('tomorrow'), await ownerOf('after')]).toEqual([
      'staff11',
      'staff11',
      'staff01',
    ])
    expect(await ownerOf('spans')).toBe('staff11')
    expect(w.shown('staff01', 'today-0')?.grey).toMatch(/^已转交/)
    expect(w.shown('staff11', 'today-1')?.grey).toBeNull()
    expect(JSON.stringify(w.shown('staff11', 'today-1')?.card)).toContain('（休假）')
    expect((await w.store.get('today'))?.transfers).toEqual([
      { at: at('14:00', day), fromUserId: 'staff01', toUserId: 'staff11', reason: 'owner_absent' },
    ])
    // Tomorrow's card comes tomorrow, and to the new owner alone.
    expect(w.shown('staff11', 'tomorrow-1')).toBeNull()
    await w.to(at('11:00', next))
    expect(w.shown('staff11', 'tomorrow-1')?.grey).toBeNull()
    expect(w.shown('staff01', 'tomorrow-0')).toBeNull()
  })

  test('a red flag does not wait for the return: it goes to who is there now', async () => {
    const dueAt = new Date(at('20:30', day).getTime() + 24 * HOUR)
    await w.tasks.service.open([w.call('calm', { dueAt }), w.call('flag', { dueAt, redFlag: true })])
    await away('staff01', w.now(), at('18:00', day))
    expect([await ownerOf('calm'), await ownerOf('flag')]).toEqual(['staff01', 'staff11'])
  })

  test('the delegate takes over; one who is away, too, hands on; a circle goes to the next of the role', async () => {
    const until = at('20:00', day)
    await w.tasks.service.open([w.call('a')])
    await away('staff01', w.now(), until, 'staff02')
    expect(await ownerOf('a')).toBe('staff02')
    await away('staff02', w.now(), until, 'staff12')
    expect(await ownerOf('a')).toBe('staff12')
    await away('staff12', w.now(), until, 'staff01')
    expect(await ownerOf('a')).toBe('staff11')
    expect((await w.store.get('a'))?.transfers.map(({ toUserId }) => toUserId)).toEqual([
      'staff02',
      'staff12',
      'staff11',
    ])
  })

  test('the only nurse of the store is away: her delegate has her new tasks, without one the doctor', async () => {
    const nurse = { role: 'nurse' as const, preferredUserIds: [] }
    await away('staff03', w.now(), at('14:00', day), 'staff01')
    await w.tasks.service.open([w.call('one', nurse)])
    await away('staff03', at('14:00', day), at('16:00', day))
    await w.to(at('14:30', day))
    await w.tasks.service.open([w.call('two', nurse)])
    expect([await ownerOf('one'), await ownerOf('two')]).toEqual(['staff01', 'staff04'])
  })

  test('who was asked to help with a problem is away: somebody else is asked', async () => {
    await w.tasks.service.open([w.call('p')])
    await w.work()
    await w.click('staff01', 'p-0', 'problem')
    expect(w.shown('staff05', 'p-1')?.grey).toBeNull()
    await away('staff05', w.now(), at('20:00', day))
    const { helper } = (await w.store.get('p')) ?? {}
    expect(helper).toMatchObject({ occurrence: 2 })
    expect(['staff05', 'staff01']).not.toContain(helper?.userId)
    expect(w.shown(helper?.userId ?? '', 'p-2')?.grey).toBeNull()
  })

  test('what is heard late changes nothing for who is there again, and whoever has no role any more keeps no task', async () => {
    await w.tasks.service.open([
      w.call('late'),
      w.call('far', { openAt: at('11:00', '2026-09-01'), dueAt: at('20:30', '2026-09-01') }),
    ])
    await w.work()
    await w.click('staff01', 'late-0', 'problem')
    const told = (userId: string, n: number) =>
      w.ports.events.publish({ id: `late:${userId}:${n}`, type: 'staff.absent', occurredAt: w.now(), data: { userId } })
    for (const userId of ['staff01', 'staff05']) await told(userId, 1)
    await w.work()
    expect(await w.store.get('late')).toMatchObject({ ownerUserId: 'staff01', helper: { userId: 'staff05' } })
    const person = { _id: 'staff01' as never }
    const roles = (await w.staff.service.member('staff01'))?.roles ?? []
    await w.db.collection('staff').updateOne(person, { $set: { roles: [] } })
    await told('staff01', 2)
    await w.work()
    expect([await ownerOf('late'), await ownerOf('far')]).toEqual(['staff11', 'staff11'])
    expect((await w.store.get('far'))?.transfers.at(-1)).toMatchObject({ reason: 'owner_left' })
    await w.db.collection('staff').updateOne(person, { $set: { roles } })
  })
})

describe('nobody who is away gets anything', () => {
  test('no task, card, reminder, list or word of a customer until the return; handed ones stay, new ones come again', async () => {
    const back = at('18:00', day)
    const customer = await w.customer('N-1', { ownerUserId: 'staff02' })
    // Hers until her return, because it falls due later; reminded and listed only after it.
    await w.tasks.service.open([
      w.call('kept', {
        openAt: at('18:30', day),
        dueAt: at('20:30', day),
        customerId: customer.id,
        preferredUserIds: ['staff02'],
      }),
      w.call('handed', { dueAt: at('12:00', day), preferredUserIds: ['staff02'], role: 'consultant' }),
    ])
    await w.work()
    await w.later(MINUTE)
    const since = w.now()
    await away('staff02', w.now(), back)
    await w.tasks.service.open([w.call('new', { preferredUserIds: ['staff02'], role: 'consultant' })])
    await w.tasks.service.showWords({ messageId: `m-${day}`, customerId: customer.id, words: '您好' })
    const morning = w.tasks.routines.find(({ name }) => name === 'tasks.morning-list')
    await morning?.run(w.now())
    await w.to(at('17:59', day))
    expect([await ownerOf('kept'), await ownerOf('handed'), await ownerOf('new')]).toEqual([
      'staff02',
      'staff12',
      'staff12',
    ])
    expect(textsTo('staff02', since)).toEqual([])
    await w.to(back)
    expect(await ownerOf('handed')).toBe('staff12')
    await w.tasks.service.open([w.call('again', { preferredUserIds: ['staff02'], role: 'consultant' })])
    expect(await ownerOf('again')).toBe('staff02')
    await w.to(at('20:00', day))
    const texts = textsTo('staff02', since).map(({ text }) => text)
    expect(texts.some((text) => text.includes('【提醒】'))).toBe(true)
  })

  test('a task for later today goes to who is there then', async () => {
    await away('staff01', at('15:00', day), at('19:00', day))
    await w.tasks.service.open([
      w.call('before', { openAt: at('14:30', day), dueAt: at('14:50', day) }),
      w.call('within', { openAt: at('15:00', day) }),
      w.call('after', { openAt: at('19:00', day) }),
    ])
    expect([await ownerOf('before'), await ownerOf('within'), await ownerOf('after')]).toEqual([
      'staff01',
      'staff11',
      'staff01',
    ])
  })

  test('a further attempt during the absence is another’s, and the task says why', async () => {
    await w.tasks.service.open([w.call('r')])
    await away('staff01', at('14:00', day), at('20:00', day))
    await w.tasks.service.reopen('r', { openAt: at('15:00', day), dueAt: at('18:00', day) })
    expect(await ownerOf('r')).toBe('staff11')
    expect((await w.store.get('r'))?.transfers).toMatchObject([{ toUserId: 'staff11', reason: 'owner_absent' }])
  })

  test('what slipped through between two writes is found when it would be reminded of', async () => {
    await away('staff01', w.now(), at('20:00', day))
    await w.tasks.service.open([w.call('slipped', { dueAt: at('13:00', day) })])
    const set = { ownerUserId: 'staff01' }
    await w.db.collection('tasks').updateOne({ _id: 'slipped' as never }, { $set: set })
    const since = w.now()
    await w.to(at('12:30', day))
    expect(await ownerOf('slipped')).toBe('staff11')
    expect(textsTo('staff01', since)).toEqual([])
    expect(textsTo('staff11', since).filter(({ text }) => text.includes('【提醒】'))).toHaveLength(1)
  })
})

test('a crash in the middle of a hand-over is completed by the event’s next delivery', async () => {
  await w.tasks.service.open(['c1', 'c2', 'c3'].map((id) => w.call(id)))
  await w.work()
  const enqueueMany = vi.spyOn(w.messaging.service, 'enqueueMany')
  enqueueMany.mockRejectedValueOnce(new Error('the process died'))
  await away('staff01', w.now(), at('20:00', day))
  enqueueMany.mockRestore()
  await w.later(5 * MINUTE)
  for (const id of ['c1', 'c2', 'c3']) {
    expect(await ownerOf(id)).toBe('staff11')
    expect((await w.store.get(id))?.transfers).toHaveLength(1)
    expect(w.shown('staff11', `${id}-1`)?.grey).toBeNull()
    expect(w.shown('staff01', `${id}-0`)?.grey).toMatch(/^已转交/)
  }
})

test('a hundred tasks are handed over in as many commands as two', async () => {
  const count = async (n: number, since: string) => {
    await w.tasks.service.open(Array.from({ length: n }, (_, i) => w.call(`h${n}-${i}`)))
    return w.commands(() =>
      away('staff01', at(since, day), at('20:00', day)).then(() => route('delete', 'staff01', `L-${serial}`)),
    )
  }
  const few = await count(2, '10:00')
  await w.db.collection('tasks').deleteMany({})
  // The outbox of a hundred cards has more batches; the hand-over itself has not.
  expect(await count(100, '10:00')).toBeLessThan(few * 3)
})

describe('nobody at all', () => {
  test('the task waits visibly as no_owner, and is taken up as soon as somebody is there', async () => {
    const people = await w.db.collection<{ _id: string; active: boolean }>('staff').find({ active: true }).toArray()
    for (const { _id } of people) await away(_id, w.now(), at(_id === 'staff12' ? '14:00' : '19:00', day))
    await w.tasks.service.open([w.call('waits'), w.call('later', { openAt: at('19:30', day) })])
    const list = w.tasks.routes.find(({ path, method }) => path === '/api/v1/tasks' && method === 'get')
    const unowned = async () => {
      const query = list?.query?.parse({ unowned: 'true' })
      const answer = list?.response.parse(await list.handle({ params: {}, query, body: {}, actor, requestId: 'r' }))
      return (answer as { items: Json[] }).items.map(({ id, reason }) => [id, reason])
    }
    expect(await unowned()).toEqual([['waits', 'no_owner']])
    expect(await ownerOf('later')).toBe('staff01')
    await w.to(at('13:59', day))
    expect(await ownerOf('waits')).toBe('')
    await w.to(at('14:00', day))
    expect([await ownerOf('waits'), await unowned()]).toEqual(['staff12', []])
    expect(w.shown('staff12', 'waits-1')?.grey).toBeNull()
    expect((await w.store.get('waits'))?.transfers).toMatchObject([{ toUserId: 'staff12', reason: 'no_owner' }])
  })

  test('somebody new in the directory takes it up, too', async () => {
    await w.db.collection('staff').updateMany({}, { $set: { active: false }, $inc: { deactivations: 1 } })
    await w.tasks.service.open([w.call('new')])
    expect(await ownerOf('new')).toBe('')
    await w.staff.service.syncDirectory()
    await w.work()
    expect(await ownerOf('new')).toBe('staff01')
  })
})
