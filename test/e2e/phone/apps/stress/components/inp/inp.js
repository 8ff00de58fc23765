Component({
  properties: { val: String },
  observers: {
    val() {
      this.seen = (this.seen ?? 0) + 1
    },
    '**'() {
      this.any = (this.any ?? 0) + 1
    },
  },
})
