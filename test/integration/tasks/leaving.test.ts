/**
 * Who leaves keeps nothing. staff02 and staff12 are the consultants of the hospital, staff13 manages it, staff01 and staff11
 * are its customer service, staff05 supervises; staff14 is the salon's only consultant, staff09 its manager.
 */
import { expect, test, vi } from 'vitest'
import { HOUR, MINUTE, tasksWorld } from './support.ts'

const w = await tasksWorld()
const at = (time: string, day = '2026-03-02') => new Date(`${day}T${time}:00+08:00`)
const texts = (userId: string, part: string) =>
  w
    .ledger(userId, 'app')
    .map(({ text }) => text)
    .filter((text) => text.includes(part))
const nameOf = async (userId: string) => (await w.staff.service.member(userId))?.name ?? ''
/** As it happens: WeCom tells, the directory is read, everybody follows. */
async function resigns(userId: string) {
  await w.arrives(1, () => w.act(userId, 'resign'))
  await w.work()
  // The inbox of this world has a clock of its own, which stands still: a later leaving would look old.
  await w.staff.service.syncDirectory()
  await w.work()
}

test('everything that a consultant had goes to others on the day she leaves: work, customers, help, delegations', async () => {
  const own = { ownerUserId: 'staff02' }
  const people = await Promise.all(['A', 'B', 'C', 'D', 'E'].map((id) => w.customer(`N-${id}`, own)))
  const other = await w.customer('N-other', { ownerUserId: 'staff12' })
  const consultant = { role: 'consultant' as const, preferredUserIds: ['staff02'] }
  await w.tasks.service.open([
    w.call('open', consultant),
    w.call('taken', consultant),
    w.call('form', { ...consultant, form: 'contact_month' }),
    w.call('far', { ...consultant, openAt: at('11:00', '2026-06-01'), dueAt: at('20:30', '2026-06-01') }),
    w.call('overdue', { ...consultant, dueAt: at('10:01') }),
    w.call('sends', { ...consultant, kind: 'send_message', form: 'confirm' }),
    w.call('recorded', consultant),
    w.call('hers', { preferredUserIds: ['staff01'] }),
  ])
  await w.work()
  await w.click('staff02', 'taken-0', 'take')
  await w.click('staff02', 'form-0', 'done')
  await w.click('staff02', 'recorded-0', 'done')
  await w.click('staff02', 'recorded-0', 'submit_contact', {
    reached: 'yes',
    state: 'recovering_well',
    satisfaction: '5',
  })
  await w.click('staff02', 'recorded-0', 'submit_checklist', { checklist: ['reaction'] })
  // She was asked to help, and stands in for a colleague.
  await w.db
    .collection('tasks')
    .updateOne({ _id: 'hers' as never }, { $set: { helper: { userId: 'staff02', occurrence: 1 }, cards: 1 } })
  const path = '/api/v1/staff/:userId/absences/:absenceId'
  const put = w.staff.routes.find((one) => one.method === 'put' && one.path === path)
  const body = put?.body?.parse({
    from: '2026-03-02',
    to: '2026-03-04',
    reason: 'annual',
    delegateUserId: 'staff02',
  })
  const actor = { kind: 'integration' as const, id: 'key', roles: [], stores: 'all' as const }
  await put?.handle({ params: { userId: 'staff11', absenceId: 'L' }, query: {}, body, actor, requestId: 'r' })
  await w.later(5 * MINUTE)

  const reached = () => w.ledger('staff02').filter(({ kind }) => kind !== 'card-update')
  const before = reached().length
  await resigns('staff02')
  const open = await w.db.collection('tasks').find({ closedAt: null, ownerUserId: 'staff02' }).toArray()
  // What she has recorded already is hers, and ends by itself.
  expect(open.map(({ _id }) => String(_id))).toEqual(['recorded'])
  for (const id of ['open', 'taken', 'form', 'far', 'overdue', 'sends']) {
    const row = await w.store.get(id)
    expect([id, row?.ownerUserId, row?.transfers.at(-1)]).toMatchObject([
      id,
      'staff12',
      { fromUserId: 'staff02', toUserId: 'staff12', reason: 'owner_left' },
    ])
  }
  expect(JSON.stringify(w.shown('staff12', 'open-1')?.card)).toContain('（已离职或调岗）')
  expect((await w.store.get('hers'))?.helper?.userId).toBe('staff05')

  for (const { id } of people) expect((await w.customers.service.get(id))?.ownerUserId).toBe('staff12')
  expect((await w.customers.service.get(other.id))?.ownerUserId).toBe('staff12')
  const said = [`${await nameOf('staff02')}已离职，名下客户 5 位`, `${await nameOf('staff12')} 5 位`]
  for (const reader of ['staff13', 'staff12']) {
    const [note = '', ...more] = texts(reader, '【客户交接】')
    expect(more).toEqual([])
    for (const part of said) expect(note).toContain(part)
    expect(note).not.toContain('暂无咨询师')
  }

  // Nothing comes to her any more: not as the delegate of staff11, not as the consultant of a treatment.
  await w.tasks.service.open([
    w.call('delegated', { preferredUserIds: ['staff11'] }),
    w.call('preferred', { ...consultant }),
  ])
  expect((await w.tasks.service.get('delegated'))?.ownerUserId).toBe('staff01')
  expect((await w.tasks.service.get('preferred'))?.ownerUserId).toBe('staff12')
  await w.to(at('21:00'))
  await w.to(at('10:00', '2026-03-03'))
  expect((await w.tasks.service.get('recorded'))?.status).toBe('done')
  expect(reached()).toHaveLength(before)
})

test('customers go first to whoever knows them in WeCom, else evenly; where nobody is left the manager is told how many', async () => {
  const salon = { storeIds: ['qingyan'], ownerUserId: 'staff14' }
  const left = await Promise.all(['S1', 'S2'].map((id) => w.customer(id, salon)))
  // Known to her in WeCom as well: a consultant of the hospital where this customer goes, too.
  const both = await w.customer('S3', { ...salon, storeIds: ['qingyan', 'huayan'] })
  await w.db
    .collection('customers')
    .updateOne({ _id: both.id as never }, { $set: { followUserIds: ['staff14', 'staff12'] } })
  await resigns('staff14')
  for (const { id } of left) expect((await w.customers.service.get(id))?.ownerUserId).toBeNull()
  expect((await w.customers.service.get(both.id))?.ownerUserId).toBe('staff12')
  const [note = ''] = texts('staff09', '【客户交接】')
  expect(note).toContain('名下客户 3 位')
  expect(note).toContain(`${await nameOf('staff12')} 1 位`)
  expect(note).toContain('还有 2 位暂无咨询师')
  // A customer without a consultant still has an owner for every task.
  await w.tasks.service.open([w.call('salon', { storeId: 'qingyan', role: 'consultant', preferredUserIds: [] })])
  expect((await w.tasks.service.get('salon'))?.ownerUserId).not.toBe('')
})

test('a death half-way through is made up for: everybody is passed on, and the note counts all of them', async () => {
  await Promise.all(['X1', 'X2', 'X3'].map((id) => w.customer(id, { ownerUserId: 'staff12' })))
  const customers = w.db.collection('customers')
  const had = await customers.countDocuments({ ownerUserId: 'staff12' })
  // The first delivery has passed two on when it dies.
  const publish = vi.spyOn(w.ports.events, 'publish')
  publish.mockRejectedValueOnce(new Error('the process died'))
  await resigns('staff12')
  publish.mockRestore()
  await w.later(HOUR)
  expect(await customers.countDocuments({ ownerUserId: 'staff12' })).toBe(0)
  const notes = texts('staff13', `${await nameOf('staff12')}已离职`)
  expect(notes).toHaveLength(1)
  const told = [...texts('staff09', `${await nameOf('staff12')}已离职`), ...notes].map((note) =>
    Number(/(\d+) 位。/.exec(note)?.[1]),
  )
  expect(told.reduce((a, b) => a + b, 0)).toBe(had)
})

test('heard again after the return, nothing that she has since is passed on', async () => {
  const back = { active: true, roles: ['consultant'], storeIds: ['huayan'] }
  await w.db.collection('staff').updateOne({ _id: 'staff02' as never }, { $set: back })
  const { id } = await w.customer('R1', { ownerUserId: 'staff02' })
  const told = texts('staff13', '【客户交接】').length
  const delivery = await w.db
    .collection('event_deliveries')
    .findOne({ _id: /^staff\.deactivated:staff02:.*\|customers$/ })
  expect(await w.ports.events.replay(String(delivery?._id))).toBe(true)
  await w.work()
  expect((await w.customers.service.get(id))?.ownerUserId).toBe('staff02')
  expect(texts('staff13', '【客户交接】')).toHaveLength(told)
})

test('who works in another store from now on hands over the tasks of the former one, and keeps the others', async () => {
  await w.tasks.service.open([
    // By then her colleague is back from leave.
    w.call('here', {
      preferredUserIds: ['staff01'],
      openAt: at('11:00', '2026-06-01'),
      dueAt: at('20:30', '2026-06-01'),
    }),
    w.call('there', { preferredUserIds: ['staff01'], storeId: 'qingyan' }),
    w.call('helped', { preferredUserIds: ['staff11'] }),
  ])
  await w.db.collection('tasks').updateOne({ _id: 'there' as never }, { $set: { ownerUserId: 'staff01' } })
  await w.db
    .collection('tasks')
    .updateOne({ _id: 'helped' as never }, { $set: { helper: { userId: 'staff01', occurrence: 1 }, cards: 1 } })
  const ownerOf = async (id: string) => (await w.tasks.service.get(id))?.ownerUserId
  expect([await ownerOf('here'), await ownerOf('there')]).toEqual(['staff01', 'staff01'])
  const told = async (n: number) => {
    const data = { userId: 'staff01', storeIds: ['huayan'] }
    await w.ports.events.publish({ id: `staff.moved:staff01:${n}`, type: 'staff.moved', occurredAt: w.now(), data })
    await w.work()
  }
  // Heard when she is back already: everything stays.
  await told(1)
  expect([await ownerOf('here'), await ownerOf('there')]).toEqual(['staff01', 'staff01'])
  await w.db.collection('staff').updateOne({ _id: 'staff01' as never }, { $set: { storeIds: ['qingyan'] } })
  await told(2)
  expect([await ownerOf('here'), await ownerOf('there')]).toEqual(['staff11', 'staff01'])
  expect((await w.store.get('here'))?.transfers.at(-1)).toMatchObject({ fromUserId: 'staff01', reason: 'owner_left' })
  expect((await w.store.get('helped'))?.helper?.userId).not.toBe('staff01')
})
