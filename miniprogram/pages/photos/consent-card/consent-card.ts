/** Asks for the consent that photos need, where it is missing. `agreed` once it is there. */
import { type Consent, getConsents, putConsent } from '../../../services/me'
import { problemOf } from '../../../utils/views'

const PURPOSE = 'photos_care'

Component({
  data: { consent: null as Consent | null, isBusy: false, words: '' },
  lifetimes: {
    attached() {
      void this.look()
    },
  },
  methods: {
    async look() {
      try {
        const consent = (await getConsents()).find(({ purpose }) => purpose === PURPOSE) ?? null
        this.setData({ consent: consent?.granted ? null : consent })
        if (consent?.granted) this.triggerEvent('agreed')
      } catch {
        // Sending a photo will ask again.
        this.triggerEvent('agreed')
      }
    },
    async agree() {
      const { consent, isBusy } = this.data
      if (!consent || isBusy) return
      this.setData({ isBusy: true, words: '' })
      try {
        await putConsent(PURPOSE, consent.version, true)
        this.setData({ consent: null })
        this.triggerEvent('agreed')
      } catch (error) {
        this.setData({ words: problemOf(error) })
      } finally {
        this.setData({ isBusy: false })
      }
    },
  },
})
