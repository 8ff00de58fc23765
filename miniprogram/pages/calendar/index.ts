/** Every contact of all my treatments by day, past and coming, and the way to each guide. */
import { type Calendar, getCalendar } from '../../services/care'
import { dayWords, nearWords } from '../../utils/dates'
import { openGuide, problemOf, type Status, type StepView, stepView } from '../../utils/views'

interface DayView {
  /** What the list is scrolled to. */
  id: string
  title: string
  near: string
  isToday: boolean
  steps: StepView[]
}

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    isEmpty: false,
    treatments: [] as {
      treatmentId: string
      name: string
      words: string
      moments: { moment: string; name: string }[]
    }[],
    past: [] as DayView[],
    coming: [] as DayView[],
    waiting: [] as StepView[],
    isPastOpen: false,
    open: {} as Record<string, boolean>,
  },
  onShow() {
    void this.load()
  },
  async onPullDownRefresh() {
    await this.load()
    void wx.stopPullDownRefresh()
  },
  async load() {
    const isFirst = this.data.status !== 'ready'
    if (isFirst) this.setData({ status: 'loading' })
    try {
      this.setData({ status: 'ready', problem: '', ...viewOf(await getCalendar()) })
    } catch (error) {
      if (isFirst) this.setData({ status: 'failed', problem: problemOf(error) })
    }
  },
  openGuide,
  togglePast() {
    this.setData({ isPastOpen: !this.data.isPastOpen })
  },
  unfold({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const id = currentTarget.dataset.id as string
    this.setData({ open: { ...this.data.open, [id]: !this.data.open[id] } })
  },
})

function viewOf({ today, treatments, steps }: Calendar) {
  const nameOf = (id: string) => treatments.find(({ treatmentId }) => treatmentId === id)?.name ?? '术后关怀'
  const days = new Map<string, StepView[]>()
  const waiting: StepView[] = []
  for (const step of steps) {
    const view = stepView(step, nameOf(step.treatmentId))
    if (step.day === null) waiting.push(view)
    else days.set(step.day, [...(days.get(step.day) ?? []), view])
  }
  const all = [...days].map(([day, own]): DayView & { day: string } => ({
    day,
    id: `day-${day}`,
    title: dayWords(day, today),
    near: nearWords(day, today) ?? '',
    isToday: day === today,
    steps: own,
  }))
  return {
    isEmpty: treatments.length === 0,
    waiting,
    past: all.filter(({ day }) => day < today).reverse(),
    coming: all.filter(({ day }) => day >= today),
    treatments: treatments.map(({ treatmentId, name, technique, storeName, treatedOn, moments }) => ({
      treatmentId,
      name: technique ? `${name}（${technique}）` : name,
      words: `${dayWords(treatedOn, today)} · ${storeName}`,
      moments: moments.map((one) => ({ moment: String(one.moment), name: one.name })),
    })),
  }
}
