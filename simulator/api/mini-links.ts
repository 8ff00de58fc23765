/** Codes, links and schemes that open the mini-program. */
import { opaque } from '../chance.ts'
import { createCounters } from '../counters.ts'
import { codeJpeg } from '../jpeg.ts'
import { codePicture } from '../png.ts'
import { type Api, ApiError, Bytes, text, whole } from './types.ts'

const SCENE = /^[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}$/
const DAY_MS = 86_400_000
const MOST_DAYS = 30
const LIMITED_CODES = 100_000
const LINKS_A_DAY = 500_000
const LINKS_A_SECOND = 100
const VERSIONS: readonly unknown[] = [undefined, '', 'release', 'trial', 'develop']

interface Link {
  path: string
  query: string
  envVersion: string
  createdAt: number
  expiresAt: number
}

const picture = (about: string, body: Record<string, unknown>, more: Record<string, string> = {}): Bytes => {
  const width = whole(body.width, 0) || 430
  if (width < 280 || width > 1_280) throw new ApiError(40097, 'invalid args: width')
  // Only PNG can be seen through.
  return body.is_hyaline === true
    ? new Bytes(200, { 'Content-Type': 'image/png', ...more }, codePicture(about, width))
    : new Bytes(200, { 'Content-Type': 'image/jpeg', ...more }, codeJpeg(about, width))
}

/** @throws ApiError 41030 */
function checkPage(page: unknown, isChecked: boolean, mayHaveQuery = false): void {
  if (page === undefined || page === '') return
  const given = text(page)
  if (given.startsWith('/') || (!mayHaveQuery && given.includes('?'))) throw new ApiError(41030, 'invalid page')
  // Pages of the mini-program lie in folders below pages/.
  if (isChecked && !given.startsWith('pages/')) throw new ApiError(41030, 'invalid page')
}

/** One per world: keeps what was made, and counts it. */
export function createMiniLinkApis(seed: number): Api[] {
  const links = new Map<string, Link>()
  const counters = createCounters(seed)
  let limitedCodes = 0
  const countLimited = (): void => {
    if (limitedCodes >= LIMITED_CODES) throw new ApiError(45029, 'too many codes')
    limitedCodes += 1
  }
  let made: number[] = []

  function countLink(now: number): void {
    made = made.filter((at) => at > now - DAY_MS)
    if (made.filter((at) => at > now - 1_000).length >= LINKS_A_SECOND)
      throw new ApiError(44990, 'reach max api second limit')
    if (made.length >= LINKS_A_DAY) throw new ApiError(44993, 'reach max api day limit')
    made.push(now)
  }

  /** @throws ApiError 40165, 40212, 85401, 85402 */
  function makeLink(what: string, body: Record<string, unknown>, now: number): string {
    const { path, query, env_version: envVersion } = body
    if (path !== undefined && path !== '' && !/^\/?pages\/[^?]*$/.test(text(path)))
      throw new ApiError(40165, 'invalid weapp pagepath')
    if (text(query).length > 1_024) throw new ApiError(40212, 'invalid query')
    if (!VERSIONS.includes(envVersion)) throw new ApiError(85402, 'invalid env_version')
    const expiresAt = endOf(body, now)
    countLink(now)
    const about = JSON.stringify([what, path, query, envVersion])
    const id = opaque(what === 'link' ? 11 : 43, seed, about, counters.next(about))
    const version = text(envVersion) || 'release'
    links.set(id, { path: text(path), query: text(query), envVersion: version, createdAt: now, expiresAt })
    return id
  }

  return [
    {
      method: 'POST',
      path: '/wxa/getwxacodeunlimit',
      auth: 'wechat',
      handle({ body }) {
        const { scene, page, check_path: checkPath, env_version: version } = body
        if (typeof scene !== 'string' || scene.length < 1 || scene.length > 32)
          throw new ApiError(40169, 'invalid length for scene')
        if (!SCENE.test(scene)) throw new ApiError(40129, 'invalid scene')
        checkPage(page, checkPath !== false)
        if (!VERSIONS.includes(version)) throw new ApiError(40097, 'invalid args: env_version')
        return picture(`${scene} ${text(page)} ${text(version)}`, body)
      },
    },
    {
      method: 'POST',
      path: '/wxa/getwxacode',
      auth: 'wechat',
      handle({ body }) {
        if (!text(body.path) || text(body.path).length > 1_024) throw new ApiError(40159, 'invalid length for path')
        checkPage(body.path, true, true)
        const image = picture(text(body.path), body, { 'Num-Used': String(limitedCodes + 1) })
        countLimited()
        return image
      },
    },
    {
      method: 'POST',
      path: '/cgi-bin/wxaapp/createwxaqrcode',
      auth: 'wechat',
      handle({ body }) {
        if (!text(body.path) || text(body.path).length > 128) throw new ApiError(40159, 'invalid length for path')
        checkPage(body.path, true, true)
        const image = picture(`square ${text(body.path)}`, body)
        countLimited()
        return image
      },
    },
    {
      method: 'POST',
      path: '/wxa/generate_urllink',
      auth: 'wechat',
      handle: ({ body }, { clock }) => ({
        url_link: `https://wxaurl.cn/${makeLink('link', { is_expire: true, ...body }, clock.now().getTime())}`,
      }),
    },
    {
      method: 'POST',
      path: '/wxa/query_urllink',
      auth: 'wechat',
      handle({ body }, { world, clock }) {
        if (body.query_type === 1) return { quota_info: { remain_visit_quota: 3_000_000 } }
        const link = links.get(text(body.url_link).replace('https://wxaurl.cn/', ''))
        if (!link || link.expiresAt <= clock.now().getTime()) throw new ApiError(85403, 'url_link not found')
        const { path, query, envVersion, createdAt, expiresAt } = link
        return {
          url_link_info: {
            appid: world.miniProgram.appId,
            path,
            query,
            create_time: Math.floor(createdAt / 1_000),
            expire_time: Math.floor(expiresAt / 1_000),
            env_version: envVersion,
          },
        }
      },
    },
    {
      method: 'POST',
      path: '/wxa/generatescheme',
      auth: 'wechat',
      handle({ body }, { clock }) {
        const { jump_wxa: jump, ...life } = body
        const target = typeof jump === 'object' && jump !== null ? (jump as Record<string, unknown>) : {}
        return {
          openlink: `weixin://dl/business/?t=${makeLink('scheme', { ...life, ...target }, clock.now().getTime())}`,
        }
      },
    },
  ]
}

/** Until when a link is good: a time or a number of days, 30 days where nothing (or zero) is said. @throws ApiError 85401 */
function endOf(body: Record<string, unknown>, now: number): number {
  const of = (name: string) => whole(body[name] ?? 0, Number.NaN)
  const [kind, at, days] = [of('expire_type'), of('expire_time'), of('expire_interval')]
  const most = now + MOST_DAYS * DAY_MS
  const end = kind === 1 && days !== 0 ? now + days * DAY_MS : at === 0 ? most : at * 1_000
  if (!(end >= now + 60_000 && end <= most)) throw new ApiError(85401, 'expire time must be 1 minute to 30 days')
  return end
}
