/**
 * A year of the demo's clinics before its first day, as their former system would export it: files for `npm run import`.
 * From the seed alone. Old visits are facts and records; nothing of them is played.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { between, type Customer, chance, type World } from '../../simulator/index.ts'
import { kindOf } from '../../simulator/people/index.ts'
import type { KindName } from '../../src/imports/index.ts'
import { chinaDay, DAY_MS } from './calendar.ts'
import { consultantOf, numberOf } from './desk.ts'
import type { ClinicStore } from './stores.ts'

const YEAR = 365

type Row = Record<string, string>
type Draw = (low: number, high: number, ...about: (string | number)[]) => number
type Weighted = readonly (readonly [string, number])[]

/** What a habit brings them for, how often in the year, and how long ago the last time was. */
interface Habit {
  code: Weighted
  visits: [least: number, most: number]
  lastDaysAgo: [least: number, most: number]
}

const INJECTIONS: Weighted = [
  ['水光针', 5],
  ['肉毒素', 4],
  ['玻尿酸填充', 3],
]
const DEVICES: Weighted = [
  ['光子嫩肤', 4],
  ['皮秒激光', 3],
  ['射频紧肤', 2],
  ['脱毛', 2],
]
const OPERATIONS: Weighted = [
  ['双眼皮', 5],
  ['开眼角', 2],
  ['隆鼻', 2],
  ['线雕提升', 2],
  ['吸脂', 1],
]
const LOYAL: Habit = { code: INJECTIONS, visits: [3, 4], lastDaysAgo: [4, 70] }
const GROWING: Habit = { code: DEVICES, visits: [1, 3], lastDaysAgo: [4, 60] }
const DORMANT: Habit = { code: [...INJECTIONS, ...DEVICES], visits: [1, 2], lastDaysAgo: [180, 350] }
const OPERATED: Habit = { code: OPERATIONS, visits: [1, 1], lastDaysAgo: [20, 340] }
const SALON: Habit = { code: [['皮肤护理', 1]], visits: [1, 3], lastDaysAgo: [5, 60] }

const SKIN = ['干性', '油性', '混合偏油', '混合偏干', '敏感'] as const
const YUAN: Record<string, number> = {
  水光针: 1_980,
  肉毒素: 2_400,
  玻尿酸填充: 4_800,
  光子嫩肤: 1_280,
  皮秒激光: 2_680,
  射频紧肤: 8_800,
  脱毛: 980,
  双眼皮: 9_800,
  开眼角: 6_800,
  隆鼻: 19_800,
  线雕提升: 12_800,
  吸脂: 16_800,
  皮肤护理: 380,
}
const SAID = {
  well: ['恢复良好，已提醒防晒与补水', '无不适，对效果满意', '针眼已消退，感谢回访', '状态稳定，愿意按时复查'],
  mild: ['轻微红肿，按医嘱护理，已安抚', '局部轻微淤青，告知一周内消退', '有些干痒，已指导保湿'],
} as const

const pickOf = (of: Weighted, unit: number): string => {
  const total = of.reduce((sum, [, weight]) => sum + weight, 0)
  let left = unit * total
  for (const [name, weight] of of) {
    left -= weight
    if (left < 0) return name
  }
  return of[0]?.[0] ?? ''
}

/** The files, in the order in which they are to be brought in. */
export interface History {
  files: { kind: KindName; path: string; rows: number }[]
}

export function writeHistory(
  { world, stores, start }: { world: World; stores: readonly ClinicStore[]; start: Date },
  folder: string,
): History {
  const tables: Record<KindName, Row[]> = {
    customers: [],
    treatments: [],
    purchases: [],
    appointments: [],
    'follow-ups': [],
  }
  for (const customer of world.customers) pastOf({ world, stores, start, customer }, tables)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const files = Object.entries(tables).flatMap(([kind, rows]) => {
    if (rows.length === 0) return []
    const path = join(folder, `${kind}.csv`)
    writeFileSync(path, csvOf(rows), { mode: 0o600 })
    return [{ kind: kind as KindName, path, rows: rows.length }]
  })
  return { files }
}

interface Past {
  world: World
  stores: readonly ClinicStore[]
  start: Date
  customer: Customer
}

function habitOf(unit: number): Habit {
  if (unit < 0.3) return LOYAL
  if (unit < 0.5) return GROWING
  if (unit < 0.68) return DORMANT
  return unit < 0.8 ? OPERATED : SALON
}

/** Where they go, to whom, and how often. */
function customOf({ world, stores, customer }: Past) {
  const about = (...subject: (string | number)[]) => [world.seed, customer.personId, 'history', ...subject] as const
  const draw: Draw = (low, high, ...subject) => between(low, high, ...about(...subject))
  const habit = habitOf(chance(...about('habit')))
  const [salon, ...hospitals] = [...stores].sort((a, b) => (a.type < b.type ? 1 : -1))
  const place = (habit === SALON ? salon : hospitals[draw(0, 9, 'store') < 7 ? 0 : 1]) as ClinicStore
  return {
    draw,
    habit,
    place,
    consultant: consultantOf({ world }, place, customer),
    visits: draw(...habit.visits, 'visits'),
    last: draw(...habit.lastDaysAgo, 'last'),
    project: pickOf(habit.code, chance(...about('project'))),
  }
}

/** Who had added their consultant in WeCom by then. */
export function friendsOf(past: Omit<Past, 'customer'>): { customer: Customer; consultant: string; since: Date }[] {
  return past.world.customers
    .filter(({ personId }) => kindOf(past.world.seed, personId) === 'chatty')
    .map((customer) => {
      const { consultant, last } = customOf({ ...past, customer })
      return { customer, consultant, since: new Date(past.start.getTime() - last * DAY_MS) }
    })
}

function pastOf(past: Past, tables: Record<KindName, Row[]>): void {
  const { start, customer } = past
  const { draw, habit, place, consultant, visits, last, project } = customOf(past)
  const own = { 门店: place.displayName, 客户编号: numberOf(customer) }
  tables.customers.push({
    ...own,
    姓名: customer.name,
    性别: customer.gender === 'female' ? '女' : '男',
    手机号: customer.phone,
    专属顾问: consultant,
    肤质: SKIN[draw(0, SKIN.length - 1, 'skin')] ?? '',
    标签: habit === SALON ? '美容会员' : habit === DORMANT ? '久未到店' : '',
    不接收营销: draw(0, 19, 'promotion') === 0 ? '是' : '否',
  })
  for (let n = 0; n < visits; n++) {
    const daysAgo = last + n * draw(28, 75, 'between', n)
    if (daysAgo > YEAR) break
    visitIn({ ...past, own, place, consultant, project, daysAgo, n, draw }, tables)
  }
  // Whoever was there lately comes again: the visit is booked.
  if (last < 40 && habit !== OPERATED && draw(0, 2, 'books') > 0) {
    const at = minutes(draw(60, 60 * 9, 'booked'))
    tables.appointments.push({
      ...own,
      预约单号: `H-A-${customer.personId}`,
      预约项目: project,
      预约时间: `${chinaDay(start, draw(2, 25, 'booked for'))} ${at}`,
      预约状态: '已预约',
    })
  }
}

const minutes = (after: number): string => {
  const of = 9 * 60 + 30 + Math.floor(after / 10) * 10
  return `${String(Math.floor(of / 60)).padStart(2, '0')}:${String(of % 60).padStart(2, '0')}`
}

interface PastVisit extends Past {
  own: Row
  place: ClinicStore
  consultant: string
  project: string
  daysAgo: number
  n: number
  draw: Draw
}

function visitIn(visit: PastVisit, tables: Record<KindName, Row[]>): void {
  const { start, customer, own, consultant, project, daysAgo, n, draw } = visit
  const number = `H-T-${customer.personId}-${n}`
  const day = chinaDay(start, -daysAgo)
  const at = minutes(draw(0, 60 * 9, 'at', n))
  tables.treatments.push({
    ...own,
    治疗单号: number,
    治疗项目: project,
    咨询师: consultant,
    治疗时间: `${day} ${at}`,
    // Long ago: whoever comes again books anew.
    下次治疗日期: daysAgo > 20 ? '无需' : '',
    状态: '已完成',
  })
  const yuan = Math.round(((YUAN[project] ?? 1_000) * draw(85, 110, 'price', n)) / 100)
  const receipt = { ...own, 收费单号: `H-P-${customer.personId}-${n}`, 付款时间: `${day} ${at}` }
  const articles: Row[] = [{ 商品名称: project, 产品类型: '', 数量: '1', 实收金额: String(yuan) }]
  if (draw(0, 4, 'buys', n) === 0)
    articles.push({ 商品名称: '舒缓修护面膜', 产品类型: '护肤品', 数量: '2', 实收金额: '398' })
  tables.purchases.push(...articles.map((article) => ({ ...receipt, ...article })))
  for (const after of [1, 7, 30]) if (after < daysAgo) followUpIn(visit, number, after, tables)
}

function followUpIn(
  { world, start, customer, own, place, daysAgo, n, draw }: PastVisit,
  number: string,
  after: number,
  tables: Record<KindName, Row[]>,
): void {
  const team = world.staff.filter(
    ({ departmentId, position }) =>
      departmentId === place.departmentId && ['客服', '咨询师', '护士', '美容师'].includes(position),
  )
  const by = team[draw(0, team.length - 1, 'by', n, after)]
  const isReached = draw(0, 9, 'reached', n, after) > 0
  const isMild = draw(0, 5, 'state', n, after) === 0
  const said = isMild ? SAID.mild : SAID.well
  const isMonth = after === 30
  const scores = { 满意度: String(draw(3, 5, 'satisfied', n, after)), 效果: String(draw(3, 5, 'effect', n)) }
  tables['follow-ups'].push({
    ...own,
    回访编号: `H-F-${customer.personId}-${n}-${after}`,
    治疗单号: number,
    回访时间: `${chinaDay(start, after - daysAgo)} ${minutes(draw(90, 60 * 8, 'called', n, after))}`,
    回访人: by?.name ?? '客服',
    回访方式: after === 1 ? '微信' : '电话',
    是否接通: isReached ? '已接通' : '未接通',
    恢复情况: isReached ? (isMild ? '轻微反应' : '恢复良好') : '',
    满意度: isReached ? scores.满意度 : '',
    效果评价: isReached && isMonth ? scores.效果 : '',
    NPS: isReached && isMonth ? String(draw(6, 10, 'nps', n)) : '',
    回访内容: isReached ? (said[draw(0, said.length - 1, 'said', n, after)] ?? '') : '未接通，稍后再联系',
  })
}

const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
function csvOf(rows: readonly Row[]): string {
  const headings = Object.keys(rows[0] ?? {})
  const lines = rows.map((row) => headings.map((heading) => cell(row[heading] ?? '')).join(','))
  return `${[headings.join(','), ...lines].join('\n')}\n`
}
