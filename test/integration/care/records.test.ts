/** What a contact leads to: whom its findings reach, once, and what the record says of it. */
import { expect, test } from 'vitest'
import { callTaskId } from '../../../src/care/fire.ts'
import { addDays } from '../../../src/platform/calendar.ts'
import { careWorld, clinicTime, MINUTE } from './support.ts'

const w = await careWorld({ customers: 30 })
interface Task {
  _id: string
  kind: string
  role: string
  ownerUserId: string
  title: string
  openAt: Date
  deadlineAt: Date
}
interface Contact {
  _id: string
  checklist: string[] | null
  interest: { code: string; taskId: string | null; reason: string | null } | null
  summary: string
}
let today = '2026-03-02'
let n = 0
/** A customer whose consultant calls on the day after the treatment, and the card of that call. */
async function calledBy(userId: string, more: Record<string, unknown> = {}) {
  for (const table of ['care_steps', 'tasks', 'outbox', 'abnormal_cases']) await w.collection(table).deleteMany({})
  today = addDays(clinicTime(w.now()).slice(0, 10), 1)
  await w.to(`${today} 15:00`)
  n += 1
  const customerId = await w.customer(n, more)
  const id = await w.treatment(n, `${today} 14:50`, { consultantUserId: userId, doctorUserId: 'staff04' })
  await w.to(`${addDays(today, 1)} 12:30`)
  return { id, customerId, task: await w.task(callTaskId(`${id}.treatment_call.consultant_day1`)) }
}
async function answered(
  task: { ownerUserId: string; card: string },
  checklist: string[],
  { state = 'recovering_well', words = '' }: { state?: string; words?: string } = {},
) {
  await w.click(task.ownerUserId, task.card, 'done')
  await w.click(task.ownerUserId, task.card, 'submit_contact', {
    reached: ['yes'],
    state: [state],
    satisfaction: ['4'],
  })
  await w.click(task.ownerUserId, task.card, 'submit_checklist', { checklist })
  if (checklist.includes('interest'))
    await w.click(task.ownerUserId, task.card, 'submit_interest', { interest: ['rf'], strength: ['strong'] })
  if (words) await w.tell(task.ownerUserId, words)
  else await w.to(new Date(w.now().getTime() + 11 * MINUTE))
}
const tasksOf = (kind: string) => w.collection<Task>('tasks').find({ kind }).sort({ openAt: 1 }).toArray()
async function recordOf(id: string) {
  const [record] = await w
    .collection<Contact>('contacts')
    .find({ treatmentId: id, reached: true })
    .sort({ _id: 1 })
    .toArray()
  if (!record) throw new Error('no record')
  return { ...record, words: w.crypto.open('contacts.summary', record.summary) }
}

test('a card opens with the record: treatment, doctor, last contact, and that the file is to be read, never what it says', async () => {
  const { id, task } = await calledBy('staff12', { allergies: '青霉素过敏', notes: '曾有晕针' })
  const factsOf = (userId: string) => {
    const card = w.staffGot(userId, 'card').at(-1)?.payload.card as {
      horizontal_content_list: { keyname: string; value: string }[]
    }
    return Object.fromEntries(card.horizontal_content_list.map(({ keyname, value }) => [keyname, value]))
  }
  expect(factsOf('staff12')).toMatchObject({
    项目: '光子嫩肤',
    医生: w.staffOf('staff04').name,
    注意: '有过敏史和备注，请先查看档案',
  })
  await answered(task, ['reaction', 'care_not_followed'])
  await w.to(`${addDays(today, 3)} 18:00`)
  const { ownerUserId } = await w.task(callTaskId(`${id}.treatment_call.cs_day3`))
  const [, month, day] = addDays(today, 1).split('-').map(Number)
  expect(factsOf(ownerUserId).上次).toBe(`${month}月${day}日 恢复良好 满意度4 医嘱未全做到`)
  expect(JSON.stringify(w.simulator.ledger.entries())).not.toMatch(/青霉素|晕针/)
})

test('an interest becomes one task of the consultant, on the next open day; said again it is the same task', async () => {
  const { id, task } = await calledBy('staff12')
  await answered(task, ['reaction', 'interest'])
  const [interest, ...others] = await tasksOf('consultant_follow')
  expect(others).toEqual([])
  expect(interest).toMatchObject({ ownerUserId: 'staff12', title: expect.stringContaining('对射频紧肤有意向') })
  expect(clinicTime(interest?.openAt ?? w.now())).toBe(`${addDays(today, 2)} 11:00`)
  const record = await recordOf(id)
  expect(record.interest).toEqual({ code: 'rf', strength: 'strong', taskId: interest?._id, reason: null })
  expect(record.words).toContain('意向：射频紧肤（很想了解）；后续：咨询师跟进意向；')
  await w.to(`${addDays(today, 3)} 18:00`)
  await answered(await w.task(callTaskId(`${id}.treatment_call.cs_day3`)), ['reaction', 'interest'])
  expect((await tasksOf('consultant_follow')).map(({ _id }) => _id)).toEqual([interest?._id])
})

test('who wants no promotion keeps the interest in the record, with the reason, and nobody calls about it', async () => {
  const { id, task } = await calledBy('staff12', { optOut: { promotion: true } })
  await answered(task, ['reaction', 'interest'])
  expect(await tasksOf('consultant_follow')).toEqual([])
  const record = await recordOf(id)
  expect(record.interest).toMatchObject({ code: 'rf', taskId: null, reason: 'promotion_opted_out' })
  expect(record.words).toContain('意向暂不跟进（客户不接收营销信息）')
})

test('whoever wants no more offers afterwards is not called about the interest either', async () => {
  const { customerId, task } = await calledBy('staff12')
  await answered(task, ['reaction', 'interest'])
  await w.api('PATCH', `/customers/${customerId}`, { optOut: { promotion: true } })
  await w.work()
  expect(await tasksOf('consultant_follow')).toMatchObject([{ status: 'cancelled' }])
})

test('an abnormal state whose form is never finished reaches the doctor after ten minutes', async () => {
  const { id, task } = await calledBy('staff12')
  await w.click(task.ownerUserId, task.card, 'done')
  await w.click(task.ownerUserId, task.card, 'submit_contact', { reached: ['yes'], state: ['abnormal'] })
  // Answered at 12:30.
  await w.to(`${addDays(today, 1)} 12:39`)
  expect(await tasksOf('doctor_contact')).toEqual([])
  await w.to(`${addDays(today, 1)} 12:41`)
  expect(await tasksOf('doctor_contact')).toMatchObject([{ ownerUserId: 'staff04', treatmentId: id }])
  expect((await recordOf(id)).words).toContain('客户出现异常反应')
})

test('answered, and heard after the customer’s death: a record, and nobody is asked anything', async () => {
  const { id, customerId, task } = await calledBy('staff12')
  await w.click(task.ownerUserId, task.card, 'done')
  await w.click(task.ownerUserId, task.card, 'submit_contact', { reached: ['yes'], state: ['needs_doctor'] })
  await w.click(task.ownerUserId, task.card, 'submit_checklist', { checklist: ['reaction', 'ask_nurse', 'interest'] })
  await w.click(task.ownerUserId, task.card, 'submit_interest', { interest: ['rf'], strength: ['some'] })
  await w.api('PATCH', `/customers/${customerId}`, { deceased: true })
  await w.to(new Date(w.now().getTime() + 11 * MINUTE))
  for (const kind of ['doctor_contact', 'call_back', 'consultant_follow']) expect(await tasksOf(kind)).toEqual([])
  expect(await w.collection('abnormal_cases').countDocuments({})).toBe(0)
  const record = await recordOf(id)
  expect(record.words).toMatch(/后续：客户已故；/)
  expect(record.interest).toMatchObject({ taskId: null, reason: 'deceased' })
})

test('no contact is wanted while a nurse’s call is out: whether to call all the same is decided by her', async () => {
  const { id, customerId } = await calledBy('staff12')
  const name = 'treatment_call.cs_day3'
  await w
    .collection('care_steps')
    .updateOne({ _id: `${id}.${name}` as never }, { $set: { safety: true, ownerRole: 'nurse' } })
  await w.to(`${addDays(today, 3)} 17:45`)
  expect((await w.step(id, name)).status).toBe('calling')
  await w.api('PATCH', `/customers/${customerId}`, { optOut: { all: true } })
  await w.to(`${addDays(today, 3)} 21:00`)
  expect((await w.task(callTaskId(`${id}.${name}`))).status).toBe('cancelled')
  expect(await tasksOf('decide_contact')).toMatchObject([{ role: 'nurse' }])
})

test('whose state is abnormal is offered nothing: the interest is kept for later', async () => {
  const { id, task } = await calledBy('staff12')
  await answered(task, ['reaction', 'interest'], { state: 'abnormal' })
  expect(await tasksOf('consultant_follow')).toEqual([])
  expect((await recordOf(id)).interest).toMatchObject({ taskId: null, reason: 'abnormal_case' })
  // Also in another contact, as long as the case is open.
  await w.to(`${addDays(today, 3)} 18:00`)
  await answered(await w.task(callTaskId(`${id}.treatment_call.cs_day3`)), ['reaction', 'interest'])
  expect(await tasksOf('consultant_follow')).toEqual([])
})

test('questions outside the treatment are called back: by the customer’s own consultant, and by a nurse', async () => {
  const { id, task } = await calledBy('staff12')
  await answered(task, ['reaction', 'ask_consultant', 'ask_nurse'], { words: '想问会员积分和洗脸方法' })
  const backs = await tasksOf('call_back')
  expect(backs.map(({ role }) => role).sort()).toEqual(['consultant', 'nurse'])
  const mine = backs.find(({ role }) => role === 'consultant')
  expect(mine?.ownerUserId).toBe('staff12')
  expect(clinicTime(mine?.deadlineAt ?? w.now())).toBe(`${addDays(today, 2)} 20:30`)
  // Outside the windows nobody calls: the card comes with the next one.
  await w.to(`${addDays(today, 1)} 14:30`)
  expect(w.staffGot('staff12', 'card').at(-1)?.text).toContain('会员积分')
  expect((await recordOf(id)).words).toContain('后续：咨询师回电、护士回电；补充：想问会员积分和洗脸方法')
  // The call-back has a record of its own, and asks for no other one.
  await answered(await w.task(mine?._id ?? ''), ['reaction'])
  expect(await w.collection('contacts').countDocuments({ _id: `task#${mine?._id}` as never, reached: true })).toBe(1)
})

/** Both consultant's tasks, the step that is done, and what becomes of them when the treatment was a mistake. */
async function cameToNothing(item: string, title: string) {
  const { id, task } = await calledBy('staff12')
  await answered(task, ['recovery', item])
  const follow = await tasksOf('consultant_follow')
  expect(follow.map((one) => [clinicTime(one.openAt), one.ownerUserId])).toEqual([
    [`${addDays(today, 2)} 11:00`, 'staff12'],
    [expect.stringMatching(/^2026-0[45]-\d\d 11:00$/), 'staff12'],
  ])
  expect(follow[0]?.title).toContain(title)
  expect(await w.step(id, 'treatment_call.consultant_day1')).toMatchObject({ status: 'done', reason: null })
  expect((await recordOf(id)).words).toContain('咨询师次日及一个月后跟进')
  // Entered by mistake: nobody follows up.
  await w.api('POST', `/treatments/${id}/cancel`)
  await w.work()
  expect(await w.collection('tasks').countDocuments({ kind: 'consultant_follow', status: 'cancelled' })).toBe(2)
}
test('reached but silent: the consultant at 11:00 of the next open day, and a month later', () =>
  cameToNothing('silent', '接通但未深谈'))
test('declining the next visit: the consultant at 11:00 of the next open day, and a month later', () =>
  cameToNothing('declined', '暂不复查或下次治疗'))

test('who was unhappy is on the evening’s list of the director: by a mark, an objection, or a score; each customer counts once', async () => {
  const { task } = await calledBy('staff12')
  await answered(task, ['recovery', 'objection'])
  await w.to(`${addDays(today, 1)} 20:50`)
  const lists = () =>
    w
      .staffGot('staff10', 'app')
      .filter(
        ({ text, at }) => text.includes('今日不满意或异常') && clinicTime(new Date(at)) >= `${addDays(today, 1)} 20:50`,
      )
      .map(({ text }) => text)
  expect(lists()).toHaveLength(1)
  expect(lists()[0]).toContain('今日不满意或异常 1 位')
  expect(lists()[0]).toMatch(/光子嫩肤）：满意度 4，有异议；/)
})

test('a contact of the last minutes before the list, written up after it, is on the next evening’s', async () => {
  const { id, task } = await calledBy('staff12')
  await w.to(`${addDays(today, 1)} 20:45`)
  await w.click(task.ownerUserId, task.card, 'done')
  await w.click(task.ownerUserId, task.card, 'submit_contact', {
    reached: ['yes'],
    state: ['recovering_well'],
    satisfaction: ['1'],
  })
  await w.click(task.ownerUserId, task.card, 'submit_checklist', { checklist: ['recovery'] })
  await w.to(`${addDays(today, 2)} 20:50`)
  const lists = w
    .staffGot('staff10', 'app')
    .filter(
      ({ text, at }) => text.includes('今日不满意或异常') && clinicTime(new Date(at)) >= `${addDays(today, 1)} 20:50`,
    )
  expect(lists.map(({ at }) => clinicTime(new Date(at)))).toEqual([`${addDays(today, 2)} 20:50`])
  expect(lists[0]?.text).toMatch(/20:45 .*满意度 1/)
  expect((await recordOf(id)).words).toContain('满意度 1/5')
})

test('nobody answers about an operation: the nurse hands it to the doctor, besides the consultant’s two tasks', async () => {
  const { id } = await calledBy('staff12')
  await w
    .collection('care_steps')
    .updateOne({ _id: `${id}.treatment_call.cs_day3` as never }, { $set: { safety: true, ownerRole: 'nurse' } })
  await w.to(`${addDays(today, 3)} 12:30`)
  const taskId = callTaskId(`${id}.treatment_call.cs_day3`)
  for (let i = 0; i < 10 && (await w.task(taskId)).status !== 'cancelled'; i++) {
    const { ownerUserId, card, openAt } = (await w.task(taskId)) as unknown as Task & { card: string }
    await w.to(new Date(Math.max(Number(openAt), Number(w.now())) + 5 * MINUTE))
    await w.click(ownerUserId, card, 'not_reached')
  }
  const [decide, ...others] = await tasksOf('decide_contact')
  expect(others).toEqual([])
  expect(decide).toMatchObject({
    role: 'doctor',
    ownerUserId: 'staff04',
    title: expect.stringContaining('请决定如何联系'),
  })
  expect(await tasksOf('consultant_follow')).toHaveLength(2)
})
