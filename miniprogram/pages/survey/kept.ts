/** What the phone keeps of a survey until it is sent: a killed program loses nothing, and what was sent twice counts once. */
import type { Answers, Way } from '../../services/surveys'
import { newSubmissionId } from '../../utils/chance'

export interface Kept {
  answers: Answers
  /** Of the server's draft that these answers follow. */
  revision: number
  /** The server has them all. */
  isSaved: boolean
  submissionId: string
}

export const keyOf = (way: Way): string => `survey:${Object.entries(way).flat().join(':')}`

export function readKept(way: Way): Kept {
  const kept = wx.getStorageSync<Kept | ''>(keyOf(way))
  return kept || { answers: {}, revision: 0, isSaved: true, submissionId: newSubmissionId() }
}

export const keep = (way: Way, kept: Kept): void => wx.setStorageSync(keyOf(way), kept)
export const forget = (way: Way): void => wx.removeStorageSync(keyOf(way))
