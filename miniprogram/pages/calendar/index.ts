/** Every contact of all my treatments by day, past and coming, and the way to each guide. */
import { type Calendar, getCalendar } from '../../services/care'
import { dayWords, nearWords } from '../../utils/dates'
import { appended, onPullDownRefresh, show } from '../../utils/loading'
import { openGuide, type Status, type StepView, stepView } from '../../utils/views'

interface DayView {
  /** What the list is scrolled to. */
  id: string
  title: string
  near: string
  isToday: boolean
  steps: StepView[]
}

interface Moment {
  moment: string
  name: string
}

/** Days that are drawn at first, and with each tap for more: several treatments have hundreds. */
const SHOWN = 14

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    isEmpty: false,
    treatments: [] as { treatmentId: string; name: string; words: string }[],
    coming: [] as DayView[],
    comingLeft: 0,
    past: [] as DayView[],
    pastLeft: 0,
    pastDays: 0,
    waiting: [] as StepView[],
    isPastOpen: false,
    /** The guides of what is unfolded. */
    open: {} as Record<string, Moment[] | null>,
  },
  whole: { coming: [] as DayView[], past: [] as DayView[], moments: new Map<string, Moment[]>() },

  onShow() {
    void this.load()
  },
  onPullDownRefresh,
  async load() {
    await show(this, async () => {
      const { coming, past, moments, ...others } = viewOf(await getCalendar())
      this.whole = { coming, past, moments }
      const { length } = this.data.coming
      return { ...others, isPastOpen: false, past: [], pastDays: past.length, ...upTo('coming', coming, length) }
    })
  },
  openGuide,
  togglePast() {
    const isPastOpen = !this.data.isPastOpen
    this.setData({ isPastOpen, ...(isPastOpen ? upTo('past', this.whole.past, 0) : {}) })
  },
  more({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const name = currentTarget.dataset.name as 'coming' | 'past'
    const all = this.whole[name]
    const { length } = this.data[name]
    this.setData({
      ...appended(name, length, all.slice(length, length + SHOWN)),
      [`${name}Left`]: Math.max(0, all.length - length - SHOWN),
    })
  },
  unfold({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const id = currentTarget.dataset.id as string
    const moments = this.data.open[id] ? null : (this.whole.moments.get(id) ?? [])
    this.setData({ open: { ...this.data.open, [id]: moments } })
  },
})

/** As many as were drawn before, at least one lot. */
function upTo(name: 'coming' | 'past', all: readonly DayView[], before: number): Record<string, unknown> {
  const shown = Math.max(before, SHOWN)
  return { [name]: all.slice(0, shown), [`${name}Left`]: Math.max(0, all.length - shown) }
}

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
    treatments: treatments.map(({ treatmentId, name, technique, storeName, treatedOn }) => ({
      treatmentId,
      name: technique ? `${name}（${technique}）` : name,
      words: `${dayWords(treatedOn, today)} · ${storeName}`,
    })),
    moments: new Map(
      treatments.map(({ treatmentId, moments }) => [
        treatmentId,
        moments.map((one): Moment => ({ moment: String(one.moment), name: one.name })),
      ]),
    ),
  }
}
