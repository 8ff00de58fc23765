/**
 * The first start: the service agreement, and beside it four purposes that anybody may leave out. Nothing is ticked in advance.
 * Whoever agrees to nothing, or no longer, finds here what stays open all the same.
 */
import { rememberAgreement } from '../../services/agreement'
import { type EmergencyNumber, getEmergencyNumbers } from '../../services/clinic'
import { type Consent, getConsents, putConsent } from '../../services/me'
import { show } from '../../utils/loading'
import { problemOf, type Status } from '../../utils/views'

const HOME = '/pages/home/index'
/** What the server gives without the agreement. */
const RIGHTS = [
  { page: '/pages/account/data/index', icon: 'file', title: '查看我的信息' },
  { page: '/pages/account/requests/index', icon: 'edit', title: '更正、删除或领取副本' },
  { page: '/pages/photos/index', icon: 'image', title: '查看或删除我的照片' },
  { page: '/pages/complaint/list/index', icon: 'chat-message', title: '投诉与建议' },
]

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    agreement: null as Consent | null,
    others: [] as Consent[],
    chosen: {} as Record<string, boolean>,
    open: {} as Record<string, boolean>,
    isBusy: false,
    wrong: '',
    isRefused: false,
    /** Agreed once, and taken back. */
    isWithdrawn: false,
    rights: RIGHTS,
    numbers: [] as EmergencyNumber[],
  },
  onLoad() {
    void this.load()
  },
  async load() {
    await show(this, async () => {
      const all = await getConsents()
      const agreement = all.find(({ needed }) => needed) ?? null
      const isWithdrawn = agreement?.granted === false
      if (isWithdrawn) this.refuse()
      return {
        agreement,
        isWithdrawn,
        others: all.filter(({ needed }) => !needed),
        // What was said before stays said; what nobody was asked is off.
        chosen: Object.fromEntries(all.map(({ purpose, granted }) => [purpose, granted === true])),
      }
    })
  },
  toggle({ currentTarget, detail }: WechatMiniprogram.CustomEvent<{ value: boolean }>) {
    this.setData({ [`chosen.${currentTarget.dataset.purpose}`]: detail.value })
  },
  unfold({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const purpose = currentTarget.dataset.purpose as string
    this.setData({ [`open.${purpose}`]: !this.data.open[purpose] })
  },
  async agree() {
    const { agreement, others, chosen, isBusy } = this.data
    if (isBusy || !agreement) return
    this.setData({ isBusy: true, wrong: '' })
    try {
      // The agreement comes last: whoever is cut off in between is asked again.
      for (const { purpose, version, granted } of others) {
        const isOn = chosen[purpose] === true
        if (isOn !== granted) await putConsent(purpose, version, isOn)
      }
      const said = await putConsent(agreement.purpose, agreement.version, true)
      rememberAgreement(said.version)
      void wx.reLaunch({ url: HOME })
    } catch (error) {
      this.setData({ isBusy: false, wrong: problemOf(error) })
    }
  },
  refuse() {
    this.setData({ isRefused: true })
    // Without them the bar above still has a number.
    getEmergencyNumbers().then(
      (numbers) => this.setData({ numbers }),
      () => undefined,
    )
  },
  open({ currentTarget }: WechatMiniprogram.TouchEvent) {
    void wx.navigateTo({ url: currentTarget.dataset.page as string })
  },
  call({ currentTarget }: WechatMiniprogram.TouchEvent) {
    wx.makePhoneCall({ phoneNumber: currentTarget.dataset.phone as string, fail: () => undefined })
  },
  back() {
    this.setData({ isRefused: false })
  },
})
