/** Pictures that were fetched already, for as long as the program runs. */
import { getPicture, type Size } from '../services/photos'
import { RequestError } from '../services/request'

const files = new Map<string, string>()
const WAIT_MS = 1_500
const TRIES = 20

const pause = () => new Promise<void>((done) => setTimeout(done, WAIT_MS))

/** Waits while the clinic's server prepares it. @returns '' where it can't be shown now */
export async function pictureOf(photoId: string, size: Size): Promise<string> {
  const key = `${photoId} ${size}`
  const kept = files.get(key)
  if (kept) return kept
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      const file = await getPicture(photoId, size)
      files.set(key, file)
      return file
    } catch (error) {
      if (!(error instanceof RequestError) || error.code !== 'photo_not_ready') return ''
      await pause()
    }
  }
  return ''
}
