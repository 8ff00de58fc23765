/** The first page: where I stand today, what helps, what comes next, and who is there for me. One request has it all. */
import { askForAgreement, hasAgreed } from '../../services/agreement'
import { getHome, type Home } from '../../services/care'
import { openChat } from '../../services/chat'
import { rememberClinic } from '../../services/clinic'
import { addDays, dayWords, instantWords } from '../../utils/dates'
import { groupLines } from '../../utils/lines'
import { onPullDownRefresh, show } from '../../utils/loading'
import { drawingViews, openGuide, type Status, stepDay, stepView } from '../../utils/views'

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    home: null as ReturnType<typeof viewOf> | null,
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
    appointment: appointment && { ...appointment, when: instantWords(appointment.startsAt) },
    questions: questions.map(({ title, page }) => ({ title, page: page.startsWith('/') ? page : `/${page}` })),
    team: [
      { role: '专属顾问', name: team.consultant },
      { role: '治疗医生', name: team.doctor },
    ].filter(({ name }) => name !== null),
  }
}
