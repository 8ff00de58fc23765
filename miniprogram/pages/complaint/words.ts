/** How complaints and opinions read. Pure. */
import type {
  Complaint,
  ComplaintKind,
  ComplaintStatus,
  ComplaintType,
  ListedComplaint,
} from '../../services/complaints'
import { instantWords } from '../../utils/dates'

export const KIND_WORDS: Readonly<Record<ComplaintKind, string>> = { complaint: '投诉', opinion: '建议' }

export const TYPES: readonly { id: ComplaintType; text: string }[] = [
  { id: 'effect', text: '效果未达预期' },
  { id: 'service', text: '服务态度' },
  { id: 'price', text: '价格收费' },
  { id: 'privacy', text: '隐私泄露' },
  { id: 'medical_safety', text: '医疗安全' },
  { id: 'product', text: '产品质量' },
  { id: 'environment', text: '环境设施' },
  { id: 'appointment', text: '预约安排' },
  { id: 'other', text: '其他' },
]

const STATUS: Readonly<Record<ComplaintStatus, string>> = {
  registered: '已登记',
  acknowledged: '已受理',
  replied: '已答复，等待您确认',
  accepted: '您已接受答复',
  objected: '您提出异议，重新处理中',
  withdrawn: '您已撤回',
}
const REPLIED: Partial<Record<ComplaintStatus, string>> = {
  replied: '请您看看是否认可；不认可也没有关系，我们会重新处理。',
  accepted: '您已接受这个答复。',
  objected: '您对这个答复提出了异议，我们正在重新处理。',
}
const PROMISE: Partial<Record<ComplaintStatus, string>> = { acknowledged: '专人受理', replied: '正式答复' }
const EVENT: Readonly<Record<Complaint['history'][number]['what'], string>> = {
  registered: '您提交了内容',
  acknowledged: '诊所已受理',
  replied: '诊所答复',
  accepted: '您接受了答复',
  objected: '您对答复提出异议',
  withdrawn: '您撤回了',
  rated: '您评价了处理过程',
}

/** Of answers to a survey, after a talk with the customer, somebody of the clinic made it one. */
const titleOf = ({ what, by }: Complaint['history'][number]): string =>
  what === 'registered' && by === 'clinic' ? '诊所根据您的问卷反馈登记' : EVENT[what]

export const typeWords = (type: string | null): string => TYPES.find(({ id }) => id === type)?.text ?? ''

export interface ListedView {
  id: string
  number: string
  title: string
  status: string
  /** For a word of the customer. */
  isWaiting: boolean
  at: string
}
export const listedView = ({ id, number, kind, type, status, createdAt }: ListedComplaint): ListedView => ({
  id,
  number,
  title: [KIND_WORDS[kind], typeWords(type)].filter(Boolean).join(' · '),
  status: STATUS[status],
  isWaiting: status === 'replied',
  at: instantWords(createdAt),
})

export interface ComplaintView extends ListedView {
  words: string
  demand: string
  evidence: string[]
  contact: string
  promises: { key: string; title: string; by: string; outcome: string; isKept: boolean; isLate: boolean }[]
  history: { key: string; title: string; at: string; words: string; isClinic: boolean }[]
  /** What the clinic has answered last, and what became of it. */
  reply: string
  replied: string
  canAnswer: boolean
  canWithdraw: boolean
  canRate: boolean
  stars: number
}

function outcomeOf(keptAt: string | null, late: boolean, isOver: boolean): string {
  if (keptAt) return `${instantWords(keptAt)} 完成${late ? '（晚于承诺）' : ''}`
  if (isOver) return '已结束'
  return late ? '已超过承诺的时间，仍在处理' : '进行中'
}

export function complaintView(complaint: Complaint): ComplaintView {
  const { status, promises, history, stars } = complaint
  const isOver = status === 'accepted' || status === 'withdrawn'
  return {
    ...listedView(complaint),
    words: complaint.words,
    demand: complaint.demand ?? '',
    evidence: complaint.evidence,
    contact: complaint.mayContact ? '处理过程中可以联系您' : '您希望处理过程中不要联系您',
    promises: promises.map(({ what, by, keptAt, late }) => ({
      key: what,
      title: PROMISE[what] ?? STATUS[what],
      by: `承诺 ${instantWords(by)} 前`,
      outcome: outcomeOf(keptAt, late, isOver),
      isKept: keptAt !== null,
      isLate: late,
    })),
    history: history.map((event, i) => ({
      key: `${event.at} ${i}`,
      title: titleOf(event),
      at: instantWords(event.at),
      words: event.words ?? '',
      isClinic: event.by === 'clinic',
    })),
    reply: [...history].reverse().find(({ what }) => what === 'replied')?.words ?? '',
    replied: REPLIED[status] ?? '',
    canAnswer: status === 'replied',
    canWithdraw: !isOver,
    canRate: isOver && stars === null,
    stars: stars ?? 0,
  }
}
