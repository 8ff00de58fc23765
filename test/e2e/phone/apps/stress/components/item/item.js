const log = require('../../behaviors/log')
Component({
  behaviors: [log],
  externalClasses: ['x-class'],
  properties: { v: String, value: String },
  relations: { '../list/list': { type: 'parent' } },
  lifetimes: {
    attached() {
      this.attachedBy = `${this.attachedBy ?? ''}C`
    },
  },
  methods: {
    hi() {
      return `hi ${this.data.v} ${this.fromBehavior()} ${this.attachedBy}`
    },
  },
})
