/** Advice in groups: what is normal, what helps, what to avoid, when to call. `tick` with the line's id, where lines can be ticked. */
Component({
  properties: {
    /** Of `groupLines`. */
    groups: { type: Array, value: [] },
    canTick: { type: Boolean, value: false },
    /** Ids that are ticked, each `true`. */
    ticked: { type: Object, value: {} },
  },
  methods: {
    tick({ currentTarget }: WechatMiniprogram.TouchEvent) {
      if (this.data.canTick) this.triggerEvent('tick', { id: currentTarget.dataset.id as string })
    },
  },
})
