/** Looking something up in articles and guides: my own treatments first, and a person where words don't help. */
import { getHelp, type Help } from '../../../services/care'
import { openChat } from '../../../services/chat'
import { show } from '../../../utils/loading'
import { readable } from '../../../utils/readable'
import { guideUrl, type Status } from '../../../utils/views'

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
    openText: '',
    suggestions: ['洗脸', '化妆', '防晒', '红肿', '饮食', '运动'],
  },
  /** With their whole texts: only one at a time is drawn. */
  found: [] as Help['items'],

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
    this.setData({ words: '', asked: '', status: 'idle', items: [] })
  },
  async load() {
    clearTimeout(waiting)
    const asked = readable(this.data.words)
    if (asked === '') return this.clear()
    this.setData({ asked, open: -1 })
    const get = async () => {
      const { items } = await getHelp(asked)
      if (asked === this.data.asked) this.found = items
      return { items: viewOf(items) }
    }
    // An answer to words that have changed since is nobody's.
    await show(this, get, () => asked === this.data.asked)
  },
  choose({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const index = currentTarget.dataset.index as number
    const item = this.found[index]
    if (item?.treatmentId && item.moment !== null)
      void wx.navigateTo({ url: guideUrl(item.treatmentId, String(item.moment)) })
    else if (this.data.open === index) this.setData({ open: -1 })
    else this.setData({ open: index, openText: item?.text ?? '' })
  },
  chat() {
    openChat('help')
  },
})

const viewOf = (items: Help['items']) =>
  items.map(({ title, text, treatmentId }, key) => ({
    key,
    title,
    short: text.length > TEXT_SIGNS ? `${text.slice(0, TEXT_SIGNS)}…` : text,
    isMine: treatmentId !== null,
  }))
