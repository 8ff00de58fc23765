/** How photos are called. Pure. */
import type { Angle, Photo } from '../../services/photos'
import { fullInstantWords } from '../../utils/dates'

export const ANGLE_WORDS: Readonly<Record<Angle, string>> = {
  front: '正面',
  left45: '左侧45°',
  right45: '右侧45°',
  left: '左侧面',
  right: '右侧面',
  detail: '局部近照',
}

/** Of who may open a photo at all. */
const ROLE_WORDS: Readonly<Record<string, string>> = {
  doctor: '医生',
  nurse: '护士',
  beautician: '美容师',
  department_head: '科室主任',
  consultant: '咨询师',
  customer_service: '客服',
  cs_supervisor: '客服主管',
  store_manager: '店长',
  director: '院长',
  legal: '法务',
  operations: '运营',
}
/** 林医生 · 护士 */
export const lookerWords = (name: string | null, role: string | null): string =>
  [name, role && ROLE_WORDS[role]].filter(Boolean).join(' · ') || '工作人员'

/** 2026年3月12日 */
export const dateWords = (instant: string): string => fullInstantWords(instant).split(' ')[0] ?? ''

/** The treatment's own day is no day after it. */
export const dayWords = (day: number | null): string => {
  if (day === null) return ''
  if (day < 0) return '治疗前'
  return day === 0 ? '治疗当天' : `治疗后第 ${day} 天`
}

export const photoWords = ({ angle, day, takenAt }: Pick<Photo, 'angle' | 'day' | 'takenAt'>): string =>
  [ANGLE_WORDS[angle], dayWords(day) || dateWords(takenAt)].join(' · ')

export interface PhotoView {
  id: string
  title: string
  words: string
  /** Nobody sees it any more; it is kept for the law. */
  isLocked: boolean
}
export interface DayView {
  key: string
  title: string
  photos: PhotoView[]
}

/** Newest day first. */
export function daysOf(photos: readonly Photo[], names: ReadonlyMap<string, string>): DayView[] {
  const days: DayView[] = []
  for (const photo of [...photos].sort((a, b) => b.takenAt.localeCompare(a.takenAt))) {
    const date = dateWords(photo.takenAt)
    const key = `${date} ${photo.treatmentId ?? ''}`
    const name = photo.treatmentId
      ? (names.get(photo.treatmentId) ?? '')
      : photo.purpose === 'evidence'
        ? '凭证照片'
        : ''
    const title = [date, name, dayWords(photo.day)].filter(Boolean).join(' · ')
    const last = days[days.length - 1]
    const view = { id: photo.id, title: ANGLE_WORDS[photo.angle], words: photoWords(photo), isLocked: photo.locked }
    if (last?.key === key) last.photos.push(view)
    else days.push({ key, title, photos: [view] })
  }
  return days
}

/** Photos that are drawn at first, and with each tap for more. */
const SHOWN = 30

/** So many days from the first are enough at once: a day isn't cut in two. */
export function enoughOf(days: readonly DayView[]): number {
  let photos = 0
  for (const [i, day] of days.entries()) {
    photos += day.photos.length
    if (photos >= SHOWN) return i + 1
  }
  return days.length
}
