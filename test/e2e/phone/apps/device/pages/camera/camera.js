/** Takes a photo and looks at frames. */
Page({
  data: { position: 'back', state: '', photo: '' },
  ready() {
    this.setData({ state: 'ready' })
  },
  failed({ detail }) {
    this.setData({ state: detail.errMsg })
  },
  take() {
    return new Promise((resolve, reject) => {
      wx.createCameraContext().takePhoto({
        quality: 'high',
        success: ({ tempImagePath, width, height }) => {
          this.setData({ photo: tempImagePath })
          resolve({ width, height })
        },
        fail: reject,
      })
    })
  },
  frames(count) {
    return new Promise((resolve) => {
      const seen = []
      const listener = wx.createCameraContext().onCameraFrame(({ data, width, height }) => {
        const bytes = new Uint8Array(data)
        seen.push({ right: bytes.length === width * height * 4, light: bytes.some((byte) => byte > 0 && byte < 255) })
        if (seen.length < count) return
        listener.stop()
        resolve(seen)
      })
      listener.start()
    })
  },
})
