/** What a file must be to pass as an image, voice, video or file: its first bytes, its size, its length in time. */
import { ApiError } from './values.ts'

export type MediaKind = 'image' | 'voice' | 'video' | 'file'

const MB = 1024 * 1024
const LEAST = 5
const LONGEST_VOICE_S = 60

const isPng = (bytes: Buffer) => bytes.subarray(0, 4).toString('latin1') === '\x89PNG'
const isJpeg = (bytes: Buffer) => bytes[0] === 0xff && bytes[1] === 0xd8

interface Rule {
  most: number
  /** Told when it is bigger. */
  tooBig: number
  check?(bytes: Buffer, claimed: string): void
}

function checkImage(bytes: Buffer, claimed: string): void {
  if (isPng(bytes) || isJpeg(bytes)) return
  if (/\.(jpe?g|png)$/i.test(claimed)) throw new ApiError(40123, 'broken image')
  throw new ApiError(40004, 'invalid media file type')
}

function checkVoice(bytes: Buffer): void {
  if (bytes.subarray(0, 5).toString('latin1') !== '#!AMR') throw new ApiError(301017, 'voice is not AMR')
  if (secondsOf(bytes) > LONGEST_VOICE_S) throw new ApiError(45007, 'playtime of the voice out of limit')
}

function checkVideo(bytes: Buffer): void {
  if (bytes.subarray(4, 8).toString('latin1') !== 'ftyp') throw new ApiError(40004, 'invalid media file type')
}

const RULES: Record<MediaKind, Rule> = {
  image: { most: 10 * MB, tooBig: 40009, check: checkImage },
  voice: { most: 2 * MB, tooBig: 40006, check: checkVoice },
  video: { most: 10 * MB, tooBig: 40011, check: checkVideo },
  file: { most: 20 * MB, tooBig: 40006 },
}

export const isMediaKind = (value: string): value is MediaKind => Object.hasOwn(RULES, value)

/**
 * @param most another size than usual for its kind
 * @throws ApiError 44001, 40004, 40006, 40009, 40011, 40123, 45007, 301017
 */
export function checkFile(kind: MediaKind, bytes: Buffer, filename: string, most = RULES[kind].most): void {
  if (bytes.length === 0) throw new ApiError(44001, 'empty media data')
  if (bytes.length <= LEAST) throw new ApiError(40006, 'invalid file size')
  if (bytes.length > most) throw new ApiError(RULES[kind].tooBig, 'invalid file size')
  RULES[kind].check?.(bytes, filename)
}

/** Bytes of a frame of 20 ms, by the frame type in its first byte (3GPP TS 26.101); unknown types end the count. */
const FRAME_BYTES = [13, 14, 16, 18, 20, 21, 27, 32, 6]

function secondsOf(amr: Buffer): number {
  let frames = 0
  for (let at = '#!AMR\n'.length; at < amr.length; frames++) {
    const size = FRAME_BYTES[((amr[at] ?? 0) >> 3) & 15]
    if (size === undefined) break
    at += size
  }
  return frames / 50
}
