/** Fields that several kinds of files have, and how a checked entry is made of what they say. */
import type { z } from 'zod'
import { type Day, dayOf } from '../platform/calendar.ts'
import type { EntryProblem, Field, Said } from './kinds.ts'
import { ValueProblem } from './problems.ts'
import { bare, plain, readInstant, readNumber, wordsOf } from './values.ts'

export const text: Field['read'] = (cell) => plain(cell)
/** Words of people: lines stay lines. */
export const words: Field['read'] = (cell) =>
  cell
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .trim()

export const number: Field['read'] = (cell) => readNumber(cell)
/** As ISO text in UTC: what the API takes. A day without a time of day begins at 00:00. */
export const moment: Field['read'] = (cell, { zone }) => readInstant(cell, zone).at.toISOString()
/** For what happens at an hour. */
export const exactMoment: Field['read'] = (cell, { zone }) => {
  const { at, dayOnly } = readInstant(cell, zone)
  if (dayOnly) throw new ValueProblem('time_missing')
  return at.toISOString()
}
const dayIn = (cell: string, zone: string): Day => dayOf(readInstant(cell, zone).at, zone)
/** A day of the store; a time beside it is no matter. */
export const day: Field['read'] = (cell, { zone }) => dayIn(cell, zone)
/** What stands where no day is: that there will be none, or that nobody knows it yet. A mere 无 may mean either. */
const NO_DAY = wordsOf([
  ['none', '无需', '不需要', '不用', '无需拆线', '不拆线', '免拆', '免拆线', '无需治疗', '无需复诊', 'none'],
  [null, '待定', '未定', '待医生确定', '另行通知'],
] as const)
export const dayOrNone: Field['read'] = (cell, { zone }) => {
  const said = NO_DAY.get(bare(cell))
  return said === undefined ? dayIn(cell, zone) : said
}
/** Null where the name is nobody's: it is told at the end, and the rest of the row goes in. */
export const member: Field['read'] = (cell, { lookups, storeId }) => lookups.member(cell, storeId)

/** What systems call a customer's number. */
export const CUSTOMER_NUMBERS = [
  '客户编号',
  '客户编码',
  '客户号',
  '会员卡号',
  '会员编号',
  '会员号',
  '卡号',
  '档案号',
  '档案编号',
  '病历号',
  '客户ID',
]
export const customerField: Field = {
  name: 'customerExternalId',
  zh: '客户编号',
  headings: [...CUSTOMER_NUMBERS, 'customerExternalId'],
  required: true,
  joint: '-',
  read: number,
}
export const storeField: Field = {
  name: 'storeId',
  zh: '门店',
  headings: ['门店', '门店名称', '所属门店', '机构', '机构名称', '院区', '医院', '店铺', '分院', 'storeId'],
  required: true,
  read: (cell, { lookups }) => lookups.store(cell),
}
export const doctorField: Field = {
  name: 'doctorUserId',
  zh: '医生',
  headings: [
    '医生',
    '主诊医生',
    '治疗医生',
    '操作医生',
    '主刀医生',
    '执行医生',
    '手术医生',
    '预约医生',
    '主治医生',
    'doctorUserId',
  ],
  read: member,
}
export const treatmentField = (headings: readonly string[]): Field => ({
  name: 'code',
  zh: '项目',
  headings: [...headings, '项目', '项目名称', '治疗项目', '项目代码', '品项', '品项名称', 'code'],
  required: true,
  read: (cell, { lookups }) => lookups.treatment(cell),
})

/** Checked by the schema of the API, so that a file may say what a clinic's system may say and no more. */
export function checked<S extends z.ZodType>(schema: S, said: Said): z.output<S> | EntryProblem[] {
  const parsed = schema.safeParse(said)
  if (parsed.success) return parsed.data
  return parsed.error.issues.map(({ path, message }) => ({
    field: path.filter((part) => typeof part === 'string').join('.') || null,
    code: 'value_malformed',
    detail: [path.slice(1).join('.'), message].filter(Boolean).join(' '),
  }))
}
