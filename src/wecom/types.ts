/** The typed edge to WeCom. Vendor spelling ends here; only frozen message bodies keep it. */
import type { AppError } from '../platform/errors.ts'

/** What a caller should do about a vendor's refusal (wecom.md 2.2). */
export type VendorAction = 'retry' | 'refresh' | 'wait' | 'stop' | 'person' | 'settled'
/** `no`: the vendor surely did nothing. `unknown`: bytes left us and no answer came. */
export type Executed = 'no' | 'unknown'

/** Thrown by both vendor edges. `errcode` is null for network failures. */
export interface VendorError extends AppError {
  vendor: 'wecom' | 'wechat'
  errcode: number | null
  action: VendorAction
  executed: Executed
  path: string
}

export interface SendOptions {
  /** Machine-time limit of the request, ms; default 8 000. */
  timeoutMs?: number
}
