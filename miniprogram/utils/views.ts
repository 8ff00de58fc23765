/** What the pages show of the server's answers: words and addresses, nothing that isn't drawn. */
import type { Home, Step } from '../services/care'
import { RequestError } from '../services/request'
import { dayWords } from './dates'

/** `over`: there is nothing to show, and trying again would find nothing. */
export type Status = 'loading' | 'ready' | 'failed' | 'over'
type Drawing = NonNullable<Home['today'][number]['guide']>['drawings'][number]

/** An SVG that an image shows without a request. */
export const drawingViews = (drawings: readonly Drawing[]): { caption: string; source: string }[] =>
  drawings.map(({ caption, svg }) => ({ caption, source: `data:image/svg+xml,${encodeURIComponent(svg)}` }))

const ICONS: Record<string, string> = { message: 'chat', call: 'call' }
const HOW: Record<string, string> = { message: '届时发消息给您', call: '届时致电给您' }
const STATUS: Record<Step['status'], string> = { coming: '', done: '已完成', missed: '未能联系上您' }

export interface StepView {
  id: string
  title: string
  treatment: string
  treatmentId: string
  moment: string
  hasGuide: boolean
  status: Step['status']
  statusWords: string
  icon: string
}

export function stepView(step: Step, treatment: string): StepView {
  const { id, title, treatmentId, moment, status, action } = step
  return {
    id,
    title,
    treatment,
    treatmentId,
    moment: String(moment ?? ''),
    hasGuide: moment !== null,
    status,
    statusWords: status === 'coming' ? (HOW[action] ?? '届时与您联系') : STATUS[status],
    icon: status === 'done' ? 'check' : (ICONS[action] ?? 'heart'),
  }
}

export const stepDay = ({ day }: Step, today: string): string =>
  day === null ? '日期待医生确定，确定后会通知您' : dayWords(day, today)

/** What went wrong, in words for whoever holds the phone. */
export const problemOf = (error: unknown): string =>
  error instanceof RequestError ? error.message : '出了点问题，请稍后再试'

export const guideUrl = (treatmentId: string, moment: string): string =>
  `/pages/care/guide/index?treatmentId=${encodeURIComponent(treatmentId)}&moment=${encodeURIComponent(moment)}`

/** A tap on a step or a day's chip: what it is about stands on the element, or comes with the event. */
export function openGuide({
  detail,
  currentTarget,
}: WechatMiniprogram.CustomEvent<{ treatmentId?: string; moment?: string }>): void {
  const { treatmentId, moment } = { ...currentTarget.dataset, ...detail } as { treatmentId: string; moment: string }
  void wx.navigateTo({ url: guideUrl(treatmentId, moment) })
}
