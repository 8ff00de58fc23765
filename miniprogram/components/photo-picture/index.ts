/** One of the own photos by its id; fetched with the session, which an image alone could not show. */
import { pictureOf } from '../../utils/pictures'

Component({
  properties: {
    photoId: { type: String, value: '' },
    size: { type: String, value: 'thumb' },
    mode: { type: String, value: 'aspectFill' },
    label: { type: String, value: '照片' },
  },
  data: { file: '', words: '正在打开' },
  observers: {
    photoId: function load(this: { show(photoId: string): void }, photoId: string) {
      if (photoId) this.show(photoId)
    },
  },
  methods: {
    async show(photoId: string) {
      this.setData({ file: '', words: '正在打开' })
      const file = await pictureOf(photoId, this.data.size === 'screen' ? 'screen' : 'thumb')
      // Another one was wanted meanwhile.
      if (this.data.photoId !== photoId) return
      this.setData({ file, words: file ? '' : '暂时打不开' })
      if (file) this.triggerEvent('shown', { file })
    },
  },
})
