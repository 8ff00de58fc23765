import { describe, expect, test } from 'vitest'
import { addMs, DAY_MS, HOUR_MS, MINUTE_MS, systemClock } from '../../../src/platform/clock.ts'
import { createDueEngine, type DueTable } from '../../../src/platform/due.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { UNSEEN } from '../../../src/platform/writes.ts'

const now = new Date('2026-03-02T02:00:00Z')
let writes = 0
let written: Date | null | 'unknown' = 'unknown'
const engine = (...tables: DueTable[]) => remembering(0, ...tables)
const remembering = (standsMs: number, ...tables: DueTable[]) =>
  createDueEngine(tables, {
    log: silentLog,
    metrics: createMetrics({ defaults: false }),
    clock: systemClock,
    writes: {
      ...UNSEEN,
      count: () => writes,
      follow() {
        written = null
      },
      since: () => written,
    },
    standsMs,
  })

/** A table of bare instants. `obeys`: whether it looks only as far as it is asked. */
function tableOf(name: string, dues: Date[], { obeys = true, works = true } = {}): DueTable & { drained: Date[] } {
  const drained: Date[] = []
  return {
    table: name,
    drained,
    nextDueAt: async (_, until) =>
      [...dues].sort((a, b) => Number(a) - Number(b)).find((at) => !obeys || !until || at <= until) ?? null,
    drain: async (at) => {
      if (!works) return { done: 0 }
      const ready = dues.filter((due) => due <= at)
      for (const one of ready) dues.splice(dues.indexOf(one), 1)
      drained.push(...ready)
      return { done: ready.length }
    },
  }
}

describe('the due engine', () => {
  test('works off everything due, and answers the earliest of what is left over all tables', async () => {
    const steps = tableOf('steps', [now, addMs(now, 5 * HOUR_MS)])
    const outbox = tableOf('outbox', [addMs(now, -MINUTE_MS), addMs(now, 3 * DAY_MS)])
    expect(await engine(steps, outbox).drainAll(now)).toEqual(addMs(now, 5 * HOUR_MS))
    expect([steps.drained.length, outbox.drained.length]).toEqual([1, 1])
  })
  test('a table that answers further than it was asked does not hide an earlier one', async () => {
    const far = tableOf('far', [addMs(now, 2 * DAY_MS)], { obeys: false })
    const nearer = tableOf('nearer', [addMs(now, 15 * HOUR_MS)])
    expect(await engine(far, nearer).drainAll(now)).toEqual(addMs(now, 15 * HOUR_MS))
    expect(await engine(far, nearer).nextDueAt(now)).toEqual(addMs(now, 15 * HOUR_MS))
  })
  test('work that one table gives another is done in the same call', async () => {
    const dues: Date[] = []
    const outbox = tableOf('outbox', dues)
    const once = tableOf('once', [now])
    const giving: DueTable = {
      ...once,
      drain: (at) => {
        dues.push(now)
        return once.drain(at)
      },
    }
    expect(await engine(outbox, giving).drainAll(now)).toBeNull()
    expect(outbox.drained).toHaveLength(1)
  })
  test('what is due but held by another process ends the call with its own due time', async () => {
    expect(await engine(tableOf('held', [now], { works: false })).drainAll(now)).toEqual(now)
  })
  test('one failing table does not stop the others', async () => {
    const broken: DueTable = { ...tableOf('broken', [now]), drain: () => Promise.reject(new Error('no')) }
    const fine = tableOf('fine', [now])
    expect(await engine(broken, fine).drainAll(now)).toEqual(now)
    expect(fine.drained).toHaveLength(1)
  })
  test('a table that nobody wrote to is not asked again until its answer is too old or too near', async () => {
    const dues = [addMs(now, 5 * HOUR_MS)]
    const table = tableOf('steps', dues)
    let asked = 0
    const counted: DueTable = {
      ...table,
      nextDueAt: (at, until) => {
        asked += 1
        return table.nextDueAt(at, until)
      },
    }
    const patient = remembering(60_000, counted)
    await patient.drainAll(now)
    const first = asked
    expect(await patient.drainAll(addMs(now, HOUR_MS))).toEqual(addMs(now, 5 * HOUR_MS))
    expect(asked).toBe(first)
    dues.unshift(addMs(now, 2 * HOUR_MS))
    writes += 1
    written = 'unknown'
    expect(await patient.drainAll(addMs(now, HOUR_MS))).toEqual(addMs(now, 2 * HOUR_MS))
    expect(asked).toBeGreaterThan(first)
    expect(await remembering(0, counted).drainAll(now)).toEqual(addMs(now, 2 * HOUR_MS))
  })
  test('an empty answer stands only as far as it was asked', async () => {
    const dues: Date[] = []
    const patient = remembering(60_000, tableOf('steps', dues))
    expect(await patient.nextDueAt(now)).toBeNull()
    // Another process wrote: this one can't know before its look is too old, but never sleeps over a horizon it didn't ask.
    dues.push(addMs(now, 50_000 * DAY_MS))
    expect(await patient.nextDueAt(addMs(now, 20_000 * DAY_MS))).toEqual(addMs(now, 50_000 * DAY_MS))
  })
  test('of a table that only this process writes to, what it wrote is known without asking', async () => {
    const dues = [addMs(now, 5 * HOUR_MS)]
    const table = tableOf('steps', dues)
    let asked = 0
    const counted: DueTable = {
      ...table,
      nextDueAt: (at, until) => {
        asked += 1
        return table.nextDueAt(at, until)
      },
    }
    const patient = remembering(60_000, counted)
    await patient.drainAll(now)
    asked = 0
    const wrote = (...ats: Date[]) => {
      dues.push(...ats)
      writes += 1
      written = ats.reduce<Date | null>((a, b) => (a instanceof Date && a < b ? a : b), written as Date | null)
    }
    wrote(addMs(now, 2 * HOUR_MS))
    expect(await patient.drainAll(now)).toEqual(addMs(now, 2 * HOUR_MS))
    expect(asked).toBe(0)
    // Due by now: drained without a look before, and looked at afterwards.
    expect(await patient.drainAll(addMs(now, 2 * HOUR_MS))).toEqual(addMs(now, 5 * HOUR_MS))
    expect([asked, table.drained.length]).toEqual([1, 1])
    // Behind what was looked at, somebody else's may lie before it.
    dues.splice(0, dues.length, addMs(now, 30 * DAY_MS))
    const fresh = remembering(60_000, counted)
    expect(await fresh.nextDueAt(now)).toEqual(addMs(now, 30 * DAY_MS))
  })
  test('of a table that is read ahead the rows after the first need no look of their own', async () => {
    const dues = [1, 2, 60].map((hours) => addMs(now, hours * HOUR_MS))
    const table = tableOf('steps', dues)
    const looks: Date[] = []
    const ahead: DueTable = {
      ...table,
      async upcoming(until) {
        looks.push(until)
        return dues.filter((at) => at <= until).map((at) => [String(Number(at)), at] as const)
      },
      async drain(at) {
        const counts = await table.drain(at)
        writes += 1
        written = dues[0] && dues[0] <= (looks.at(-1) ?? now) ? dues[0] : null
        return counts
      },
    }
    const patient = remembering(60_000, ahead)
    expect(await patient.drainAll(now)).toEqual(dues[0])
    expect(await patient.drainAll(addMs(now, HOUR_MS))).toEqual(addMs(now, 2 * HOUR_MS))
    expect(looks).toHaveLength(1)
    // Behind what was read there may be more.
    expect(await patient.drainAll(addMs(now, 2 * HOUR_MS))).toEqual(addMs(now, 60 * HOUR_MS))
    expect(looks.length).toBeGreaterThan(1)
  })
  test('an instant that this process wrote and took back is asked after, and nothing is done twice', async () => {
    const dues: Date[] = []
    const patient = remembering(60_000, tableOf('steps', dues))
    await patient.drainAll(now)
    writes += 1
    written = addMs(now, HOUR_MS)
    dues.push(addMs(now, 3 * HOUR_MS))
    expect(await patient.drainAll(now)).toEqual(addMs(now, HOUR_MS))
    expect(await patient.drainAll(addMs(now, HOUR_MS))).toEqual(addMs(now, 3 * HOUR_MS))
  })
})
