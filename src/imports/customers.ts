/** Customer lists. */
import type { z } from 'zod'
import { CustomerBody, type CustomerInput } from '../customers/index.ts'
import { defined } from '../platform/views.ts'
import { CUSTOMER_NUMBERS, checked, member, number, text, words } from './fields.ts'
import type { Kind } from './kinds.ts'
import { readEmail, readList, readPhone, readSpan, readWord, wordsOf } from './values.ts'

const GENDERS = wordsOf([
  ['female', '女', '女性', '女士', 'F', 'female'],
  ['male', '男', '男性', '先生', 'M', 'male'],
  ['unknown', '未知', '保密', '不详', '其他', 'unknown'],
] as const)
const YES_NO = wordsOf([
  [true, '是', '有', 'Y', 'yes', 'true', '1', '拒绝', '不接收'],
  [false, '否', '无', 'N', 'no', 'false', '0', '接收', '同意'],
] as const)

export const customers: Kind<CustomerInput> = {
  keyField: 'externalId',
  fields: [
    {
      name: 'storeIds',
      zh: '门店',
      headings: [
        '门店',
        '门店名称',
        '所属门店',
        '建档门店',
        '机构',
        '机构名称',
        '院区',
        '医院',
        '店铺',
        '分院',
        'storeIds',
      ],
      required: true,
      read: (cell, { lookups }) => readList(cell).map((one) => lookups.store(one)),
    },
    {
      name: 'externalId',
      zh: '客户编号',
      headings: [...CUSTOMER_NUMBERS, '编号', 'externalId'],
      required: true,
      joint: '-',
      read: number,
    },
    {
      name: 'name',
      zh: '姓名',
      headings: ['姓名', '客户姓名', '会员姓名', '客户名称', '客户', 'name'],
      required: true,
      secret: true,
      read: text,
    },
    { name: 'gender', zh: '性别', headings: ['性别', '客户性别', 'gender'], read: (cell) => readWord(cell, GENDERS) },
    {
      name: 'phone',
      zh: '手机',
      headings: ['手机号', '手机号码', '手机', '移动电话', '联系电话', '联系方式', '电话', '电话号码', 'phone'],
      secret: true,
      read: (cell) => readPhone(cell),
    },
    {
      name: 'email',
      zh: '邮箱',
      headings: ['邮箱', '电子邮箱', '邮箱地址', '电子邮箱地址', '电子邮件', 'E-mail', 'email'],
      secret: true,
      read: (cell) => readEmail(cell),
    },
    {
      name: 'ownerUserId',
      zh: '专属顾问',
      headings: [
        '专属顾问',
        '专属咨询师',
        '所属咨询师',
        '咨询师',
        '顾问',
        '归属咨询',
        '归属人',
        '客户负责人',
        'ownerUserId',
      ],
      read: member,
    },
    {
      name: 'preferredTime',
      zh: '方便联系时间',
      headings: ['方便联系时间', '偏好联系时间', '联系时段'],
      read: (cell) => readSpan(cell),
    },
    { name: 'skinType', zh: '肤质', headings: ['肤质', '皮肤类型', '皮肤性质', 'skinType'], read: text },
    {
      name: 'allergies',
      zh: '过敏史',
      headings: ['过敏史', '过敏', '过敏情况', 'allergies'],
      secret: true,
      read: words,
    },
    { name: 'notes', zh: '备注', headings: ['备注', '客户备注', '说明', 'notes'], secret: true, read: words },
    { name: 'tags', zh: '标签', headings: ['标签', '客户标签', 'tags'], read: (cell) => readList(cell) },
    {
      name: 'refusesPromotion',
      zh: '不接收营销',
      headings: ['不接收营销', '拒绝营销', '营销拒收', '免打扰'],
      read: (cell) => readWord(cell, YES_NO),
    },
    {
      name: 'externalUserId',
      zh: '企微外部联系人',
      headings: ['外部联系人ID', 'external_userid', 'externalUserId'],
      read: text,
    },
    { name: 'unionId', zh: 'UnionID', headings: ['unionid', 'unionId'], read: text },
  ],
  entryOf([said = {}]) {
    const { refusesPromotion, externalUserId, unionId, ...rest } = said
    const identities = defined({ externalUserId, unionId })
    const body = checked(CustomerBody, {
      ...rest,
      ...(Object.keys(identities).length > 0 ? { identities } : {}),
      ...(refusesPromotion === undefined ? {} : { optOut: { promotion: refusesPromotion } }),
    })
    return Array.isArray(body) ? body : inputOf(body)
  },
  write: (desks, entries, options) => desks.customers.putMany(entries, options),
}

const inputOf = ({ identities, optOut, ...body }: z.output<typeof CustomerBody>): CustomerInput => ({
  ...defined(body),
  ...(identities ? { identities: defined(identities) } : {}),
  ...(optOut ? { optOut: defined(optOut) } : {}),
})
