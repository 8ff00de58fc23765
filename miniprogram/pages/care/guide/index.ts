/** The guide of one day: what is ticked off is kept by the server, and the other days are a tap away. */
import { type Guide, getGuide, putTicks } from '../../../services/care'
import { openChat } from '../../../services/chat'
import { rememberClinic } from '../../../services/clinic'
import { groupLines } from '../../../utils/lines'
import { drawingViews, problemOf, type Status } from '../../../utils/views'

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    treatmentId: '',
    moment: '',
    guide: null as ReturnType<typeof viewOf> | null,
    ticked: {} as Record<string, boolean>,
    doneWords: '',
    wrong: '',
  },
  onLoad({ treatmentId = '', moment = '' }: Record<string, string | undefined>) {
    this.setData({ treatmentId: decodeURIComponent(treatmentId), moment: decodeURIComponent(moment) })
    void this.load()
  },
  async load() {
    const { treatmentId, moment } = this.data
    this.setData({ status: 'loading', wrong: '' })
    try {
      const answer = await getGuide(treatmentId, moment)
      if (moment !== this.data.moment) return
      rememberClinic(answer.store)
      this.setData({ status: 'ready', guide: viewOf(answer) })
      this.show(answer.ticked)
    } catch (error) {
      if (moment === this.data.moment) this.setData({ status: 'failed', problem: problemOf(error) })
    }
  },
  show(ticked: readonly string[]) {
    const all = this.data.guide?.tickable ?? []
    const done = all.filter((id) => ticked.includes(id)).length
    this.setData({
      ticked: Object.fromEntries(ticked.map((id) => [id, true])),
      doneWords: done === all.length ? '全部完成，您做得很好' : `已完成 ${done} / ${all.length}`,
    })
  },
  /** Shown at once; taken back, with a word, when it can't be kept. */
  async tick({ detail: { id } }: WechatMiniprogram.CustomEvent<{ id: string }>) {
    const { treatmentId, moment, ticked } = this.data
    const before = Object.keys(ticked)
    const after = before.includes(id) ? before.filter((one) => one !== id) : [...before, id]
    this.show(after)
    this.setData({ wrong: '' })
    try {
      await putTicks(treatmentId, moment, after)
    } catch (error) {
      if (moment !== this.data.moment) return
      const now = Object.keys(this.data.ticked)
      this.show(before.includes(id) ? [...now, id] : now.filter((one) => one !== id))
      this.setData({ wrong: `${problemOf(error)}，刚才的勾选没有保存` })
    }
  },
  openDay({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const moment = currentTarget.dataset.moment as string
    if (moment === this.data.moment) return
    this.setData({ moment })
    void wx.pageScrollTo({ scrollTop: 0 })
    void this.load()
  },
  chat() {
    openChat('guide')
  },
})

function viewOf({ name, guide, moments, store }: Guide) {
  const groups = groupLines(guide.lines)
  return {
    name,
    day: guide.name,
    notice: guide.notice,
    urgent: guide.urgent,
    phone: store.emergencyPhone || store.callbackPhone,
    groups,
    tickable: groups.flatMap(({ canTick, lines }) => (canTick ? lines.map(({ id }) => id) : [])),
    drawings: drawingViews(guide.drawings),
    moments: moments.map((one) => ({ moment: String(one.moment), name: one.name })),
  }
}
