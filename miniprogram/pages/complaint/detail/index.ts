/** One complaint or opinion: what was promised and kept, the answer, and what I say to it. */
import {
  acceptReply,
  type Complaint,
  getComplaint,
  objectToReply,
  rateComplaint,
  withdrawComplaint,
} from '../../../services/complaints'
import { NOTHING_THERE, onPullDownRefresh, show } from '../../../utils/loading'
import { readable } from '../../../utils/readable'
import { problemOf, type Status } from '../../../utils/views'
import { type ComplaintView, complaintView } from '../words'

type Tap = WechatMiniprogram.TouchEvent<WechatMiniprogram.IAnyObject, WechatMiniprogram.IAnyObject, { stars: number }>

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    /** What went wrong with the last step. */
    words: '',
    isNew: false,
    complaint: null as ComplaintView | null,
    isObjecting: false,
    objection: '',
    stars: 0,
    fiveStars: [1, 2, 3, 4, 5],
    isBusy: false,
  },
  id: '',

  onLoad({ complaintId = '', isNew }) {
    this.id = complaintId
    this.setData({ isNew: isNew === '1' })
    if (complaintId === '') this.setData(NOTHING_THERE)
    else void this.load()
  },
  onPullDownRefresh,

  async load() {
    await show(this, async () => ({ complaint: complaintView(await getComplaint(this.id)) }))
  },
  draw(complaint: Complaint) {
    this.setData({ words: '', complaint: complaintView(complaint), isObjecting: false })
  },
  leave() {
    void wx.redirectTo({ url: '/pages/complaint/list/index' })
  },

  /** One step at a time; where the clinic was quicker, what is there now is shown. */
  async step(act: () => Promise<Complaint>) {
    if (this.data.isBusy) return
    this.setData({ isBusy: true, words: '' })
    try {
      this.draw(await act())
    } catch (error) {
      const now = await getComplaint(this.id).catch(() => null)
      if (now) this.draw(now)
      this.setData({ words: problemOf(error) })
    } finally {
      this.setData({ isBusy: false })
    }
  },
  accept() {
    void this.step(() => acceptReply(this.id))
  },
  startObjecting() {
    this.setData({ isObjecting: true })
  },
  typeObjection({ detail }: WechatMiniprogram.CustomEvent<{ value: string }>) {
    this.setData({ objection: detail.value })
  },
  object() {
    const words = readable(this.data.objection)
    if (words === '') this.setData({ words: '请写下哪里还不满意，我们会重新处理。' })
    else void this.step(() => objectToReply(this.id, words))
  },
  async withdraw() {
    const { confirm } = await wx.showModal({
      title: '撤回？',
      content: '撤回后不再处理。如果只是想补充内容，可以等待专人联系您。',
      confirmText: '撤回',
      cancelText: '再想想',
    })
    if (confirm) void this.step(() => withdrawComplaint(this.id))
  },
  pickStars({ currentTarget }: Tap) {
    this.setData({ stars: Number(currentTarget.dataset.stars) })
  },
  rate() {
    const { stars } = this.data
    if (stars > 0) void this.step(() => rateComplaint(this.id, stars, null))
    else this.setData({ words: '请先点选星级。' })
  },
})
