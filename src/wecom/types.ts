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

export interface KfMessage {
  msgid: string
  openKfId: string
  externalUserId: string | null
  sentAt: Date
  origin: 'customer' | 'system' | 'servicer'
  type: string
  text: string | null
  menuId: string | null
  mediaId: string | null
  /** For type `event`: the vendor's event object, vendor spelling. */
  event: Record<string, unknown> | null
}

export interface DirectoryUser {
  userId: string
  name: string
  departmentIds: number[]
  position: string
  status: 'active' | 'disabled' | 'inactive' | 'left'
}
export interface Department {
  id: number
  name: string
  parentId: number
}

export interface ExternalContact {
  externalUserId: string
  name: string
  unionId: string | null
  followers: { userId: string; remark: string; remarkMobiles: string[]; state: string | null; createdAt: Date }[]
}

export interface WecomClient {
  users(departmentId: number): Promise<DirectoryUser[]>
  departments(): Promise<Department[]>
  /** `POST /message/send` with the frozen bytes of a row; duplicate check is part of those bytes. */
  sendMessage(
    body: string,
    options?: SendOptions,
  ): Promise<{ msgid: string; responseCode: string | null; invalidUsers: string[] }>
  updateTemplateCard(body: string, options?: SendOptions): Promise<{ invalidUsers: string[] }>
  recall(msgid: string): Promise<void>
  followUsers(): Promise<string[]>
  externalContactIds(userId: string): Promise<string[]>
  externalContact(externalUserId: string): Promise<ExternalContact>
  externalContactsByUsers(
    userIds: string[],
    cursor?: string,
  ): Promise<{ contacts: ExternalContact[]; nextCursor: string | null }>
  kfAccounts(): Promise<{ openKfId: string; name: string; managed: boolean }[]>
  /** From the oldest when there is no cursor, or the vendor knows the given one no more. */
  kfSyncMsg(input: {
    openKfId: string
    cursor: string | null
    token: string | null
    limit?: number
  }): Promise<{ messages: KfMessage[]; nextCursor: string; hasMore: boolean }>
  /** Frozen bytes with a `msgid` of ours: a repeat answers 95033, thrown with action `settled`. */
  kfSendMsg(body: string, options?: SendOptions): Promise<{ msgid: string }>
  kfSendMsgOnEvent(body: string, options?: SendOptions): Promise<{ msgid: string }>
  kfServiceState(openKfId: string, externalUserId: string): Promise<{ state: number; servicerUserId: string | null }>
  kfTransServiceState(input: {
    openKfId: string
    externalUserId: string
    state: number
    servicerUserId?: string
  }): Promise<{ msgCode: string | null }>
  kfCustomers(
    externalUserIds: string[],
  ): Promise<{ externalUserId: string; nickname: string; unionId: string | null }[]>
}
