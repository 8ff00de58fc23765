/** Notices that I can allow: each "yes" is good for one message, so the page says how many are left. */
import { getSubscriptions, type Subscriptions } from '../../../services/me'
import { askForNotices } from '../../../services/notices'
import { show } from '../../../utils/loading'
import type { Status } from '../../../utils/views'

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    items: [] as Subscriptions['items'],
    words: '',
  },
  onLoad() {
    void this.load()
  },
  async load() {
    await show(this, async () => ({ items: await getSubscriptions() }))
  },
  /** WeChat asks only at a tap. */
  async allow() {
    const allowed = await askForNotices(this.data.items)
    this.setData({ words: allowed > 0 ? '谢谢，需要时我们会提醒您' : '没有增加提醒，您可以随时再来' })
    await this.load()
  },
})
