/** A copy of what the clinic keeps about me, to read and to take along. */
import { getMyData, type MyData } from '../../../services/me'
import { type Section, sectionsOf } from '../../../utils/copy'
import { fullInstantWords, timeWords } from '../../../utils/dates'
import { appended, show } from '../../../utils/loading'
import type { Status } from '../../../utils/views'

/** Drawn at first, and with each tap for more: a year of care has hundreds of entries. */
const SHOWN = 10

/** Too much to draw at once; what is drawn is cut from it. */
let whole: { data: MyData; sections: Section[] } | null = null

type Drawn = Section & { more: number }
const drawn = ({ entries, ...one }: Section): Drawn => ({
  ...one,
  entries: entries.slice(0, SHOWN),
  more: Math.max(0, entries.length - SHOWN),
})

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    madeAt: '',
    sections: [] as Drawn[],
  },
  onLoad() {
    void this.load()
  },
  onUnload() {
    whole = null
  },
  async load() {
    await show(this, async () => {
      const data = await getMyData()
      whole = { data, sections: sectionsOf(data.parts, timeWords) }
      return { madeAt: fullInstantWords(data.madeAt), sections: whole.sections.map(drawn) }
    })
  },
  more({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const at = currentTarget.dataset.at as number
    const all = whole?.sections[at]?.entries ?? []
    const { length } = this.data.sections[at]?.entries ?? []
    this.setData({
      ...appended(`sections[${at}].entries`, length, all.slice(length, length + SHOWN)),
      [`sections[${at}].more`]: Math.max(0, all.length - length - SHOWN),
    })
  },
  copy() {
    if (whole) void wx.setClipboardData({ data: JSON.stringify(whole.data, null, 2) })
  },
  openRequests() {
    void wx.navigateTo({ url: '/pages/account/requests/index' })
  },
})
