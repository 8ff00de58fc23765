/** My complaints and opinions, newest first, and the way to a new one. */
import { getComplaints } from '../../../services/complaints'
import { problemOf, type Status } from '../../../utils/views'
import { type ListedView, listedView } from '../words'

type Tap = WechatMiniprogram.TouchEvent<WechatMiniprogram.IAnyObject, WechatMiniprogram.IAnyObject, { id: string }>

Page({
  data: { status: 'loading' as Status, words: '', items: [] as ListedView[], isMore: false },
  cursor: null as string | null,

  onShow() {
    void this.load()
  },
  async onPullDownRefresh() {
    await this.load()
    void wx.stopPullDownRefresh()
  },
  onReachBottom() {
    void this.more()
  },

  async load() {
    if (this.data.items.length === 0) this.setData({ status: 'loading' })
    try {
      const { items, nextCursor } = await getComplaints(null)
      this.cursor = nextCursor
      this.setData({ status: 'ready', items: items.map(listedView), isMore: nextCursor !== null })
    } catch (error) {
      this.setData({ status: 'failed', words: problemOf(error) })
    }
  },
  async more() {
    const { cursor } = this
    if (!cursor) return
    this.cursor = null
    const page = await getComplaints(cursor).catch(() => null)
    // Reaching the bottom again asks again.
    this.cursor = page ? page.nextCursor : cursor
    if (page)
      this.setData({ items: [...this.data.items, ...page.items.map(listedView)], isMore: page.nextCursor !== null })
  },
  open({ currentTarget }: Tap) {
    void wx.navigateTo({ url: `/pages/complaint/detail/index?complaintId=${currentTarget.dataset.id}` })
  },
  write() {
    void wx.navigateTo({ url: '/pages/complaint/form/index' })
  },
  toBox() {
    void wx.navigateTo({ url: '/pages/survey/index?surveyId=opinion_box' })
  },
})
