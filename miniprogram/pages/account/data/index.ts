/** A copy of what the clinic keeps about me, to read and to take along. */
import { getMyData, type MyData } from '../../../services/me'
import { type Section, sectionsOf } from '../../../utils/copy'
import { fullInstantWords } from '../../../utils/dates'
import { problemOf, type Status } from '../../../utils/views'

/** Drawn at first, and with each tap for more: a year of care has hundreds of entries. */
const SHOWN = 10

/** Too much to draw at once; what is drawn is cut from it. */
let whole: { data: MyData; sections: Section[] } | null = null

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    madeAt: '',
    sections: [] as (Section & { more: number })[],
    shown: {} as Record<string, number>,
  },
  onLoad() {
    void this.load()
  },
  onUnload() {
    whole = null
  },
  async load() {
    this.setData({ status: 'loading' })
    try {
      const data = await getMyData()
      whole = { data, sections: sectionsOf(data.parts) }
      this.setData({ status: 'ready', madeAt: fullInstantWords(data.madeAt) })
      this.draw()
    } catch (error) {
      this.setData({ status: 'failed', problem: problemOf(error) })
    }
  },
  draw() {
    this.setData({
      sections: (whole?.sections ?? []).map((one) => {
        const shown = this.data.shown[one.name] ?? SHOWN
        return { ...one, entries: one.entries.slice(0, shown), more: Math.max(0, one.entries.length - shown) }
      }),
    })
  },
  more({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const name = currentTarget.dataset.name as string
    this.setData({ shown: { ...this.data.shown, [name]: (this.data.shown[name] ?? SHOWN) + SHOWN } })
    this.draw()
  },
  copy() {
    if (whole) void wx.setClipboardData({ data: JSON.stringify(whole.data, null, 2) })
  },
  openRequests() {
    void wx.navigateTo({ url: '/pages/account/requests/index' })
  },
})
