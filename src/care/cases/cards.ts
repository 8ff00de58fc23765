/** What an abnormal case asks of people, as cards and notes. Pure; every id names its round, so asking twice is asking once. */
import { nextAllowed, type WindowFacts } from '../../messaging/index.ts'
import { atTime, dayOf } from '../../platform/calendar.ts'
import { addMs, HOUR_MS, MINUTE_MS } from '../../platform/clock.ts'
import { hashId } from '../../platform/hash.ts'
import type { Role } from '../../staff/index.ts'
import type { OpenTask, StaffNote } from '../../tasks/index.ts'
import type { TreatmentsService } from '../../treatments/index.ts'
import { endOfContacts } from '../timing.ts'
import { dayNumber, type StepFacts, treatmentName } from '../wording.ts'
import type { CaseRow } from './model.ts'
import { alarmOf, STATES, TAKEN_WITHIN_MS } from './rules.ts'

type Kinds = Pick<TreatmentsService, 'kind'>
type Round = Pick<CaseRow, '_id' | 'round'>

export const doctorTaskId = ({ _id, round, tries }: Round & Pick<CaseRow, 'tries'>): string =>
  `doctor_${hashId(_id, round, tries)}`
export const jointTaskId = ({ _id, round }: Round): string => `joint_${hashId(_id, round)}`
export const escalationTaskId = ({ _id, round }: Round, level: number): string =>
  `escalate${level}_${hashId(_id, round)}`
export const alarmTaskId = ({ _id, round }: Round, call: number): string => `alarm${call}_${hashId(_id, round)}`
/** Whom an emergency calls beside the doctor: at once, and each time that it goes up. */
const CALLED: readonly Role[] = ['cs_supervisor', 'department_head', 'director']
export const alarmTaskIdsOf = (row: Round): string[] => CALLED.map((_, call) => alarmTaskId(row, call))
/** Every card that this round can have out. */
export const taskIdsOf = (row: CaseRow): string[] => [
  doctorTaskId(row),
  jointTaskId(row),
  escalationTaskId(row, 1),
  escalationTaskId(row, 2),
  ...(alarmOf(row) ? alarmTaskIdsOf(row) : []),
]

export interface CaseFacts extends StepFacts {
  window: WindowFacts
  /** What was said, for whoever is to call. */
  words: string | null
}

/** A doctor whom nobody answered tries again this much later, on a closed day, too; in an emergency at any hour. */
const AGAIN_AFTER_MS = 2 * HOUR_MS
const ALARM_AGAIN_MS = 15 * MINUTE_MS

const later = (a: Date, b: Date): Date => (a > b ? a : b)
const stateOf = (row: CaseRow): string =>
  alarmOf(row) ? '紧急情况' : (STATES[row.reports.at(-1)?.state ?? ''] ?? '异常反应')
const who = ({ contact }: StepFacts): string => contact?.salutation ?? '客户'
const common = ({ storeId, customerId, treatmentId, stepId }: CaseRow) => ({
  storeId,
  customerId,
  treatmentId,
  stepIds: stepId === null ? [] : [stepId],
})

/** The cards of the round that is running: the doctor's, and in a joint one customer service's. */
export function roundTasks(treatments: Kinds, row: CaseRow, facts: CaseFacts): OpenTask[] {
  const { treatment, window, at, words } = facts
  const alarm = alarmOf(row)
  const about = [
    { name: '项目', value: treatmentName(facts, treatments) },
    { name: '异常', value: `${stateOf(row)}（术后第${dayNumber(facts)}天）` },
  ]
  // Customer service calls first, so that the doctor knows what was said.
  const [, second] = window.contactWindows
  const afternoon = second && atTime(dayOf(at, window.timeZone), second.from, window.timeZone)
  const openAt =
    row.tries > 0 && alarm
      ? addMs(at, ALARM_AGAIN_MS)
      : row.tries > 0
        ? nextAllowed(addMs(at, AGAIN_AFTER_MS), 'care', window).at
        : row.joint && afternoon
          ? later(at, afternoon)
          : at
  const doctor: OpenTask = {
    ...common(row),
    id: doctorTaskId(row),
    kind: 'doctor_contact',
    form: 'doctor',
    role: 'doctor',
    preferredUserIds: treatment?.doctorUserId ? [treatment.doctorUserId] : [],
    redFlag: true,
    ...(alarm ? { urgent: true } : {}),
    title: alarm ? `${who(facts)} · 紧急！请医生立即联系` : `${who(facts)} · 请医生联系（${stateOf(row)}）`,
    facts: [...about, { name: '时限', value: alarm ? ALARM_LIMIT : limitOf(row, at, window) }],
    script: words ?? '回访时客户反映异常，请尽快联系客户，了解情况并给出处理意见。',
    openAt,
    dueAt:
      row.tries === 0
        ? row.dueBy
        : later(
            row.dueBy,
            alarm ? addMs(openAt, ALARM_AGAIN_MS) : endOfContacts(dayOf(openAt, window.timeZone), window),
          ),
  }
  if (row.tries > 0) return [doctor]
  if (alarm) return [doctor, alarmTask(treatments, row, facts, 0)]
  if (!row.joint) return [doctor]
  return [
    {
      ...common(row),
      id: jointTaskId(row),
      kind: 'case_follow',
      form: 'contact',
      role: 'customer_service',
      preferredUserIds: [],
      title: `${who(facts)} · 异常随访（第${dayNumber(facts)}天）`,
      facts: about,
      script:
        '客户的异常情况仍在处理中。请先了解今天的恢复情况和医嘱执行，安抚顾虑；不做任何推荐。医生今天也会联系客户。',
      openAt: at,
      dueAt: row.dueBy,
    },
    doctor,
  ]
}

const ALARM_LIMIT = '15分钟内接手，2小时内联系'
const limitOf = ({ joint, dueBy }: CaseRow, at: Date, { timeZone }: WindowFacts): string =>
  joint || dayOf(dueBy, timeZone) === dayOf(at, timeZone) ? '今日内联系客户' : '24小时内联系客户'

/** Whoever takes it sees to it that a doctor speaks with the customer. */
function alarmTask(treatments: Kinds, row: CaseRow, facts: CaseFacts, call: number): OpenTask {
  const { at, words } = facts
  return {
    ...common(row),
    id: alarmTaskId(row, call),
    kind: 'red_flag',
    form: 'confirm',
    // A second doctor is no supervisor: where there is none, whoever leads the store.
    role: CALLED[call] ?? 'director',
    preferredUserIds: [],
    urgent: true,
    title: `${who(facts)} · 紧急情况，请立即接手`,
    facts: [
      { name: '项目', value: treatmentName(facts, treatments) },
      { name: '天数', value: `术后第${dayNumber(facts)}天` },
      { name: '时限', value: ALARM_LIMIT },
    ],
    script: words ?? '医生尚未接手客户的紧急情况，请立即接手，并确保医生马上联系客户。',
    openAt: at,
    dueAt: later(addMs(alarmOf(row)?.since ?? at, TAKEN_WITHIN_MS), addMs(at, MINUTE_MS)),
  }
}

/** What a ring of the alarm asks: the next person's card, then once more everybody who has one. */
export function ringing(treatments: Kinds, row: CaseRow, facts: CaseFacts): { tasks: OpenTask[]; notes: StaffNote[] } {
  const { calls = 0, since = facts.at } = alarmOf(row) ?? {}
  if (calls < CALLED.length) return { tasks: [alarmTask(treatments, row, facts, calls)], notes: [] }
  const minutes = Math.round((Number(facts.at) - Number(since)) / MINUTE_MS)
  const text = `【紧急·无人接手】${who(facts)}（${treatmentName(facts, treatments)}）的紧急情况已过 ${minutes} 分钟仍无人接手，请立即在任务卡片上接手并联系客户。`
  const notes = (['doctor', ...CALLED] as const).map(
    (role): StaffNote => ({
      // Whoever has two of the roles hears it once.
      key: `alarm:${row._id}:${row.round}:${calls}`,
      storeId: row.storeId,
      role,
      said: { text },
      at: facts.at,
    }),
  )
  return { tasks: [], notes }
}

/** Nobody has spoken with the customer in time: whoever stands above sees to it. */
export function escalationTask(treatments: Kinds, row: CaseRow, facts: CaseFacts): OpenTask {
  const { at, window } = facts
  const toDirector = row.escalated === 2
  const evening = endOfContacts(dayOf(at, window.timeZone), window)
  return {
    ...common(row),
    id: escalationTaskId(row, row.escalated),
    kind: 'case_escalation',
    form: 'confirm',
    role: toDirector ? 'director' : 'cs_supervisor',
    preferredUserIds: [],
    title: `${who(facts)} · 请协调处理异常（已超时）`,
    facts: [
      { name: '项目', value: treatmentName(facts, treatments) },
      { name: '异常', value: stateOf(row) },
      { name: '超时', value: toDirector ? '医生超过两天未联系' : '医生未按时联系' },
    ],
    script: `客户的异常情况没有在时限内由医生联系${toDirector ? '，客服主管协调后仍未解决' : ''}。请立即协调医生或其他同事联系客户。`,
    openAt: at,
    dueAt: later(evening, addMs(at, 2 * HOUR_MS)),
  }
}

export function openedNote(treatments: Kinds, row: CaseRow, facts: CaseFacts): string {
  const asked = alarmOf(row)
    ? '已请医生立即联系客户'
    : `已请医生在${limitOf(row, facts.at, facts.window).replace('联系客户', '')}联系客户`
  return `【${alarmOf(row) ? '紧急' : '异常'}情况】${who(facts)}（${treatmentName(facts, treatments)}，术后第${dayNumber(facts)}天）：${stateOf(row)}。${asked}，解决之前请勿推荐任何项目。`
}
export function resolvedNote(treatments: Kinds, facts: CaseFacts, doctor: string): string {
  return `【异常已解决】${who(facts)}（${treatmentName(facts, treatments)}）：${doctor}医生已确认解决，后续按原计划回访。`
}
