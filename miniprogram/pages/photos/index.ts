/** The own photos as a timeline, by treatment; what is still on its way to the clinic; the way to take more. */
import { getPhotoGuide, getPhotos, type Photo, type PhotoGuide } from '../../services/photos'
import { dropUpload, pauseUpload, resumeUpload, type Upload, watchUploads } from '../../utils/uploads'
import { problemOf, type Status } from '../../utils/views'
import { ANGLE_WORDS, type DayView, daysOf, dayWords } from './words'

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

Page({
  data: {
    status: 'loading' as Status,
    words: '',
    hasConsent: false,
    treatments: [] as { id: string; name: string; words: string }[],
    treatmentId: '',
    days: [] as DayView[],
    going: [] as Going[],
    isMore: false,
    canCompare: false,
  },
  photos: [] as Photo[],
  cursor: null as string | null,
  names: new Map<string, string>(),
  stop: () => {},

  onLoad({ treatmentId = '' }) {
    this.photos = []
    this.names = new Map()
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
  async onPullDownRefresh() {
    await this.load()
    void wx.stopPullDownRefresh()
  },
  onReachBottom() {
    if (this.data.isMore) void this.more()
  },

  async load() {
    if (this.data.days.length === 0) this.setData({ status: 'loading' })
    const treatmentId = this.data.treatmentId || null
    try {
      const [guide, page] = await Promise.all([getPhotoGuide(null), getPhotos(treatmentId, null)])
      this.photos = page.items
      this.cursor = page.nextCursor
      this.drawTreatments(guide)
      this.draw()
    } catch (error) {
      this.setData({ status: 'failed', words: problemOf(error) })
    }
  },
  async more() {
    const { cursor } = this
    if (!cursor) return
    try {
      const page = await getPhotos(this.data.treatmentId || null, cursor)
      this.photos = [...this.photos, ...page.items]
      this.cursor = page.nextCursor
      this.draw()
    } catch {
      // Reaching the bottom again asks again.
    }
  },
  drawTreatments({ treatments }: PhotoGuide) {
    this.names = new Map(treatments.map(({ treatmentId, name }) => [treatmentId, name]))
    this.setData({
      treatments: treatments.map(({ treatmentId, name, day }) => ({ id: treatmentId, name, words: dayWords(day) })),
    })
  },
  draw() {
    const seen = new Set<string>()
    const canCompare = this.photos.some(({ angle }) => seen.size === seen.add(angle).size)
    const days = daysOf(this.photos, this.names)
    this.setData({ status: 'ready', words: '', days, isMore: this.cursor !== null, canCompare })
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
    this.setData({ treatmentId: currentTarget.dataset.id, days: [] })
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
