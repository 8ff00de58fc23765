App({
  onLaunch({ path }) {
    this.launched = path
  },
})
