/**
 * WeChat's word on what customers upload. It fetches the picture itself, from an address that only works for an hour; its
 * verdict comes as a callback. A verdict hides nothing from the customer: whoever opens the photo is told.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { CustomersService } from '../customers/index.ts'
import { addMs, type Clock, HOUR_MS, instant } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { AppError, notFound } from '../platform/errors.ts'
import { readMediaVerdict, type WechatClient } from '../wechat/index.ts'
import { isVendorError } from '../wecom/index.ts'
import type { PhotoRow, PhotoStore } from './model.ts'
import type { PhotoPurpose } from './types.ts'

export interface Safety {
  wanted(photo: Pick<PhotoRow, 'purpose'>): boolean
  /** What to write on the row. @throws VendorError where asking again may help */
  ask(photo: PhotoRow): Promise<Record<string, unknown>>
  /** The photo behind an address that was given out. @throws AppError not_found/photo_not_found: forged or over */
  photoOf(token: string): string
  /** Of a callback; other events are passed over. */
  hear(payload: Record<string, unknown>): Promise<void>
}

export interface SafetyDeps {
  store: PhotoStore
  customers: Pick<CustomersService, 'get'>
  wechat: Pick<WechatClient, 'checkMedia'>
  crypto: Pick<FieldCrypto, 'derive'>
  clock: Clock
  /** Without an address nobody can fetch anything: nothing is checked. */
  publicUrl: string | null
  purposes: readonly PhotoPurpose[]
}

const TOKEN_MS = HOUR_MS
/** Part of the address, because the vendor goes by it. */
export const CHECK_PATH = '/api/photo-checks/:token/photo.jpg'

export function createSafety({ store, customers, wechat, crypto, clock, publicUrl, purposes }: SafetyDeps): Safety {
  const sign = (payload: string, keyId?: string) => {
    const { keyId: used, key } = crypto.derive('photo checks', keyId)
    return { used, mac: createHmac('sha256', key).update(payload).digest('base64url').slice(0, 32) }
  }
  function tokenOf(photoId: string): string {
    const payload = `${photoId}.${addMs(clock.now(), TOKEN_MS).getTime()}`
    const { used, mac } = sign(payload)
    return `${payload}.${used}.${mac}`
  }
  const wanted = ({ purpose }: Pick<PhotoRow, 'purpose'>) => publicUrl !== null && purposes.includes(purpose)

  return {
    wanted,
    async ask(photo) {
      const openId = (await customers.get(photo.customerId))?.openIds[0]
      if (!wanted(photo) || !openId) return {}
      const url = `${publicUrl}${CHECK_PATH.replace(':token', tokenOf(photo._id))}`
      try {
        const { traceId } = await wechat.checkMedia({ openId, url, kind: 'image', scene: 'social' })
        return { safety: { state: 'asked', traceId, label: null } }
      } catch (error) {
        // Refused for good, e.g. because the sender was here too long ago: nobody has checked it, and the row says so.
        if (isVendorError(error) && !error.retryable) return { lastError: error.code }
        throw error
      }
    },
    photoOf(token) {
      const [photoId = '', until = '', keyId = '', mac = ''] = token.split('.')
      let right: Buffer
      try {
        right = Buffer.from(sign(`${photoId}.${until}`, keyId).mac)
      } catch (error) {
        if (error instanceof AppError) throw notFound('photo_not_found')
        throw error
      }
      const given = Buffer.from(mac)
      if (given.length !== right.length || !timingSafeEqual(given, right)) throw notFound('photo_not_found')
      if (instant(Number(until)) <= clock.now()) throw notFound('photo_not_found')
      return photoId
    },
    async hear(payload) {
      const said = readMediaVerdict(payload)
      if (said) await store.judged(said.traceId, said.verdict ?? 'unchecked', said.label)
    },
  }
}
