/** The first page: where I stand today, what helps, what comes next, and who is there for me. One request has it all. */
import { askForAgreement, hasAgreed } from '../../services/agreement'
import { answerVisit, getHome, type Home, type Visit } from '../../services/care'
import { openChat } from '../../services/chat'
import { rememberClinic } from '../../services/clinic'
import { RequestError } from '../../services/request'
import { addDays, dayWords, instantWords } from '../../utils/dates'
import { groupLines } from '../../utils/lines'
import { onPullDownRefresh, show } from '../../utils/loading'
import { readable } from '../../utils/readable'
import { drawingViews, openGuide, problemOf, type Status, stepDay, stepView } from '../../utils/views'

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    home: null as ReturnType<typeof viewOf> | null,
    /** The appointment, at its time, for which another time is being asked. */
    movingKey: '',
    wish: '',
    /** Why the answer was not taken. */
    words: '',
    isBusy: false,
  },
  onShow() {
    void this.load()
  },
  onPullDownRefresh,
  async load() {
    await show(this, async () => {
      // At the first start the agreement comes before anything is shown; later it is looked at beside.
      if (!hasAgreed() && (await askForAgreement())) return null
      const home = await getHome()
      askForAgreement().catch(() => undefined)
      rememberClinic(home.store)
      return { home: viewOf(home) }
    })
  },

  /** One answer at a time; where the clinic was quicker, what stands now is shown. */
  async answer(answer: NonNullable<Visit['answer']>, wish?: string) {
    const { home, isBusy } = this.data
    if (isBusy || !home?.appointment) return
    this.setData({ isBusy: true, words: '' })
    try {
      const visit = await answerVisit(home.appointment, answer, wish)
      this.setData({ 'home.appointment': visitView(visit), movingKey: '', wish: '' })
    } catch (error) {
      if (error instanceof RequestError && error.status > 0) await this.load()
      // It may be gone, and with it the place for words.
      if (this.data.home?.appointment) this.setData({ words: problemOf(error) })
      else void wx.showToast({ title: problemOf(error), icon: 'none' })
    } finally {
      this.setData({ isBusy: false })
    }
  },
  confirmVisit() {
    void this.answer('confirmed')
  },
  startMoving() {
    this.setData({ movingKey: this.data.home?.appointment?.key ?? '', words: '' })
  },
  stopMoving() {
    this.setData({ movingKey: '', words: '' })
  },
  typeWish({ detail }: WechatMiniprogram.CustomEvent<{ value: string }>) {
    this.setData({ wish: detail.value })
  },
  askToMove() {
    void this.answer('move', readable(this.data.wish))
  },

  openGuide,
  openQuestion({ currentTarget }: WechatMiniprogram.TouchEvent) {
    void wx.navigateTo({ url: currentTarget.dataset.page as string })
  },
  openPhotos({ currentTarget }: WechatMiniprogram.TouchEvent) {
    void wx.navigateTo({ url: `/pages/photos/index?treatmentId=${currentTarget.dataset.treatmentId as string}` })
  },
  openHelp() {
    void wx.navigateTo({ url: '/pages/care/help/index' })
  },
  openCalendar() {
    void wx.switchTab({ url: '/pages/calendar/index' })
  },
  chat() {
    openChat('home')
  },
})

function viewOf({ salutation, store, today, coming, appointment, questions, team }: Home) {
  const [first] = today
  const now = first ? addDays(first.treatedOn, first.day) : null
  const nameOf = (treatmentId: string) => today.find((one) => one.treatmentId === treatmentId)?.name ?? '术后关怀'
  return {
    isKnown: store !== null || today.length > 0,
    greeting: salutation === '您' ? '您好' : `${salutation}，您好`,
    storeName: store?.displayName ?? '',
    phone: store ? store.emergencyPhone || store.callbackPhone : '',
    date: now ? dayWords(now) : '',
    today: today.map(({ treatmentId, name, day, guide, steps }) => ({
      treatmentId,
      name,
      when: day === 0 ? '治疗当天' : `治疗后第 ${day} 天`,
      headline: guide?.notice ?? '',
      moment: String(guide?.moment ?? ''),
      guideName: guide?.name ?? '',
      groups: guide ? groupLines(guide.lines) : [],
      drawings: guide ? drawingViews(guide.drawings) : [],
      urgent: guide?.urgent ?? '',
      steps: steps.map((step) => stepView(step, name)),
    })),
    coming: coming && now ? { step: stepView(coming, nameOf(coming.treatmentId)), day: stepDay(coming, now) } : null,
    appointment: appointment && visitView(appointment),
    questions: questions.map(({ title, page }) => ({ title, page: page.startsWith('/') ? page : `/${page}` })),
    team: [
      { role: '专属顾问', name: team.consultant },
      { role: '治疗医生', name: team.doctor },
    ].filter(({ name }) => name !== null),
  }
}

const ANSWERS = { confirmed: '已确认，期待您的到来', move: '已申请改期，前台会联系您' } as const

function visitView(visit: Visit) {
  const { id, startsAt, answer } = visit
  return {
    ...visit,
    key: `${id} ${startsAt}`,
    when: instantWords(startsAt),
    said: answer === null ? '' : ANSWERS[answer],
  }
}
