/**
 * What somebody wants to say beside the photos just taken: asked once they are on their way, and never needed. It is sent by
 * itself, for it may be urgent and photos take their time. `done`: it is sent, or there is nothing to say.
 */
import { writeNote } from '../../../services/photos'
import { newSubmissionId } from '../../../utils/chance'
import { readable } from '../../../utils/readable'
import { problemOf } from '../../../utils/views'

type Typed = WechatMiniprogram.CustomEvent<{ value: string }>

Component({
  properties: {
    /** Submission numbers. */
    photos: { type: Array, value: [] as string[] },
    treatmentId: { type: String, value: '' },
    /** px */
    height: { type: Number, value: 0 },
  },
  data: { words: '', submissionId: '', isBusy: false, problem: '' },
  methods: {
    type({ detail }: Typed) {
      // Other words are another note, also where the answer to the first ones was lost.
      this.setData({ words: detail.value, submissionId: newSubmissionId(), problem: '' })
    },
    async send() {
      const { words, submissionId, treatmentId, photos, isBusy } = this.data
      if (isBusy) return
      if (readable(words) === '') return this.leave()
      this.setData({ isBusy: true, problem: '' })
      try {
        await writeNote({
          submissionId,
          treatmentId: treatmentId || null,
          photos: photos as string[],
          words: readable(words),
        })
        this.leave()
      } catch (error) {
        this.setData({ problem: `留言没有发送：${problemOf(error)}` })
      } finally {
        this.setData({ isBusy: false })
      }
    },
    leave() {
      this.triggerEvent('done')
    },
  },
})
