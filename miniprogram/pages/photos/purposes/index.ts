/**
 * What photos may be used for, purpose by purpose, before the camera opens: with a yes to the one that photos need, where it is
 * missing. `begin`: it has been read; `leave`: rather not.
 */
import { putConsent } from '../../../services/me'
import { problemOf } from '../../../utils/views'
import { careOf, type Purpose, rememberTold } from '../told'

Component({
  properties: {
    purposes: { type: Array, value: [] as Purpose[] },
    /** px */
    height: { type: Number, value: 0 },
  },
  data: { hasConsent: false, isBusy: false, words: '' },
  observers: {
    purposes(purposes: readonly Purpose[]) {
      this.setData({ hasConsent: careOf(purposes)?.granted === true })
    },
  },
  methods: {
    async begin() {
      const purposes = this.data.purposes as Purpose[]
      const care = careOf(purposes)
      if (this.data.isBusy) return
      this.setData({ isBusy: true, words: '' })
      try {
        if (care && !this.data.hasConsent) await putConsent(care.purpose, care.version, true)
        rememberTold(purposes)
        this.triggerEvent('begin')
      } catch (error) {
        this.setData({ words: problemOf(error) })
      } finally {
        this.setData({ isBusy: false })
      }
    },
    leave() {
      this.triggerEvent('leave')
    },
  },
})
