/** What the clinic may do with my data, purpose by purpose. Taking it back is the same tap as giving it. */
import { openAgreement } from '../../../services/agreement'
import { type Consent, getConsents, putConsent } from '../../../services/me'
import { fullInstantWords } from '../../../utils/dates'
import { show } from '../../../utils/loading'
import { problemOf, type Status } from '../../../utils/views'

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    items: [] as ReturnType<typeof viewOf>[],
    busy: '',
    wrong: {} as Record<string, string>,
  },
  onLoad() {
    void this.load()
  },
  async load() {
    await show(this, async () => ({ items: (await getConsents()).map(viewOf), wrong: {} }))
  },
  async decide({ currentTarget, detail: { value } }: WechatMiniprogram.CustomEvent<{ value: boolean }>) {
    const purpose = currentTarget.dataset.purpose as Consent['purpose']
    const item = this.data.items.find((one) => one.purpose === purpose)
    if (!item || this.data.busy) return
    this.setData({ busy: purpose, wrong: {} })
    try {
      this.put(viewOf(await putConsent(purpose, item.version, value)))
    } catch (error) {
      // The switch shows what the server has, not what the finger wanted.
      this.put({ ...item, isOn: value })
      this.put(item)
      this.setData({ wrong: { [purpose]: `${problemOf(error)}，没有保存` } })
    } finally {
      this.setData({ busy: '' })
    }
  },
  put(item: ReturnType<typeof viewOf>) {
    this.setData({ items: this.data.items.map((one) => (one.purpose === item.purpose ? item : one)) })
  },
  /** As easily as it was given: one tap, and what it means before it counts (PIPL art. 15). */
  async withdraw({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const item = this.data.items.find(({ purpose }) => purpose === currentTarget.dataset.purpose)
    if (!item || this.data.busy) return
    const { confirm } = await wx.showModal({
      title: '撤回同意？',
      content:
        '小程序将不再显示护理安排、日历和问卷，也不再接收新的恢复照片。您仍可查看和删除您的信息、提交投诉、拨打紧急电话；诊所的治疗和回访不受影响。',
      confirmText: '撤回同意',
      cancelText: '再想想',
    })
    if (!confirm) return
    this.setData({ busy: item.purpose, wrong: {} })
    try {
      await putConsent(item.purpose, item.version, false)
      openAgreement()
    } catch (error) {
      this.setData({ wrong: { [item.purpose]: `${problemOf(error)}，没有保存` } })
    } finally {
      this.setData({ busy: '' })
    }
  },
  openAgreement,
  openRequests() {
    void wx.navigateTo({ url: '/pages/account/requests/index' })
  },
})

const viewOf = ({ purpose, version, title, text, needed, granted, at }: Consent) => ({
  purpose,
  version,
  title,
  text,
  needed,
  isOn: granted === true,
  said: at === null ? '您还没有选择' : `您于 ${fullInstantWords(at)} ${granted ? '同意' : '撤回或拒绝'}`,
})
