/** Ways into the mini-program: codes to scan, links to tap (wecom.md 9.6). */
import { z } from 'zod'
import { unixSeconds } from '../../platform/clock.ts'
import { invalid } from '../../platform/errors.ts'
import type { Ask, Download } from '../../wecom/index.ts'

export interface Entry {
  /** Of a published page, without a leading /; the start page when left out. */
  page?: string
  /** ≤ 1024 characters. */
  query?: string
  /** A minute to 30 days from now, which is also the default. */
  until?: Date
}

export interface LinksApi {
  /**
   * A code for good, as a picture. The page reads `scene`.
   *
   * @param input.scene 1–32 letters, digits and some signs, no Chinese and no %
   * @throws AppError invalid/invalid_request: a scene that WeChat refuses
   */
  miniProgramCode(input: { scene: string; page?: string; widthPixels?: number }): Promise<Download>
  /** https://wxaurl.cn/…, opens from a browser or SMS. A repeat makes a second one. */
  urlLink(entry: Entry): Promise<string>
  /** weixin://dl/business/…, for pages that may open it. */
  urlScheme(entry: Entry): Promise<string>
}

const SCENE = /^[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}$/
const MOST_OF_A_CODE = 2 * 1024 * 1024
const DAYS = 30
const AT_TIME = 0
const AFTER_DAYS = 1

export const linksApi = (ask: Ask): LinksApi => ({
  async miniProgramCode({ scene, page, widthPixels }) {
    if (!SCENE.test(scene)) throw invalid('invalid_request', { parameter: 'scene' })
    const body = { scene, page, width: widthPixels }
    return ask.download('/wxa/getwxacodeunlimit', MOST_OF_A_CODE, { body })
  },
  async urlLink({ page, query, until }) {
    const schema = z.object({ url_link: z.string().min(1) })
    return (await ask.once(schema, '/wxa/generate_urllink', { path: page, query, ...expiry(until) })).url_link
  },
  async urlScheme({ page, query, until }) {
    const schema = z.object({ openlink: z.string().min(1) })
    const body = { jump_wxa: { path: page ?? '', query: query ?? '' }, is_expire: true, ...expiry(until) }
    return (await ask.once(schema, '/wxa/generatescheme', body)).openlink
  },
})

const expiry = (until: Date | undefined) =>
  until ? { expire_type: AT_TIME, expire_time: unixSeconds(until) } : { expire_type: AFTER_DAYS, expire_interval: DAYS }
