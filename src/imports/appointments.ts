/** Booked visits, as they stand when the file is made. */
import { defined } from '../platform/views.ts'
import { AppointmentBody, type AppointmentInput } from '../treatments/index.ts'
import { checked, customerField, doctorField, exactMoment, number, storeField, treatmentField } from './fields.ts'
import type { Kind } from './kinds.ts'
import { readWord, wordsOf } from './values.ts'

const STATES = wordsOf([
  ['booked', '已预约', '预约', '待到院', '待确认', '已确认', '未到', 'booked'],
  ['moved', '已改期', '改期', '改约', 'moved'],
  ['cancelled', '已取消', '取消', '爽约', '未到院', 'cancelled'],
  ['arrived', '已到院', '已到店', '到院', '到店', '已到诊', '已完成', '完成', 'arrived'],
] as const)

export const appointments: Kind<AppointmentInput> = {
  keyField: 'externalId',
  fields: [
    storeField,
    {
      name: 'externalId',
      zh: '预约单号',
      headings: ['预约单号', '预约号', '预约编号', '预约ID', '单号', '编号', 'externalId'],
      required: true,
      joint: '-',
      read: number,
    },
    customerField,
    treatmentField(['预约项目']),
    doctorField,
    {
      name: 'startsAt',
      zh: '预约时间',
      headings: [['预约日期', '预约时间'], ['预约日期', '预约时段'], '预约时间', '到院时间', '开始时间', 'startsAt'],
      required: true,
      read: exactMoment,
    },
    { name: 'status', zh: '状态', headings: ['预约状态', '状态', 'status'], read: (cell) => readWord(cell, STATES) },
  ],
  entryOf([said = {}]) {
    const { externalId, ...rest } = said
    const body = checked(AppointmentBody, { status: 'booked', ...rest })
    return Array.isArray(body) ? body : { ...defined(body), externalId: String(externalId) }
  },
  write: (desks, entries, options) => desks.appointments.putMany(entries, options),
}
