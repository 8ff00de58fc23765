/** The guide of one day: what is ticked off is kept by the server, and the other days are a tap away. */
import { type Guide, getGuide, putTicks } from '../../../services/care'
import { openChat } from '../../../services/chat'
import { rememberClinic } from '../../../services/clinic'
import { groupLines } from '../../../utils/lines'
import { show } from '../../../utils/loading'
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
    this.setData({ wrong: '' })
    const get = async () => {
      const answer = await getGuide(treatmentId, moment)
      rememberClinic(answer.store)
      const guide = viewOf(answer)
      return { guide, ...ticksOf(guide.tickable, answer.ticked) }
    }
    await show(this, get, () => moment === this.data.moment)
  },
  draw(ticked: readonly string[]) {
    this.setData(ticksOf(this.data.guide?.tickable ?? [], ticked))
  },
  /** Shown at once; taken back, with a word, when it can't be kept. */
  async tick({ detail: { id } }: WechatMiniprogram.CustomEvent<{ id: string }>) {
    const { treatmentId, moment, ticked } = this.data
    const before = Object.keys(ticked)
    const after = before.includes(id) ? before.filter((one) => one !== id) : [...before, id]
    this.draw(after)
    this.setData({ wrong: '' })
    try {
      await putTicks(treatmentId, moment, after)
    } catch (error) {
      if (moment !== this.data.moment) return
      const now = Object.keys(this.data.ticked)
      this.draw(before.includes(id) ? [...now, id] : now.filter((one) => one !== id))
      this.setData({ wrong: `${problemOf(error)}，刚才的勾选没有保存` })
    }
  },
  openDay({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const moment = currentTarget.dataset.moment as string
    if (moment === this.data.moment) return
    this.setData({ moment, status: 'loading' })
    void wx.pageScrollTo({ scrollTop: 0 })
    void this.load()
  },
  leave() {
    void wx.reLaunch({ url: '/pages/home/index' })
  },
  chat() {
    openChat('guide')
  },
})

function ticksOf(tickable: readonly string[], ticked: readonly string[]) {
  const done = tickable.filter((id) => ticked.includes(id)).length
  return {
    ticked: Object.fromEntries(ticked.map((id) => [id, true])),
    doneWords: done === tickable.length ? '全部完成，您做得很好' : `已完成 ${done} / ${tickable.length}`,
  }
}

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
