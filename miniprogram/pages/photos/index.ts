/** The own photos as a timeline, by treatment; what is still on its way to the clinic; the way to take more. */
import { getPhotoGuide, getPhotos, type Photo, type PhotoGuide } from '../../services/photos'
import { isClosed } from '../../services/request'
import { appended, onPullDownRefresh, show } from '../../utils/loading'
import { dropUpload, pauseUpload, resumeUpload, type Upload, watchUploads } from '../../utils/uploads'
import type { Status } from '../../utils/views'
import { ANGLE_WORDS, type DayView, daysOf, dayWords, enoughOf } from './words'

type Tap = WechatMiniprogram.TouchEvent<
  WechatMiniprogram.IAnyObject,
  WechatMiniprogram.IAnyObject,
  { id: string; words: string }
>

/** Of uploads that a page of its own holds, e.g. a complaint, nothing is shown here. */
const OWNER = 'album'

interface Going {
  id: string
  file: string
  title: string
  state: Upload['state']
  percent: number
  words: string
}

/** Whoever has taken back the agreement still sees the own photos, and may have them deleted. */
const guideOrNone = (): Promise<Pick<PhotoGuide, 'treatments'>> =>
  getPhotoGuide(null).catch((error: unknown) => {
    if (isClosed(error)) return { treatments: [] }
    throw error
  })

/** Two of one angle that may be looked at. */
function canCompare(photos: readonly Photo[]): boolean {
  const seen = new Set<string>()
  const own = photos.filter(({ purpose, locked }) => purpose === 'care' && !locked)
  return own.some(({ angle }) => seen.size === seen.add(angle).size)
}

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    hasConsent: false,
    treatments: [] as { id: string; name: string; words: string }[],
    treatmentId: '',
    days: [] as DayView[],
    going: [] as Going[],
    isMore: false,
    canCompare: false,
  },
  /** All of them; each picture that is drawn is fetched. */
  whole: [] as DayView[],
  stop: () => {},

  onLoad({ treatmentId = '' }) {
    this.setData({ treatmentId })
    void this.load()
  },
  onShow() {
    this.stop = watchUploads((all) => this.follow(all))
  },
  onHide() {
    this.stop()
  },
  onUnload() {
    this.stop()
  },
  onPullDownRefresh,
  onReachBottom() {
    this.more()
  },

  async load() {
    const { treatmentId } = this.data
    const get = async () => {
      const [{ treatments }, photos] = await Promise.all([guideOrNone(), getPhotos(treatmentId || null)])
      if (treatmentId !== this.data.treatmentId) return null
      this.whole = daysOf(photos, new Map(treatments.map((one) => [one.treatmentId, one.name])))
      const shown = Math.max(this.data.days.length, enoughOf(this.whole))
      return {
        treatments: treatments.map(({ treatmentId: id, name, day }) => ({ id, name, words: dayWords(day) })),
        days: this.whole.slice(0, shown),
        isMore: this.whole.length > shown,
        canCompare: canCompare(photos),
      }
    }
    await show(this, get, () => treatmentId === this.data.treatmentId)
  },
  more() {
    const { length } = this.data.days
    const days = this.whole.slice(length, length + enoughOf(this.whole.slice(length)))
    this.setData({ ...appended('days', length, days), isMore: this.whole.length > length + days.length })
  },

  follow(all: readonly Upload[]) {
    const mine = all.filter(({ owner }) => owner === OWNER)
    const done = mine.find(({ state }) => state === 'done')
    if (done) {
      dropUpload(done.submissionId)
      void this.load()
      return
    }
    this.setData({
      going: mine.map(({ submissionId: id, file, angle, state, percent, words }) => {
        return { id, file, title: ANGLE_WORDS[angle], state, percent, words }
      }),
    })
  },
  pause({ currentTarget }: Tap) {
    pauseUpload(currentTarget.dataset.id)
  },
  resume({ currentTarget }: Tap) {
    resumeUpload(currentTarget.dataset.id)
  },
  async drop({ currentTarget }: Tap) {
    const { confirm } = await wx.showModal({
      title: '取消发送',
      content: '这张照片不会发送给诊所。',
      confirmText: '取消发送',
      cancelText: '继续发送',
    })
    if (confirm) dropUpload(currentTarget.dataset.id)
  },

  agreed() {
    this.setData({ hasConsent: true })
  },
  choose({ currentTarget }: Tap) {
    this.setData({ treatmentId: currentTarget.dataset.id, status: 'loading', days: [] })
    void this.load()
  },
  open({ currentTarget }: Tap) {
    const { id, words } = currentTarget.dataset
    void wx.navigateTo({ url: `/pages/photos/photo/index?photoId=${id}&words=${encodeURIComponent(words)}` })
  },
  take() {
    void wx.navigateTo({ url: `/pages/photos/capture/index?treatmentId=${this.data.treatmentId}` })
  },
  compare() {
    void wx.navigateTo({ url: `/pages/photos/compare/index?treatmentId=${this.data.treatmentId}` })
  },
})
