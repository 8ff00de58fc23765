/** A page that waits, failed, or has nothing to show; its slot is the page once it is ready. `retry`: somebody tries again. */
Component({
  properties: {
    status: { type: String, value: 'loading' },
    problem: { type: String, value: '' },
    isEmpty: { type: Boolean, value: false },
    emptyTitle: { type: String, value: '' },
    emptyWords: { type: String, value: '' },
  },
  methods: {
    retry() {
      this.triggerEvent('retry')
    },
  },
})
