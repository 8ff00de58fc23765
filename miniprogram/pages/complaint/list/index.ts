/** My complaints and opinions, newest first, and the way to a new one. */
import { getComplaints } from '../../../services/complaints'
import { appended, more, onPullDownRefresh, show } from '../../../utils/loading'
import type { Status } from '../../../utils/views'
import { type ListedView, listedView } from '../words'

type Tap = WechatMiniprogram.TouchEvent<WechatMiniprogram.IAnyObject, WechatMiniprogram.IAnyObject, { id: string }>

Page({
  data: { status: 'loading' as Status, problem: '', items: [] as ListedView[], isMore: false },
  cursor: null as string | null,

  onShow() {
    void this.load()
  },
  onPullDownRefresh,
  onReachBottom() {
    void this.more()
  },

  async load() {
    await show(this, async () => {
      const { items, nextCursor } = await getComplaints(null)
      this.cursor = nextCursor
      return { items: items.map(listedView), isMore: nextCursor !== null }
    })
  },
  async more() {
    const items = await more(this, getComplaints)
    this.setData({
      ...appended('items', this.data.items.length, items.map(listedView)),
      isMore: this.cursor !== null,
    })
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
