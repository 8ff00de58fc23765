/** A page written as a component: its properties come from the query. */
Component({
  properties: { id: String, num: Number },
  data: { shown: 0, kind: '' },
  pageLifetimes: {
    show() {
      this.setData({ shown: this.data.shown + 1 })
    },
  },
  methods: {
    onLoad() {
      this.setData({ kind: typeof this.data.num })
    },
  },
})
