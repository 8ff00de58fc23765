/** What both pages of the tab bar do: note what happens to them, and open another page with a channel to it. */
module.exports = {
  data: { n: 0 },
  onLoad() {
    this.note('load')
  },
  onShow() {
    this.note('show')
    this.setData({ n: this.data.n + 1 })
  },
  onHide() {
    this.note('hide')
  },
  onReady() {
    this.note('ready')
  },
  onUnload() {
    this.note('unload')
  },
  onTabItemTap({ text }) {
    this.note(`tab:${text}`)
  },
  note(what) {
    globalThis.noted ??= []
    globalThis.noted.push(`${this.route.split('/').pop()}:${what}`)
  },
  go() {
    wx.navigateTo({
      url: '../a/a?id=7&name=%E4%BD%A0',
      events: { back: (words) => this.note(`said:${words}`) },
      success: ({ eventChannel }) => eventChannel.emit('hello', 'hi'),
    })
  },
}
