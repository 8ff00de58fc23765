/** The first start: the service agreement, and beside it four purposes that anybody may leave out. Nothing is ticked in advance. */
import { rememberAgreement } from '../../services/agreement'
import { type Consent, getConsents, putConsent } from '../../services/me'
import { show } from '../../utils/loading'
import { problemOf, type Status } from '../../utils/views'

const HOME = '/pages/home/index'

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
  },
  onLoad() {
    void this.load()
  },
  async load() {
    await show(this, async () => {
      const all = await getConsents()
      return {
        agreement: all.find(({ needed }) => needed) ?? null,
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
  },
  back() {
    this.setData({ isRefused: false })
  },
})
