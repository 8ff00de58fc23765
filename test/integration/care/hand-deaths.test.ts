/** A process that dies while it does what a person has decided about a plan; days are literal. */
import { expect, test } from 'vitest'
import { careWorld, dyingAt, MINUTE } from './support.ts'

const w = await careWorld({ customers: 60, pathways: 'all' })
const DOCTOR = 'staff04'
const SUPERVISOR = 'staff05'

type Json = Record<string, unknown>
let n = 0
async function customer(on: string): Promise<number> {
  for (const table of ['care_steps', 'care_plans', 'tasks', 'outbox']) await w.collection(table).deleteMany({})
  await w.to(`${on} 15:00`)
  n += 1
  await w.customer(n)
  return n
}
const instant = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`).toISOString()
async function put(id: string, one: number, more: Json): Promise<void> {
  await w.api('PUT', `/treatments/${id}`, { customerExternalId: `C-${one}`, storeId: 'huayan', ...more })
  await w.work()
}
const fate = async (id: string, name: string) => {
  const { plannedOn, status, mergedInto, reason } = await w.step(id, name)
  return [plannedOn, status, mergedInto ?? reason].filter(Boolean).join(' ')
}
const plan = async (id: string) =>
  (await w.api('GET', `/care-plans/${id}`)) as { changes: { id: string }[]; byHand: unknown[] }
const lastChange = async (id: string) => (await plan(id)).changes.at(-1) as { id: string }
const shown = async (id: string) =>
  (await w.steps(id)).map(({ _id, status, reason, shift, windowFrom, windowTo, mergedInto, plannedOn, dueAt }) => ({
    ...{ _id, status, reason, shift, windowFrom, windowTo, mergedInto, plannedOn, dueAt },
  }))
const notes = (userId: string) => w.staffGot(userId, 'app').map(({ text }) => text)

test('a process that dies at any write of a decision leaves what the repeat of the request completes, once', {
  timeout: 300_000,
}, async () => {
  n = (await customer('2026-03-02')) - 1
  let deaths = 0
  for (let write = 0; ; write++) {
    n += 1
    // No minute of a member's WeCom holds more than a few messages.
    await w.to(new Date(w.now().getTime() + 2 * MINUTE))
    await w.customer(n)
    const id = await w.treatment(n, '2026-03-02 14:30', { code: 'double_eyelid' })
    await w.work()
    const before = await shown(id)
    const told = notes(SUPERVISOR).length
    /** Asked of a process that dies; then of another one, with the same number. */
    async function dying(path: string, more: Json): Promise<boolean> {
      const body = { byUserId: DOCTOR, reason: '客户改期', ...more }
      const death = dyingAt(write)
      const hasDied = await w.api('POST', `/care-plans/${id}/${path}`, body).then(
        () => false,
        () => true,
      )
      death.revive()
      if (hasDied) await w.api('POST', `/care-plans/${id}/${path}`, body)
      // What the dead process held is free again.
      w.leasesOver()
      await w.work()
      return hasDied
    }
    const moved = await dying(`steps/${id}.surgery.day3/move`, { day: '2026-03-06', requestId: 'move' })
    expect(await fate(id, 'surgery.day3')).toBe('2026-03-06 planned set_by_hand')
    const undone = await dying('changes/move/undo', { requestId: 'undo' })
    expect(await shown(id)).toEqual(before)
    const { changes, byHand } = await plan(id)
    expect([changes.map((change) => change.id), byHand]).toEqual([['move', 'undo'], []])
    expect(notes(SUPERVISOR)).toHaveLength(told + 2)
    if (!moved && !undone) break
    deaths += 1
  }
  expect(deaths).toBeGreaterThan(3)
})

test('nobody has to repeat it: a little later another process has done the rest, or nothing was decided', {
  timeout: 300_000,
}, async () => {
  n = (await customer('2026-03-03')) - 1
  const half = new Set<string>()
  for (let write = 0; ; write++) {
    n += 1
    await w.to(new Date(w.now().getTime() + 2 * MINUTE))
    await w.customer(n)
    const id = await w.treatment(n, '2026-03-03 14:30', { code: 'double_eyelid' })
    await w.work()
    const told = notes(SUPERVISOR).length
    /** Asked of a process that dies; nobody asks again. */
    async function dying(path: string, more: Json): Promise<boolean> {
      const before = await shown(id)
      const body = { byUserId: DOCTOR, reason: '客户改期', ...more }
      const death = dyingAt(write)
      const hasDied = await w.api('POST', `/care-plans/${id}/${path}`, body).then(
        () => false,
        () => true,
      )
      death.revive()
      const isDecided = (await plan(id)).changes.some((change) => change.id === more.requestId)
      if (isDecided && JSON.stringify(await shown(id)) === JSON.stringify(before)) half.add(String(more.requestId))
      w.leasesOver()
      await w.to(new Date(w.now().getTime() + 2 * MINUTE))
      if (!isDecided) expect(await shown(id)).toEqual(before)
      return hasDied
    }
    const before = await shown(id)
    const hasMoved = !(await dying(`steps/${id}.surgery.day3/move`, { day: '2026-03-07', requestId: 'move' }))
    const isMoved = (await plan(id)).changes.length > 0
    expect(await fate(id, 'surgery.day3')).toBe(isMoved ? '2026-03-07 planned set_by_hand' : '2026-03-06 planned')
    expect(notes(SUPERVISOR)).toHaveLength(told + Number(isMoved))
    if (!isMoved) continue
    const hasUndone = !(await dying('changes/move/undo', { requestId: 'undo' }))
    const isUndone = (await plan(id)).changes.length > 1
    if (isUndone) expect(await shown(id)).toEqual(before)
    expect(notes(SUPERVISOR)).toHaveLength(told + 1 + Number(isUndone))
    if (hasMoved && hasUndone) break
  }
  // Both were decided at least once with nothing of it done.
  expect([...half].sort()).toEqual(['move', 'undo'])
})

test('an undo whose process died is completed with the days that had been told', async () => {
  const one = await customer('2026-03-04')
  const id = await w.treatment(one, '2026-03-04 14:30', { code: 'picosecond' })
  await w.work()
  const before = await shown(id)
  const { plannedOn } = await w.step(id, 'laser_skin.days10_12')
  // Nearly every other day of the window has less to do.
  await w
    .collection('care_steps')
    .updateOne(
      { _id: `${id}.laser_skin.days10_12` },
      { $set: { plannedOn: '2026-03-16', dueAt: new Date(instant('2026-03-16 11:10')) } },
    )
  await put(id, one, { code: 'picosecond', endedAt: instant('2026-03-03 14:30') })
  const change = await lastChange(id)
  const death = dyingAt(3)
  const body = { byUserId: DOCTOR, reason: '录入有误', requestId: 'back' }
  await expect(w.api('POST', `/care-plans/${id}/changes/${change.id}/undo`, body)).rejects.toThrow()
  death.revive()
  expect((await plan(id)).changes.at(-1)?.id).toBe('back')
  w.leasesOver()
  await w.to('2026-03-04 15:05')
  expect([plannedOn, (await w.step(id, 'laser_skin.days10_12')).plannedOn]).toEqual(['2026-03-14', '2026-03-16'])
  expect((await shown(id)).length).toBe(before.length)
})
