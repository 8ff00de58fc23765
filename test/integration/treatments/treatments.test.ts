import { type Connection, createConnection } from 'mongoose'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Customer } from '../../../src/customers/index.ts'
import { createConfigLoader } from '../../../src/platform/config.ts'
import type { DomainEvent } from '../../../src/platform/events.ts'
import { createStaff, OrganisationSchema } from '../../../src/staff/index.ts'
import { createTreatments, TreatmentsSchema } from '../../../src/treatments/index.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'
import { customersWorld } from '../customers/support.ts'

const db = await testDb()
const loader = createConfigLoader('config')
const kinds = loader.load('treatments.yaml', TreatmentsSchema)?.kinds ?? []
const organisation = loader.load('organisation.yaml', OrganisationSchema)
if (!organisation) throw new Error('config/organisation.yaml has problems')
const mapping = organisation

beforeEach(async () => {
  for (const { name } of (await db.db?.listCollections().toArray()) ?? []) await db.collection(name).deleteMany({})
})

const EVENTS = ['completed', 'corrected', 'cancelled'].map((name) => `treatment.${name}`)

async function world(connection: Connection = db) {
  const { desk: customers } = await customersWorld(connection)
  const ports = await testPorts(connection)
  const staff = createStaff({
    ...ports,
    organisation: mapping,
    wecom: { departments: async () => [], users: async () => [] },
  })
  await staff.service.putStore({
    id: 'huayan',
    type: 'hospital',
    displayName: '华颜',
    callbackPhone: '021-60000001',
    emergencyPhone: '021-60000002',
    address: '上海',
  })
  const told: DomainEvent[] = []
  ports.events.subscribe(
    'test',
    Object.fromEntries(EVENTS.map((type) => [type, async (event) => void told.push(event)])),
  )
  const feature = createTreatments({ ...ports, customers, staff: staff.service, kinds })
  await feature.ready()
  const customer: Customer = await customers.upsert({ externalId: 'HM-1', name: '王小美', storeIds: ['huayan'] })
  const input = {
    externalId: 'T-1',
    customerExternalId: 'HM-1',
    storeId: 'huayan',
    code: 'skin_booster',
    endedAt: new Date('2026-03-02T01:30:00Z'),
    note: '左颊轻微红肿',
  }
  return {
    ...ports,
    feature,
    customers,
    customer,
    input,
    service: feature.service,
    async told() {
      await ports.events.due.drain(ports.clock.now())
      return told.map(({ id }) => id)
    },
  }
}

describe('config/treatments.yaml', () => {
  test('has every code that the design fixes', () => {
    expect(loader.problems).toEqual([])
    const fixed =
      'salon_care ipl skin_booster hyaluronic_filler botulinum rf hair_removal picosecond thread_lift double_eyelid canthoplasty rhinoplasty liposuction hair_transplant product'
    expect(kinds.map(({ code }) => code)).toEqual(fixed.split(' '))
  })

  test('a name that means two treatments is refused', () => {
    const kind = (code: string, name: string) => ({ code, name, category: 'skin', synonyms: ['光子'] })
    const parsed = TreatmentsSchema.safeParse({ version: 1, kinds: [kind('aa', '甲'), kind('bb', '乙')] })
    expect(parsed.error?.issues.map(({ message }) => message)).toEqual(['光子 is also a name of aa'])
  })
})

describe('treatments', () => {
  test('a treatment is entered once and announced once, however often it is sent', async () => {
    const { service, input, customer, told } = await world()
    const first = await service.complete(input)
    expect(first).toMatchObject({
      customerId: customer.id,
      treatedOn: '2026-03-02',
      status: 'completed',
      technique: null,
    })
    expect(await service.complete({ ...input, customerId: customer.id })).toEqual(first)
    expect(await told()).toEqual([`treatment.completed:${first.id}`])
    expect(await db.collection('treatments').countDocuments()).toBe(1)
  })

  test('two processes entering it at once make one', async () => {
    const { service, input, told } = await world()
    const all = await Promise.all(Array.from({ length: 5 }, () => service.complete(input)))
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    expect(await told()).toHaveLength(1)
  })

  test('the same number with other facts is a conflict and changes nothing', async () => {
    const { service, input, customers } = await world()
    const first = await service.complete(input)
    const conflict = { code: 'external_id_conflict' }
    await expect(service.complete({ ...input, code: 'botulinum' })).rejects.toMatchObject(conflict)
    await expect(service.complete({ ...input, note: '其他' })).rejects.toMatchObject(conflict)
    await customers.upsert({ externalId: 'HM-2', name: '李', storeIds: ['huayan'] })
    await expect(service.complete({ ...input, customerExternalId: 'HM-2' })).rejects.toMatchObject(conflict)
    expect(await service.get(first.id)).toEqual(first)
  })

  test('what it points to must exist', async () => {
    const { service, input } = await world()
    const refusals = [
      [{ customerExternalId: 'HM-9' }, 'customer_not_found'],
      [{ storeId: 'nowhere' }, 'store_not_found'],
      [{ code: 'magic' }, 'unknown_treatment_code'],
      [{ code: 'hair_transplant', technique: 'glue' }, 'invalid_request'],
      [{ endedAt: new Date('2026-03-02T02:10:01Z') }, 'invalid_request'],
      [{ sutureRemovalOn: '2026-03-01' }, 'invalid_request'],
      [{ nextSessionOn: '2026-03-01' }, 'invalid_request'],
      [{ inHospital: true, dischargedOn: '2026-03-01' }, 'invalid_request'],
      [{ dischargedOn: '2026-03-05' }, 'invalid_request'],
      [{ course: { id: 'k', session: 4, of: 3 } }, 'invalid_request'],
    ] as const
    for (const [over, code] of refusals)
      await expect(service.complete({ ...input, ...over })).rejects.toMatchObject({ code })
    expect(await db.collection('treatments').countDocuments()).toBe(0)
    await service.complete({ ...input, code: 'hair_transplant', technique: 'fue' })
  })

  test('what the doctor and the ward say stands on the record, and is part of what is said', async () => {
    const { service, input } = await world()
    const course = { id: 'k', session: 1 }
    const facts = { ...input, sutureRemovalOn: '2026-03-09', nextSessionOn: 'none' as const, course }
    const entered = await service.complete(facts)
    expect(entered).toMatchObject({
      sutureRemovalOn: '2026-03-09',
      nextSessionOn: 'none',
      inHospital: false,
      dischargedOn: null,
      course: { ...course, of: null },
    })
    expect(await service.complete(facts)).toEqual(entered)
    await expect(service.complete({ ...facts, sutureRemovalOn: '2026-03-10' })).rejects.toMatchObject({
      code: 'external_id_conflict',
    })
    const home = { ...facts, inHospital: true, dischargedOn: '2026-03-05' }
    expect(await service.correct(entered.id, home)).toMatchObject({ inHospital: true, dischargedOn: '2026-03-05' })
  })

  test('a row from before these facts were asked is read as nothing said, and its entry may be repeated', async () => {
    const { service, input } = await world()
    const { id } = await service.complete(input)
    const fields = ['sutureRemovalOn', 'nextSessionOn', 'inHospital', 'dischargedOn', 'course']
    const unset = Object.fromEntries(fields.map((field) => [field, 1 as const]))
    await db.collection<{ _id: string }>('treatments').updateOne({ _id: id }, { $unset: unset })
    expect(await service.complete(input)).toMatchObject({ nextSessionOn: null, inHospital: false, course: null })
  })

  test('an evening treatment belongs to the day of the store, not of the server', async () => {
    const { service, input } = await world()
    const late = await service.complete({ ...input, endedAt: new Date('2026-03-01T16:30:00Z') })
    expect(late.treatedOn).toBe('2026-03-02')
  })

  test('a correction is told each time, and the first entry may still be repeated', async () => {
    const { service, input, told } = await world()
    const { id } = await service.complete(input)
    const facts = { ...input, endedAt: new Date('2026-03-01T03:00:00Z') }
    const corrected = await service.correct(id, facts)
    expect(corrected).toMatchObject({ treatedOn: '2026-03-01' })
    expect(await service.correct(id, facts)).toEqual(corrected)
    expect(await service.complete(input)).toEqual(corrected)
    await service.correct(id, { ...facts, doctorUserId: 'Chen' })
    expect((await service.get(id))?.doctorUserId).toBe('chen')
    expect((await told()).sort()).toEqual(
      [`treatment.completed:${id}`, `treatment.corrected:${id}:1`, `treatment.corrected:${id}:2`].sort(),
    )
  })

  test('a cancellation is told once and ends corrections', async () => {
    const { service, input, told } = await world()
    const { id } = await service.complete(input)
    await service.cancel(id)
    expect((await service.cancel(id)).status).toBe('cancelled')
    await expect(service.correct(id, input)).rejects.toMatchObject({ code: 'treatment_cancelled' })
    await expect(service.cancel('nothing')).rejects.toMatchObject({ code: 'treatment_not_found' })
    expect((await told()).filter((one) => one.includes('cancelled'))).toEqual([`treatment.cancelled:${id}`])
  })

  test('notes are sealed at rest', async () => {
    const { service, input } = await world()
    await service.complete(input)
    expect(JSON.stringify(await db.collection('treatments').find().toArray())).not.toContain('红肿')
  })

  test('a process that died between entering and announcing loses nothing', async () => {
    const { service, input, feature, clock, told } = await world()
    const { id } = await service.complete(input)
    await db.collection('event_deliveries').deleteMany({})
    // What the row looks like when only the insert was written.
    const event = { id: `treatment.completed:${id}`, type: 'treatment.completed', occurredAt: clock.now(), data: {} }
    const at = new Date(clock.now().getTime() + 60_000)
    await db
      .collection<{ _id: string }>('treatments')
      .updateOne({ _id: id }, { $set: { pending: [event], announceAt: at } })
    const [table] = feature.due
    expect(await table?.nextDueAt(clock.now())).toEqual(at)
    await table?.drain(clock.now())
    expect(await told()).toEqual([])
    clock.set(at)
    expect(await table?.drain(at)).toEqual({ announced: 1 })
    expect(await told()).toEqual([event.id])
    expect(await table?.nextDueAt(at)).toBeNull()
  })

  test('a merged customer brings the treatments along', async () => {
    const { service, input, customers } = await world()
    const stranger = await customers.join({ openId: 'o1', phone: '13800138000', create: true })
    const { customerExternalId: _, ...rest } = input
    await service.complete({ ...rest, customerId: stranger?.id ?? '' })
    const known = await customers.upsert({ externalId: 'HM-3', name: '赵', storeIds: ['huayan'], phone: '13800138000' })
    expect((await service.ofCustomer(known.id)).map(({ externalId }) => externalId)).toEqual(['T-1'])
    expect((await service.complete({ ...rest, customerId: known.id })).externalId).toBe('T-1')
  })

  test('a list that leaves facts out keeps what the record has; what it says is corrected; again, nothing changes', async () => {
    const { service, input, told } = await world()
    const { id } = await service.complete({ ...input, code: 'double_eyelid' })
    await service.correct(id, {
      ...input,
      code: 'double_eyelid',
      doctorUserId: 'doctor1',
      sutureRemovalOn: '2026-03-12',
      inHospital: true,
      dischargedOn: '2026-03-05',
    })
    const { note: _, ...bare } = { ...input, code: 'double_eyelid', endedAt: new Date('2026-03-02T02:00:00Z') }
    expect(await service.putMany([bare])).toEqual(['changed'])
    const kept = await service.get(id)
    expect(kept).toMatchObject({ sutureRemovalOn: '2026-03-12', dischargedOn: '2026-03-05', endedAt: bare.endedAt })
    expect(kept?.doctorUserId).toBe('doctor1')
    const noteOf = async () => (await db.collection('treatments').findOne({ externalId: 'T-1' }))?.note
    expect(await noteOf()).not.toBeNull()
    const before = (await told()).length
    expect(await service.putMany([bare])).toEqual(['same'])
    expect(await told()).toHaveLength(before)
    // What is said to be empty is emptied; whoever wasn't in hospital was not discharged.
    expect(await service.putMany([{ ...bare, inHospital: false, note: null }])).toEqual(['changed'])
    expect(await service.get(id)).toMatchObject({
      dischargedOn: null,
      inHospital: false,
      sutureRemovalOn: '2026-03-12',
    })
    expect(await noteOf()).toBeNull()
  })

  test('many are entered in a constant number of commands, and again without effect', async () => {
    const watched = await createConnection(process.env.MONGODB_URI ?? '', {
      dbName: db.name,
      monitorCommands: true,
    }).asPromise()
    const { service, input, told } = await world(watched)
    const inputs = Array.from({ length: 30 }, (_, i) => ({ ...input, externalId: `B-${i}` }))
    const commands: string[] = []
    watched.getClient().on('commandStarted', ({ commandName }) => commands.push(commandName))
    expect((await service.completeMany(inputs)).inserted).toBe(30)
    expect(commands.filter((name) => name === 'insert')).toHaveLength(2)
    expect(commands.length).toBeLessThan(10)
    expect((await service.completeMany([...inputs, { ...input, externalId: 'B-30' }])).inserted).toBe(1)
    expect(await told()).toHaveLength(31)
    expect(await db.collection('treatments').countDocuments({ announceAt: { $gt: new Date(0) } })).toBe(0)
    await watched.close()
  })
})
