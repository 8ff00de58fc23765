/**
 * Photos that belong to something else, as evidence to a complaint: chosen, sent, taken off again. `change` with their ids;
 * `going` with how many are on their way, which whatever they belong to has to wait for.
 */
import { addUpload, dropUpload, resumeUpload, type Upload, watchUploads } from '../../utils/uploads'

type Tap = WechatMiniprogram.TouchEvent<WechatMiniprogram.IAnyObject, WechatMiniprogram.IAnyObject, { id: string }>

Component({
  properties: {
    photoIds: { type: Array, value: [] as string[] },
    most: { type: Number, value: 3 },
    /** Names what the photos are for, so that those on their way are found again. */
    owner: { type: String, value: '' },
    treatmentId: { type: String, value: '' },
    disabled: { type: Boolean, value: false },
  },
  data: { going: [] as Pick<Upload, 'submissionId' | 'file' | 'state' | 'percent' | 'words'>[], reading: 0, words: '' },
  lifetimes: {
    attached() {
      const stop = watchUploads((all) => this.follow(all))
      Object.assign(this, { stop })
    },
    detached() {
      ;(this as unknown as { stop(): void }).stop()
    },
  },
  observers: {
    owner: function moved(this: { stop?(): void; follow(all: readonly Upload[]): void }) {
      if (!this.stop) return
      this.stop()
      this.stop = watchUploads((all) => this.follow(all))
    },
  },
  methods: {
    follow(all: readonly Upload[]) {
      if (this.data.owner === '') return
      const mine = all.filter(({ owner }) => owner === this.data.owner)
      const done = mine.find(({ state, photoId }) => state === 'done' && photoId !== null)
      if (done?.photoId) {
        const { photoIds } = this.data
        if (!photoIds.includes(done.photoId)) this.tell([...photoIds, done.photoId])
        return dropUpload(done.submissionId)
      }
      this.setData({
        going: mine.map(({ submissionId, file, state, percent, words }) => ({
          submissionId,
          file,
          state,
          percent,
          words,
        })),
      })
      this.count(this.data.reading)
    },
    /** @param reading chosen, and still read from the phone */
    count(reading: number) {
      this.setData({ reading })
      this.triggerEvent('going', { count: this.data.going.length + reading })
    },
    tell(photoIds: string[]) {
      // Several may be done before the page has given the first one back.
      this.setData({ photoIds })
      this.triggerEvent('change', { photoIds })
    },
    async add() {
      const { photoIds, going, reading, most, owner, treatmentId, disabled } = this.data
      const count = most - photoIds.length - going.length - reading
      if (disabled || count <= 0) return
      const chosen = await wx
        .chooseMedia({ count, mediaType: ['image'], sourceType: ['album', 'camera'] })
        .catch(() => null)
      if (!chosen) return
      this.setData({ words: '' })
      this.count(chosen.tempFiles.length)
      for (const { tempFilePath } of chosen.tempFiles) {
        await addUpload(tempFilePath, {
          treatmentId: treatmentId || null,
          angle: 'detail',
          purpose: 'evidence',
          owner,
        }).catch(() => this.setData({ words: '这张照片读取失败，请换一张' }))
        this.count(this.data.reading - 1)
      }
    },
    remove({ currentTarget }: Tap) {
      if (!this.data.disabled) this.tell(this.data.photoIds.filter((id) => id !== currentTarget.dataset.id))
    },
    drop({ currentTarget }: Tap) {
      dropUpload(currentTarget.dataset.id)
    },
    again({ currentTarget }: Tap) {
      resumeUpload(currentTarget.dataset.id)
    },
  },
})
