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
