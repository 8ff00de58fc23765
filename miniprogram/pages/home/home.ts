/** The first page: who it is, and what is known of them. */
import { openSession } from '../../services/session'

Page({
  data: { state: 'loading', problem: '', isKnown: false },
  onLoad() {
    void this.load()
  },
  async load() {
    this.setData({ state: 'loading' })
    try {
      const { customerId } = await openSession()
      this.setData({ state: 'ready', isKnown: customerId !== null })
    } catch {
      this.setData({ state: 'failed', problem: '暂时连不上诊所的服务，请稍后再试' })
    }
  },
})
