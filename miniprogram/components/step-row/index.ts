/** One contact of the care: what it is, how it stands, and whether a guide comes with it. `open` where it has one. */
Component({
  properties: {
    /** Of `stepView`. */
    step: { type: Object, value: {} },
    isFirst: { type: Boolean, value: false },
  },
  methods: {
    open() {
      const { treatmentId, moment, hasGuide } = this.data.step as {
        treatmentId: string
        moment: string
        hasGuide: boolean
      }
      if (hasGuide) this.triggerEvent('open', { treatmentId, moment })
    },
  },
})
