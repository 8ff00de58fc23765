/** Staff: they work through the cards that reach them, inside their hours, and sometimes forget one. */
import { list, record, text } from '../api/types.ts'
import { between, chance, pick } from '../chance.ts'
import type { Customer, LedgerEntry, Simulator, Staff } from '../index.ts'
import { answersCall, attempt, onMark } from './customers.ts'

const MINUTE = 60_000
const FORGETS = 0.03
/** Most are alone in their role and don't tell others that a task is taken. */
const TAKES = 0.2
/** Tasks that somebody passes on, or asks the supervisor about, instead of calling. */
const PASSES_ON = 0.02
const HAS_A_PROBLEM = 0.015
/** Working time of the day in China, minutes after midnight. */
const WORK_FROM = 9 * 60 + 10
const WORK_TO = 20 * 60 + 50
const CHINA_MS = 8 * 60 * MINUTE
const DAY_MS = 24 * 60 * MINUTE

export function installStaff(simulator: Simulator): void {
  simulator.ledger.onEntry((entry) => {
    const staff = simulator.world.byPersonId.get(entry.person)
    if (staff?.kind !== 'staff') return
    if (entry.kind === 'card') onCard(simulator, staff, record(entry.payload.card))
    if (entry.kind === 'mass') onMass(simulator, staff, entry)
    if (entry.kind === 'card-update') onUpdate(simulator, staff, entry)
  })
}

/** The next instant at which somebody is at work, not before `at`. */
function atWork(at: number): number {
  const midnight = Math.floor((at + CHINA_MS) / DAY_MS) * DAY_MS - CHINA_MS
  const minute = (at - midnight) / MINUTE
  if (minute < WORK_FROM) return midnight + WORK_FROM * MINUTE
  return minute > WORK_TO ? midnight + DAY_MS + WORK_FROM * MINUTE : at
}

/** What belongs to the step before it comes within minutes of it. */
const SOON = 5 * MINUTE

/** `urgent`: at any hour, and to the minute. */
function later(
  simulator: Simulator,
  staff: Staff,
  minutes: number,
  key: string,
  act: () => void,
  { mark, urgent = false }: { mark?: number; urgent?: boolean } = {},
): void {
  const { clock } = simulator.context
  const at = clock.now().getTime() + minutes * MINUTE
  const when = urgent ? onMark(at, MINUTE) : onMark(atWork(at), mark)
  clock.schedule(when, `${staff.personId} ${key}`, () => attempt(act))
}

const keysOf = (card: Record<string, unknown>): string[] =>
  list(card.button_list).map((button) => text(record(button).key))

function onCard(simulator: Simulator, staff: Staff, card: Record<string, unknown>): void {
  const { seed } = simulator.world
  const taskId = text(card.task_id)
  if (!isUrgent(card) && chance(seed, staff.personId, taskId, 'forgets') < FORGETS) return
  const keys = keysOf(card)
  const click = (key: string, selected = {}) =>
    simulator.act({ as: 'staff', id: staff.personId, do: 'click', taskId, key, selected })
  const wait = between(3, 18, seed, taskId, 'begins')
  const customer = customerOn(simulator, card)
  if (isUrgent(card)) {
    onAlarm(simulator, staff, taskId, keys, customer)
    return
  }
  if (!keys.includes('take')) {
    // Passing a message on: in chat where they are contacts, then done.
    later(simulator, staff, wait, `confirm ${taskId}`, () => {
      // A day to be entered in the clinic's system, a decision, a colleague to be spoken to: nothing to write to the customer.
      const isPassedOn = !/请(确定|决定|协调)/.test(text(record(card.main_title).title))
      if (isPassedOn && customer?.contacts.has(staff.userId))
        simulator.act({
          as: 'staff',
          id: staff.personId,
          do: 'send-chat',
          customer: customer.personId,
          text: text(card.sub_title_text) || '护理提醒',
        })
      click('done', chosenOn(card, seed))
    })
    return
  }
  const outcome = customer && answersCall(seed, customer.personId, taskId)
  later(simulator, staff, wait, `take ${taskId}`, () => {
    if (chance(seed, taskId, 'takes') < TAKES) click('take')
    if (!customer) return
    const instead = chance(seed, taskId, 'instead')
    if (instead < PASSES_ON + HAS_A_PROBLEM) {
      const key = instead < PASSES_ON ? 'transfer' : 'problem'
      later(simulator, staff, between(1, 4, seed, taskId, key), `${key} ${taskId}`, () => click(key), { mark: SOON })
      return
    }
    const after = between(1, 9, seed, taskId, 'calls')
    later(simulator, staff, after, `call ${taskId}`, () =>
      simulator.act({ as: 'staff', id: staff.personId, do: 'call', customer: customer.personId, outcome }),
    )
    // Of one instant, but after the call: keys are in order.
    later(simulator, staff, after, `ends ${taskId}`, () =>
      click(outcome === 'answered' ? 'done' : 'not_reached', settledOn(card)),
    )
  })
}

const isUrgent = (card: Record<string, unknown>): boolean => text(record(card.main_title).title).includes('紧急')

/** Asleep, in the operating theatre, the phone in another room. */
const MISSES_ALARM = 0.3

/** An emergency rings at any hour; a director always hears it. */
function onAlarm(
  simulator: Simulator,
  staff: Staff,
  taskId: string,
  keys: readonly string[],
  customer: Customer | null,
) {
  const { seed } = simulator.world
  const hears = staff.position === '院长' || chance(seed, staff.personId, taskId, 'misses') >= MISSES_ALARM
  if (!hears) return
  const click = (key: string) => () => simulator.act({ as: 'staff', id: staff.personId, do: 'click', taskId, key })
  const begins = between(1, 4, seed, taskId, 'hears')
  const urgent = { urgent: true }
  if (!keys.includes('take')) {
    later(simulator, staff, begins, `takes ${taskId}`, click('done'), urgent)
    return
  }
  later(simulator, staff, begins, `takes ${taskId}`, click('take'), urgent)
  if (!customer) return
  const calls = begins + between(2, 15, seed, taskId, 'calls')
  // Whoever has just cried for help answers the phone.
  later(
    simulator,
    staff,
    calls,
    `call ${taskId}`,
    () =>
      simulator.act({
        as: 'staff',
        id: staff.personId,
        do: 'call',
        customer: customer.personId,
        outcome: 'answered',
      }),
    urgent,
  )
  later(simulator, staff, calls + between(5, 20, seed, taskId, 'talks'), `ends ${taskId}`, click('done'), urgent)
}

const OVERLOOKS_MASS = 0.25

/** A message to customers waits to be confirmed: some overlook it until they are reminded. */
function onMass(simulator: Simulator, staff: Staff, { messageId, at }: LedgerEntry): void {
  const { seed } = simulator.world
  const msgId = text(messageId)
  if (chance(seed, staff.personId, msgId, at, 'overlooks') < OVERLOOKS_MASS) return
  later(simulator, staff, between(2, 15, seed, msgId, at, 'confirms'), `confirm mass ${msgId}`, () =>
    simulator.act({ as: 'staff', id: staff.personId, do: 'confirm-mass', msgId }),
  )
}

/** A card may ask one question; its first option only says that there is something to choose. */
function chosenOn(card: Record<string, unknown>, seed: number): Record<string, string[]> {
  const question = record(card.button_selection)
  const options = list(question.option_list)
    .slice(1)
    .map((one) => text(record(one).id))
  const [first] = options
  if (first === undefined) return {}
  const taskId = text(card.task_id)
  const other = options[between(0, options.length - 1, seed, taskId, 'chooses')] ?? first
  return { [text(question.question_key)]: [chance(seed, taskId, 'nothing more') < 0.4 ? first : other] }
}

/** What a contact's card asks is settled on the phone: the last option says that nothing more is needed. */
function settledOn(card: Record<string, unknown>): Record<string, string[]> {
  const question = record(card.button_selection)
  const last = list(question.option_list).at(-1)
  return last === undefined ? {} : { [text(question.question_key)]: [text(record(last).id)] }
}

/** The card names the customer by salutation and masked phone: what a real colleague would look up. */
function customerOn({ world }: Simulator, card: Record<string, unknown>): Customer | null {
  const facts = new Map(
    list(card.horizontal_content_list).map((one) => [text(record(one).keyname), text(record(one).value)]),
  )
  const masked = facts.get('手机') ?? ''
  const called = facts.get('客户') ?? ''
  const found = world.customers.filter(({ phone }) => `${phone.slice(0, 3)}****${phone.slice(-4)}` === masked)
  return found.find(({ name }) => called.startsWith(name.slice(0, 1))) ?? found[0] ?? null
}

const SCORES: Record<string, readonly (readonly [string, number])[]> = {
  reached: [['yes', 100]],
  state: [
    ['recovering_well', 78],
    ['mild_reaction', 18],
    ['abnormal', 3],
    ['needs_doctor', 1],
  ],
  satisfaction: [
    ['5', 48],
    ['4', 38],
    ['3', 9],
    ['2', 4],
    ['1', 1],
  ],
  effect: [
    ['5', 40],
    ['4', 42],
    ['3', 14],
    ['2', 3],
    ['1', 1],
  ],
  // Of decisions about people who have not bought.
  choice: [
    ['continue', 55],
    ['close', 45],
  ],
  why: [
    ['considering', 40],
    ['price', 25],
    ['timing', 20],
    ['no_need', 15],
  ],
  nps: [
    ['10', 32],
    ['9', 28],
    ['8', 20],
    ['7', 8],
    ['6', 6],
    ['4', 4],
    ['1', 2],
  ],
  followUp: [
    ['resolved', 50],
    ['1', 20],
    ['2', 12],
    ['3', 12],
    ['7', 6],
  ],
  reason: [
    ['busy', 5],
    ['expertise', 3],
    ['off_duty', 2],
  ],
  strength: [
    ['some', 5],
    ['weak', 3],
    ['strong', 2],
  ],
}

/** How often a box of the checklist is ticked; what isn't named here, never. */
const TICKS: Record<string, number> = {
  reaction: 0.97,
  care: 0.95,
  recovery: 0.96,
  worries: 0.6,
  recheck: 0.5,
  care_not_followed: 0.06,
  ask_consultant: 0.04,
  ask_nurse: 0.03,
  interest: 0.08,
  silent: 0.03,
  declined: 0.04,
  objection: 0.015,
  unhappy: 0.01,
}

/** What somebody fills into a form: a choice from each list, some of the boxes. */
function answersOn(seed: number, taskId: string, card: Record<string, unknown>): Record<string, string[]> {
  const answers: Record<string, string[]> = {}
  for (const question of list(card.select_list).map(record)) {
    const key = text(question.question_key)
    const options = list(question.option_list).map((one) => text(record(one).id))
    // Two forms may ask different things by one name.
    const known = SCORES[key]?.filter(([id]) => options.includes(id)) ?? []
    const liked = Math.floor(chance(seed, taskId, key, 'choice') * options.length)
    // An option that only says that there is something to choose is none.
    const usual = options.find((id) => id !== 'unset')
    const chosen = known.length > 0 ? pick(known, seed, taskId, key) : key === 'interest' ? options[liked] : usual
    answers[key] = [chosen ?? '']
  }
  const box = record(card.checkbox)
  const boxes = list(box.option_list).map((one) => text(record(one).id))
  if (boxes.length > 0) {
    const ticked = boxes.filter((id) => chance(seed, taskId, 'ticks', id) < (TICKS[id] ?? 0))
    answers[text(box.question_key)] = ticked.length > 0 ? ticked : boxes.slice(0, 1)
  }
  return answers
}

function onUpdate(simulator: Simulator, staff: Staff, entry: LedgerEntry): void {
  const { seed } = simulator.world
  const taskId = text(entry.payload.taskId)
  const card = record(entry.payload.card)
  const submit = text(record(card.submit_button).key)
  if (submit) {
    const selected = answersOn(seed, taskId, card)
    later(
      simulator,
      staff,
      between(1, 3, seed, taskId, submit),
      `submit ${submit} ${taskId}`,
      () => simulator.act({ as: 'staff', id: staff.personId, do: 'click', taskId, key: submit, selected }),
      { mark: SOON, urgent: isUrgent(card) },
    )
  } else if (text(record(card.quote_area).quote_text).includes('请直接回复说明')) {
    later(
      simulator,
      staff,
      between(1, 5, seed, taskId, 'explains'),
      `explains ${taskId}`,
      () => simulator.act({ as: 'staff', id: staff.personId, do: 'say', text: '客户的问题我拿不准，请帮忙联系一下' }),
      { mark: SOON },
    )
  } else if (text(card.replace_text).includes('小结') && chance(seed, taskId, 'writes a summary') < 0.9) {
    const words = pick(
      [
        ['客户恢复良好，已提醒防晒与补水', 5],
        ['轻微红肿，按医嘱护理，情绪稳定', 3],
        ['客户满意，已预约复查', 3],
        ['针眼已消退，无不适，感谢回访', 4],
      ] as const,
      seed,
      taskId,
      'summary',
    )
    // Ten minutes are asked for.
    later(
      simulator,
      staff,
      between(1, 5, seed, taskId, 'summary'),
      `summary ${taskId}`,
      () => simulator.act({ as: 'staff', id: staff.personId, do: 'say', text: words }),
      { mark: SOON, urgent: isUrgent(card) },
    )
  }
}
