/**
 * A page that waits, failed, is over, or has nothing to show; its slot is the page once it is ready. `retry`: somebody tries
 * again; `leave`: somebody goes where `way` says.
 */
Component({
  properties: {
    status: { type: String, value: 'loading' },
    problem: { type: String, value: '' },
    isEmpty: { type: Boolean, value: false },
    icon: { type: String, value: 'heart' },
    emptyTitle: { type: String, value: '' },
    emptyWords: { type: String, value: '' },
    /** What is over came to a good end. */
    isDone: { type: Boolean, value: false },
    /** Where what is over leads to; without it nowhere. */
    way: { type: String, value: '' },
  },
  methods: {
    retry() {
      this.triggerEvent('retry')
    },
    leave() {
      this.triggerEvent('leave')
    },
  },
})
