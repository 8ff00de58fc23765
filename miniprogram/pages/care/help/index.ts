/** Looking something up in the guides: my own treatments first, and a person where words don't help. */
import { getHelp, type Help } from '../../../services/care'
import { openChat } from '../../../services/chat'
import { guideUrl, problemOf, type Status } from '../../../utils/views'

/** Long enough for a pause between two words, short enough to seem at once. */
const PAUSE_MS = 350
const TEXT_SIGNS = 70

let waiting = 0

Page({
  data: {
    /** `idle`: nothing was asked yet. */
    status: 'idle' as Status | 'idle',
    problem: '',
    words: '',
    asked: '',
    items: [] as ReturnType<typeof viewOf>,
    open: -1,
    suggestions: ['洗脸', '化妆', '防晒', '红肿', '饮食', '运动'],
  },
  onUnload() {
    clearTimeout(waiting)
  },
  typed({ detail: { value } }: WechatMiniprogram.Input) {
    this.setData({ words: value })
    clearTimeout(waiting)
    waiting = setTimeout(() => void this.load(), PAUSE_MS)
  },
  suggest({ currentTarget }: WechatMiniprogram.TouchEvent) {
    this.setData({ words: currentTarget.dataset.words as string })
    void this.load()
  },
  clear() {
    this.setData({ words: '', status: 'idle', items: [] })
  },
  async load() {
    clearTimeout(waiting)
    const asked = this.data.words.trim()
    if (asked === '') return this.setData({ status: 'idle', items: [] })
    this.setData({ asked, open: -1, ...(this.data.status === 'ready' ? {} : { status: 'loading' }) })
    try {
      const { items } = await getHelp(asked)
      // An answer to words that have changed since is nobody's.
      if (asked === this.data.asked) this.setData({ status: 'ready', items: viewOf(items) })
    } catch (error) {
      if (asked === this.data.asked) this.setData({ status: 'failed', problem: problemOf(error) })
    }
  },
  choose({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const index = currentTarget.dataset.index as number
    const item = this.data.items[index]
    if (item?.treatmentId) void wx.navigateTo({ url: guideUrl(item.treatmentId, item.moment) })
    else this.setData({ open: this.data.open === index ? -1 : index })
  },
  chat() {
    openChat('help')
  },
})

const viewOf = (items: Help['items']) =>
  items.map(({ title, text, treatmentId, moment }, key) => ({
    key,
    title,
    text,
    short: text.length > TEXT_SIGNS ? `${text.slice(0, TEXT_SIGNS)}…` : text,
    treatmentId,
    moment: String(moment),
  }))
