Page({
  data: {
    name: '',
    id: '',
    on: true,
    w0: 100,
    deep: { list: [{ x: 1 }, { x: 2 }] },
    rows: [
      { id: 1, k: ['p', 'q'] },
      { id: 2, k: [] },
    ],
    items: ['i1', 'i2'],
    two: 'init',
    html: '<b onclick="x()">bold</b><script>1</script>',
    multi: '-',
    reach: 0,
    ev: [],
    total: 0,
  },
  onLoad({ name, id }) {
    this.setData({ name, id })
    const channel = this.getOpenerEventChannel()
    channel?.on('hello', (hello) => {
      this.setData({ hello })
      channel.emit('back', `${hello}!`)
    })
  },
  onReachBottom() {
    this.setData({ reach: this.data.reach + 1 })
  },
  note(what) {
    this.setData({ ev: this.data.ev.concat(what) })
  },
  outerTap({ mark }) {
    this.note(`outer:${mark.om}`)
  },
  capTap() {
    this.note('cap')
  },
  innerTap({ currentTarget, mark }) {
    this.note(`inner:${currentTarget.dataset.fooBar}:${mark.im}:${mark.om}`)
  },
  inner2() {
    this.note('inner2')
  },
  onTotal({ detail }) {
    this.setData({ total: detail })
  },
  onCb({ detail }) {
    this.setData({ cb: detail.value.join() })
  },
  lower() {
    this.setData({ lowered: true })
  },
  onSl({ detail }) {
    this.setData({ sl: detail.value })
  },
  onMulti({ detail }) {
    this.setData({ multi: detail.value.join() })
  },
})
