/** Requests to the clinic's server as whoever is signed in. A session that is over is renewed once, unseen. */
import { serverUrl } from '../config'
import { forgetSession, openSession } from './session'

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export interface RequestOptions {
  /** The body; in a GET the query. Bytes are sent as they are. */
  data?: Record<string, unknown> | ArrayBuffer
  header?: Record<string, string>
  /** Without a session: links and boxes that nobody signs. */
  isPublic?: boolean
}

/** `code` is stable: pages choose their words by it. `offline` = the server was not reached, and may have done it all the same. */
export class RequestError extends Error {
  readonly code: string
  readonly status: number
  /** What the server says besides, e.g. which answers it can't take. */
  readonly details: Readonly<Record<string, unknown>>
  constructor(code: string, status: number, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.code = code
    this.status = status
    this.details = details
  }
}

/** The server keeps a page closed to who has not agreed to the service, or no longer does. */
export const isClosed = (error: unknown): boolean =>
  error instanceof RequestError && error.code === 'service_consent_needed'

const OFFLINE_WORDS = '网络不太顺畅，请稍后再试'
const UNAUTHENTICATED = 401

/** @param path below `/api/mp`, e.g. `/home`. @throws RequestError */
export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const first = await send<T>(method, path, options)
  if (first.status !== UNAUTHENTICATED || options.isPublic) return read(first)
  forgetSession()
  return read(await send<T>(method, path, options))
}

/** Headers for `wx.uploadFile` and `wx.downloadFile`, which send themselves. */
export async function authorization(): Promise<Record<string, string>> {
  const { token } = await openSession()
  return { authorization: `Bearer ${token}` }
}

export const addressOf = (path: string): string => `${serverUrl}/api/mp${path}`

interface Answer<T> {
  status: number
  data: T | { error?: { code?: string; message?: string } } | ''
}

async function send<T>(method: Method, path: string, { data, header, isPublic }: RequestOptions): Promise<Answer<T>> {
  const isBytes = data instanceof ArrayBuffer
  const own = isPublic ? {} : await authorization().catch(() => Promise.reject(offline()))
  return new Promise((resolve, reject) => {
    wx.request<string | WechatMiniprogram.IAnyObject | ArrayBuffer>({
      url: addressOf(path),
      method,
      ...(data === undefined ? {} : { data }),
      header: { ...(isBytes ? { 'content-type': 'application/octet-stream' } : {}), ...own, ...header },
      success: (answer) => resolve({ status: answer.statusCode, data: answer.data as Answer<T>['data'] }),
      fail: () => reject(offline()),
    })
  })
}

const offline = () => new RequestError('offline', 0, OFFLINE_WORDS)

function read<T>({ status, data }: Answer<T>): T {
  if (status >= 200 && status < 300) return data as T
  const error = typeof data === 'object' && data !== null && 'error' in data ? data.error : undefined
  throw new RequestError(error?.code ?? 'unknown', status, error?.message ?? OFFLINE_WORDS, error)
}
