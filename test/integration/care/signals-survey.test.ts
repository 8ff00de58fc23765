/** What a customer writes in a survey's free text is read as words in the chat are, though every answer beside it says that all is well. */
import { expect, test } from 'vitest'
import type { SignalRow } from '../../../src/care/signals/model.ts'
import { careWorld, clinicTime, HOUR } from './support.ts'

const w = await careWorld({ customers: 20 })
const DOCTOR = 'staff04'
const SUPERVISOR = 'staff05'
interface Task {
  _id: string
  kind: string
  role: string
  ownerUserId: string
  title: string
  deadlineAt: Date
}
const DAY = '2026-03-02'
const signalsOf = (customerId: string) => w.collection<SignalRow>('signals').find({ customerId }).toArray()
const tasksOf = (customerId: string, kind: string) =>
  w.collection<Task>('tasks').find({ customerId, kind }).sort({ role: 1 }).toArray()
const held = (n: number) => w.got(n, 'kf').filter(({ text }) => text.includes('您说的情况'))
/** As somebody answers whom nothing ails: no answer but the words calls anybody. */
const WELL = { state: 'normal', discomfort: 'no', pain: 0 }

/** Customer `n` had `code` on Saturday and is asked how it went. */
async function asked(n: number, code: string) {
  const customerId = await w.customer(n)
  const treatmentId = await w.treatment(n, '2026-02-28 11:00', { code, doctorUserId: DOCTOR })
  await w.chats(n)
  await w.to(`${DAY} 15:00`)
  const invited = await w.api('POST', '/survey-invitations', {
    externalId: `words-${n}`,
    surveyIds: ['recovery_day7'],
    customerId,
    storeId: 'huayan',
    treatmentId,
  })
  const id = String(invited.invitationId)
  const token = await w.signIn(n)
  const submit = (words: string, submissionId = `submission-of-customer-${n}`) =>
    w.mp(token, 'POST', `/surveys/${id}/submit`, {
      submissionId,
      answers: Object.fromEntries(
        Object.entries({ ...WELL, words }).map(([q, value]) => [`recovery_day7.${q}`, value]),
      ),
    })
  return { customerId, treatmentId, id, submit }
}

test('起水泡了 among good answers calls the doctor today, and sent again it calls nobody again', async () => {
  const { customerId, treatmentId, id, submit } = await asked(1, 'ipl')
  expect((await submit('起水泡了')).status).toBe(200)
  await w.work()
  const signal = {
    _id: `survey_${id}`,
    source: 'survey',
    sourceId: id,
    level: 'abnormal',
    treatmentId,
    day: 2,
    caseId: treatmentId,
  }
  expect(await signalsOf(customerId)).toMatchObject([signal])
  // The answers themselves have called nobody: it was the words.
  expect(await tasksOf(customerId, 'survey_low')).toEqual([])
  const [doctor, ...more] = await tasksOf(customerId, 'doctor_contact')
  expect([doctor?.ownerUserId, more]).toEqual([DOCTOR, []])
  expect(clinicTime(doctor?.deadlineAt as Date)).toBe(`${DAY} 20:30`)
  const cards = () =>
    w
      .staffGot(DOCTOR, 'card')
      .map(({ payload }) => JSON.stringify(payload))
      .filter((card) => card.includes('在问卷中写道'))
  expect(cards()).toEqual([expect.stringContaining('起水泡了')])
  expect(held(1)).toHaveLength(1)

  // Once more by a page that lost the answer, then by another one, then the event itself.
  expect((await submit('起水泡了')).status).toBe(200)
  expect((await submit('起水泡了', 'another-submission')).code).toBe('survey_answered')
  await w
    .collection('event_deliveries')
    .updateMany({ 'event.type': 'survey.answered' }, { $set: { dueAt: w.now(), doneAt: null } as never })
  await w.work()
  expect(await signalsOf(customerId)).toMatchObject([signal])
  expect(await tasksOf(customerId, 'doctor_contact')).toHaveLength(1)
  expect([cards().length, held(1).length]).toEqual([1, 1])
})

test('an emergency written into a survey has doctor, supervisor and holding reply in the same second', async () => {
  const { customerId, treatmentId, submit } = await asked(2, 'hyaluronic_filler')
  const at = w.now()
  expect((await submit('右眼突然看不见了')).status).toBe(200)
  await w.work()
  expect(await signalsOf(customerId)).toMatchObject([{ source: 'survey', level: 'emergency', caseId: treatmentId }])
  const [doctor] = await tasksOf(customerId, 'doctor_contact')
  expect(doctor).toMatchObject({ ownerUserId: DOCTOR, title: expect.stringContaining('紧急') })
  expect(Number(doctor?.deadlineAt) - Number(at)).toBeLessThanOrEqual(2 * HOUR + 1_000)
  expect((await tasksOf(customerId, 'red_flag')).map(({ role }) => role)).toEqual(['cs_supervisor'])
  for (const member of [DOCTOR, SUPERVISOR]) {
    const cards = w.staffGot(member, 'card').filter(({ payload }) => JSON.stringify(payload).includes('看不见'))
    expect(cards.map((card) => Date.parse(card.at) - Number(at) < 1_000)).toEqual([true])
  }
  expect(held(2).map((one) => [Date.parse(one.at) - Number(at) < 1_000, one.text.includes('120')])).toEqual([
    [true, true],
  ])
})

test('a question in a survey is no sign, and nobody is called', async () => {
  const { customerId, submit } = await asked(3, 'ipl')
  expect((await submit('请问什么时候可以化妆')).status).toBe(200)
  await w.work()
  expect([await signalsOf(customerId), await tasksOf(customerId, 'doctor_contact'), held(3)]).toEqual([[], [], []])
})
