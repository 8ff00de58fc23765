/** Follow-ups of former years, by their real authors. They become contact records; nobody is contacted. */
import { type CONTACT_STATES, type PAST_CHANNELS, type PastContact, PastContactBody } from '../care/index.ts'
import { checked, customerField, member, moment, number, storeField, words } from './fields.ts'
import type { Kind } from './kinds.ts'
import { plain, readWhole, readWord, wordsOf } from './values.ts'

const CHANNELS = wordsOf<(typeof PAST_CHANNELS)[number]>([
  ['call', '电话', '电话回访', '致电', '呼出', 'call'],
  ['wechat', '微信', '微信回访', '企业微信', '企微', 'wechat'],
  ['kf', '微信客服', 'kf'],
  ['sms', '短信', '短信回访', 'sms'],
  ['app', '小程序', 'app'],
  ['visit', '到院', '到店', '面谈', '现场', '当面', 'visit'],
  ['other', '其他', '其它', 'other'],
])
const REACHED = wordsOf([
  [true, '是', '已接通', '接通', '已联系', '成功', '回访成功', '已回访', 'Y', 'yes', '1'],
  [false, '否', '未接通', '未接', '无人接听', '关机', '停机', '空号', '失败', '未联系上', '拒接', 'N', 'no', '0'],
] as const)
const STATES = wordsOf<(typeof CONTACT_STATES)[number]>([
  ['recovering_well', '恢复良好', '良好', '恢复好', '正常', '无不适', '好', 'recovering_well'],
  ['mild_reaction', '轻微反应', '轻微不适', '轻度反应', '轻微', 'mild_reaction'],
  ['abnormal', '异常', '异常反应', '不良反应', 'abnormal'],
  ['needs_doctor', '需要医生', '需医生处理', '转医生', 'needs_doctor'],
])
const FIVE = wordsOf([
  [5, '非常满意', '很满意', '非常理想'],
  [4, '满意', '比较满意', '比较理想', '理想'],
  [3, '一般', '基本满意'],
  [2, '不满意', '不太满意', '不太理想'],
  [1, '非常不满意', '很不满意', '不理想'],
] as const)
const score = (cell: string): number => (/^\d/.test(plain(cell)) ? readWhole(cell) : readWord(cell, FIVE))

export const followUps: Kind<PastContact> = {
  keyField: 'externalId',
  fields: [
    storeField,
    {
      name: 'externalId',
      zh: '回访编号',
      headings: ['回访编号', '回访单号', '回访ID', '记录编号', '编号', 'externalId'],
      joint: '-',
      read: number,
    },
    customerField,
    {
      name: 'treatmentExternalId',
      zh: '治疗单号',
      headings: ['治疗单号', '治疗编号', '执行单号', '划扣单号', '手术编号', 'treatmentExternalId'],
      joint: '-',
      read: number,
    },
    {
      name: 'at',
      zh: '回访时间',
      headings: [
        ['回访日期', '回访时间'],
        '实际回访时间',
        '回访时间',
        '联系时间',
        '跟进时间',
        '回访日期',
        '实际回访日期',
        'at',
      ],
      required: true,
      read: moment,
    },
    {
      name: 'byName',
      zh: '回访人',
      headings: ['回访人', '实际回访人', '回访人员', '回访员', '客服', '跟进人', '操作人', '联系人员', 'byName'],
      read: (cell) => plain(cell),
      also: { name: 'byUserId', read: member },
    },
    {
      name: 'channel',
      zh: '方式',
      headings: ['回访方式', '联系方式', '跟进方式', '方式', 'channel'],
      read: (cell) => readWord(cell, CHANNELS),
    },
    {
      name: 'reached',
      zh: '是否接通',
      headings: ['是否接通', '接通', '是否成功', '回访结果', '接通情况', 'reached'],
      read: (cell) => readWord(cell, REACHED),
    },
    {
      name: 'state',
      zh: '恢复情况',
      headings: ['恢复情况', '客户状态', '术后情况', '恢复状态', 'state'],
      read: (cell) => readWord(cell, STATES),
    },
    { name: 'satisfaction', zh: '满意度', headings: ['满意度', '客户满意度', '满意程度', 'satisfaction'], read: score },
    { name: 'effect', zh: '效果评价', headings: ['效果评价', '效果', '效果满意度', 'effect'], read: score },
    { name: 'nps', zh: 'NPS', headings: ['NPS', '推荐分', '推荐意愿', 'nps'], read: (cell) => readWhole(cell) },
    {
      name: 'summary',
      zh: '回访内容',
      headings: ['回访内容', '回访记录', '回访情况', '内容', '小结', '备注', 'summary'],
      secret: true,
      read: words,
    },
  ],
  entryOf: ([said = {}]) => checked(PastContactBody, said),
  write: (desks, entries, options) => desks.care.recordPast(entries, options),
}
