/** Several treatments of one visit: one contact for all of them, and each keeps what it was promised. */
import { expect, test } from 'vitest'
import { addDays } from '../../../src/platform/calendar.ts'
import { careWorld, clinicTime } from './support.ts'

const w = await careWorld({ customers: 20 })
let today = '2026-03-02'
let n = 0
async function afternoon(): Promise<number> {
  for (const table of ['care_steps', 'tasks', 'outbox']) await w.collection(table).deleteMany({})
  today = addDays(clinicTime(w.now()).slice(0, 10), 1)
  await w.to(`${today} 15:00`)
  n += 1
  await w.customer(n)
  return n
}
const later = (days: number) => addDays(today, days)
/** Skin booster and botulinum in one visit; the chat is open for two days. */
async function visit(one: number): Promise<[string, string]> {
  await w.chats(one)
  const first = await w.treatment(one, `${today} 14:30`, { code: 'skin_booster' })
  await w.work()
  const second = await w.treatment(one, `${today} 14:50`, { code: 'botulinum' })
  await w.work()
  return [first, second]
}

test('each is thanked for, and from then on they are cared for together', async () => {
  const one = await afternoon()
  const [first, second] = await visit(one)
  const thanks = w.got(one, 'kf').filter(({ text }) => text.includes('顺利完成'))
  expect(thanks.map(({ text }) => [text.includes('水光针'), text.includes('肉毒素')])).toEqual([
    [true, false],
    [false, true],
  ])
  await w.to(`${later(1)} 21:00`)
  const day1 = w.got(one).filter(({ at }) => clinicTime(new Date(at)) > later(1))
  // One message of customer service with both guides, one announced call of the consultant.
  expect(
    day1
      .map(({ text }) => [text.includes('水光针、肉毒素'), text.includes('【水光针】') && text.includes('【肉毒素】')])
      .sort(),
  ).toEqual([
    [true, false],
    [true, true],
  ])
  expect(await w.step(second, 'injection.day1')).toMatchObject({
    status: 'merged',
    mergedInto: `${first}.injection.day1`,
  })
  const cards = [...w.staffGot('staff02', 'card'), ...w.staffGot('staff12', 'card')]
  expect(cards.filter(({ at }) => clinicTime(new Date(at)) > later(1))).toHaveLength(1)
  expect(JSON.stringify(cards.at(-1)?.payload)).toContain('水光针、肉毒素')
})

test('the whole plan of the second rides on the first, but for what nothing of the first carries', async () => {
  const one = await afternoon()
  const [first, second] = await visit(one)
  const own = (await w.steps(second)).filter(
    ({ status, mergedInto }) => status === 'planned' || mergedInto?.startsWith(second),
  )
  expect(own.map(({ pathway, step }) => `${pathway}.${step}`)).toEqual(['base.greeting'])
  const month = await w.step(first, 'injection.month1')
  expect(month).toMatchObject({ asksMonth: true, carries: [{ treatmentId: second, guideDay: 'month1' }] })
})

test('a call is not left to a message: what needs a person of its own has it', async () => {
  const one = await afternoon()
  const first = await w.treatment(one, `${today} 14:30`, { code: 'ipl' })
  await w.work()
  const second = await w.treatment(one, `${today} 14:50`, { code: 'botulinum' })
  await w.work()
  expect(await w.step(first, 'base.effect_month1')).toMatchObject({ status: 'planned', action: 'message' })
  expect(await w.step(second, 'injection.month1')).toMatchObject({ status: 'planned', action: 'call' })
  // Its own messages of that day ride on its own call.
  expect(await w.step(second, 'base.effect_month1')).toMatchObject({ mergedInto: `${second}.injection.month1` })
})

test('when the first is cancelled, the second gets contacts of its own', async () => {
  const one = await afternoon()
  const [first, second] = await visit(one)
  await w.api('POST', `/treatments/${first}/cancel`)
  await w.work()
  expect(await w.step(second, 'injection.day1')).toMatchObject({ status: 'planned', mergedInto: null })
  await w.to(`${later(1)} 21:00`)
  const day1 = w.got(one).filter(({ at }) => clinicTime(new Date(at)) > later(1))
  expect(day1).toHaveLength(2)
  expect(day1.every(({ text }) => text.includes('肉毒素') && !text.includes('水光针'))).toBe(true)
})

test('when the second is cancelled, the first no longer speaks of it', async () => {
  const one = await afternoon()
  const [, second] = await visit(one)
  await w.api('POST', `/treatments/${second}/cancel`)
  await w.to(`${later(1)} 21:00`)
  const day1 = w.got(one).filter(({ at }) => clinicTime(new Date(at)) > later(1))
  expect(day1).toHaveLength(2)
  expect(day1.every(({ text }) => text.includes('水光针') && !text.includes('肉毒素'))).toBe(true)
})

test('when the first moves to another day, they part', async () => {
  const one = await afternoon()
  const [first, second] = await visit(one)
  await w.api('PUT', `/treatments/${first}`, {
    customerExternalId: `C-${one}`,
    storeId: 'huayan',
    code: 'skin_booster',
    endedAt: new Date(`${later(-1)}T14:30:00+08:00`).toISOString(),
  })
  await w.work()
  expect(await w.step(first, 'injection.day1')).toMatchObject({ plannedOn: today, carries: [] })
  expect(await w.step(second, 'injection.day1')).toMatchObject({ status: 'planned', plannedOn: later(1) })
})

test('treatments of different days are followed each on their own', async () => {
  const one = await afternoon()
  await w.treatment(one, `${later(-1)} 14:30`, { code: 'skin_booster' })
  await w.work()
  const second = await w.treatment(one, `${today} 14:50`, { code: 'botulinum' })
  await w.work()
  expect((await w.steps(second)).filter(({ mergedInto }) => mergedInto && !mergedInto.startsWith(second))).toEqual([])
})
