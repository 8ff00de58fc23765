/** Whether there is light enough, by a frame of the camera. Pure. */

const DARK = 70
const BRIGHT = 205
/** Every so many pixels are enough to tell. */
const STEP = 16
const BYTES = 4

export type Light = 'dark' | 'good' | 'bright'
export const LIGHT_WORDS: Readonly<Record<Light, string>> = {
  dark: '光线偏暗，请到窗边或打开灯',
  good: '光线合适',
  bright: '光线太强，请避开直射光',
}

/** Mean luminance 0–255 of the middle half of the frame: what stands around doesn't count. */
export function luminanceOf(pixels: Uint8Array, width: number, height: number): number {
  let sum = 0
  let count = 0
  for (let y = Math.floor(height / 4); y < (height * 3) / 4; y += 2)
    for (let x = Math.floor(width / 4); x < (width * 3) / 4; x += STEP) {
      const at = (y * width + x) * BYTES
      sum += 0.299 * (pixels[at] ?? 0) + 0.587 * (pixels[at + 1] ?? 0) + 0.114 * (pixels[at + 2] ?? 0)
      count += 1
    }
  return count === 0 ? 0 : sum / count
}

export const lightOf = (luminance: number): Light =>
  luminance < DARK ? 'dark' : luminance > BRIGHT ? 'bright' : 'good'
