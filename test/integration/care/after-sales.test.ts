/** A problem with a product (domain 3): a department has it with a due time, and the customer hears what is done, once. */
import { expect, test } from 'vitest'
import { callTaskId } from '../../../src/care/fire.ts'
import { addDays } from '../../../src/platform/calendar.ts'
import { FREE_CLAIM } from '../../../src/platform/claims.ts'
import { careWorld, clinicTime, dyingAt, HOUR, MINUTE } from './support.ts'

const w = await careWorld({ customers: 120, pathways: ['product'] })
interface Task {
  _id: string
  kind: string
  role: string
  status: string
  ownerUserId: string
  script: string
  openAt: Date
  deadlineAt: Date
}
interface Contact {
  _id: string
  remedy?: string
  reached: boolean
  summary: string
}
let today = '2026-03-02'
let n = 0
let customerId = ''
/** Nothing is left of earlier customers; it is an afternoon on which messages may go at once. */
async function afternoon(): Promise<void> {
  for (const table of ['care_steps', 'care_plans', 'tasks', 'outbox', 'abnormal_cases', 'contacts'])
    await w.collection(table).deleteMany({})
  today = addDays(clinicTime(w.now()).slice(0, 10), 1)
  await w.simulator.context.clock.moveTo(new Date(`${today}T14:00:00+08:00`), 5_000)
  await w.to(`${today} 15:00`)
  n += 1
  customerId = await w.customer(n)
}
/** A customer who has bought make-up, a week later, and the card of the call about it. */
async function called() {
  await afternoon()
  const { id } = await w.api('POST', '/purchases', {
    externalId: `P-${n}`,
    customerExternalId: `C-${n}`,
    storeId: 'huayan',
    paidAt: new Date(`${today}T14:30:00+08:00`).toISOString(),
    amountFen: 12_900,
    items: [{ name: '粉底液', type: 'make_up', quantity: 1, amountFen: 12_900 }],
  })
  await w.work()
  const step = `${String(id)}.product.make_up`
  await w.to(`${addDays(today, 7)} 09:00`)
  const laid = await w.collection<Task>('tasks').findOne({ _id: callTaskId(step) })
  await w.to(new Date(Number(laid?.openAt) + MINUTE))
  return { step, task: await w.task(callTaskId(step)) }
}
async function answered(
  { ownerUserId, card }: { ownerUserId: string; card: string },
  checklist: string[],
  { state = 'recovering_well', words = '' } = {},
) {
  await w.click(ownerUserId, card, 'done')
  await w.click(ownerUserId, card, 'submit_contact', { reached: ['yes'], state: [state], satisfaction: ['3'] })
  await w.click(ownerUserId, card, 'submit_checklist', { checklist })
  await w.tell(ownerUserId, words || '已记录')
}
const phoned = (more: Record<string, unknown> = {}) =>
  w.api('POST', '/contacts', {
    externalId: `IN-${n}`,
    customerExternalId: `C-${n}`,
    storeId: 'huayan',
    byUserId: 'staff01',
    at: w.now().toISOString(),
    checklist: ['quality_problem'],
    summary: '面霜开封就分层了',
    ...more,
  })
/** What the card says. */
const scriptOf = (task: Pick<Task, 'script'> | null | undefined) => w.crypto.open('tasks.script', task?.script ?? '')
const tasksOf = (kind: string) => w.collection<Task>('tasks').find({ kind }).sort({ role: 1 }).toArray()
async function onlyTask() {
  const [task, ...others] = await tasksOf('after_sales')
  if (!task) throw new Error('no task')
  expect(others).toEqual([])
  return w.task(task._id)
}
const records = async () =>
  (
    await w
      .collection<Contact>('contacts')
      .find({ _id: /^task#sales_/ })
      .toArray()
  ).map((one) => ({
    ...one,
    words: w.crypto.open('contacts.summary', one.summary),
  }))
async function decided(task: { ownerUserId: string; card: string }, choice: string, why = 'agreed') {
  await w.click(task.ownerUserId, task.card, 'done')
  await w.click(task.ownerUserId, task.card, 'submit_choice', { choice: [choice], why: [why] })
}
const told = (remedy: RegExp) => w.got(n, 'sms').filter(({ text }) => remedy.test(text))

test('a problem found on the phone goes to its department with a due time; what is done reaches the customer, once, and is kept', async () => {
  const { step, task } = await called()
  await answered(task, ['reaction', 'care', 'recovery', 'quality_problem'], { words: '粉底液的泵头按不出来' })
  expect(await w.collection('care_steps').findOne({ _id: step })).toMatchObject({ status: 'done' })
  const [sales] = await tasksOf('after_sales')
  expect(sales).toMatchObject({ role: 'department_head', status: 'open', ownerUserId: expect.stringMatching(/./) })
  expect(Number(sales?.deadlineAt) - Number(w.now())).toBe(48 * HOUR)
  expect(sales?.script).not.toContain('泵头')
  const one = await onlyTask()
  const card = w.staffGot(one.ownerUserId, 'card').at(-1)?.payload.card
  expect(card).toMatchObject({ sub_title_text: '客户反映：粉底液的泵头按不出来' })
  const call = await w.collection<Contact>('contacts').findOne({ stepIds: step, reached: true })
  expect(w.crypto.open('contacts.summary', call?.summary ?? '')).toContain(
    '产品问题：产品质量，转研发；满意度 3/5；后续：产品问题48小时内处理；',
  )

  // A tap on a form that nobody has filled in tells nobody anything.
  await decided(one, 'unset', 'unset')
  expect((await onlyTask()).status).toBe('form')
  expect(told(/粉底|换货|退款/)).toEqual([])
  await w.click(one.ownerUserId, one.card, 'submit_choice', { choice: ['exchange'], why: ['agreed'] })
  await w.tell(one.ownerUserId, '已核对批次，寄新品')
  expect((await onlyTask()).status).toBe('done')
  expect(told(/护理产品问题已核实，我们为您换货/)).toHaveLength(1)
  const kept = await records()
  expect(kept).toMatchObject([{ remedy: 'exchange', reached: true, byUserId: one.ownerUserId }])
  expect(kept[0]?.words).toMatch(
    /^护理产品后第7天产品售后处理；处理结果：换货；后续：结果以消息告知客户；补充：已核对批次，寄新品；记录人 /,
  )
  const { items } = (await w.api('GET', `/contacts?customerId=${customerId}`)) as { items: unknown[] }
  expect(items).toContainEqual(expect.objectContaining({ remedy: 'exchange', byUserId: one.ownerUserId }))

  // Everything that led here is told again.
  const again = { status: 'pending' as const, dueAt: w.now(), attempt: 0, claim: FREE_CLAIM }
  const { matchedCount } = await w
    .collection<{ _id: string }>('event_deliveries')
    .updateMany({ _id: /^task\.completed:.*\|care$/ }, { $set: again })
  expect(matchedCount).toBe(2)
  await w.to(new Date(w.now().getTime() + HOUR))
  expect((await onlyTask()).status).toBe('done')
  expect(told(/换货/)).toHaveLength(1)
  expect(await records()).toHaveLength(1)
})

test('two problems are two departments’; whoever decides in silence tells the customer ten minutes later', async () => {
  const { task } = await called()
  await answered(task, ['reaction', 'packaging_problem', 'service_problem'])
  const [mine, theirs, ...others] = await tasksOf('after_sales')
  expect([mine?.role, theirs?.role, others.length]).toEqual(['customer_service', 'operations', 0])
  await decided(await w.task(String(mine?._id)), 'usage_advice', 'not_reached')
  await w.to(new Date(w.now().getTime() + 9 * MINUTE))
  expect(told(/使用方法/)).toEqual([])
  await w.to(new Date(w.now().getTime() + 2 * MINUTE))
  expect(told(/调整使用方法后多可改善/)).toHaveLength(1)
  await decided(await w.task(String(theirs?._id)), 'suggestion')
  await w.to(new Date(w.now().getTime() + 11 * MINUTE))
  expect(told(/您对护理产品提出的建议，我们已经认真记录/)).toHaveLength(1)
  expect((await records()).map(({ remedy, reached }) => [remedy, reached]).sort()).toEqual([
    ['suggestion', true],
    ['usage_advice', false],
  ])
})

test('a reaction goes to the doctor as ever, and the quality of that product to nobody else', async () => {
  const { task } = await called()
  await answered(task, ['reaction', 'quality_problem'], { state: 'abnormal', words: '用后两颊红痒' })
  expect(await tasksOf('doctor_contact')).toHaveLength(1)
  expect(await tasksOf('after_sales')).toEqual([])
  expect(await w.collection('abnormal_cases').countDocuments({})).toBe(1)
  // The doctor reads of the quality, too.
  const [asked] = await tasksOf('doctor_contact')
  expect(scriptOf(asked)).toBe('客户同时反映产品质量问题，请一并了解。用后两颊红痒')
  // What the customer says of the packaging besides is no matter of the doctor's.
  await afternoon()
  await phoned({ state: 'abnormal', checklist: ['quality_problem', 'packaging_problem'] })
  await w.work()
  const [doctor] = await tasksOf('doctor_contact')
  expect(clinicTime(doctor?.deadlineAt ?? w.now())).toBe(`${addDays(today, 1)} 15:00`)
  expect(await onlyTask()).toMatchObject({ role: 'operations' })
})

test('no problem, no task; and a department that is late is told of, with its supervisor', async () => {
  const { task } = await called()
  await answered(task, ['reaction', 'care', 'recovery'])
  expect(await tasksOf('after_sales')).toEqual([])
  await afternoon()
  await phoned({ checklist: ['service_problem'] })
  await w.work()
  const late = await onlyTask()
  const warned = () =>
    w.simulator.ledger.entries().filter(({ text }) => /^【(已超时|超时提醒)】.*使用或服务问题，请处理”/.test(text))
  await w.to(new Date(w.now().getTime() + 48 * HOUR - MINUTE))
  expect(warned()).toEqual([])
  await w.to(new Date(w.now().getTime() + 2 * MINUTE))
  expect(warned().length).toBeGreaterThan(1)
  expect((await onlyTask()).status).toBe(late.status)
})

test('a customer who calls about a product is heard the same way; who wants no messages any more keeps the claim', async () => {
  await afternoon()
  await phoned()
  await phoned()
  await w.work()
  expect(await onlyTask()).toMatchObject({ status: 'open', role: 'department_head' })
  await w.customer(n, { optOut: { all: true, promotion: true } })
  await w.work()
  expect((await onlyTask()).status).toBe('open')
})

test('a remedy that nobody could speak with the customer about is arranged on the phone, once; what was agreed needs no call', async () => {
  const arranging = () =>
    w
      .collection<Task & { asksProduct?: boolean; facts: object[] }>('tasks')
      .find({ _id: /^arrange_/ })
      .toArray()
  await afternoon()
  await phoned()
  await w.work()
  await decided(await onlyTask(), 'exchange', 'agreed')
  await w.to(new Date(w.now().getTime() + 11 * MINUTE))
  expect(told(/换货，请保留原产品和包装，具体安排以同事与您沟通的为准/)).toHaveLength(1)
  expect(await arranging()).toEqual([])

  await afternoon()
  await phoned()
  await w.work()
  await decided(await onlyTask(), 'refund', 'not_reached')
  await w.to(new Date(w.now().getTime() + 11 * MINUTE))
  expect(told(/退款方式以同事与您沟通的为准/)).toHaveLength(1)
  const [call, ...more] = await arranging()
  expect([call?.role, call?.status, more]).toEqual(['customer_service', 'open', []])
  expect(call?.facts).toContainEqual({ name: '结果', value: '退款' })
  expect(scriptOf(call)).toContain('请致电说明处理结果，并约定具体安排')
  expect(Number(call?.deadlineAt) - Number(call?.openAt)).toBeLessThan(36 * HOUR)
  expect((await records())[0]?.words).toContain('后续：结果以消息告知客户、客服致电约定')
  // It is owed also to whoever wants no messages from now on, and ends in a record like other contacts.
  await w.customer(n, { optOut: { all: true, promotion: true } })
  const again = { status: 'pending' as const, dueAt: w.now(), attempt: 0, claim: FREE_CLAIM }
  await w
    .collection<{ _id: string }>('event_deliveries')
    .updateMany({ _id: /^task\.completed:sales_.*\|care$/ }, { $set: again })
  await w.work()
  expect(await arranging()).toHaveLength(1)
  await answered(await w.task(String(call?._id)), ['reaction', 'service_problem'], { words: '已约周三到店办理' })
  expect((await w.task(String(call?._id))).status).toBe('done')
  expect(told(/退款/)).toHaveLength(1)
  const talk = await w.collection<Contact>('contacts').findOne({ _id: `task#${call?._id}` })
  expect(w.crypto.open('contacts.summary', String(talk?.summary))).toContain('已约周三到店办理')
})

test('who wants no messages gets none: card, record and call say that a person tells it on the phone', async () => {
  await afternoon()
  await w.customer(n, { optOut: { all: true, promotion: true } })
  await phoned()
  await w.work()
  const task = await onlyTask()
  expect(scriptOf((await tasksOf('after_sales'))[0])).toBe('客户不接收消息，结果请电话告知。客户反映：面霜开封就分层了')
  await decided(task, 'suggestion', 'not_reached')
  await w.to(new Date(w.now().getTime() + 11 * MINUTE))
  expect((await records())[0]?.words).toContain('后续：客户不接收消息，结果以电话告知、客服致电约定')
  expect(await w.collection('outbox').countDocuments({ 'refs.part': 'after_sales' })).toBe(0)
  const call = await w.collection<Task>('tasks').findOne({ _id: /^arrange_/ })
  expect([call?.status, scriptOf(call)]).toEqual(['open', expect.stringMatching(/^客户不接收消息，结果请电话告知。/)])
})

test('whoever calls back about a product has its problems among the boxes', async () => {
  const { task } = await called()
  await answered(task, ['reaction', 'care', 'ask_nurse'])
  expect(await tasksOf('call_back')).toMatchObject([{ role: 'nurse', asksProduct: true }])
})

test('a process that dies at any of its writes while the decision is worked on: told once, kept once', {
  timeout: 300_000,
}, async () => {
  let deaths = 0
  for (let write = 0; ; write++) {
    await afternoon()
    await phoned()
    await w.work()
    const task = await onlyTask()
    await decided(task, 'refund', 'not_reached')
    w.simulator.act({ as: 'staff', id: w.staffOf(task.ownerUserId).personId, do: 'say', text: '已退' })
    await w.arrived()
    const death = dyingAt(write)
    const died = await w.work().then(
      () => false,
      () => true,
    )
    death.revive()
    if (died) {
      deaths += 1
      w.leasesOver()
      await w.work()
      await w.to(new Date(w.now().getTime() + 11 * MINUTE))
    }
    const calls = await w.collection('tasks').countDocuments({ _id: /^arrange_/ } as object)
    expect([write, told(/我们为您退款/).length, (await records()).length, calls]).toEqual([write, 1, 1, 1])
    if (!died) break
  }
  expect(deaths).toBeGreaterThan(4)
})
