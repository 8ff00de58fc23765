/** One clinic's data for benchmarks, entered through the rooms: a hospital, a salon, customers, their treatments. */
import type { Treatment } from '../../src/treatments/index.ts'
import type { Rooms } from './rooms.ts'

export const HOSPITAL = 'huayan'
export const SALON = 'qingyan'
const CHUNK = 200

export async function enterStores({ staff }: Rooms): Promise<void> {
  for (const [id, type, displayName] of [
    [HOSPITAL, 'hospital', '华颜整形医院'],
    [SALON, 'salon', '清妍美容院'],
  ] as const)
    await staff.putStore({
      id,
      type,
      displayName,
      callbackPhone: '021-60000001',
      emergencyPhone: '021-60000120',
      address: '上海市静安区示例路 1 号',
    })
}

/** Returns the ids of `count` new customers of a store. */
export async function enterCustomers({ customers }: Rooms, storeId: string, count: number): Promise<string[]> {
  const inputs = Array.from({ length: count }, (_, i) => ({
    externalId: `C-${i}`,
    name: `王${String.fromCodePoint(0x4e00 + (i % 2_000))}`,
    storeIds: [storeId],
    phone: `139${String(i).padStart(8, '0')}`,
  }))
  const ids: string[] = []
  for (const some of chunks(inputs, CHUNK)) ids.push(...(await customers.insertMany(some)))
  return ids
}

/** A treatment as care hears of it. */
export const treatmentOf = (
  externalId: string,
  { customerId, storeId, code, endedAt }: { customerId: string; storeId: string; code: string; endedAt: Date },
): Treatment => ({
  id: `t-${externalId}`,
  externalId,
  customerId,
  storeId,
  code,
  technique: null,
  doctorUserId: null,
  consultantUserId: null,
  endedAt,
  treatedOn: new Date(endedAt.getTime() + 8 * 3_600_000).toISOString().slice(0, 10),
  enteredAt: endedAt,
  status: 'completed',
  sutureRemovalOn: null,
  nextSessionOn: null,
  inHospital: false,
  dischargedOn: null,
  course: null,
})

export const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
