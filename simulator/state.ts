/** The simulated world's facts. Plain data: the APIs, acts and pages read and change it. */
import { between, chance, opaque, pick } from './chance.ts'
import type { Contact } from './contact-book.ts'
import { type Department, nameOf, type Organisation, TWO_STORES } from './organisation.ts'

export interface Customer {
  kind: 'customer'
  personId: string
  name: string
  gender: 'female' | 'male'
  phone: string
  /** Some people have none, or tell none. */
  email: string | null
  /** Has told the network operator to deliver no messages of companies (退订): the gateway refuses them. */
  refusesSms: boolean
  externalUserId: string
  unionId: string
  openId: string
  /** By userid; changed through the contact book. */
  contacts: Map<string, Contact>
}

export interface Staff {
  kind: 'staff'
  personId: string
  name: string
  userId: string
  position: string
  departmentId: number
  resigned: boolean
  resignedAt: Date | null
  /** In the app's visible scope. */
  inScope: boolean
  /** Allowed to have customers (客户联系). */
  servesCustomers: boolean
  /** Has used WeCom; has proven a real name. Without either no customer can add this member. */
  activated: boolean
  realNamed: boolean
  /** How many customers this member can have; null = as many as come. */
  customerCap: number | null
  /** What was written to the app. */
  said: { at: Date; text: string }[]
  /** Which buttons of cards were tapped. */
  tapped: { at: Date; taskId: string; key: string }[]
}

export type Person = Customer | Staff
export type { Department, Organisation }

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

/** What the administrator has set up for the corp, beside permissions. */
export interface Settings {
  /** A developer id is bound, so customers' unionids are told. */
  unionIds: boolean
  /** The app may have been switched off. */
  appEnabled: boolean
  /** Addresses that may call (可信IP); null = any. */
  trustedAddresses: string[] | null
  /** Hosts that sign-in may lead back to (可信域名); null = any. */
  trustedDomains: string[] | null
  /** How many mass messages a customer gets: days of the month, 7 a week, 1 a day. */
  massQuota: 'month' | 'week' | 'day'
  /** Cards that can be tapped need an address for callbacks (else 43012); off, they may be looked at without one. */
  cardsNeedCallback: boolean
  /** A welcome of the administrator's own: new contacts bring no welcome code. */
  ownWelcome: boolean
}

export interface World {
  seed: number
  settings: Settings
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
  byEmail: Map<string, Customer>
  /** A member's customers by userid, in the order in which they became contacts. */
  friends: Map<string, Customer[]>
  /** How many contacts there have been so far. */
  contactCount: number
}

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
    settings: {
      unionIds: true,
      appEnabled: true,
      trustedAddresses: null,
      trustedDomains: null,
      massQuota: 'month',
      cardsNeedCallback: false,
      ownWelcome: false,
    },
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
    byEmail: new Map(),
    friends: new Map(),
    contactCount: 0,
  }
  for (let i = 1; i <= staff; i++) addStaff(world, i, organisation)
  for (let i = 1; i <= customers; i++) addCustomer(world, i)
  return world
}

function addStaff(world: World, i: number, { posts }: Organisation): void {
  const [position, departmentId] = posts[(i - 1) % posts.length] as (typeof posts)[number]
  hire(world, position, departmentId)
}

/** The next member of staff. */
export function hire(world: World, position: string, departmentId: number): Staff {
  const i = world.staff.length + 1
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
    resignedAt: null,
    inScope: true,
    servesCustomers: true,
    activated: true,
    realNamed: true,
    customerCap: null,
    said: [],
    tapped: [],
  }
  world.staff.push(member)
  world.byPersonId.set(personId, member)
  world.byUserId.set(member.userId.toLowerCase(), member)
  return member
}

/** So many have an address. */
const EMAIL_SHARE = 0.6

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
    email: chance(seed, personId, 'email') < EMAIL_SHARE ? `${personId}@post.example` : null,
    refusesSms: false,
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
  if (customer.email !== null) world.byEmail.set(customer.email, customer)
}
