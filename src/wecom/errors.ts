/** The vendor's error codes as data: what each means for us. Source: the global error table (document 90313) and the mini-program's. */
import { AppError, type ErrorKind } from '../platform/errors.ts'
import type { Executed, VendorAction, VendorError } from './types.ts'

export interface ErrorRow {
  code: number
  meaning: string
  action: VendorAction
}

const rows = (action: VendorAction, entries: Record<number, string>): ErrorRow[] =>
  Object.entries(entries).map(([code, meaning]) => ({ code: Number(code), meaning, action }))

/**
 * retry: try the same again later · refresh: new token, once · wait: a limit's window must end · settled: it was done before ·
 * person: an administrator must change something · stop: this request can never succeed.
 */
export const ERROR_TABLE: readonly ErrorRow[] = [
  ...rows('retry', {
    [-1]: 'system busy',
    6000: 'data version conflict',
    45033: 'too many concurrent calls',
    45035: 'concurrent write conflict',
    43108: 'concurrent sends to one user',
    41063: 'group message still being dispatched',
    41096: 'another app is sending the welcome',
  }),
  ...rows('refresh', {
    40014: 'invalid access_token',
    42001: 'access_token expired',
    40001: 'invalid credential',
    41001: 'access_token missing',
  }),
  ...rows('wait', {
    45009: 'rate limit',
    45011: 'rate limit per minute',
    44991: 'rate limit per minute',
    44990: 'rate limit per second',
    44993: 'daily limit',
    41094: 'reminded too often',
  }),
  ...rows('settled', { 95033: 'msgid repeated: it was sent before', 60140: 'response_code used up or invalid' }),
  ...rows('person', {
    40013: 'invalid corpid or appid',
    40091: 'secret of another corp',
    40125: 'invalid appsecret',
    40164: 'address not in the whitelist',
    40243: 'secret frozen',
    48001: 'API not authorised',
    48002: 'no permission for the API',
    48004: 'authorisation gone',
    48005: 'API retired',
    48006: 'authorisation revoked',
    48007: 'kf account not authorised to the app',
    48009: 'directory not readable from a new address',
    48011: 'activity too low',
    50002: 'member out of scope',
    50003: 'app disabled',
    60011: 'no right on member or department',
    60020: 'address not among the trusted ones',
    60021: 'member not visible to the app',
    60030: "out of the app's scope",
    301002: 'no right on this agent',
    301042: 'address not in the whitelist',
    40056: 'invalid agentid',
    43012: 'callback address required',
    45036: 'data access exceeded',
    50004: 'account blocked',
    50007: 'account blocked',
    89503: 'call needs approval',
    701008: 'no interface licence',
    84074: 'member lacks customer contact permission',
    95003: 'unverified: customer cap',
    95011: 'wrong kind of secret',
    95012: 'wrong kind of secret',
    95017: 'API switch off',
    95000: 'bad open_kfid',
    95004: 'open_kfid does not exist',
    60251: 'open_kfid missing',
    60252: 'open_kfid illegal',
    40037: 'invalid template id',
    43107: 'capability banned',
  }),
  ...rows('stop', {
    40003: 'bad userid or openid',
    40008: 'bad msgtype',
    40029: 'code invalid or expired',
    40031: 'bad userid list',
    40032: 'userid list length',
    40033: 'illegal characters',
    40035: 'illegal parameter',
    40058: 'illegal parameter',
    40063: 'empty parameter',
    40073: 'bad openid',
    40096: 'bad external_userid',
    40163: 'code already used',
    40226: 'high-risk user',
    41009: 'userid missing',
    41011: 'agentid missing',
    41035: 'external_userid missing',
    42052: 'recall after 24 h',
    43101: 'not subscribed',
    44004: 'empty text',
    45002: 'content too long',
    45168: 'sensitive words',
    46004: 'user does not exist',
    47003: 'bad template data',
    50100: 'bad cursor',
    60003: 'no such department',
    60111: 'user does not exist',
    60123: 'no such department',
    81012: 'no receiver',
    81013: 'all receivers invalid',
    82001: 'no receiver',
    84061: 'no external relation',
    95001: 'five messages sent',
    95002: 'over 48 hours',
    95007: 'sync token invalid',
    95008: 'too many menu items',
    95009: 'bad menu item',
    95013: 'session ended',
    95014: 'not a servicer',
    95016: 'illegal state transition',
    95018: 'session state does not allow sending',
    95019: 'servicer stopped',
    95030: 'banned msgtype',
    95031: 'no inquiry in 48 h',
    42014: 'bad task_id',
    42016: 'unknown task_id',
    42017: 'unknown button key',
    42031: 'bad card_type',
    42033: 'title missing',
    42037: 'option list length',
    42047: 'select list length',
  }),
]

const byCode = new Map(ERROR_TABLE.map((row) => [row.code, row]))
/** An unlisted code is a refusal that a person should look at. */
export const actionOf = (errcode: number): VendorAction => byCode.get(errcode)?.action ?? 'stop'

const KINDS: Record<VendorAction, ErrorKind> = {
  retry: 'upstream',
  refresh: 'upstream',
  wait: 'rate_limited',
  settled: 'conflict',
  person: 'upstream',
  stop: 'invalid',
}

class VendorFailure extends AppError implements VendorError {
  readonly vendor: 'wecom' | 'wechat'
  readonly errcode: number | null
  readonly action: VendorAction
  readonly executed: Executed
  readonly path: string
  constructor(init: {
    vendor: 'wecom' | 'wechat'
    errcode: number | null
    action: VendorAction
    executed: Executed
    path: string
    cause?: unknown
    retryable?: boolean
  }) {
    const { vendor, errcode, action, executed, path, cause } = init
    const code = errcode === null ? `${vendor}_unreachable` : `${vendor}_${errcode}`
    super(
      KINDS[action],
      code,
      { path, errcode, executed, meaning: errcode === null ? null : byCode.get(errcode)?.meaning },
      { cause, retryable: init.retryable ?? (action === 'retry' || action === 'wait' || action === 'refresh') },
    )
    this.vendor = vendor
    this.errcode = errcode
    this.action = action
    this.executed = executed
    this.path = path
  }
}

/** The vendor answered with an errcode: it did nothing, except where the code says that it was done before. */
export const vendorRefusal = (vendor: 'wecom' | 'wechat', path: string, errcode: number): VendorError =>
  new VendorFailure({ vendor, errcode, action: actionOf(errcode), executed: 'no', path })

// Only failures to connect prove that nothing was executed; a reset or timeout after that proves nothing.
const NEVER_LEFT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

export function networkFailure(vendor: 'wecom' | 'wechat', path: string, cause: unknown): VendorError {
  const codes = [cause, (cause as { cause?: unknown } | null)?.cause].map(
    (one) => (one as { code?: unknown } | null)?.code,
  )
  const executed: Executed = codes.some((code) => typeof code === 'string' && NEVER_LEFT.has(code)) ? 'no' : 'unknown'
  return new VendorFailure({ vendor, errcode: null, action: 'retry', executed, path, cause })
}

/**
 * No token was to be had, so the request itself never left: nothing was executed, whatever became of the token's own
 * request. A secret that is refused needs a person; the same request may go once it is mended.
 */
export function withoutToken(vendor: 'wecom' | 'wechat', path: string, cause: unknown): VendorError {
  if (!isVendorError(cause))
    return new VendorFailure({ vendor, errcode: null, action: 'retry', executed: 'no', path, cause })
  const { errcode, path: at } = cause
  const action = cause.action === 'refresh' || cause.action === 'stop' ? 'person' : cause.action
  return new VendorFailure({ vendor, errcode, action, executed: 'no', path: at, cause, retryable: true })
}

export const isVendorError = (error: unknown): error is VendorError => error instanceof VendorFailure
