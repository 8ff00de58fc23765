/** People at every stage: who never opened the program, whom the clinic doesn't know, who has nothing, something, and too much. */
import { createHash } from 'node:crypto'
import { agreeTo, type PhoneCustomer, type PhonePerson, phoneCustomer, phoneStranger, treat } from './phone-customer.ts'
import type { PhoneWorld } from './phone-world.ts'
import { corners } from './pictures.ts'

const DAY_MS = 86_400_000
const MOVE_MS = 120_000

/** As long as names get, without a place to break. */
export const LONG_NAME = '阿卜杜热合曼古丽巴哈尔阿依夏木麦麦提吐尔逊阿布都克里木江赛买'
const LONG_STORE = '华颜国际医疗美容整形外科专科医院（上海静安南京西路旗舰店·术后康复与皮肤管理中心）'
const LONG_WORDS = '等了一个小时没有人告诉我原因，问了两次都说马上，最后才知道医生当天不在。'.repeat(30)
/** A word that no line can take, as an address that somebody pastes. */
const LONG_WORD = `https://example.com/${'a'.repeat(200)}`
const MUCH = ['double_eyelid', 'rhinoplasty', 'liposuction', 'hair_transplant', 'thread_lift', 'botulinum', 'ipl', 'rf']
/** One less than a day holds, beside the long one. */
const MANY = 18

export interface People {
  newcomer: string
  stranger: PhonePerson
  /** Known, and nothing was done yet. */
  empty: PhoneCustomer
  full: PhoneCustomer
  much: PhoneCustomer
  /** A complaint of `much` with as many words as it may have, and an answer of as many. */
  longComplaintId: string
  /** Complaints of `full` at each stage of their answer. */
  repliedId: string
  objectedId: string
  acceptedId: string
}

export async function peopleOf(world: PhoneWorld): Promise<People> {
  const { simulator, api, stores } = world
  const now = simulator.clock.now()
  const ago = (days: number) => new Date(now.getTime() - days * DAY_MS)
  const [, other] = stores
  if (!other) throw new Error('two stores are needed')
  const { departmentId: _, closed: __, id: storeId, ...store } = other
  await api.call('PUT', `/api/v1/stores/${storeId}`, {
    ...store,
    displayName: LONG_STORE,
    emergencyPhone: '021-60000120',
    address: `${LONG_STORE}地下一层电梯厅右侧 88 号`,
  })
  const empty = await phoneCustomer(world, 2, null)
  const full = await phoneCustomer(world, 3, { code: 'picosecond', endedAt: ago(3) })
  const long = { name: LONG_NAME, storeIds: [storeId] }
  const much = await phoneCustomer(world, 4, { code: 'picosecond', endedAt: ago(2), storeId }, long)
  for (const [i, code] of MUCH.entries()) {
    const technique = code === 'hair_transplant' ? { technique: 'fue' } : {}
    await treat(world, much.customerId, { code, endedAt: ago(1 + i), storeId, ...technique })
  }
  for (const { customerId } of [full, much]) {
    const visit = { customerId, storeId, code: 'picosecond', startsAt: ago(-20).toISOString(), status: 'booked' }
    await api.call('PUT', `/api/v1/appointments/A-${customerId}`, visit)
  }
  // What is said of the day before yesterday lies in the past.
  await simulator.clock.moveTo(new Date(now.getTime() + DAY_MS), MOVE_MS)
  for (const person of [full, much]) await agreeTo(person, 'photos_care')
  await photos(full, ['front', 'front', 'left45'])
  await photos(
    much,
    Array.from({ length: 12 }, (_, i) => (['front', 'left45', 'right45'] as const)[i % 3] ?? 'front'),
  )
  const answered = {
    repliedId: await complain(full, '术后没有人联系我。', []),
    objectedId: await complain(full, '前台说话不耐烦。', []),
    acceptedId: await complain(full, '预约的时间改了三次。', []),
  }
  for (const id of Object.values(answered))
    await reply(world, id, '我们核对了当天的记录，确实是我们的疏忽，已经向您致歉并调整了排班。')
  await full.mp('POST', `/complaints/${answered.objectedId}/object`, { words: '道歉的人没有说明原因。' })
  await full.mp('POST', `/complaints/${answered.acceptedId}/accept`)
  await complain(full, '等了一个小时。', await photos(full, ['detail'], 'evidence'))
  await request(full, 0, '手机号已经换了')
  const longComplaintId = await complain(much, `${LONG_WORD}\n${LONG_WORDS}`.slice(0, 2_000), [])
  await reply(world, longComplaintId, `${LONG_WORD}\n${LONG_WORDS}`.slice(0, 1_000))
  for (let i = 0; i < MANY; i++) {
    await complain(much, '投诉', [])
    await request(much, i, i === MANY - 1 ? `${LONG_WORD}${LONG_WORDS}`.slice(0, 500) : LONG_WORDS.slice(0, 100))
  }
  return {
    newcomer: simulator.world.customers[0]?.personId ?? '',
    stranger: await phoneStranger(world, 1),
    empty,
    full,
    much,
    longComplaintId,
    ...answered,
  }
}

/** The clinic's formal answer. */
const reply = ({ api }: PhoneWorld, complaintId: string, words: string) =>
  api.call('POST', `/api/v1/complaints/${complaintId}/reply`, { words })

async function photos(
  { mp, treatmentId, personId }: PhoneCustomer,
  angles: readonly string[],
  purpose: 'care' | 'evidence' = 'care',
): Promise<string[]> {
  const ids: string[] = []
  for (const [i, angle] of angles.entries()) {
    const bytes = await corners(300 + i, 400)
      .jpeg()
      .toBuffer()
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const body = {
      submissionId: `${personId}-${purpose}-${i}`,
      treatmentId,
      angle,
      purpose,
      bytes: bytes.length,
      sha256,
    }
    const { uploadId } = await mp<{ uploadId: string }>('POST', '/photo-uploads', body)
    await mp('PUT', `/photo-uploads/${uploadId}/chunks/0`, bytes)
    const { id } = await mp<{ id: string }>('POST', `/photo-uploads/${uploadId}/complete`)
    ids.push(id)
  }
  return ids
}

let serial = 0
/** @returns its id */
async function complain({ mp, treatmentId }: PhoneCustomer, words: string, evidence: string[]): Promise<string> {
  const demand = '请医生当面解释'
  const said = { kind: 'complaint', type: 'medical_safety', words, demand, treatmentId, evidence, mayContact: true }
  const { id } = await mp<{ id: string }>('POST', '/complaints', { submissionId: `complaint-${serial++}`, ...said })
  return id
}
const request = ({ mp, personId }: PhoneCustomer, i: number, words: string) =>
  mp('POST', '/data-requests', { submissionId: `${personId}-${i}`, kind: 'correction', words })
