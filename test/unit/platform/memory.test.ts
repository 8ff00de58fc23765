import { describe, expect, test } from 'vitest'
import { createRecall, FORGETFUL, type Memory } from '../../../src/platform/memory.ts'
import { UNSEEN } from '../../../src/platform/writes.ts'

/** Rows that are read with a count of the reads, a clock of machine time, and writes that are told. */
function world(standsMs: number, atLeastMs = 0) {
  const rows = new Map([
    ['a', 1],
    ['b', 2],
  ])
  const state = { wall: 0, writes: 0, asked: [] as string[][] }
  const memory: Memory = { writes: { ...UNSEEN, count: () => state.writes }, standsMs }
  let before: (() => Promise<void>) | null = null
  const recall = createRecall<number>(
    { clock: { wall: () => new Date(state.wall) }, memory, collections: ['rows'], atLeastMs },
    async (ids) => {
      state.asked.push([...ids])
      const found = ids.flatMap((id): [string, number][] => (rows.has(id) ? [[id, rows.get(id) as number]] : []))
      await before?.()
      return found
    },
  )
  return {
    rows,
    state,
    recall,
    meanwhile(work: () => Promise<void>) {
      before = work
    },
  }
}

describe('what was read', () => {
  test('stands for a while, each row by itself; what there is not is asked for again', async () => {
    const { state, recall } = world(1_000)
    expect([...(await recall.many(['a', 'x']))]).toEqual([['a', 1]])
    state.wall = 600
    expect([...(await recall.many(['a', 'b', 'x']))].sort()).toEqual([
      ['a', 1],
      ['b', 2],
    ])
    state.wall = 1_000
    await recall.many(['a', 'b'])
    expect(state.asked).toEqual([['a', 'x'], ['b', 'x'], ['a']])
  })
  test('is read anew after any write of this process', async () => {
    const { rows, state, recall } = world(1_000)
    await recall.many(['a'])
    rows.set('a', 7)
    state.writes += 1
    expect((await recall.many(['a'])).get('a')).toBe(7)
  })
  test('beside a write is not kept: it may be what was there before', async () => {
    const { rows, state, recall, meanwhile } = world(1_000)
    meanwhile(async () => {
      rows.set('a', 7)
      state.writes += 1
      // Somebody asks in between and sees the write.
      meanwhile(async () => undefined)
      await recall.many(['b'])
    })
    expect((await recall.many(['a'])).get('a')).toBe(1)
    expect((await recall.many(['a'])).get('a')).toBe(7)
  })
  test('is not kept by a process that is not alone, unless it changes so seldom that a second does no harm', async () => {
    const several = world(0)
    await several.recall.many(['a'])
    await several.recall.many(['a'])
    expect(several.state.asked).toHaveLength(2)
    const seldom = world(0, 500)
    await seldom.recall.many(['a'])
    await seldom.recall.many(['a'])
    expect(seldom.state.asked).toHaveLength(1)
    seldom.recall.forget()
    await seldom.recall.many(['a'])
    expect(seldom.state.asked).toHaveLength(2)
    expect(FORGETFUL.standsMs).toBe(0)
  })

  test('told apart by its rows, outlasts writes to others; that there is none is remembered until there is one', async () => {
    const written = new Map<string, number>()
    const state = { writes: 0, asked: [] as string[][] }
    const write = (id: string) => {
      state.writes += 1
      written.set(id, state.writes)
    }
    const rows = new Map([['a', 1]])
    const memory: Memory = {
      writes: { ...UNSEEN, count: () => state.writes, wrote: (_, id, count) => (written.get(id) ?? 0) > count },
      standsMs: 1_000,
    }
    const recall = createRecall<number>(
      { clock: { wall: () => new Date(0) }, memory, collections: ['rows'], rowsOf: (id) => [id] },
      async (ids) => {
        state.asked.push([...ids])
        return ids.flatMap((id): [string, number][] => (rows.has(id) ? [[id, rows.get(id) as number]] : []))
      },
    )
    await recall.many(['a', 'x'])
    write('other')
    expect([...(await recall.many(['a', 'x']))]).toEqual([['a', 1]])
    expect(state.asked).toHaveLength(1)
    rows.set('x', 5)
    write('x')
    expect((await recall.many(['a', 'x'])).get('x')).toBe(5)
    expect(state.asked).toEqual([['a', 'x'], ['x']])
  })
})
