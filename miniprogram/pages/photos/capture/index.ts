/** Guided capture: first what photos are for, then angle by angle, over the ghost of the earlier photo, with a word about the light; or from the album. Then what there is to say. */
import { type Angle, getPhotoGuide, type PhotoGuide, type Shot } from '../../../services/photos'
import { show } from '../../../utils/loading'
import { pictureOf } from '../../../utils/pictures'
import { addUpload } from '../../../utils/uploads'
import type { Status } from '../../../utils/views'
import { isTold } from '../told'
import { dayWords } from '../words'
import { LIGHT_WORDS, type Light, lightOf, luminanceOf } from './light'

type Tap = WechatMiniprogram.TouchEvent<WechatMiniprogram.IAnyObject, WechatMiniprogram.IAnyObject, { at: number }>
interface ShotView extends Shot {
  isTaken: boolean
}

/** A word about the light every so many frames. */
const EVERY = 8

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    treatmentId: '',
    /** Of the window below its bar, in px: the camera fills what the words leave. */
    height: 0,
    purposes: [] as PhotoGuide['purposes'],
    /** The camera opens behind it. */
    isTold: false,
    shots: [] as ShotView[],
    at: 0,
    position: 'front' as 'front' | 'back',
    canShoot: false,
    cameraWords: '',
    ghost: '',
    ghostWords: '',
    showsGhost: true,
    light: 'good' as Light,
    lightWords: '',
    /** What was just taken, before it is sent. */
    taken: '',
    isBusy: false,
    /** What was taken, by its submission numbers. */
    photos: [] as string[],
    /** All is taken: what is there to say? */
    isAsked: false,
  },
  frames: null as WechatMiniprogram.CameraFrameListener | null,
  seen: 0,
  isGone: false,

  onLoad({ treatmentId = '' }) {
    this.setData({ treatmentId })
    void this.load()
  },
  onUnload() {
    this.isGone = true
    this.frames?.stop()
  },

  async load() {
    await show(this, async () => {
      const { shots, purposes } = await getPhotoGuide(this.data.treatmentId || null)
      const { windowHeight: height } = wx.getWindowInfo()
      return { height, purposes, isTold: isTold(purposes), shots: shots.map((shot) => ({ ...shot, isTaken: false })) }
    })
    if (this.data.isTold) this.turn(0)
  },
  begin() {
    this.setData({ isTold: true })
    this.turn(0)
  },

  /** To one angle, with the ghost of its earlier photo. */
  turn(at: number) {
    const shot = this.data.shots[at]
    if (!shot) return
    // Close-ups are taken with the better camera.
    this.setData({ at, taken: '', ghost: '', ghostWords: '', position: shot.angle === 'detail' ? 'back' : 'front' })
    void this.lay(shot)
  },
  async lay({ angle, overlay }: Shot) {
    if (!overlay) return
    const ghost = await pictureOf(overlay.photoId, 'screen')
    if (this.data.shots[this.data.at]?.angle !== angle || !ghost) return
    this.setData({ ghost, ghostWords: `淡影是${dayWords(overlay.day) || '上次'}的照片，请尽量与它重合` })
  },
  pick({ currentTarget }: Tap) {
    this.turn(Number(currentTarget.dataset.at))
  },

  cameraReady() {
    // The camera may be ready later than the page is left.
    if (this.isGone) return
    this.setData({ canShoot: true, cameraWords: '' })
    this.frames?.stop()
    this.frames = wx.createCameraContext().onCameraFrame(({ data, width, height }) => this.look(data, width, height))
    this.frames.start({})
  },
  cameraFailed() {
    this.setData({ canShoot: false, cameraWords: '没有使用相机的权限。您可以在右上角“设置”里打开，或从相册选择照片。' })
  },
  look(data: ArrayBuffer, width: number, height: number) {
    this.seen += 1
    if (this.seen % EVERY !== 1) return
    const light = lightOf(luminanceOf(new Uint8Array(data), width, height))
    if (light !== this.data.light || this.data.lightWords === '')
      this.setData({ light, lightWords: LIGHT_WORDS[light] })
  },
  swap() {
    this.setData({ position: this.data.position === 'front' ? 'back' : 'front' })
  },
  toggleGhost() {
    this.setData({ showsGhost: !this.data.showsGhost })
  },

  shoot() {
    if (!this.data.canShoot || this.data.isBusy) return
    this.setData({ isBusy: true })
    wx.createCameraContext().takePhoto({
      quality: 'high',
      success: ({ tempImagePath }) => this.took(tempImagePath),
      fail: () => this.setData({ cameraWords: '没有拍到，请再试一次' }),
      complete: () => this.setData({ isBusy: false }),
    })
  },
  retake() {
    this.setData({ taken: '' })
  },
  async album() {
    const chosen = await wx.chooseMedia({ count: 1, mediaType: ['image'], sourceType: ['album'] }).catch(() => null)
    const file = chosen?.tempFiles[0]?.tempFilePath
    if (file) this.took(file)
  },
  /** The picture takes the camera's place; the next camera has to become ready first. */
  took(taken: string) {
    this.setData({ taken, canShoot: false, lightWords: '' })
  },

  async use() {
    const { taken, at, shots, treatmentId, isBusy } = this.data
    const shot = shots[at]
    if (!taken || !shot || isBusy) return
    this.setData({ isBusy: true })
    try {
      const angle: Angle = shot.angle
      const { submissionId } = await addUpload(taken, {
        treatmentId: treatmentId || null,
        angle,
        purpose: 'care',
        owner: 'album',
      })
      this.setData({ [`shots[${at}].isTaken`]: true, photos: [...this.data.photos, submissionId], taken: '' })
      const next = this.data.shots.findIndex(({ isTaken }) => !isTaken)
      if (next < 0) return this.ask()
      this.turn(next)
    } catch {
      this.setData({ cameraWords: '这张照片读取失败，请重新拍摄或换一张' })
    } finally {
      this.setData({ isBusy: false })
    }
  },
  leave() {
    void wx.reLaunch({ url: '/pages/home/index' })
  },
  back() {
    if (getCurrentPages().length > 1) void wx.navigateBack()
    else this.leave()
  },
  ask() {
    this.frames?.stop()
    this.setData({ isAsked: true })
  },
  /** The album shows how far they are. */
  finish() {
    const { treatmentId } = this.data
    const url = `/pages/photos/index?treatmentId=${treatmentId}`
    if (getCurrentPages().length > 1) void wx.navigateBack()
    else void wx.redirectTo({ url })
  },
})
