/** The simulated world's facts. Plain data: the APIs, acts and pages read and change it. */
import { between, chance, opaque, pick } from './chance.ts'

export interface Customer {
  kind: 'customer'
  personId: string
  name: string
  gender: 'female' | 'male'
  phone: string
  externalUserId: string
  unionId: string
  openId: string
  /** userid → when and how they became contacts. */
  contacts: Map<string, { createdAt: Date; state: string | null; remark: string; remarkMobiles: string[] }>
}

export interface Staff {
  kind: 'staff'
  personId: string
  name: string
  userId: string
  position: string
  departmentId: number
  resigned: boolean
  /** What was written to the app. */
  said: { at: Date; text: string }[]
}

export type Person = Customer | Staff

export interface Corp {
  corpId: string
  agentId: number
  agentSecret: string
  callbackToken: string
  callbackAesKey: string
  openKfId: string
  kfName: string
}

export interface MiniProgram {
  appId: string
  secret: string
  token: string
  aesKey: string
  originalId: string
}

export interface SubscribeTemplate {
  priTmplId: string
  title: string
  content: string
  example: string
  type: 2 | 3
}

export interface Department {
  id: number
  name: string
  parentid: number
  order: number
}

export interface World {
  seed: number
  corp: Corp
  miniProgram: MiniProgram
  departments: Department[]
  templates: SubscribeTemplate[]
  customers: Customer[]
  staff: Staff[]
  byPersonId: Map<string, Person>
  byExternalUserId: Map<string, Customer>
  byOpenId: Map<string, Customer>
  byUserId: Map<string, Staff>
  byPhone: Map<string, Customer>
}

const SURNAMES = [...'王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧']
const FEMALE = [
  '静怡',
  '雨桐',
  '思琪',
  '欣妍',
  '梦洁',
  '晓琳',
  '婉清',
  '若溪',
  '佳宁',
  '诗涵',
  '美玲',
  '雅婷',
  '慧敏',
  '紫萱',
  '可欣',
  '丽华',
]
const MALE = ['浩然', '子轩', '俊杰', '宇航', '志强', '文博', '明哲', '嘉豪']

/** A company as its WeCom has it. */
export interface Organisation {
  departments: Department[]
  /** Who works where, in the order in which `staff: n` hires them; the list starts over with further people. */
  posts: readonly (readonly [position: string, departmentId: number])[]
}

const DEPARTMENTS: Department[] = [
  { id: 1, name: '华颜医美集团', parentid: 0, order: 100 },
  { id: 2, name: '华颜整形医院', parentid: 1, order: 90 },
  { id: 3, name: '清妍美容院', parentid: 1, order: 80 },
]

const POSTS: Organisation['posts'] = [
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
  ['客服', 2],
  ['咨询师', 2],
  ['店长', 2],
  ['咨询师', 3],
]
/** A hospital and a salon. */
export const TWO_STORES: Organisation = { departments: DEPARTMENTS, posts: POSTS }

const nameOf = (seed: number, id: string, gender: 'female' | 'male') =>
  `${SURNAMES[between(0, SURNAMES.length - 1, seed, id, 'surname')]}${(gender === 'female' ? FEMALE : MALE)[between(0, (gender === 'female' ? FEMALE : MALE).length - 1, seed, id, 'given')]}`

const digits = (n: number, width: number) => String(n).padStart(width, '0')
const aesKey = (seed: number, about: string) => opaque(43, seed, about, 'aes')

export function createWorld({
  seed,
  customers,
  staff,
  organisation = TWO_STORES,
}: {
  seed: number
  customers: number
  staff: number
  organisation?: Organisation | undefined
}): World {
  const world: World = {
    seed,
    corp: {
      corpId: `ww${opaque(16, seed, 'corp').toLowerCase()}`,
      agentId: 1_000_002,
      agentSecret: opaque(43, seed, 'agent secret'),
      callbackToken: opaque(20, seed, 'callback token'),
      callbackAesKey: aesKey(seed, 'callback'),
      openKfId: `wk${opaque(30, seed, 'kf')}`,
      kfName: '华颜术后关怀',
    },
    miniProgram: {
      appId: `wx${opaque(16, seed, 'mini-program').toLowerCase()}`,
      secret: opaque(32, seed, 'mini-program secret'),
      token: opaque(20, seed, 'mini-program token'),
      aesKey: aesKey(seed, 'mini-program'),
      originalId: `gh_${opaque(12, seed, 'mini-program').toLowerCase()}`,
    },
    departments: organisation.departments,
    templates: [
      {
        priTmplId: opaque(43, seed, 'template care'),
        title: '术后护理提醒',
        content: '治疗项目:{{thing1.DATA}}\n提醒时间:{{time2.DATA}}\n护理内容:{{thing3.DATA}}\n',
        example: '治疗项目:水光针\n提醒时间:2026年3月2日 11:00\n护理内容:今天请注意保湿防晒\n',
        type: 2,
      },
      {
        priTmplId: opaque(43, seed, 'template follow-up'),
        title: '回访通知',
        content: '回访项目:{{thing1.DATA}}\n回访人员:{{name2.DATA}}\n回访时间:{{time3.DATA}}\n备注:{{thing4.DATA}}\n',
        example: '回访项目:水光针\n回访人员:林悦\n回访时间:2026年3月2日 15:10\n备注:了解您的恢复情况\n',
        type: 2,
      },
    ],
    customers: [],
    staff: [],
    byPersonId: new Map(),
    byExternalUserId: new Map(),
    byOpenId: new Map(),
    byUserId: new Map(),
    byPhone: new Map(),
  }
  for (let i = 1; i <= staff; i++) addStaff(world, i, organisation)
  for (let i = 1; i <= customers; i++) addCustomer(world, i)
  return world
}

function addStaff(world: World, i: number, { posts }: Organisation): void {
  const [position, departmentId] = posts[(i - 1) % posts.length] as (typeof posts)[number]
  const personId = `s${digits(i, 2)}`
  const gender = chance(world.seed, personId, 'gender') < 0.8 ? 'female' : 'male'
  const member: Staff = {
    kind: 'staff',
    personId,
    name: nameOf(world.seed, personId, gender),
    userId: `Staff${digits(i, 2)}`,
    position,
    departmentId,
    resigned: false,
    said: [],
  }
  world.staff.push(member)
  world.byPersonId.set(personId, member)
  world.byUserId.set(member.userId.toLowerCase(), member)
}

function addCustomer(world: World, i: number): void {
  const { seed } = world
  const personId = `c${digits(i, 4)}`
  const gender = pick([['female', 85] as const, ['male', 15] as const], seed, personId, 'gender')
  let phone = ''
  for (let n = 0; phone === '' || world.byPhone.has(phone); n++)
    phone = `1${pick(
      [
        ['38', 3],
        ['39', 3],
        ['59', 2],
        ['86', 2],
      ],
      seed,
      personId,
      'net',
      n,
    )}${digits(between(0, 99_999_999, seed, personId, 'phone', n), 8)}`
  const customer: Customer = {
    kind: 'customer',
    personId,
    name: nameOf(seed, personId, gender),
    gender,
    phone,
    externalUserId: `wm${opaque(30, seed, personId, 'external')}`,
    unionId: `o${opaque(27, seed, personId, 'union')}`,
    openId: `o${opaque(27, seed, personId, 'open')}`,
    contacts: new Map(),
  }
  world.customers.push(customer)
  world.byPersonId.set(personId, customer)
  world.byExternalUserId.set(customer.externalUserId, customer)
  world.byOpenId.set(customer.openId, customer)
  world.byPhone.set(phone, customer)
}
