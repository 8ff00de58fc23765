/** Running plans that are told to follow another version: foreseen, done, interrupted, repeated. */
import { expect, test } from 'vitest'
import { addDays, addMonths } from '../../../src/platform/calendar.ts'
import { careWorld, clinicTime, dyingAt, meanwhile } from './support.ts'

type Json = Record<string, unknown>
interface Body extends Json {
  steps: (Json & { id: string })[]
}
interface PlanDiff extends Json {
  treatmentId: string
  moved: string[]
  moves: { id: string; to: string | null }[]
  added: string[]
  dropped: string[]
  kept: string[]
}
const w = await careWorld({ customers: 30 })
let n = 0
const today = () => clinicTime(w.now()).slice(0, 10)
async function treated(endedAt: string): Promise<string> {
  n += 1
  await w.customer(n)
  const id = await w.treatment(n, endedAt)
  await w.work()
  return id
}
const ask = (from: number, to: number) =>
  w.api('POST', '/pathways/base/migrations', { from, to, by: 'linyue', reason: '两个月回访更合适' })
const preview = (from: number, to: number, page = '') =>
  w.api('POST', `/pathways/base/migrations/preview${page}`, { from, to })
const status = () => w.api('GET', '/pathways/base/migrations/base:1:2')
const pinOf = async (id: string) =>
  ((await w.api('GET', `/care-plans/${id}`)).pathways as { id: string; version: number }[]).find(
    (one) => one.id === 'base',
  )?.version
const fate = async (id: string) =>
  Object.fromEntries((await w.steps(id)).map((row) => [row._id, `${row.status} ${row.plannedOn} ${row.title}`]))
const deliveries = () =>
  w.collection<{ _id: string }>('event_deliveries').countDocuments({ 'event.type': 'pathway.migration_wanted' })

await w.to('2026-03-02 15:00')
/** One on its first day, one in its second week. */
const young = await treated('2026-03-02 14:30')
const older = await treated('2026-02-20 14:30')
/** Everything of it is over. */
const over = await treated('2025-10-01 14:30')

// Version 2: month 3 becomes month 2, day 7 is called otherwise, and month 1 stays.
const one = (await w.api('GET', '/pathways/base/versions/1')).body as Body
const two: Body = {
  ...one,
  steps: one.steps.map((step) =>
    step.id === 'periodic_month3'
      ? { ...step, id: 'periodic_month2', when: { month: 2 } }
      : step.id === 'guidance_day5'
        ? { ...step, when: { day: 3 } }
        : step,
  ),
}
await w.to('2026-03-02 15:10')
await w.api('POST', '/pathways/base/drafts', { by: 'linyue', pathway: two })
await w.api('POST', '/pathways/base/drafts/2/publish', { by: 'linyue', reason: '改为两个月' })

test('a preview says of each plan what would become of it, and changes nothing', async () => {
  const before = [await fate(young), await fate(older), await fate(over)]
  const answer = await preview(1, 2)
  expect(answer).toMatchObject({ plans: 3, nextCursor: null, counts: { finished: 1, dropped: 2, added: 2 } })
  const its = (answer.items as PlanDiff[]).find(({ treatmentId }) => treatmentId === young)
  expect(its).toMatchObject({
    finished: false,
    moved: [`${young}.base.guidance_day5`],
    moves: [{ id: `${young}.base.guidance_day5`, from: '2026-03-07', to: '2026-03-05' }],
    dropped: [`${young}.base.periodic_month3`],
    added: [`${young}.base.periodic_month2`],
    asked: [],
  })
  expect(its?.kept).toContain(`${young}.base.effect_month1`)
  expect((answer.items as PlanDiff[]).find(({ treatmentId }) => treatmentId === over)).toMatchObject({
    finished: true,
    kept: [],
  })
  expect([await fate(young), await fate(older), await fate(over)]).toEqual(before)
  expect([await pinOf(young), await w.collection('pathway_migrations').countDocuments({})]).toEqual([1, 0])
  const first = await preview(1, 2, '?limit=2')
  const second = await preview(1, 2, `?limit=2&cursor=${first.nextCursor}`)
  expect([...(first.items as Json[]), ...(second.items as Json[])]).toEqual(answer.items)
  expect(second.nextCursor).toBeNull()
})

test('a version that nobody published, and the same one, are no aim', async () => {
  await expect(preview(1, 9)).rejects.toThrow(/404.*pathway_version_not_found/)
  await expect(ask(1, 9)).rejects.toThrow(/404.*pathway_version_not_found/)
  await expect(ask(2, 2)).rejects.toThrow(/409.*pathway_same_version/)
  await expect(w.api('GET', '/pathways/base/migrations/base:1:9')).rejects.toThrow(/404.*migration_not_found/)
})

test('what is done is what was foreseen; a process that dies anywhere leaves it to be done again; done steps stay done', async () => {
  const foreseen = (await preview(1, 2)).items as PlanDiff[]
  const greeting = await w.step(young, 'treatment_call.cs_2h')
  expect(greeting.status).toBe('done')
  expect(await ask(1, 2)).toMatchObject({ id: 'base:1:2', status: 'running', plans: 3, migrated: 0, run: 1 })
  // Whoever asks twice asks once.
  await ask(1, 2)
  expect(await deliveries()).toBe(1)
  const events = w.app.due.find(({ table }) => table === 'event_deliveries')
  for (let writes = 1; (await status()).status === 'running' && writes < 60; writes++) {
    const death = dyingAt(writes)
    await events?.drain(w.now()).catch(() => undefined)
    death.revive()
    w.leasesOver()
    await w
      .collection<{ _id: string; status: string }>('event_deliveries')
      .updateMany(
        { status: { $in: ['pending', 'parked'] } },
        { $set: { dueAt: w.now(), status: 'pending', attempt: 0 } },
      )
  }
  await w.work()
  const ended = await status()
  expect(ended).toMatchObject({ status: 'done', failed: expect.any(Number) })
  // Plans that failed while the process was dying are on their old version still; asked again, they follow.
  if (Number(ended.failed) > 0) {
    await ask(1, 2)
    await w.work()
    expect(await status()).toMatchObject({ status: 'done', failed: 0, run: 2 })
  }
  for (const { treatmentId, finished, added, dropped, moved, moves } of foreseen) {
    if (finished) {
      expect(await pinOf(treatmentId)).toBe(1)
      continue
    }
    expect(await pinOf(treatmentId)).toBe(2)
    const rows = new Map((await w.steps(treatmentId)).map((row) => [row._id, row]))
    for (const id of added) expect(rows.get(id)).toMatchObject({ pathwayVersion: 2 })
    for (const id of dropped)
      expect(rows.get(id)).toMatchObject({ status: 'cancelled', reason: 'superseded', dueAt: null })
    for (const id of moved)
      expect(rows.get(id)).toMatchObject({ pathwayVersion: 2, plannedOn: moves.find((move) => move.id === id)?.to })
    const { changes } = await w.api('GET', `/care-plans/${treatmentId}`)
    const migrated = (changes as Json[]).filter(({ cause }) => cause === 'migrated')
    expect(migrated[0]).toMatchObject({ added, dropped, moved, versions: [{ pathway: 'base', from: 1, to: 2 }] })
    expect(migrated.length).toBeLessThanOrEqual(2)
  }
  expect(await w.step(young, 'treatment_call.cs_2h')).toEqual(greeting)
  expect(await preview(1, 2)).toMatchObject({ plans: 1, counts: { finished: 1, moved: 0 } })
})

test('corrected later, a plan that was migrated follows the version that it was migrated to', async () => {
  const facts = { customerExternalId: 'C-1', storeId: 'huayan', code: 'ipl', endedAt: '2026-03-01T14:30:00+08:00' }
  await w.api('PUT', `/treatments/${young}`, facts)
  await w.work()
  expect(await pinOf(young)).toBe(2)
  expect(await w.step(young, 'base.periodic_month2')).toMatchObject({ status: 'planned', plannedOn: '2026-05-01' })
  expect(await w.step(young, 'base.periodic_month3')).toMatchObject({ status: 'cancelled' })
  await w.api('PUT', `/treatments/${young}`, { ...facts, endedAt: '2026-03-02T14:30:00+08:00' })
  await w.work()
})

test('once more it finds nothing to do, and back again brings everything back', async () => {
  const after = await fate(young)
  await ask(1, 2)
  await w.work()
  expect(await status()).toMatchObject({ status: 'done', migrated: 0, finished: 1, failed: 0 })
  expect(await fate(young)).toEqual(after)
  await ask(2, 1)
  await w.work()
  expect(await pinOf(young)).toBe(1)
  expect(await w.step(young, 'base.periodic_month3')).toMatchObject({
    status: 'planned',
    reason: null,
    plannedOn: '2026-06-02',
  })
  expect(await w.step(young, 'base.periodic_month2')).toMatchObject({ status: 'cancelled', reason: 'superseded' })
  const { items } = await w.api('GET', '/pathways/base/migrations')
  expect((items as Json[]).map(({ id, status: now }) => [id, now])).toEqual([
    ['base:1:2', 'done'],
    ['base:2:1', 'done'],
  ])
})

test('the customer hears each promise once, whatever was migrated', async () => {
  await ask(1, 2)
  await w.work()
  await w.to(`${addDays(today(), 8)} 21:00`)
  const ids = (await w.steps(young)).flatMap(({ messageIds }) => messageIds)
  expect(new Set(ids).size).toBe(ids.length)
  expect(w.got(1).filter(({ text }) => text.includes('顺利完成'))).toHaveLength(1)
  expect(await w.step(young, 'base.guidance_day5')).toMatchObject({ plannedOn: '2026-03-05' })
})

test('a plan that cannot be made keeps no other, and the answer names it', async () => {
  const bad = await treated(`${today()} 14:30`)
  const good = await treated(`${today()} 14:30`)
  await w
    .collection('care_plans')
    .updateMany({ _id: { $in: [bad, good] as never[] } }, { $set: { 'pathways.$[].version': 1 } })
  await w.collection('treatments').updateOne({ _id: bad as never }, { $set: { code: 'nothing' } })
  const foreseen = (await preview(1, 2)).items as (PlanDiff & { problem: string | null; finished: boolean })[]
  const told = (id: string) => foreseen.find(({ treatmentId }) => treatmentId === id)
  expect(told(bad)).toMatchObject({ problem: 'internal', finished: false, moved: [], added: [] })
  expect(told(good)).toMatchObject({ problem: null, finished: false })
  await ask(1, 2)
  await w.work()
  expect(await status()).toMatchObject({ status: 'done', failed: 1, failures: [{ planId: bad, code: 'internal' }] })
  expect([await pinOf(bad), await pinOf(good)]).toEqual([1, 2])
})

test('a correction and a migration of one plan at the same moment, in two processes: it follows both', async () => {
  const other = w.another()
  await other.ready()
  const migrating = async (from: number, to: number) => {
    await ask(from, to)
    await other.due.find(({ table }) => table === 'event_deliveries')?.drain(w.now())
  }
  const id = await treated(`${today()} 10:00`)
  const yesterday = addDays(today(), -1)
  const corrected = (day: string) =>
    w.api('PUT', `/treatments/${id}`, {
      customerExternalId: `C-${n}`,
      storeId: 'huayan',
      code: 'ipl',
      endedAt: `${day}T10:00:00+08:00`,
    })
  expect(await pinOf(id)).toBe(2)
  await corrected(yesterday)
  meanwhile('care_steps', 'bulkWrite', () => migrating(2, 1))
  await w.work()
  const open = async () =>
    (await w.steps(id)).filter(({ pathway, status }) => pathway === 'base' && status === 'planned')
  expect(await pinOf(id)).toBe(1)
  expect((await open()).map(({ pathwayVersion }) => pathwayVersion)).toEqual((await open()).map(() => 1))
  expect(await w.step(id, 'base.periodic_month3')).toMatchObject({
    status: 'planned',
    plannedOn: addMonths(yesterday, 3),
  })
  expect(await w.step(id, 'base.periodic_month2')).toMatchObject({ status: 'cancelled' })
  // And the other way round: what the migration doesn't know is corrected meanwhile.
  await ask(1, 2)
  meanwhile('care_steps', 'bulkWrite', async () => {
    await corrected(today())
    await other.due.find(({ table }) => table === 'event_deliveries')?.drain(w.now())
  })
  await w.work()
  expect(await pinOf(id)).toBe(2)
  expect((await open()).map(({ pathwayVersion }) => pathwayVersion)).toEqual((await open()).map(() => 2))
  expect(await w.step(id, 'base.periodic_month2')).toMatchObject({
    status: 'planned',
    plannedOn: addMonths(today(), 2),
  })
  expect(await w.step(id, 'base.periodic_month3')).toMatchObject({ status: 'cancelled' })
})

test('a treatment that is cancelled while its plan is made anew leaves nothing planned', async () => {
  const other = w.another()
  await other.ready()
  const id = await treated(`${today()} 10:00`)
  await w.api('PUT', `/treatments/${id}`, {
    customerExternalId: `C-${n}`,
    storeId: 'huayan',
    code: 'ipl',
    endedAt: `${addDays(today(), -1)}T10:00:00+08:00`,
  })
  meanwhile('care_steps', 'bulkWrite', async () => {
    await w.api('POST', `/treatments/${id}/cancel`)
    await other.due.find(({ table }) => table === 'event_deliveries')?.drain(w.now())
  })
  await w.work()
  expect((await w.steps(id)).filter(({ dueAt, status }) => dueAt !== null || status === 'planned')).toEqual([])
  expect(await w.api('GET', `/care-plans/${id}`)).toMatchObject({ status: 'cancelled' })
})

test('supervisors read one summary of a migration; it is taken back as one, and what began on the version stays there', async () => {
  const [first, second] = [await treated(`${today()} 10:00`), await treated(`${today()} 10:00`)]
  await ask(2, 1)
  await w.work()
  const born = await treated(`${today()} 10:00`)
  expect([await pinOf(first), await pinOf(second), await pinOf(born)]).toEqual([1, 1, 2])
  const notes = () => w.staffGot('staff05', 'app').flatMap(({ text }) => (text.includes('护理路径') ? [text] : []))
  const before = notes().length
  await ask(1, 2)
  await w.work()
  const { migrated } = await status()
  expect(Number(migrated)).toBeGreaterThanOrEqual(2)
  const told = notes()
  expect(told).toHaveLength(before + 1)
  expect(told.at(-1)).toContain('第 1 版改为第 2 版，由linyue操作')
  expect(told.at(-1)).toMatch(new RegExp(`本店 ${migrated} 份护理计划随之变动：调整 [0-9]+ 项，取消 [0-9]+ 项`))
  expect(told.at(-1)).toContain('原因：两个月回访更合适')
  const undo = { by: 'linyue', reason: '医生意见不同' }
  expect(await w.api('POST', '/pathways/base/migrations/base:1:2/undo', undo)).toMatchObject({
    id: 'base:2:1',
    undoes: 'base:1:2',
    status: 'running',
  })
  // Another request of the same kind would move other plans: it waits.
  await expect(ask(2, 1)).rejects.toThrow('record_busy')
  await w.work()
  expect([await pinOf(first), await pinOf(second), await pinOf(born)]).toEqual([1, 1, 2])
  expect(await w.step(first, 'base.periodic_month3')).toMatchObject({ status: 'planned' })
  expect(await w.step(first, 'base.periodic_month2')).toMatchObject({ status: 'cancelled' })
  expect(await w.step(born, 'base.periodic_month2')).toMatchObject({ status: 'planned' })
  expect(notes().at(-1)).toContain('第 2 版恢复为第 1 版')
  await expect(w.api('POST', '/pathways/base/migrations/base:1:9/undo', undo)).rejects.toThrow('migration_not_found')
  await expect(w.api('POST', '/pathways/injection/migrations/base:1:2/undo', undo)).rejects.toThrow(
    'migration_not_found',
  )
})
