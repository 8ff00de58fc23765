module.exports = Behavior({
  properties: { bp: { type: String, value: 'bp0' } },
  lifetimes: {
    attached() {
      this.attachedBy = `${this.attachedBy ?? ''}B`
    },
  },
  methods: {
    fromBehavior() {
      return 'bm'
    },
  },
})
