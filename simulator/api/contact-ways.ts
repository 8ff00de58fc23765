/** Ways to add a member (联系我): what a QR code or a button in the mini-program leads to. */
import { createHash } from 'node:crypto'
import type { SimClock } from '../clock.ts'
import { createCounters } from '../counters.ts'
import type { World } from '../state.ts'
import { addableMember, visible } from './members.ts'
import { departmentsUnder } from './receivers.ts'
import { type Api, ApiError, list, record, text, whole } from './types.ts'

const DAY_S = 86_400
const PEOPLE = 100
const LISTED_DAYS = 90

export interface ContactWay {
  configId: string
  /** The request's own fields, as they are answered. */
  fields: Record<string, unknown>
  userIds: string[]
  state: string | null
  isTemp: boolean
  isExclusive: boolean
  /** Without verification the customer is a contact at once. */
  skipVerify: boolean
  createdAt: number
  expiresAt: number | null
  /** A temporary code has let somebody in. */
  isUsed: boolean
}

export interface ContactWays {
  byId: Map<string, ContactWay>
  add(fields: Record<string, unknown>, at: number): ContactWay
}

export function createContactWays(world: World): ContactWays {
  const byId = new Map<string, ContactWay>()
  const counters = createCounters(world.seed)
  return {
    byId,
    add(fields, at) {
      const about = JSON.stringify(fields)
      const n = counters.next(about)
      const configId = createHash('md5').update(`${world.seed} ${about} ${n}`).digest('hex')
      const way = { ...wayOf(world, fields, at), configId }
      byId.set(configId, way)
      return way
    },
  }
}

/** @throws ApiError 41037–41042, 40058 and those of members */
function wayOf(world: World, fields: Record<string, unknown>, at: number): Omit<ContactWay, 'configId'> {
  const { remark, state, is_temp } = fields
  if (fields.type === undefined) throw new ApiError(41037, 'missing type')
  if (fields.scene === undefined) throw new ApiError(41038, 'missing scene')
  // SDKs write these as text, and 0 for a style that was not chosen.
  const [type, scene, style] = [whole(fields.type, -1), whole(fields.scene, -1), whole(fields.style ?? 0, -1)]
  if (type !== 1 && type !== 2) throw new ApiError(41039, 'invalid type')
  if (scene !== 1 && scene !== 2) throw new ApiError(41040, 'invalid scene')
  if (style < 0 || style > 3) throw new ApiError(41042, 'invalid style')
  for (const [name, value] of Object.entries({ remark, state }))
    if (value !== undefined && (typeof value !== 'string' || [...value].length > 30))
      throw new ApiError(40058, `invalid parameter: ${name}`)
  const userIds = peopleOf(world, { ...fields, type })
  const isTemp = is_temp === true
  if (userIds.length === 0 || userIds.length > PEOPLE || (type === 1 && userIds.length !== 1))
    throw new ApiError(41041, 'invalid user count')
  if (isTemp && type !== 1) throw new ApiError(41041, 'a temporary session is with one member')
  const life = lifeOf(fields.expires_in, 7 * DAY_S)
  lifeOf(fields.chat_expires_in, DAY_S)
  checkConclusions(record(fields.conclusions))
  return {
    fields: { ...fields, type, scene },
    userIds,
    state: text(state) || null,
    isTemp,
    isExclusive: fields.is_exclusive === true,
    skipVerify: fields.skip_verify !== false,
    createdAt: at,
    expiresAt: isTemp ? at + life * 1_000 : null,
    isUsed: false,
  }
}

function peopleOf(world: World, { type, user, party }: Record<string, unknown>): string[] {
  const users = list(user).map((id) => addableMember(world, id).userId)
  const within = new Set(type === 2 ? list(party).flatMap((id) => departmentsUnder(world, Number(id))) : [])
  const ofParties = visible(world).filter(
    ({ departmentId, servesCustomers }) => servesCustomers && within.has(departmentId),
  )
  return [...new Set([...users, ...ofParties.map(({ userId }) => userId)])]
}

function lifeOf(value: unknown, usual: number): number {
  const life = whole(value, usual) || usual
  if (life < 1 || life > 14 * DAY_S) throw new ApiError(40058, 'invalid parameter: expires_in')
  return life
}

function checkConclusions({ text: said, image, link, miniprogram }: Record<string, unknown>): void {
  if (Buffer.byteLength(text(record(said).content)) > 4_000) throw new ApiError(45002, 'content size out of limit')
  if (isFilled(link) && !text(record(link).title)) throw new ApiError(41016, 'title missing')
  if (isFilled(image) && !text(record(image).media_id) && !text(record(image).pic_url))
    throw new ApiError(41006, 'media_id missing')
  if (isFilled(miniprogram) && !text(record(miniprogram).pic_media_id)) throw new ApiError(41006, 'media_id missing')
}

/** SDKs of typed languages send the parts that nobody filled in, too. */
const isFilled = (part: unknown): boolean => Object.values(record(part)).some((value) => text(value) !== '')

const common = { method: 'POST', auth: 'wecom', permission: 'external' } as const

/** @throws ApiError 41043, 41044 */
function found(ways: ContactWays, id: unknown): ContactWay {
  if (!text(id)) throw new ApiError(41043, 'missing config_id')
  const way = ways.byId.get(text(id))
  if (!way) throw new ApiError(41044, 'invalid config_id')
  return way
}

const qrOf = ({ configId, fields }: ContactWay) =>
  fields.scene === 2 ? { qr_code: `https://wework.qpic.cn/wwpic/${configId}/0` } : {}

const nowOf = ({ now }: SimClock) => now().getTime()

export const contactWayApis: Api[] = [
  {
    ...common,
    path: '/cgi-bin/externalcontact/add_contact_way',
    handle({ body }, { ways, clock }) {
      const way = ways.add(body, nowOf(clock))
      return { config_id: way.configId, ...qrOf(way) }
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/get_contact_way',
    handle({ body }, { ways }) {
      const way = found(ways, body.config_id)
      const usual = { type: 1, scene: 2, remark: '', skip_verify: true, state: '', user: [], party: [] }
      return { contact_way: { config_id: way.configId, ...usual, ...way.fields, ...qrOf(way) } }
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/update_contact_way',
    handle({ body: { config_id, ...given } }, { ways, world }) {
      const way = found(ways, config_id)
      const { type, scene, user, party, is_temp } = way.fields
      // Overwrites but for what makes the way what it is; SDKs leave the people out who stay.
      const fields = { user, party, ...given, type, scene, ...(is_temp === undefined ? {} : { is_temp }) }
      const known = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
      const { createdAt, isUsed, configId } = way
      Object.assign(way, wayOf(world, known, createdAt), { isUsed, configId })
      return {}
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/del_contact_way',
    handle({ body }, { ways }) {
      ways.byId.delete(found(ways, body.config_id).configId)
      return {}
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/list_contact_way',
    mayBeEmpty: true,
    handle({ body }, { ways, clock }) {
      const now = Math.floor(nowOf(clock) / 1_000)
      const [from, to] = [whole(body.start_time, 0) || now - LISTED_DAYS * DAY_S, whole(body.end_time, 0) || now]
      const size = Number(body.limit ?? 0) === 0 ? 100 : Number(body.limit)
      if (!Number.isInteger(size) || size < 1 || from > to) throw new ApiError(40058, 'invalid parameter')
      const listed = [...ways.byId.values()].filter(
        ({ isTemp, createdAt }) => !isTemp && createdAt >= from * 1_000 && createdAt <= to * 1_000 + 999,
      )
      const cursor = text(body.cursor)
      const start = cursor ? listed.findIndex(({ configId }) => configId === cursor) + 1 : 0
      if (cursor && start === 0) throw new ApiError(50100, 'invalid cursor')
      const page = listed.slice(start, start + Math.min(1_000, size))
      const hasMore = start + page.length < listed.length
      return {
        contact_way: page.map(({ configId }) => ({ config_id: configId })),
        ...(hasMore ? { next_cursor: page.at(-1)?.configId } : {}),
      }
    },
  },
]
