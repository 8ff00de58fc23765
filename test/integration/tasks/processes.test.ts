/** Several processes, and processes that die: a task moves once, and what it caused happens. */
import { beforeEach, describe, expect, test } from 'vitest'
import { createChanges } from '../../../src/tasks/changes.ts'
import { reassign } from '../../../src/tasks/rules.ts'
import { HOUR, MINUTE, tasksWorld } from './support.ts'

const w = await tasksWorld()
const dead = async () => {
  throw new Error('the process died')
}
const eventsOf = (id: string) => w.heard.filter(({ data }) => data.taskId === id).map((event) => event.id)
let serial = 0
const nextId = () => {
  serial += 1
  return `call_${serial}`
}
beforeEach(async () => {
  for (const name of ['tasks', 'outbox']) await w.db.collection(name).deleteMany({})
  await w.later(MINUTE)
})

describe('opening', () => {
  test('the same tasks twice, also at the same time, are one card each', async () => {
    const calls = Array.from({ length: 5 }, () => w.call(nextId(), { preferredUserIds: ['staff11'] }))
    await Promise.all([w.tasks.service.open(calls), w.another().service.open(calls)])
    await w.tasks.service.open(calls)
    await w.work()
    const cards = w.ledger('staff11', 'card').map(({ payload }) => (payload.card as { task_id: string }).task_id)
    expect(cards.filter((id) => calls.some((call) => id === `${call.id}-0`))).toHaveLength(5)
  })

  test('by two processes that would choose different people, one of them has it and gets the only card', async () => {
    const call = w.call(nextId(), { preferredUserIds: [] })
    let first: string | undefined
    const late = w.another({
      people: {
        // The other process is quicker, and people have more to do since then.
        async roster() {
          first = (await w.tasks.service.open([call])).get(call.id)
          const roster = await w.staff.service.roster()
          const others: typeof roster.candidates = (...asked) =>
            roster.candidates(...asked).map((tier) => tier.filter(({ userId }) => userId !== first))
          return { ...roster, candidates: others }
        },
      },
    })
    expect((await late.service.open([call])).get(call.id)).toBe(first)
    await w.work()
    const cards = ['staff01', 'staff11'].filter((userId) => w.shown(userId, `${call.id}-0`) !== null)
    expect(cards).toEqual([first])
  })

  test('a process that dies between tasks and cards leaves nothing that a repeat doesn’t repair', async () => {
    const call = w.call(nextId())
    await expect(w.another({ messaging: { enqueueMany: dead } }).service.open([call])).rejects.toThrow('died')
    await w.work()
    expect(w.shown('staff01', `${call.id}-0`)).toBeNull()
    await w.tasks.service.open([call])
    await w.work()
    expect(w.shown('staff01', `${call.id}-0`)).not.toBeNull()
  })

  test('two hundred tasks cost as many commands as two', async () => {
    const count = (n: number) => {
      const calls = Array.from({ length: n }, () => w.call(nextId()))
      return w.commands(() => w.tasks.service.open(calls))
    }
    const two = await count(2)
    expect(two).toBeGreaterThan(0)
    expect(await count(200)).toBe(two)
  })

  test('is shared out among those of the role who work, evenly', async () => {
    const calls = Array.from({ length: 10 }, () => w.call(nextId(), { preferredUserIds: [] }))
    await w.tasks.service.open(calls)
    const owners = (await w.store.many(calls.map(({ id }) => id))).map(({ ownerUserId }) => ownerUserId).sort()
    expect(owners).toEqual([...Array(5).fill('staff01'), ...Array(5).fill('staff11')])
  })
})

describe('clicks', () => {
  test('of several processes at once on one card move it once', async () => {
    const { id } = w.call(nextId())
    await w.tasks.service.open([w.call(id)])
    const [one, two] = [w.another(), w.another()]
    await Promise.all([
      one.click('staff01', `${id}-0`, 'not_reached', `${id}-a`),
      two.click('staff01', `${id}-0`, 'not_reached', `${id}-b`),
      one.click('staff01', `${id}-0`, 'not_reached', `${id}-a`),
      two.click('staff01', `${id}-0`, 'take', `${id}-c`),
    ])
    await w.work()
    expect((await w.tasks.service.get(id))?.attempts).toHaveLength(1)
    expect(eventsOf(id)).toEqual([`task.attempted:${id}:1`])
  })

  test.each(['enqueueMany', 'publishMany'])('a death in %s is made up for by the callback’s repeat', async (name) => {
    const { id } = w.call(nextId())
    await w.tasks.service.open([w.call(id)])
    const dying = w.another(
      name === 'enqueueMany' ? { messaging: { enqueueMany: dead } } : { events: { publishMany: dead } },
    )
    await expect(dying.click('staff01', `${id}-0`, 'not_reached', `${id}-x`)).rejects.toThrow('died')
    await w.work()
    expect(eventsOf(id)).toEqual([])
    // Another click comes in between: the first one's effects are still owed.
    await w.another().click('staff01', `${id}-0`, 'take', `${id}-y`)
    await w.another().click('staff01', `${id}-0`, 'not_reached', `${id}-x`)
    await w.work()
    expect(eventsOf(id)).toEqual([`task.attempted:${id}:1`])
    expect((await w.store.get(id))?.pending).toEqual([])
  })

  test('a death after the change is made up for by the drain when no repeat comes', async () => {
    const { id } = w.call(nextId())
    await w.tasks.service.open([w.call(id)])
    const dying = w.another({ events: { publishMany: dead } })
    await expect(dying.click('staff01', `${id}-0`, 'not_reached', `${id}-x`)).rejects.toThrow('died')
    await w.later(2 * MINUTE)
    expect(eventsOf(id)).toEqual([`task.attempted:${id}:1`])
    expect((await w.store.get(id))?.pending).toEqual([])
  })

  test('a text whose first handling died is not the summary of the next task as well', async () => {
    const [first, second] = [nextId(), nextId()]
    await w.tasks.service.open([w.call(first), w.call(second)])
    for (const id of [first, second]) {
      await w.another().click('staff01', `${id}-0`, 'submit_contact', `${id}-s`, { reached: 'yes' })
      await w.another().click('staff01', `${id}-0`, 'submit_checklist', `${id}-c`, { checklist: 'recovery' })
      await w.later(MINUTE)
    }
    await expect(w.another({ events: { publishMany: dead } }).say('staff01', '恢复良好', 'm1')).rejects.toThrow('died')
    await w.another().say('staff01', '恢复良好', 'm1')
    expect((await w.tasks.service.get(second))?.outcome?.summary).toBe('恢复良好')
    expect((await w.tasks.service.get(first))?.status).toBe('summary')
    await w.work()
    expect(eventsOf(second)).toEqual([`task.completed:${second}`])
  })
})

describe('the drain', () => {
  test('a summary that comes while the time runs out is kept, and the task is done once', async () => {
    const { id } = w.call(nextId())
    await w.tasks.service.open([w.call(id)])
    await w.another().click('staff01', `${id}-0`, 'submit_contact', `${id}-s`, { reached: 'yes' })
    await w.another().click('staff01', `${id}-0`, 'submit_checklist', `${id}-c`, { checklist: 'recovery' })
    await w.simulator.context.clock.moveTo(new Date(w.now().getTime() + 10 * MINUTE), 5_000)
    const table = w.another().due[0]
    await Promise.all([w.another().say('staff01', '恢复良好', `m-${id}`), table?.drain(w.now()), table?.drain(w.now())])
    await w.work()
    const task = await w.tasks.service.get(id)
    expect(task?.status).toBe('done')
    expect(eventsOf(id)).toEqual([`task.completed:${id}`])
  })

  test('a reminder that meets a click does not bring a finished task back', async () => {
    const { id } = w.call(nextId(), {})
    await w.tasks.service.open([
      w.call(id, { kind: 'send_message', form: 'confirm', dueAt: new Date(w.now().getTime() + HOUR) }),
    ])
    await w.simulator.context.clock.moveTo(new Date(w.now().getTime() + 31 * MINUTE), 5_000)
    // The drain has read the task as open; the click comes before it writes.
    const slow = w.another({
      people: {
        roster: async () => {
          await w.another().click('staff01', `${id}-0`, 'done', `${id}-d`)
          return w.staff.service.roster()
        },
      },
    })
    await slow.due[0]?.drain(w.now())
    await w.work()
    expect(await w.store.get(id)).toMatchObject({ status: 'done', dueAt: null, pending: [], remindedAt: null })
    expect(eventsOf(id)).toEqual([`task.completed:${id}`])
    await w.later(2 * HOUR)
    expect(w.ledger('staff01', 'app').filter(({ text }) => text.includes('已超时'))).toEqual([])
  })

  test('a batch of reminders costs as many commands as two', async () => {
    const count = async (n: number) => {
      const dueAt = new Date(w.now().getTime() + HOUR)
      await w.tasks.service.open(Array.from({ length: n }, () => w.call(nextId(), { dueAt })))
      await w.simulator.context.clock.moveTo(new Date(w.now().getTime() + 30 * MINUTE), 5_000)
      return w.commands(async () => w.tasks.due[0]?.drain(w.now()))
    }
    const two = await count(2)
    await w.db.collection('tasks').deleteMany({})
    expect(two).toBeGreaterThan(0)
    expect(await count(50)).toBe(two)
  })
})

describe('handing over', () => {
  test('by two processes for one cause gives it to one person, and nobody else has a card', async () => {
    const call = w.call(nextId())
    await w.tasks.service.open([call])
    await w.work()
    const row = await w.store.get(call.id)
    if (!row) throw new Error('no task')
    const handsTo = (userId: string) =>
      createChanges({ ...w.ports, store: w.store, messaging: w.messaging.service }).applyAll([row], (task) => {
        const successor = { userId, name: userId, fromName: 'staff01', reason: 'owner_absent' as const }
        return { code: 'staff.absent:staff01:a:0', ...reassign(task, successor, w.now()) }
      })
    await handsTo('staff11')
    // Read before the other one wrote, and decided by another load.
    await handsTo('staff12')
    await w.work()
    expect((await w.store.get(call.id))?.ownerUserId).toBe('staff11')
    expect(w.shown('staff11', `${call.id}-1`)?.grey).toBeNull()
    expect(w.shown('staff12', `${call.id}-1`)).toBeNull()
  })
})
