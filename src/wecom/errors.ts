/** Vendor failures as one kind of error: what the code means for us, and whether anything was executed. */
import { AppError, type ErrorKind } from '../platform/errors.ts'
import { ERROR_TABLE } from './error-table.ts'
import type { Executed, VendorAction, VendorError } from './types.ts'

type Vendor = 'wecom' | 'wechat'
const tableOf = (vendor: Vendor) =>
  new Map(ERROR_TABLE.filter((row) => (row.vendor ?? vendor) === vendor).map((row) => [row.code, row]))
const tables = { wecom: tableOf('wecom'), wechat: tableOf('wechat') }
/** An unlisted code is a refusal that a person should look at. */
const actionOf = (vendor: Vendor, errcode: number): VendorAction => tables[vendor].get(errcode)?.action ?? 'stop'

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
      { path, errcode, executed, meaning: errcode === null ? null : tables[vendor].get(errcode)?.meaning },
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
  new VendorFailure({ vendor, errcode, action: actionOf(vendor, errcode), executed: 'no', path })

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

/** WeCom's words for "not your contact (any more)". */
const NO_CONTACT = new Set([84061, 40096])
export const isNoContact = (error: unknown): boolean =>
  isVendorError(error) && error.errcode !== null && NO_CONTACT.has(error.errcode)
