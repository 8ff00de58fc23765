/** What every call passes before its API answers: address, token, app, permission, quota; and how a refusal is written. */
import { type Api, ApiError, type ApiRequest, type Bytes, type SimContext } from './api/types.ts'
import { chance } from './chance.ts'

export interface Passage {
  base: 'wecom' | 'wechat'
  api: Api
  method: string
  /** The body is an object in JSON. */
  hasJson: boolean
  /** Where the call comes from. */
  address: string
}

export const BUSY = new ApiError(-1, 'system busy')

type Answer = Record<string, unknown>

/** Counts the call among those that go on at the same time. `end` may be called more than once. */
export function takeTurn(passage: Passage, context: SimContext): { refusal: Answer | null; end: () => void } {
  try {
    return { refusal: null, end: context.limits.begin(passage.api.path) }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { refusal: refusal(passage, context, error), end: () => undefined }
  }
}

/** Scope, parameters and state are the handler's, in this order. */
export function pass(passage: Passage, asked: ApiRequest, context: SimContext): Answer | Bytes {
  const { api } = passage
  try {
    check(passage, asked, context)
    const answer = api.handle(asked, context)
    return isFile(answer) ? answer : { ...(api.bare ? {} : { errcode: 0, errmsg: 'ok' }), ...answer }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return refusal(passage, context, error)
  }
}

const isFile = (answer: Answer | Bytes): answer is Bytes => 'bytes' in answer && Buffer.isBuffer(answer.bytes)

function check({ base, api, method, hasJson, address }: Passage, { query }: ApiRequest, context: SimContext): void {
  const { tokens, clock, permissions, limits, world } = context
  if (api.method !== 'either' && method !== api.method)
    throw api.method === 'GET' ? new ApiError(43001, 'require GET method') : new ApiError(43002, 'require POST method')
  const { trustedAddresses, appEnabled } = world.settings
  // The robot's address is its own secret; whoever has it may come from anywhere.
  if (!api.isOpen && trustedAddresses && !trustedAddresses.includes(plain(address)))
    throw base === 'wecom' ? new ApiError(60020, 'not allow to access from your ip') : new ApiError(40164, 'invalid ip')
  if (base === 'wecom' && !api.isOpen && !appEnabled) throw new ApiError(50003, 'app is disabled')
  if (api.auth) tokens.check(api.auth, query.get('access_token'), clock.now())
  if (api.permission && !permissions[api.permission]) throw new ApiError(48002, 'API forbidden')
  if (!api.isUnlimited) limits.count(api.path, clock.now())
  if (api.method === 'POST' && !api.takes && !hasJson)
    throw new ApiError(base === 'wecom' ? 40035 : 47001, 'data format error. Warning: wrong json format.')
}

/** An IPv4 address as it stands in lists. */
const plain = (address: string) => address.replace(/^::ffff:/, '')

/** The vendors decorate `errmsg`; nobody may branch on it. */
export function refusal({ base, address }: Passage, { world, clock }: SimContext, error: ApiError): Answer {
  const { errcode, message, fields } = error
  const at = Math.floor(clock.now().getTime() / 1000)
  const hex = Math.floor(chance(world.seed, at, errcode) * 2 ** 32)
    .toString(16)
    .padStart(8, '0')
  const errmsg =
    base === 'wecom'
      ? `${message}, hint: [${at}_1_${hex}], from ip: ${plain(address)}, more info at https://open.work.weixin.qq.com/devtool/query?e=${errcode}`
      : `${message} rid: ${at.toString(16)}-${hex}-${hex}`
  return { errcode, errmsg, ...fields }
}
