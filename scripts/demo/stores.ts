/** The stores of the demo: two hospitals and a salon of one company. */
import type { Organisation } from '../../simulator/index.ts'
import { chinaDay } from './calendar.ts'
import type { ClinicApi } from './clinic-api.ts'

export interface ClinicStore {
  id: string
  type: 'hospital' | 'salon'
  displayName: string
  departmentId: number
  callbackPhone: string
  address: string
  /** Days on which nobody makes calls. */
  closed: string[]
}

/** Fourteen people: a whole hospital, a small one whose missing roles others fill, and a salon. */
export const ORGANISATION: Organisation = {
  departments: [
    { id: 1, name: '华颜医美集团', parentid: 0, order: 100 },
    { id: 2, name: '华颜整形医院', parentid: 1, order: 90 },
    { id: 3, name: '清妍美容院', parentid: 1, order: 80 },
    { id: 4, name: '华颜徐汇医院', parentid: 1, order: 70 },
  ],
  posts: [
    ['客服', 2],
    ['咨询师', 2],
    ['护士', 2],
    ['医生', 2],
    ['客服主管', 2],
    ['前台', 2],
    ['客服', 3],
    ['美容师', 3],
    ['店长', 3],
    ['院长', 1],
    ['客服', 4],
    ['咨询师', 4],
    ['护士', 4],
    ['医生', 4],
  ],
}
export const STAFF = ORGANISATION.posts.length

/** Each closes some day, so that the rule for closed days is played. */
export function storesOf(start: Date, days: number): ClinicStore[] {
  const on = (share: number, more = 0) => chinaDay(start, Math.floor(days * share) + more)
  return [
    {
      id: 'huayan',
      type: 'hospital',
      displayName: '华颜整形医院',
      departmentId: 2,
      callbackPhone: '021-60000001',
      address: '上海市静安区示例路 1 号',
      closed: [on(1 / 3), on(1 / 3, 1)],
    },
    {
      id: 'xuhui',
      type: 'hospital',
      displayName: '华颜徐汇医院',
      departmentId: 4,
      callbackPhone: '021-60000003',
      address: '上海市徐汇区示例路 66 号',
      closed: [on(2 / 3)],
    },
    {
      id: 'qingyan',
      type: 'salon',
      displayName: '清妍美容院',
      departmentId: 3,
      callbackPhone: '021-60000002',
      address: '上海市徐汇区示例路 8 号',
      closed: [on(1 / 2)],
    },
  ]
}

const EVERY_DAY = Object.fromEntries(
  ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, [{ from: '09:00', to: '21:00' }]]),
)

export async function enterStores(api: ClinicApi, stores: readonly ClinicStore[]): Promise<void> {
  for (const { id, type, displayName, callbackPhone, address, closed } of stores)
    await api.call('PUT', `/api/v1/stores/${id}`, {
      type,
      displayName,
      callbackPhone,
      emergencyPhone: '021-60000120',
      address,
      opening: { weekly: EVERY_DAY, exceptions: closed.map((on) => ({ on, spans: [], reason: '设备检修' })) },
    })
}
