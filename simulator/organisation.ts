/** How a company looks that nobody has described, and what its people are called. */
import { between } from './chance.ts'

export interface Department {
  id: number
  name: string
  parentid: number
  order: number
}

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

export const nameOf = (seed: number, id: string, gender: 'female' | 'male') =>
  `${SURNAMES[between(0, SURNAMES.length - 1, seed, id, 'surname')]}${(gender === 'female' ? FEMALE : MALE)[between(0, (gender === 'female' ? FEMALE : MALE).length - 1, seed, id, 'given')]}`
