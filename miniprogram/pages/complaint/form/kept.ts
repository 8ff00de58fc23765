/** What is half-written of a complaint: a killed program loses nothing, and what is sent twice counts once. */
import type { ComplaintInput } from '../../../services/complaints'
import { newSubmissionId } from '../../../utils/chance'
import { readable } from '../../../utils/readable'

const KEY = 'complaint-draft'
const TRIED = 'complaint-tried'
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

/**
 * What is sent of it. Changed since a try whose answer was lost it is one of its own: the first may have arrived, and stays as
 * it was.
 */
export function toSend(draft: ComplaintInput): ComplaintInput {
  const input = { ...draft, words: readable(draft.words), demand: readable(draft.demand ?? '') || null }
  const tried = wx.getStorageSync<string>(TRIED)
  if (tried !== '' && tried !== JSON.stringify(input)) input.submissionId = newSubmissionId()
  wx.setStorageSync(TRIED, JSON.stringify(input))
  keepDraft({ ...draft, submissionId: input.submissionId })
  return input
}

export function forgetDraft(): void {
  wx.removeStorageSync(KEY)
  wx.removeStorageSync(TRIED)
}
