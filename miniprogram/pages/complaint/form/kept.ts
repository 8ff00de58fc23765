/** What is half-written of a complaint: a killed program loses nothing, and what is sent twice counts once. */
import type { ComplaintInput } from '../../../services/complaints'
import { newSubmissionId } from '../../../utils/chance'

const KEY = 'complaint-draft'
const fresh = (): ComplaintInput => ({
  submissionId: newSubmissionId(),
  kind: 'complaint',
  type: null,
  words: '',
  demand: null,
  treatmentId: null,
  evidence: [],
  mayContact: true,
})

export const readDraft = (): ComplaintInput => wx.getStorageSync<ComplaintInput | ''>(KEY) || fresh()
export const keepDraft = (draft: ComplaintInput): void => wx.setStorageSync(KEY, draft)
export const forgetDraft = (): void => wx.removeStorageSync(KEY)
