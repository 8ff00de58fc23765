/** What the clinic may do with my data, purpose by purpose. Taking it back is the same tap as giving it. */
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
