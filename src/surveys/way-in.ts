/** The way into what a customer has still to answer, for whoever asks for it in the chat. */
import { createHmac } from 'node:crypto'
import type { FieldCrypto } from '../platform/crypto.ts'
import { AppError } from '../platform/errors.ts'
import type { WechatClient } from '../wechat/index.ts'
import type { SurveyDesk } from './desk.ts'
import type { SurveyStore } from './model.ts'
import { linkHash, linkOf, pageOf, SURVEY_PAGE } from './service.ts'
import type { WayIn } from './types.ts'

export interface WayInDeps {
  desk: Pick<SurveyDesk, 'page'>
  store: Pick<SurveyStore, 'addLinks'>
  crypto: Pick<FieldCrypto, 'derive'>
  wechat: Pick<WechatClient, 'urlLink'> | null
  publicUrl: string | null
}

/** Nobody is asked so much at a time. */
const MOST_OPEN = 50
/** As long as the tokens of chance in messages. */
const TOKEN_SIGNS = 24

export function createWayIn({ desk, store, crypto, wechat, publicUrl }: WayInDeps) {
  /** Of the invitation's own: who asks again and again gets the same address, and the row keeps one more hash, not many. */
  async function ownLink(invitationId: string, base: string): Promise<string> {
    const { key } = crypto.derive('survey links')
    const token = createHmac('sha256', key).update(invitationId).digest('base64url').slice(0, TOKEN_SIGNS)
    await store.addLinks([{ id: invitationId, hash: linkHash(token) }])
    return linkOf(base, token)
  }

  /** Where customers can't reach this server, WeChat's own address of the page does it. */
  async function programLink(invitationId: string): Promise<string | null> {
    try {
      return (await wechat?.urlLink({ page: SURVEY_PAGE, query: `invitationId=${invitationId}` })) ?? null
    } catch (error) {
      // WeChat gives none just now: the words alone say where it is.
      if (error instanceof AppError) return null
      throw error
    }
  }

  return async (customerId: string): Promise<WayIn | null> => {
    const open = await desk.page(customerId, { limit: MOST_OPEN, after: null })
    const [next] = [...open].sort((a, b) => Number(a.expiresAt) - Number(b.expiresAt))
    if (!next) return null
    const { _id, title } = next
    const link = publicUrl === null ? await programLink(_id) : await ownLink(_id, publicUrl)
    return { title, page: pageOf(_id), link }
  }
}
