/** Whether somebody has read on this phone what photos are for, as it stands now. */
import type { PhotoGuide } from '../../services/photos'

export type Purpose = PhotoGuide['purposes'][number]

const KEY = 'photo-purposes'
const versionsOf = (purposes: readonly Purpose[]): string =>
  purposes.map(({ purpose, version }) => `${purpose} ${version}`).join()

/** The one without which no photo is taken. */
export const careOf = (purposes: readonly Purpose[]): Purpose | undefined =>
  purposes.find(({ purpose }) => purpose === 'photos_care')

/** Read, and agreed to: then it isn't in the way again. */
export const isTold = (purposes: readonly Purpose[]): boolean =>
  careOf(purposes)?.granted === true && wx.getStorageSync(KEY) === versionsOf(purposes)

export const rememberTold = (purposes: readonly Purpose[]): void => wx.setStorageSync(KEY, versionsOf(purposes))
