/** Treatments that were done. */
import type { BulkAnswer, BulkOptions } from '../platform/bulk.ts'
import { defined } from '../platform/views.ts'
import { TreatmentBody, type TreatmentInput } from '../treatments/index.ts'
import {
  checked,
  customerField,
  day,
  dayOrNone,
  doctorField,
  member,
  moment,
  number,
  storeField,
  treatmentField,
  words,
} from './fields.ts'
import type { Desks, Kind } from './kinds.ts'
import { bare, readSession, readWhole, readWord, wordsOf } from './values.ts'

const STATES = wordsOf([
  ['completed', '已完成', '完成', '已治疗', '已执行', '已划扣', '正常', 'completed'],
  ['cancelled', '已取消', '取消', '作废', '已作废', '已退', '已撤销', '撤销', '已退款', 'cancelled'],
] as const)

const STAYS = wordsOf([
  [true, '是', '住院', '已住院', '在院', 'Y', 'yes', '1', 'true'],
  [false, '否', '未住院', '门诊', '日间', '不住院', 'N', 'no', '0', 'false'],
] as const)

const ANAESTHETICS = wordsOf([
  ['none', '未麻醉', '无', '不麻醉', '无麻醉', 'none'],
  ['topical', '表面麻醉', '表麻', '敷麻', '外敷麻药', 'topical'],
  ['local', '局部麻醉', '局麻', '局部浸润麻醉', '神经阻滞', 'local'],
  ['sedation', '静脉镇静', '静脉麻醉', '静麻', '镇静', '局麻+静脉镇静', 'sedation'],
  ['general', '全身麻醉', '全麻', '插管全麻', '喉罩全麻', 'general'],
] as const)

export interface TreatmentEntry {
  input: TreatmentInput
  cancelled: boolean
}

export const treatments: Kind<TreatmentEntry> = {
  keyField: 'externalId',
  fields: [
    storeField,
    {
      name: 'externalId',
      zh: '治疗单号',
      headings: [
        '治疗单号',
        '治疗编号',
        '执行单号',
        '划扣单号',
        '手术编号',
        '治疗记录号',
        '单号',
        '单据编号',
        '编号',
        'externalId',
      ],
      required: true,
      joint: '-',
      read: number,
    },
    customerField,
    treatmentField([]),
    { name: 'technique', zh: '术式', headings: ['术式', '技术', 'technique'], read: (cell) => bare(cell) },
    doctorField,
    {
      name: 'consultantUserId',
      zh: '咨询师',
      headings: ['咨询师', '现场咨询', '咨询', '顾问', '美学顾问', 'consultantUserId'],
      read: member,
    },
    {
      name: 'assistantUserId',
      zh: '助手',
      headings: ['助手', '手术助手', '一助', '操作助手', 'assistantUserId'],
      read: member,
    },
    {
      name: 'anaesthesia',
      zh: '麻醉方式',
      headings: ['麻醉方式', '麻醉', '麻醉方法', '麻醉类型', 'anaesthesia'],
      read: (cell) => readWord(cell, ANAESTHETICS),
    },
    {
      name: 'endedAt',
      zh: '治疗结束',
      headings: [
        ['治疗日期', '治疗时间'],
        '治疗结束时间',
        '结束时间',
        '完成时间',
        '治疗时间',
        '手术时间',
        '执行时间',
        '划扣时间',
        '治疗日期',
        '手术日期',
        '执行日期',
        '划扣日期',
        'endedAt',
      ],
      required: true,
      read: moment,
    },
    {
      name: 'status',
      zh: '状态',
      headings: ['状态', '治疗状态', '执行状态', '单据状态', 'status'],
      read: (cell) => readWord(cell, STATES),
    },
    {
      name: 'sutureRemovalOn',
      zh: '拆线日期',
      headings: ['拆线日期', '拆线时间', '预计拆线日期', '应拆线日期', '计划拆线日期', 'sutureRemovalOn'],
      read: dayOrNone,
    },
    {
      name: 'nextSessionOn',
      zh: '下次治疗日期',
      headings: ['下次治疗日期', '下次治疗时间', '下次治疗', '建议下次治疗日期', 'nextSessionOn'],
      read: dayOrNone,
    },
    {
      name: 'inHospital',
      zh: '住院',
      headings: ['是否住院', '住院', 'inHospital'],
      read: (cell) => readWord(cell, STAYS),
    },
    { name: 'dischargedOn', zh: '出院日期', headings: ['出院日期', '出院时间', 'dischargedOn'], read: day },
    {
      name: 'course.id',
      zh: '疗程编号',
      headings: ['疗程编号', '疗程单号', '疗程号', '疗程ID', 'course.id'],
      joint: '-',
      read: number,
    },
    {
      name: 'course.session',
      zh: '第几次',
      headings: ['第几次', '疗程第几次', '疗程进度', 'course.session'],
      read: (cell) => readSession(cell),
    },
    {
      name: 'course.of',
      zh: '疗程总次数',
      headings: ['疗程总次数', '总次数', '疗程次数', '共几次', 'course.of'],
      read: (cell) => readWhole(cell),
    },
    { name: 'note', zh: '备注', headings: ['备注', '治疗备注', '治疗记录', 'note'], secret: true, read: words },
  ],
  entryOf([said = {}]) {
    const { status, 'course.id': id, 'course.session': session, 'course.of': of, ...rest } = said
    if (id === undefined && session !== undefined) return [{ field: 'course.id', code: 'course_unnamed' }]
    if (id !== undefined && session === undefined) return [{ field: 'course.session', code: 'value_missing' }]
    const place = session as ReturnType<typeof readSession> | undefined
    const body = checked(TreatmentBody, {
      ...rest,
      // Who was discharged had been there.
      ...(rest.dischargedOn !== undefined && rest.inHospital === undefined ? { inHospital: true } : {}),
      ...(id !== undefined && place ? { course: { id, session: place.session, of: of ?? place.of } } : {}),
    })
    return Array.isArray(body) ? body : { input: defined(body), cancelled: status === 'cancelled' }
  },
  write,
}

/** Cancelled ones were perhaps never heard of: then there is nothing to take back. */
async function write(desks: Desks, entries: readonly TreatmentEntry[], options: BulkOptions): Promise<BulkAnswer[]> {
  const done = entries.filter(({ cancelled }) => !cancelled)
  const gone = entries.filter(({ cancelled }) => cancelled)
  const entered = await desks.treatments.putMany(
    done.map(({ input }) => input),
    options,
  )
  const taken = await desks.treatments.cancelMany(
    gone.map(({ input }) => input.externalId),
    options,
  )
  const answers = new Map([
    ...done.map((entry, i) => [entry, entered[i] ?? 'same'] as const),
    ...gone.map((entry, i) => [entry, taken[i] ?? 'same'] as const),
  ])
  return entries.map((entry) => answers.get(entry) ?? 'same')
}
