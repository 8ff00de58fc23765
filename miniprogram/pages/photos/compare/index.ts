/** Two photos of one angle, side by side or one over the other under a slider. */
import { type Angle, getPhotos, type Photo } from '../../../services/photos'
import { show } from '../../../utils/loading'
import type { Status } from '../../../utils/views'
import { ANGLE_WORDS, dateWords, dayWords } from '../words'

type Tap = WechatMiniprogram.TouchEvent<
  WechatMiniprogram.IAnyObject,
  WechatMiniprogram.IAnyObject,
  { angle: Angle; mode: 'beside' | 'over' }
>
interface Choice {
  id: string
  words: string
}

const MIDDLE = 50

const wordsOf = ({ day, takenAt }: Photo): string => dayWords(day) || dateWords(takenAt)

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    angles: [] as { angle: Angle; title: string }[],
    angle: 'front' as Angle,
    mode: 'beside' as 'beside' | 'over',
    choices: [] as Choice[],
    left: 0,
    right: 0,
    share: MIDDLE,
  },
  treatmentId: '',
  byAngle: new Map<Angle, Photo[]>(),

  onLoad({ treatmentId = '' }) {
    this.treatmentId = treatmentId
    void this.load()
  },

  async load() {
    await show(this, async () => this.sorted(await getPhotos(this.treatmentId || null)))
  },
  sorted(photos: readonly Photo[]) {
    const byAngle = new Map<Angle, Photo[]>()
    for (const photo of [...photos].sort((a, b) => a.takenAt.localeCompare(b.takenAt)))
      if (photo.purpose === 'care' && !photo.locked)
        byAngle.set(photo.angle, [...(byAngle.get(photo.angle) ?? []), photo])
    this.byAngle = byAngle
    const angles = [...byAngle]
      .filter(([, of]) => of.length > 1)
      .map(([angle]) => ({ angle, title: ANGLE_WORDS[angle] }))
    return { angles, ...(angles[0] ? this.pair(angles[0].angle) : {}) }
  },
  /** The first and the latest: how it was, and how it is. */
  pair(angle: Angle) {
    const choices = (this.byAngle.get(angle) ?? []).map((photo) => ({ id: photo.id, words: wordsOf(photo) }))
    return { angle, choices, left: 0, right: choices.length - 1, share: MIDDLE }
  },
  pick({ currentTarget }: Tap) {
    this.setData(this.pair(currentTarget.dataset.angle))
  },
  show({ currentTarget }: Tap) {
    this.setData({ mode: currentTarget.dataset.mode })
  },
  pickLeft({ detail }: WechatMiniprogram.PickerChange) {
    this.setData({ left: Number(detail.value) })
  },
  pickRight({ detail }: WechatMiniprogram.PickerChange) {
    this.setData({ right: Number(detail.value) })
  },
  slide({ detail }: WechatMiniprogram.SliderChange) {
    this.setData({ share: detail.value })
  },
})
