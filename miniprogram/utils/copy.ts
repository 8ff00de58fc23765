/**
 * The copy of my data in words. What this table doesn't know is shown by its own name; only the marks by which systems know
 * a person are left to the copy that is taken along, which has everything.
 */

export interface Section {
  name: string
  title: string
  entries: { key: number; lines: { label: string; value: string }[] }[]
}

const TITLES: Record<string, string> = {
  customer: '基本信息',
  treatments: '治疗记录',
  appointments: '预约',
  care: '护理与回访',
  photos: '恢复照片',
  photoNotes: '照片留言',
  surveys: '问卷',
  complaints: '投诉与建议',
  consents: '授权与同意',
  requests: '个人信息申请',
}
const LABELS: Record<string, string> = {
  title: '事项',
  name: '姓名',
  phone: '手机号',
  email: '邮箱',
  gender: '性别',
  skinType: '肤质',
  tags: '标签',
  stores: '门店',
  owner: '专属顾问',
  treatment: '治疗项目',
  number: '编号',
  angle: '角度',
  purpose: '用途',
  takenAt: '拍摄时间',
  state: '照片状态',
  locked: '已申请删除并封存',
  keepUntil: '保存至',
  answers: '您的回答',
  answer: '您的答复',
  wish: '希望的时间',
  answeredAt: '提交时间',
  version: '版本',
  granted: '已同意',
  at: '时间',
  words: '内容',
  demand: '诉求',
  said: '后续说明',
  stars: '评分',
  mayContact: '同意联系',
  answerBy: '答复期限',
  startsAt: '预约时间',
  createdAt: '提交时间',
  preferredTime: '方便联系的时间',
  promotionConsentAt: '同意接收活动信息的时间',
  optOut: '退订',
  hasAllergies: '登记过敏史',
  hasNotes: '有健康备注',
  hasPhone: '已登记手机号',
  deceased: '已故',
  technique: '术式',
  store: '门店',
  doctor: '医生',
  consultant: '顾问',
  assistant: '助手',
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
  day: '日期',
  kind: '类型',
  type: '涉及方面',
  action: '方式',
  externalId: '诊所编号',
  followers: '企业微信中的服务人员',
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
  preparing: '处理中',
  ready: '可查看',
  failed: '未能处理',
  booked: '已预约',
  moved: '已改期',
  arrived: '已到院',
  confirmed: '准时到院',
  move: '希望改期',
  registered: '已登记',
  acknowledged: '已受理',
  replied: '已答复',
  accepted: '已认可',
  objected: '有异议',
  withdrawn: '已撤回',
  correction: '更正',
  erasure: '删除',
  copy: '副本',
  task: '由工作人员办理',
  contact: '联系',
  guidance: '护理指导',
  survey: '问卷',
  photo: '照片',
  reminder: '提醒',
  recommendation: '建议',
  decision: '决定',
}
/** Of `dates`. */
type TimeWords = (text: string) => string

const MARKS = new Set(['openIds', 'unionId', 'externalUserIds'])
/** Worth a word only where it is so. */
const RARE = new Set(['deceased', 'provisional', 'inHospital'])

const ORDER = Object.keys(LABELS)
/** Who somebody is comes first, numbers and marks of systems last. */
const placeOf = (field: string): number => (field in LABELS ? ORDER.indexOf(field) : ORDER.length)

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)

function wordsOf(value: unknown, timeWords: TimeWords): string {
  if (typeof value === 'boolean') return value ? '是' : '否'
  if (Array.isArray(value)) return value.map((one) => wordsOf(one, timeWords)).join('、')
  if (isObject(value))
    return Object.entries(value)
      .filter(([, one]) => !isEmpty(one))
      .map(([name, one]) => `${LABELS[name] ?? name} ${wordsOf(one, timeWords)}`)
      .join('，')
  const text = String(value)
  return VALUES[text] ?? timeWords(text)
}

/** Pure. An empty field is left out: there is nothing to show of it. */
export const sectionsOf = (parts: readonly { name: string; content: unknown }[], timeWords: TimeWords): Section[] =>
  parts.map(({ name, content }) => ({
    name,
    title: TITLES[name] ?? name,
    entries: (Array.isArray(content) ? content : [content]).filter(isObject).map((one, key) => ({
      key,
      lines: Object.entries(one)
        .filter(([field, value]) => !field.startsWith('_') && !MARKS.has(field) && !isEmpty(value))
        .filter(([field, value]) => value !== false || !RARE.has(field))
        .sort(([a], [b]) => placeOf(a) - placeOf(b))
        .map(([field, value]) => ({ label: LABELS[field] ?? field, value: wordsOf(value, timeWords) })),
    })),
  }))
