/** Asks for the phone number, by which the clinic knows its customers. `done` once it is there; whoever refuses keeps the rest. */
import { putPhone } from '../../services/me'
import { forgetSession } from '../../services/session'
import { problemOf } from '../../utils/views'

Component({
  data: { words: '', isBusy: false },
  methods: {
    async got({ detail }: WechatMiniprogram.ButtonGetPhoneNumber) {
      const { code } = detail as { code?: string }
      if (!code) return this.setData({ words: '没有关系，您可以稍后再验证；护理知识和客服现在就能使用。' })
      if (this.data.isBusy) return
      this.setData({ isBusy: true, words: '' })
      try {
        await putPhone(code)
        // The next request signs in as whom the clinic knows.
        forgetSession()
        this.triggerEvent('done')
      } catch (error) {
        this.setData({ words: problemOf(error) })
      } finally {
        this.setData({ isBusy: false })
      }
    },
  },
})
