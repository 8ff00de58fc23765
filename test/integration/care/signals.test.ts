/** A customer's own words, from the chat through the triage to the people who answer: in the same second, until somebody takes it. */
import { expect, test } from 'vitest'
import type { CaseRow } from '../../../src/care/cases/model.ts'
import type { SignalRow } from '../../../src/care/signals/model.ts'
import { addDays } from '../../../src/platform/calendar.ts'
import { careWorld, clinicTime, HOUR, MINUTE } from './support.ts'

const w = await careWorld({ customers: 40 })
const DOCTOR = 'staff04'
const SUPERVISOR = 'staff05'
const DIRECTOR = 'staff10'
interface Task {
  _id: string
  kind: string
  role: string
  ownerUserId: string
  status: string
  title: string
  openAt: Date
  deadlineAt: Date
}
let n = 0
let today = '2026-03-02'

/** A filler on a new day at ten, by a customer who chats with us; nothing of former tests is left. */
async function filled(more: Record<string, unknown> = {}) {
  for (const table of ['care_steps', 'tasks', 'outbox', 'abnormal_cases', 'signals', 'event_deliveries'])
    await w.collection(table).deleteMany({})
  today = addDays(clinicTime(w.now()).slice(0, 10), 1)
  await w.to(`${today} 11:30`)
  n += 1
  const customerId = await w.customer(n)
  const id = await w.treatment(n, `${today} 11:00`, { code: 'hyaluronic_filler', doctorUserId: DOCTOR, ...more })
  await w.chats(n)
  await w.to(`${today} 15:00`)
  return { id, customerId }
}
const tasksOf = (kind: string, open = true) =>
  w
    .collection<Task>('tasks')
    .find({ kind, ...(open ? { closedAt: null as never } : {}) })
    .sort({ openAt: 1, role: 1 })
    .toArray()
const caseOf = async (id: string) => (await w.collection<CaseRow>('abnormal_cases').findOne({ _id: id })) as CaseRow
const signals = () => w.collection<SignalRow>('signals').find({}).sort({ order: 1 }).toArray()
const replies = () => w.got(n, 'kf').filter(({ text }) => text.includes('您说的情况'))
const take = async (task: Task | undefined, key = 'take') => {
  const { ownerUserId, card } = await w.task(task?._id ?? '')
  await w.click(ownerUserId, card, key)
}

test('blanching pain after a filler: holding reply and the cards of doctor and supervisor in the same second', async () => {
  const { id, customerId } = await filled()
  const at = w.now()
  await w.says(n, '打完这边发白发凉，而且越来越痛')
  expect(replies().map((one) => [Math.round((Date.parse(one.at) - Number(at)) / 1_000), one.channel])).toEqual([
    [0, 'kf/send_msg'],
  ])
  expect(replies()[0]?.text).toContain('请您保持电话畅通')
  for (const member of [DOCTOR, SUPERVISOR]) {
    const card = w.staffGot(member, 'card').at(-1)
    expect(Date.parse(String(card?.at)) - Number(at)).toBeLessThan(1_000)
    expect(JSON.stringify(card?.payload)).toContain('紧急')
    expect(JSON.stringify(card?.payload)).toContain('发白发凉')
  }
  const [doctor] = await tasksOf('doctor_contact')
  expect(doctor).toMatchObject({ ownerUserId: DOCTOR, role: 'doctor' })
  expect(Number(doctor?.deadlineAt) - Number(at)).toBe(2 * HOUR)
  expect(await signals()).toMatchObject([
    { source: 'kf', level: 'emergency', treatmentId: id, day: 0, caseId: id, customerId, judged: null },
  ])
  // The words stay sealed: neither they nor what they were read as stand in the clear.
  for (const table of ['signals', 'abnormal_cases', 'tasks'])
    expect(JSON.stringify(await w.collection(table).find({}).toArray())).not.toContain('发凉')
  const { items } = (await w.api('GET', '/signals')) as { items: { level: string }[] }
  expect(items.map(({ level }) => level)).toEqual(['emergency'])
})

test('nobody takes it: five minutes to the head of the department, ten to the director, then everybody every quarter of an hour', async () => {
  const { id } = await filled()
  const at = w.now()
  await w.says(n, '我右眼突然看不见了')
  const after = (minutes: number) => w.to(new Date(Number(at) + minutes * MINUTE))
  await after(4)
  expect((await tasksOf('red_flag')).map(({ role }) => role)).toEqual(['cs_supervisor'])
  await after(5)
  expect((await tasksOf('red_flag')).map(({ role }) => role).sort()).toEqual(['cs_supervisor', 'department_head'])
  await after(10)
  expect((await tasksOf('red_flag')).find(({ role }) => role === 'director')).toMatchObject({ ownerUserId: DIRECTOR })
  const told = () => w.staffGot(DIRECTOR, 'app').filter(({ text }) => text.includes('无人接手')).length
  expect(told()).toBe(0)
  await after(15)
  expect(told()).toBe(1)
  await after(31)
  expect(told()).toBe(2)
  await take(
    (await tasksOf('red_flag')).find(({ role }) => role === 'director'),
    'done',
  )
  expect((await caseOf(id)).alarms).toMatchObject([{ round: 0, takenBy: DIRECTOR, calls: 4 }])
  // The others need not; the doctor still has to speak with the customer.
  expect(await tasksOf('red_flag')).toEqual([])
  expect(await tasksOf('doctor_contact')).toHaveLength(1)
  await after(110)
  expect(told()).toBe(2)
  // And when nobody has within the two hours, whoever stands above hears of that.
  await after(120)
  expect((await tasksOf('case_escalation')).map(({ role }) => role)).toEqual(['cs_supervisor'])
})

test('the doctor takes it: nobody else is called, and the doctor’s word ends it', async () => {
  const { id } = await filled()
  const at = w.now()
  await w.says(n, '喘不上气，喉咙发紧')
  await take((await tasksOf('doctor_contact'))[0])
  expect((await caseOf(id)).alarms).toMatchObject([{ takenBy: DOCTOR, calls: 0 }])
  await w.to(new Date(Number(at) + 20 * MINUTE))
  expect((await tasksOf('red_flag', false)).map(({ role, status }) => [role, status])).toEqual([
    ['cs_supervisor', 'cancelled'],
  ])
  const { ownerUserId, card } = await w.task((await tasksOf('doctor_contact'))[0]?._id ?? '')
  await w.click(ownerUserId, card, 'done')
  await w.click(ownerUserId, card, 'submit_doctor', {
    reached: ['yes'],
    state: ['mild_reaction'],
    followUp: ['resolved'],
  })
  await w.tell(ownerUserId, '已面诊，症状缓解')
  expect(await caseOf(id)).toMatchObject({ status: 'resolved', resolvedBy: DOCTOR, dueAt: null })
})

test('a doctor who tries in vain has begun, and tries again within the quarter of an hour, also at night', async () => {
  const { id } = await filled()
  await w.to(`${today} 23:30`)
  await w.says(n, '发高烧39度5，一直打寒战')
  const [doctor] = await tasksOf('doctor_contact')
  expect(clinicTime(doctor?.openAt as Date)).toBe(`${today} 23:30`)
  expect(w.got(n, 'kf').at(-1)?.text).toContain('医生和主管')
  await take(doctor, 'not_reached')
  expect((await caseOf(id)).alarms).toMatchObject([{ takenBy: DOCTOR }])
  const [again] = await tasksOf('doctor_contact')
  expect(clinicTime(again?.openAt as Date)).toBe(`${today} 23:45`)
})

test('writing on during an emergency asks for nothing twice; a further one after the doctor’s word begins anew', async () => {
  const { id } = await filled()
  await w.says(n, '打完的地方发白，好疼')
  await w.says(n, '现在越来越白了，疼得受不了')
  expect(await tasksOf('doctor_contact', false)).toHaveLength(1)
  expect(replies()).toHaveLength(1)
  expect((await caseOf(id)).reports).toHaveLength(2)
  // What was written last is told to people all the same.
  const everybody = Array.from({ length: 14 }, (_, i) => `staff${String(i + 1).padStart(2, '0')}`)
  expect(everybody.flatMap((one) => w.staffGot(one, 'app')).some(({ text }) => text.includes('疼得受不了'))).toBe(true)
  const { ownerUserId, card } = await w.task((await tasksOf('doctor_contact'))[0]?._id ?? '')
  await w.click(ownerUserId, card, 'done')
  await w.click(ownerUserId, card, 'submit_doctor', { reached: ['yes'], state: ['abnormal'], followUp: ['1'] })
  await w.tell(ownerUserId, '已处理')
  await w.says(n, '眼前一黑，看不清东西')
  expect(await caseOf(id)).toMatchObject({ round: 1, alarms: [{ round: 0 }, { round: 1, takenAt: null }] })
  expect(replies()).toHaveLength(2)
})

test('an emergency does not wait behind something abnormal: a new card with two hours takes the place of the old one', async () => {
  const { id } = await filled()
  await w.says(n, '打针的地方起了几个水泡')
  const [first] = await tasksOf('doctor_contact')
  expect(clinicTime(first?.deadlineAt as Date)).toBe(`${today} 20:30`)
  expect(await tasksOf('red_flag')).toEqual([])
  expect(await caseOf(id)).toMatchObject({ round: 0 })
  await w.says(n, '鼻子发白发凉了')
  expect((await w.task(first?._id ?? '')).status).toBe('cancelled')
  expect(await tasksOf('doctor_contact')).toMatchObject([{ title: expect.stringContaining('紧急') }])
  expect(await caseOf(id)).toMatchObject({ round: 1, alarms: [{ round: 1 }] })
})

test('suicidal words are met with the helpline', async () => {
  await filled()
  await w.says(n, '做坏了，我不想活了')
  expect(w.got(n, 'kf').at(-1)?.text).toContain('12356')
  expect(await tasksOf('red_flag')).toHaveLength(1)
})

test('mild or unclear: one colleague asks back today, however often the customer writes', async () => {
  await filled()
  await w.to(`${addDays(today, 20)} 15:00`)
  await w.collection('tasks').deleteMany({})
  await w.says(n, '脸上还是有点肿')
  await w.says(n, '感觉还是有一点点肿')
  const asked = await tasksOf('call_back')
  expect(asked).toMatchObject([{ role: 'customer_service', title: expect.stringContaining('请今日回问') }])
  expect(clinicTime(asked[0]?.deadlineAt as Date)).toBe(`${addDays(today, 20)} 20:30`)
  expect(await signals()).toMatchObject([{ level: 'watch' }, { level: 'watch' }])
  expect(await w.collection('abnormal_cases').countDocuments({})).toBe(0)
})

test('what is normal on that day, thanks, and a question open no case', async () => {
  await filled()
  for (const text of ['有一点点肿，正常吗', '谢谢提醒', '请问什么时候可以化妆', '没有发烧，不疼了', '美到窒息'])
    await w.says(n, text)
  expect(await signals()).toEqual([])
  expect(await tasksOf('call_back')).toEqual([])
})

test('whoever has had no treatment with us is heard, too', async () => {
  n += 1
  await w.customer(n)
  await w.chats(n, '我喘不上气了')
  expect(await signals()).toMatchObject([{ level: 'emergency', treatmentId: null, day: null }])
  expect(await tasksOf('red_flag')).toHaveLength(1)
})

test('a person lowers a level: what only it had asked for ends; a second opinion comes too late', async () => {
  const { id } = await filled()
  await w.says(n, '打针的地方起了水泡')
  const [signal] = await signals()
  const judge = (level: string, byUserId = DOCTOR) =>
    w.api('POST', `/signals/${signal?._id}/judgement`, { level, byUserId, reason: '照片可见为敷料压痕' })
  expect(await judge('none')).toMatchObject({ level: 'abnormal', judged: { level: 'none', byUserId: DOCTOR } })
  expect(await judge('none')).toMatchObject({ judged: { level: 'none' } })
  await expect(judge('watch', SUPERVISOR)).rejects.toThrow('signal_judged')
  expect(await caseOf(id)).toMatchObject({ status: 'closed', reason: 'false_alarm' })
  expect(await tasksOf('doctor_contact')).toEqual([])
})

test('a person sees more in it than the machine: doctor and supervisor are called once, and the call back is nobody’s', async () => {
  const { id } = await filled()
  await w.to(`${addDays(today, 20)} 15:00`)
  await w.collection('tasks').deleteMany({})
  await w.says(n, '脸上还是有点肿')
  const [signal] = await signals()
  const judge = () =>
    w.api('POST', `/signals/${signal?._id}/judgement`, {
      level: 'emergency',
      byUserId: 'staff02',
      reason: '照片可见鼻翼发白',
    })
  expect(await judge()).toMatchObject({ level: 'watch', judged: { level: 'emergency', byUserId: 'staff02' } })
  await judge()
  expect(await caseOf(id)).toMatchObject({ status: 'open', round: 0, reports: [{ byUserId: 'staff02' }] })
  expect(await tasksOf('doctor_contact')).toMatchObject([{ title: expect.stringContaining('紧急') }])
  expect(await tasksOf('red_flag')).toHaveLength(1)
  expect(await tasksOf('call_back')).toEqual([])
})

test('what a doctor was called for, only a doctor or who answers for the store finds to be nothing', async () => {
  const { id } = await filled()
  await w.says(n, '打完眼睛突然看不见了')
  const [signal] = await signals()
  const judge = (byUserId: string) =>
    w.api('POST', `/signals/${signal?._id}/judgement`, { level: 'none', byUserId, reason: '电话核实无异常' })
  // Customer service, consultant, front desk; and the manager of another store.
  for (const userId of ['staff01', 'staff02', 'staff06', 'staff09'])
    await expect(judge(userId), userId).rejects.toThrow('role_required')
  expect(await caseOf(id)).toMatchObject({ status: 'open' })
  await judge(SUPERVISOR)
  expect(await caseOf(id)).toMatchObject({ status: 'closed', reason: 'false_alarm' })
})

test('whoever wants no messages and tells of an emergency is answered', async () => {
  const { customerId } = await filled()
  await w.api('PATCH', `/customers/${customerId}`, { optOut: { all: true, promotion: true } })
  await w.says(n, '打完眼睛突然看不见了')
  expect(replies()).toMatchObject([{ text: expect.stringContaining('120') }])
})

test('the same message, heard twice, is one signal', async () => {
  await filled()
  await w.says(n, '伤口流脓了')
  const before = [await signals(), await w.collection('abnormal_cases').find({}).toArray(), replies().length]
  await w.collection('event_deliveries').updateMany({}, { $set: { dueAt: w.now(), doneAt: null } as never })
  await w.work()
  expect([await signals(), await w.collection('abnormal_cases').find({}).toArray(), replies().length]).toEqual(before)
})

test('what is written in a complaint is read, too', async () => {
  await filled()
  const token = await w.signIn(n)
  const form = {
    submissionId: `sub-${n}-abcdefgh`,
    kind: 'complaint',
    type: 'medical_safety',
    mayContact: true,
    evidence: [],
  }
  const { status, body } = await w.mp(token, 'POST', '/complaints', {
    ...form,
    words: '打完第二天鼻子发黑，疼得厉害',
    demand: null,
    treatmentId: null,
  })
  expect([status, body]).toMatchObject([200, {}])
  await w.work()
  expect(await signals()).toMatchObject([{ source: 'complaint', level: 'emergency' }])
  expect(await tasksOf('red_flag')).toHaveLength(1)
})

test('what is written beside photos is read, too, before a photo has come', async () => {
  const { id } = await filled()
  const token = await w.signIn(n)
  await w.mp(token, 'PUT', '/consents/photos_care', { version: 1, granted: true })
  const note = { submissionId: `note-${n}-abcdefgh`, treatmentId: id, photos: ['a-photo-on-its-way'] }
  expect(await w.mp(token, 'POST', '/photo-notes', { ...note, words: '起水泡了' })).toMatchObject({ status: 200 })
  await w.work()
  expect(await signals()).toMatchObject([{ source: 'photo', level: 'abnormal', treatmentId: id, caseId: id }])
  const [doctor] = await tasksOf('doctor_contact')
  expect(clinicTime(doctor?.deadlineAt as Date)).toBe(`${today} 20:30`)
  expect(replies()).toHaveLength(1)
  // Sent again after an answer that was lost it asks for nothing again.
  await w.mp(token, 'POST', '/photo-notes', { ...note, words: '起水泡了' })
  await w.work()
  expect([(await signals()).length, replies().length]).toEqual([1, 1])
  const copy = await w.mp(token, 'GET', '/my-data')
  expect(JSON.stringify(copy.body)).toContain('起水泡了')
})

test('a case whose signs no article of the treatment names is counted among what the knowledge lacks, once', async () => {
  const lacks = async () => {
    const { items } = (await w.api('GET', '/knowledge/gaps?owner=doctor')) as { items: { kind: string }[] }
    return items.filter(({ kind }) => kind === 'case')
  }
  await filled()
  await w.collection('knowledge_gaps').deleteMany({})
  // Of that filler's own articles warn.
  await w.says(n, '打完的地方发白，好疼')
  expect(await lacks()).toEqual([])
  await filled()
  await w.says(n, '打针的地方起水泡了')
  await w.says(n, '又多了几个水泡')
  expect(await lacks()).toMatchObject([{ sample: '玻尿酸填充：水泡', count: 1, treatment: 'hyaluronic_filler' }])
})
