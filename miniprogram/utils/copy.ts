/** The copy of my data in words. What this table doesn't know is shown by its own name: a copy leaves nothing out. */

export interface Section {
  name: string
  title: string
  entries: { key: number; lines: { label: string; value: string }[] }[]
}

const TITLES: Record<string, string> = { customer: '基本信息', treatments: '治疗记录', care: '护理与回访' }
const LABELS: Record<string, string> = {
  name: '姓名',
  phone: '手机号',
  email: '邮箱',
  gender: '性别',
  skinType: '肤质',
  tags: '标签',
  storeIds: '门店',
  storeId: '门店',
  ownerUserId: '专属顾问',
  externalId: '诊所编号',
  preferredTime: '方便联系的时间',
  promotionConsentAt: '同意接收活动信息的时间',
  optOut: '退订',
  hasAllergies: '登记过敏史',
  hasNotes: '有健康备注',
  hasPhone: '已登记手机号',
  deceased: '已故',
  code: '项目代码',
  technique: '术式',
  doctorUserId: '医生',
  consultantUserId: '顾问',
  assistantUserId: '助手',
  anaesthesia: '麻醉',
  endedAt: '治疗结束',
  treatedOn: '治疗日期',
  enteredAt: '录入时间',
  status: '状态',
  sutureRemovalOn: '拆线日期',
  nextSessionOn: '下次治疗',
  inHospital: '住院',
  dischargedOn: '出院日期',
  course: '疗程',
  title: '事项',
  day: '日期',
  stage: '阶段',
  kind: '类型',
  action: '方式',
  moment: '护理指南',
  id: '编号',
  customerId: '客户编号',
  treatmentId: '治疗编号',
  openIds: '小程序标识',
  unionId: '微信标识',
  externalUserIds: '企业微信标识',
  followUserIds: '企业微信中的服务人员',
  provisional: '尚未核实的档案',
  all: '全部消息',
  promotion: '活动信息',
}
const VALUES: Record<string, string> = {
  completed: '已完成',
  cancelled: '已取消',
  coming: '待进行',
  done: '已完成',
  missed: '未联系上',
  female: '女',
  male: '男',
  unknown: '未登记',
  none: '不需要',
  message: '消息',
  call: '电话',
}

const ORDER = Object.keys(LABELS)
/** Who somebody is comes first, numbers and marks of systems last. */
const placeOf = (field: string): number => (field in LABELS ? ORDER.indexOf(field) : ORDER.length)

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)

function wordsOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? '是' : '否'
  if (Array.isArray(value)) return value.map(wordsOf).join('、')
  if (isObject(value))
    return Object.entries(value)
      .filter(([, one]) => !isEmpty(one))
      .map(([name, one]) => `${LABELS[name] ?? name} ${wordsOf(one)}`)
      .join('，')
  return VALUES[String(value)] ?? String(value)
}

/** Pure. An empty field is left out: there is nothing to show of it. */
export const sectionsOf = (parts: readonly { name: string; content: unknown }[]): Section[] =>
  parts.map(({ name, content }) => ({
    name,
    title: TITLES[name] ?? name,
    entries: (Array.isArray(content) ? content : [content]).filter(isObject).map((one, key) => ({
      key,
      lines: Object.entries(one)
        .filter(([field, value]) => !field.startsWith('_') && !isEmpty(value))
        .sort(([a], [b]) => placeOf(a) - placeOf(b))
        .map(([field, value]) => ({ label: LABELS[field] ?? field, value: wordsOf(value) })),
    })),
  }))
