/**
 * What some customers write in the days after a treatment, in their own words: a complication, or something that a doctor
 * should see. How urgent it is, is known here and nowhere else; the clinic has to find out.
 */
import { chance, type World } from '../../simulator/index.ts'
import { kindOf } from '../../simulator/people/index.ts'
import { MINUTE_MS } from './calendar.ts'
import type { Entry } from './entries.ts'

export type Urgency = 'emergency' | 'abnormal'
export interface Felt {
  urgency: Urgency
  words: string
}

/** Of those who chat with us. */
const SHARE = 0.24
const HOURS = { from: 2, to: 60 }

/** By treatment; what is said of any, last. */
const WORDS: Record<Urgency, Record<string, readonly string[]>> = {
  emergency: {
    hyaluronic_filler: ['你好，鼻子这里一块发白，摸着冰凉，越来越疼了', '打完以后右眼突然看不清，像蒙了一层黑布'],
    botulinum: ['我吃东西咽不下去，喝水一直呛到，有点喘不上气'],
    double_eyelid: ['眼睛胀得特别疼，看东西突然看不见了', '眼睛一直在流血，换了好几块纱布都止不住'],
    rhinoplasty: ['量了体温39.4，浑身发抖打寒战', '鼻尖的皮肤发黑了，一直在疼'],
    liposuction: ['今天小腿肿得厉害，胸口闷喘不上气', '刚才站起来晕倒了，家里人说叫了半天没反应'],
    hair_transplant: ['发烧到39度5，后脑勺又红又烫'],
    any: ['喉咙发紧，感觉喘不过气来', '胸口疼得厉害，出了一身冷汗'],
  },
  abnormal: {
    ipl: ['脸上起了好几个水泡，要不要紧'],
    picosecond: ['打过的地方起了一片水泡，火辣辣的'],
    hair_removal: ['腿上有几处起水泡了，像烫伤一样'],
    rf: ['有一块皮肤像被烫伤了，起泡破皮'],
    double_eyelid: ['伤口流黄色的脓，还有点臭'],
    rhinoplasty: ['鼻子里面流脓，伤口裂开了一点'],
    liposuction: ['肚子上的伤口裂开了，一直流脓水'],
    any: ['身上起了一大片红疹，痒得睡不着', '有低烧38.3，针眼周围又红又肿还发烫'],
  },
}

/** Of those who use the mini-program. */
const COMPLAINS = 0.25
const COMPLAINTS = [
  { type: 'service', words: '前台排队等了一个小时，问了几次都没有人理我', demand: '希望给个说法' },
  { type: 'price', words: '结账的时候比当初说的贵了，单子上也没有写清楚', demand: '请核对费用' },
  { type: 'effect', words: '做完两周了看不出什么变化，和当初介绍的不一样', demand: '希望医生再看一下' },
  { type: 'environment', words: '治疗室很冷，床单看着像没有换过', demand: null },
] as const
export type Grievance = (typeof COMPLAINTS)[number]

/** Adds what customers write to what the clinic enters, once per person. */
export function whatCustomersFeel(
  { world: { seed } }: { world: Pick<World, 'seed'> },
  entries: readonly Entry[],
): Entry[] {
  const silent = new Set(
    entries.flatMap(({ what, customer }) => (what === 'wished' || what === 'left' ? [customer.personId] : [])),
  )
  const asked = new Set<string>()
  return entries.flatMap((entry): Entry[] => {
    const { customer, store, at } = entry
    const { personId } = customer
    if (entry.what !== 'treated' || asked.has(personId) || silent.has(personId)) return []
    // What is entered long afterwards is felt by nobody any more.
    if (at.getTime() - entry.done.endedAt.getTime() > HOURS.from * 60 * MINUTE_MS) return []
    asked.add(personId)
    if (kindOf(seed, personId) !== 'chatty' || chance(seed, personId, 'feels ill') >= SHARE) return []
    const urgency: Urgency = chance(seed, personId, 'how ill') < 0.5 ? 'emergency' : 'abnormal'
    const { any = [], ...by } = WORDS[urgency]
    const choices = by[entry.done.code] ?? any
    const words = choices[Math.floor(chance(seed, personId, 'words for it') * choices.length)] ?? ''
    const hours = HOURS.from + chance(seed, personId, 'when it began') * (HOURS.to - HOURS.from)
    const then = new Date(at.getTime() + Math.round(hours * 6) * 10 * MINUTE_MS)
    return [{ what: 'felt', felt: { urgency, words }, at: then, customer, store }]
  })
}

/** What some hold against the clinic a few days after their visit, and say in the mini-program. */
export function whatCustomersMind(
  { world: { seed } }: { world: Pick<World, 'seed'> },
  entries: readonly Entry[],
): Entry[] {
  const asked = new Set<string>()
  return entries.flatMap((entry): Entry[] => {
    const { customer, store, at } = entry
    const { personId } = customer
    if (entry.what !== 'treated' || asked.has(personId)) return []
    asked.add(personId)
    if (kindOf(seed, personId) !== 'mini' || chance(seed, personId, 'complains') >= COMPLAINS) return []
    const grievance = COMPLAINTS[Math.floor(chance(seed, personId, 'of what') * COMPLAINTS.length)] as Grievance
    const hours = 20 + Math.floor(chance(seed, personId, 'complains when') * 100)
    return [{ what: 'complained', grievance, at: new Date(at.getTime() + hours * 60 * MINUTE_MS), customer, store }]
  })
}
