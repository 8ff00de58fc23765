/** What bad answers suggest: a draft of a complaint that nobody hears of until a person decides, over the real card. */
import { describe, expect, test } from 'vitest'
import { draftId } from '../../../src/complaints/drafts.ts'
import { WORDS_FIELD } from '../../../src/complaints/model.ts'
import { lowTaskId } from '../../../src/surveys/answered.ts'
import { careWorld, dyingAt, MINUTE } from '../care/support.ts'

const world = await careWorld({ customers: 100 })
const { api, mp } = world

interface Row {
  _id: string
  number: string
  status: string
  type: string | null
  words: string
  createdAt: Date
  customerId: string
  history: { what: string; by: string; userId?: string; reason?: string; at: Date }[]
}
interface Task {
  _id: string
  kind: string
  role: string
  status: string
  answer?: string | null
}
const UNHAPPY = {
  'visit_card.overall': 2,
  'visit_card.steps': { reception: 'bad', consultation: 'good', treatment: 'good', explanation: 'good' },
  'visit_card.waiting': 'over_30',
  'visit_card.told': 'clear',
  'visit_card.why': ['waiting'],
}
const WORDS = { 'visit_card.words': '等了两个小时没有人理我' }

/** Customer `n` has answered a survey like this, and the card is out. */
async function answered(n: number, answers: object = { ...UNHAPPY, ...WORDS }, surveyIds = ['visit_card']) {
  const customerId = await world.customer(n)
  await world.chats(n)
  const body = { externalId: `X-${n}`, surveyIds, customerId, storeId: 'huayan' }
  const invitationId = String((await api('POST', '/survey-invitations', body)).invitationId)
  const token = await world.signIn(n)
  const submitted = await mp(token, 'POST', `/surveys/${invitationId}/submit`, {
    submissionId: `submission-number-${n}`,
    answers,
  })
  expect(submitted.status).toBe(200)
  await world.work()
  const taskId = lowTaskId(invitationId, 'cs_supervisor')
  return { n, customerId, token, taskId, invitationId, id: draftId(taskId) }
}
type Answered = Awaited<ReturnType<typeof answered>>

const complaints = (customerId: string) => world.collection<Row>('complaints').find({ customerId }).toArray()
const tasksOf = (customerId: string, kind: string) =>
  world.collection<Task>('tasks').find({ customerId, kind }).toArray()
const letters = (n: number) => world.got(n, 'kf').filter(({ text }) => /投诉.*编号TS\d{8}/.test(text))
const listed = async ({ token }: Answered) => (await mp(token, 'GET', '/complaints')).body.items as { id: string }[]
const filed = (id: string) =>
  world.collection('event_deliveries').countDocuments({ 'event.id': `complaint.filed:${id}`, subscriber: 'care' })
async function tap({ taskId }: Answered, key: string, answer?: string): Promise<string> {
  const { ownerUserId, card } = await world.task(taskId)
  await world.click(ownerUserId, card, key, answer === undefined ? {} : { answer: [answer] })
  return ownerUserId
}
/** Every delivery of it once more. */
async function again(type: string): Promise<void> {
  await world
    .collection('event_deliveries')
    .updateMany({ 'event.type': type }, { $set: { status: 'pending', dueAt: world.now() } })
  await world.work()
}
/** What becomes a complaint, told to everybody once. */
async function isRegistered({ id, customerId, n }: Answered): Promise<Row | undefined> {
  const [row, ...more] = await complaints(customerId)
  expect([row?._id, row?.status, more]).toEqual([id, 'registered', []])
  expect(letters(n).map(({ text }) => text.includes(String(row?.number)))).toEqual([true])
  expect(await tasksOf(customerId, 'complaint')).toMatchObject([{ _id: `complaint_${id}`, role: 'customer_service' }])
  expect(await filed(id)).toBe(1)
  return row
}

describe('a bad answer that may be a complaint', () => {
  test('is a draft beside the one task, and nothing to the customer', async () => {
    const one = await answered(1)
    const { id, customerId, token, invitationId } = one
    const draft = { _id: id, status: 'draft', history: [], survey: { invitationId } }
    expect(await complaints(customerId)).toMatchObject([draft])
    const [row] = await complaints(customerId)
    expect(world.crypto.open(WORDS_FIELD, String(row?.words))).toBe('等了两个小时没有人理我')
    // At rest nobody reads it.
    expect(JSON.stringify(row)).not.toContain('两个小时')
    const open = await world.collection<Task>('tasks').find({ customerId }).toArray()
    expect(open.map(({ _id, kind }) => [_id, kind])).toEqual([[one.taskId, 'survey_low']])
    const { ownerUserId } = await world.task(one.taskId)
    const card = JSON.stringify(world.staffGot(ownerUserId, 'card').at(-1)?.payload)
    for (const text of ['是否登记为投诉', '登记为投诉', '已沟通，不登记']) expect(card).toContain(text)
    // There is nothing to see, to change, to answer or to take away.
    expect(await listed(one)).toEqual([])
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/withdraw'],
      ['POST', '/accept'],
    ] as const)
      expect([path, (await mp(token, method, `/complaints/${id}${path}`)).code]).toEqual([path, 'complaint_not_found'])
    await expect(api('POST', `/complaints/${id}/reply`, { words: '抱歉' })).rejects.toThrow('complaint_not_found')
    const { parts } = (await mp(token, 'GET', '/my-data')).body as { parts: { name: string; content: unknown }[] }
    expect(parts.find(({ name }) => name === 'complaints')?.content).toEqual([])
    expect([letters(1), await filed(id)]).toEqual([[], 0])
    await again('survey.low_score')
    expect(await complaints(customerId)).toMatchObject([draft])
  })

  test('says the bad answers where nothing was written', async () => {
    const { customerId } = await answered(2, UNHAPPY)
    const [row] = await complaints(customerId)
    expect(world.crypto.open(WORDS_FIELD, String(row?.words))).toBe('您对这次就诊的整体感受如何？ 2 星')
  })

  test('is none where the answer only asks for a call', async () => {
    const content = { ...UNHAPPY, 'visit_card.overall': 5, 'visit_card.told': 'none', 'visit_card.unclear': '防晒' }
    const { 'visit_card.why': _, ...only } = content
    const { customerId } = await answered(3, only)
    expect(await tasksOf(customerId, 'survey_low')).toMatchObject([{ role: 'customer_service' }])
    expect(await complaints(customerId)).toEqual([])
  })
})

describe('whoever has the card', () => {
  test('registers it: from that moment it is a complaint with a number, promises and an owner, once', async () => {
    const one = await answered(4, { ...UNHAPPY, 'visit_card.words': '脸有点刺痛，也没有人理我' })
    const { id, token, taskId } = one
    await world.to('2026-03-02 14:00')
    // Without a choice the card waits.
    await tap(one, 'done')
    expect(await complaints(one.customerId)).toMatchObject([{ status: 'draft' }])
    expect((await world.task(taskId)).status).toBe('open')
    const userId = await tap(one, 'done', 'register')
    const row = await isRegistered(one)
    expect(row).toMatchObject({ createdAt: world.now(), history: [{ what: 'registered', by: 'clinic', userId }] })
    expect(row?.number).toMatch(/^TS20260302-[0-9A-F]{6}$/)
    const shown = (await mp(token, 'GET', `/complaints/${id}`)).body as {
      promises: { what: string; by: string }[]
      history: object[]
    }
    expect(shown.promises.map(({ what, by }) => [what, Date.parse(by) - world.now().getTime()])).toEqual([
      ['acknowledged', 60 * MINUTE],
      ['replied', 24 * 60 * MINUTE],
    ])
    expect((await listed(one)).map((each) => each.id)).toEqual([id])
    // Who of the clinic it was is the clinic's business.
    expect(shown.history).toEqual([{ at: world.now().toISOString(), what: 'registered', by: 'clinic', words: null }])
    // The talk has its record all the same.
    expect((await world.task(taskId)).status).toBe('form')
    // What was heard as an answer isn't heard a second time.
    const heard = await world.collection('signals').find({ customerId: one.customerId }).toArray()
    expect(heard).toMatchObject([{ source: 'survey' }])
    for (const type of ['task.answered', 'survey.low_score', 'complaint.filed']) await again(type)
    await isRegistered(one)
    expect((await mp(token, 'POST', `/complaints/${id}/withdraw`)).status).toBe(200)
    await again('task.answered')
    expect(await complaints(one.customerId)).toMatchObject([{ status: 'withdrawn' }])
    expect(await tasksOf(one.customerId, 'complaint')).toMatchObject([{ status: 'cancelled' }])
  })

  test('dismisses it: who and when is kept, and the customer hears of nothing', async () => {
    const one = await answered(5)
    const userId = await tap(one, 'done', 'dismiss')
    const dismissed = { status: 'dismissed', history: [{ what: 'dismissed', by: 'clinic', userId, at: world.now() }] }
    expect(await complaints(one.customerId)).toMatchObject([dismissed])
    await again('survey.low_score')
    await again('task.answered')
    expect(await complaints(one.customerId)).toMatchObject([dismissed])
    expect([letters(5), await listed(one), await tasksOf(one.customerId, 'complaint')]).toEqual([[], [], []])
    expect((await mp(one.token, 'GET', `/complaints/${one.id}`)).code).toBe('complaint_not_found')
  })

  test('who reaches nobody still has the question open, and may answer it all the same', async () => {
    const one = await answered(6)
    await tap(one, 'not_reached')
    expect(await world.collection<Task>('tasks').findOne({ _id: one.taskId })).toMatchObject({
      status: 'taken',
      attempts: [{ result: 'not_reached' }],
    })
    expect(await complaints(one.customerId)).toMatchObject([{ status: 'draft' }])
    // Still nobody: with the answer the card is done.
    await tap(one, 'not_reached', 'dismiss')
    expect((await world.task(one.taskId)).status).toBe('done')
    expect(await complaints(one.customerId)).toMatchObject([{ status: 'dismissed' }])
    const other = await answered(7)
    await tap(other, 'not_reached', 'register')
    expect((await world.task(other.taskId)).status).toBe('done')
    await isRegistered(other)
  })

  test('is quicker than the draft: it is registered as soon as that is there', async () => {
    const one = await answered(8)
    await world.collection<Row>('complaints').deleteOne({ _id: one.id })
    const later = new Date(world.now().getTime() + 2 * MINUTE)
    await world
      .collection('event_deliveries')
      .updateMany({ 'event.id': `survey.low_score:${one.invitationId}` }, { $set: { status: 'pending', dueAt: later } })
    await tap(one, 'done', 'register')
    expect(await complaints(one.customerId)).toEqual([])
    await world.to(new Date(later.getTime() + 5 * MINUTE))
    await isRegistered(one)
  })

  test('keeps it when the customer wants no contact any more; what else was bad is left', async () => {
    const one = await answered(
      9,
      {
        'month1_effect.effect': 5,
        'month1_effect.discomfort': 'no',
        'month1_effect.recheck': 'no',
        'month1_satisfaction.satisfaction': 2,
        'month1_satisfaction.parts': { service: 's2', effect: 's4', environment: 's5', price: 's4', staff: 's5' },
        'month1_satisfaction.nps': 3,
        'month1_satisfaction.better': '等太久',
        'month1_satisfaction.call': 'no',
      },
      ['month1_effect', 'month1_satisfaction'],
    )
    await api('PATCH', `/customers/${one.customerId}`, { optOut: { all: true } })
    await world.work()
    const left = await tasksOf(one.customerId, 'survey_low')
    expect(left.map(({ role, status }) => `${role} ${status}`).sort()).toEqual([
      'cs_supervisor open',
      'customer_service cancelled',
    ])
  })
})

describe('a customer who has not complained', () => {
  test('hears in the morning of what was registered in the night, in words of its own', async () => {
    const one = await answered(80)
    await world.to('2026-03-02 23:00')
    await tap(one, 'done', 'register')
    const [row] = await complaints(one.customerId)
    expect(row).toMatchObject({ status: 'registered', createdAt: world.now() })
    expect(await tasksOf(one.customerId, 'complaint')).toHaveLength(1)
    expect(letters(80)).toEqual([])
    await world.to('2026-03-03 08:55')
    expect(letters(80)).toEqual([])
    await world.to('2026-03-03 09:05')
    const [letter, ...more] = letters(80)
    expect(letter?.text).toContain(`您在问卷中反映的情况，我们已登记为投诉，编号${row?.number}`)
    expect([more, letter?.text?.includes('您的投诉我们已经收到')]).toEqual([[], false])
  })

  test('hears nothing where no messages are wanted; the complaint is worked on all the same', async () => {
    const one = await answered(81)
    await api('PATCH', `/customers/${one.customerId}`, { optOut: { all: true } })
    await world.work()
    await tap(one, 'done', 'register')
    await world.to(new Date(world.now().getTime() + 5 * MINUTE))
    expect(letters(81)).toEqual([])
    const letter = await world
      .collection('outbox')
      .findOne({ 'refs.owner': 'complaints', 'to.customerId': one.customerId })
    expect(letter).toMatchObject({ status: 'cancelled', contactClass: 'case_update' })
    expect(await complaints(one.customerId)).toMatchObject([{ status: 'registered' }])
    expect(await tasksOf(one.customerId, 'complaint')).toHaveLength(1)
  })

  test('has died: nobody decides any more, and why is kept with the draft', async () => {
    const one = await answered(82)
    await api('PATCH', `/customers/${one.customerId}`, { deceased: true })
    await world.work()
    expect((await world.task(one.taskId)).status).toBe('cancelled')
    const gone = { status: 'dismissed', history: [{ what: 'dismissed', by: 'clinic', reason: 'deceased' }] }
    expect(await complaints(one.customerId)).toMatchObject([gone])
    for (const type of ['task.unanswered', 'survey.low_score']) await again(type)
    const [row] = await complaints(one.customerId)
    expect(row).toMatchObject(gone)
    expect(row?.history).toHaveLength(1)
  })
})

test('a process that dies at any write of a decision leaves what another one completes, once', {
  timeout: 300_000,
}, async () => {
  let deaths = 0
  for (let write = 0; ; write++) {
    for (const table of ['inbox', 'event_deliveries', 'outbox']) await world.collection(table).deleteMany({})
    const one = await answered(10 + write)
    const { ownerUserId, card } = await world.task(one.taskId)
    const { personId } = world.staffOf(ownerUserId)
    const selected = { answer: ['register'] }
    world.simulator.act({ as: 'staff', id: personId, do: 'click', taskId: card, key: 'done', selected })
    // The tap is stored; a callback that isn't comes again by itself.
    await world.arrived()
    const death = dyingAt(write)
    const hasDied = await world.work().then(
      () => false,
      () => true,
    )
    const isThrough = !hasDied && death.writes() < write
    death.revive()
    world.leasesOver()
    // Effects that a dead process left behind are looked after a minute later.
    await world.to(new Date(world.now().getTime() + 3 * MINUTE))
    await isRegistered(one).catch((error: unknown) => {
      throw new Error(`died before write ${write}: ${error instanceof Error ? error.message : String(error)}`)
    })
    if (isThrough) break
    deaths += 1
  }
  expect(deaths).toBeGreaterThan(8)
})
