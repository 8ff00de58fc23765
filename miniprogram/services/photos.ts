/** Photos: sent in pieces, looked at by their owner, and who else has looked. */
import type { Answers as Api } from '../typings/api'
import { addressOf, authorization, RequestError, request } from './request'

export type Photo = Api['GET /photos']['items'][number]
export type Angle = Photo['angle']
export type PhotoGuide = Api['GET /photo-guides']
export type Shot = PhotoGuide['shots'][number]
export type PhotoNote = Api['POST /photo-notes']
export type Opening = Api['GET /photos/:photoId/openings']['items'][number]
export interface PhotoRequest {
  submissionId: string
  treatmentId: string | null
  angle: Angle
  purpose: 'care' | 'evidence'
  bytes: number
  sha256: string
}
export const getPhotoGuide = (treatmentId: string | null): Promise<PhotoGuide> =>
  request('GET', '/photo-guides', { data: treatmentId ? { treatmentId } : {} })

export interface NoteInput {
  submissionId: string
  treatmentId: string | null
  /** Submission numbers of the photos, which may still be on their way. */
  photos: string[]
  words: string
}
export const writeNote = (note: NoteInput): Promise<PhotoNote> => request('POST', '/photo-notes', { data: { ...note } })

const PAGE = 200
/** More photos nobody leafs through. */
const PAGES = 5

/** Mine, or those of one treatment, the newest first. */
export async function getPhotos(treatmentId: string | null): Promise<Photo[]> {
  const photos: Photo[] = []
  let cursor: string | null = null
  for (let page = 0; page < PAGES; page++) {
    const answer: Api['GET /photos'] = await request('GET', '/photos', {
      data: { limit: PAGE, ...(treatmentId ? { treatmentId } : {}), ...(cursor ? { cursor } : {}) },
    })
    photos.push(...answer.items)
    cursor = answer.nextCursor
    if (!cursor) break
  }
  return photos
}

const pathOf = (photoId: string): string => `/photos/${encodeURIComponent(photoId)}`

export const getOpenings = (photoId: string, cursor: string | null): Promise<Api['GET /photos/:photoId/openings']> =>
  request('GET', `${pathOf(photoId)}/openings`, { data: cursor ? { cursor } : {} })

export const getNotes = async (photoId: string): Promise<PhotoNote[]> =>
  (await request<Api['GET /photos/:photoId/notes']>('GET', `${pathOf(photoId)}/notes`)).items

export const askErasure = (photoId: string): Promise<Api['POST /photos/:photoId/erasure']> =>
  request('POST', `${pathOf(photoId)}/erasure`)

/** Asked again for the same submission it says which pieces are there. */
export const beginUpload = (wanted: PhotoRequest): Promise<Api['POST /photo-uploads']> =>
  request('POST', '/photo-uploads', { data: { ...wanted } })

export const putPiece = (uploadId: string, index: number, bytes: ArrayBuffer): Promise<unknown> =>
  request('PUT', `/photo-uploads/${uploadId}/chunks/${index}`, { data: bytes })

export const completeUpload = (uploadId: string): Promise<Photo> =>
  request('POST', `/photo-uploads/${uploadId}/complete`)

export type Size = 'thumb' | 'screen'

/** A file that an image shows. @throws RequestError `photo_not_ready` while it is being prepared */
export async function getPicture(photoId: string, size: Size): Promise<string> {
  const header = await authorization()
  return new Promise((resolve, reject) => {
    wx.downloadFile({
      url: addressOf(`${pathOf(photoId)}/image?size=${size}`),
      header,
      success: ({ statusCode, tempFilePath }) => {
        if (statusCode === 200) return resolve(tempFilePath)
        const isEarly = statusCode === 409
        reject(new RequestError(isEarly ? 'photo_not_ready' : 'unknown', statusCode, '照片暂时打不开'))
      },
      fail: () => reject(new RequestError('offline', 0, '网络不太顺畅，请稍后再试')),
    })
  })
}
