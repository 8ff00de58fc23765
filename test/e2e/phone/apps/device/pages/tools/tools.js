/** What a page asks of the phone at a tap; the outcome is shown as it came. */
const server = 'https://care.example.cn'

Page({
  data: { said: '', path: '' },
  say(what) {
    this.setData({ said: JSON.stringify(what) })
  },
  /** Every function of `wx` here ends at `say`. */
  told() {
    return { success: (result) => this.say(result), fail: (error) => this.say(error) }
  },
  subscribe() {
    wx.requestSubscribeMessage({ tmplIds: this.data.templates, ...this.told() })
  },
  phone({ detail }) {
    this.say(detail)
  },
  chat() {
    const url = 'https://work.weixin.qq.com/kfid/kfc1?scene=mp&scene_param=help'
    wx.openCustomerServiceChat({ corpId: 'ww1', extInfo: { url }, ...this.told() })
  },
  call() {
    wx.makePhoneCall({ phoneNumber: '400-820-0000', ...this.told() })
  },
  copy() {
    wx.setClipboardData({ data: 'A-100', ...this.told() })
  },
  choose() {
    wx.chooseMedia({
      count: 1,
      mediaType: ['image'],
      success: ({ tempFiles: [file] }) => this.setData({ path: file.tempFilePath, said: String(file.size) }),
      fail: (error) => this.say(error),
    })
  },
  look() {
    wx.previewImage({ urls: [this.data.path] })
  },

  /** @returns what the promise of a callback function would be */
  asked(work) {
    return new Promise((resolve) => work({ success: resolve, fail: resolve }))
  },
  read(options) {
    return this.asked((callbacks) =>
      wx.getFileSystemManager().readFile({ filePath: this.data.path, ...options, ...callbacks }),
    ).then(({ data, errMsg }) => (data instanceof ArrayBuffer ? Array.from(new Uint8Array(data)) : (data ?? errMsg)))
  },
  info(digestAlgorithm) {
    return this.asked((callbacks) =>
      wx.getFileSystemManager().getFileInfo({ filePath: this.data.path, digestAlgorithm, ...callbacks }),
    )
  },
  put(bytes) {
    return this.asked((callbacks) =>
      wx.request({
        url: `${server}/api/mp/echo?x=1`,
        method: 'PUT',
        data: new Uint8Array(bytes).buffer,
        header: { 'content-type': 'application/octet-stream', authorization: 'Bearer t' },
        ...callbacks,
      }),
    )
  },
  upload(abortAt) {
    const seen = []
    return this.asked((callbacks) => {
      const task = wx.uploadFile({
        url: `${server}/api/mp/upload`,
        filePath: this.data.path,
        name: 'file',
        formData: { angle: 'front' },
        ...callbacks,
      })
      task.onProgressUpdate(({ progress, totalBytesExpectedToSend }) => {
        seen.push({ progress, total: totalBytesExpectedToSend })
        if (progress >= abortAt) task.abort()
      })
    }).then((result) => ({ ...result, seen }))
  },
  async download() {
    const answer = await this.asked((callbacks) =>
      wx.downloadFile({ url: `${server}/api/mp/image`, header: { authorization: 'Bearer t' }, ...callbacks }),
    )
    const info = await wx.getImageInfo({ src: answer.tempFilePath })
    const small = await wx.compressImage({ src: answer.tempFilePath, quality: 60, compressedWidth: 8 })
    const { width, height, type } = await wx.getImageInfo({ src: small.tempFilePath })
    return { status: answer.statusCode, from: [info.width, info.height, info.type], to: [width, height, type] }
  },
})
