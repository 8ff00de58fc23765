/** One call to a vendor, with or without a token, and an honest answer to "was it executed?". */
import type { z } from 'zod'
import { networkFailure, vendorRefusal, withoutToken } from './errors.ts'
import { type Download, downloadOf, exchange, FILE_TIMEOUT_MS, textOf, type Upload } from './exchange.ts'
import type { TokenStore } from './tokens.ts'
import type { VendorError } from './types.ts'

export interface CallInput {
  method: 'GET' | 'POST'
  path: string
  query?: Record<string, string>
  body?: string
  /** Sent as a form's part `media` instead of a body. */
  file?: Upload
  headers?: Record<string, string>
  timeoutMs?: number | undefined
}
export type VendorCall = (call: CallInput) => Promise<Record<string, unknown>>
/** A call whose answer is a file of at most `most` bytes. */
export type VendorDownload = (call: CallInput & { most: number }) => Promise<Download>

type Vendor = 'wecom' | 'wechat'

const outgoing = (base: string, { path, query = {}, ...rest }: CallInput) => ({
  ...rest,
  url: `${base}${path}?${new URLSearchParams(query)}`,
})

/** A call without a token. @throws VendorError */
export function createPlainCall(vendor: Vendor, base: string): VendorCall {
  return async (call) => {
    let text: string
    try {
      text = await textOf(await exchange(outgoing(base, call)))
    } catch (cause) {
      throw networkFailure(vendor, call.path, cause)
    }
    return successOf(vendor, call.path, text)
  }
}

/** The same for files. The stream that comes back may still break. @throws VendorError */
function createPlainDownload(vendor: Vendor, base: string): VendorDownload {
  return async ({ most, ...call }) => {
    let text: string
    try {
      const response = await exchange({ timeoutMs: FILE_TIMEOUT_MS, ...outgoing(base, call) })
      const file = downloadOf(response, most)
      if (file) return file
      text = await textOf(response)
    } catch (cause) {
      throw networkFailure(vendor, call.path, cause)
    }
    successOf(vendor, call.path, text)
    throw networkFailure(vendor, call.path, new Error('not a file'))
  }
}

/** @throws VendorError */
function successOf(vendor: Vendor, path: string, text: string): Record<string, unknown> {
  const answer = answerOf(text)
  // Something answered, but not the vendor's JSON: nobody knows what was done.
  if (!answer) throw networkFailure(vendor, path, new Error('not an answer of the vendor'))
  const errcode = errcodeOf(answer) ?? 0
  if (errcode !== 0) throw vendorRefusal(vendor, path, errcode)
  return answer
}

/** The object that the vendor answers with, or null. A success may lack `errcode`; one that is no whole number is nobody's. */
function answerOf(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null
    const answer = parsed as Record<string, unknown>
    return errcodeOf(answer) === null ? null : answer
  } catch {
    return null
  }
}

/** Absent is success; null is an errcode that nobody can read. */
function errcodeOf({ errcode = 0 }: Record<string, unknown>): number | null {
  const isWhole = typeof errcode === 'string' ? /^-?\d+$/.test(errcode) : Number.isInteger(errcode)
  return isWhole ? Number(errcode) : null
}

/**
 * The same with a token: one refresh and one repeat when the token was refused.
 * @throws VendorError; with `executed: 'no'` when there was no token to ask with, and `action: 'person'` when that is the secret's fault
 */
function withToken<C extends CallInput, A>(
  vendor: Vendor,
  tokens: TokenStore,
  plain: (call: C) => Promise<A>,
): (call: C) => Promise<A> {
  const tokenFor = async (path: string, refused?: number) => {
    try {
      if (refused !== undefined) await tokens.invalidate(refused)
      return await tokens.get()
    } catch (error) {
      throw withoutToken(vendor, path, error)
    }
  }
  return async (call) => {
    const { value, generation } = await tokenFor(call.path)
    try {
      return await plain({ ...call, query: { access_token: value, ...call.query } })
    } catch (error) {
      if ((error as VendorError).action !== 'refresh') throw error
      const renewed = await tokenFor(call.path, generation)
      return plain({ ...call, query: { access_token: renewed.value, ...call.query } })
    }
  }
}

export const createTokenCall = (vendor: Vendor, base: string, tokens: TokenStore): VendorCall =>
  withToken(vendor, tokens, createPlainCall(vendor, base))
export const createTokenDownload = (vendor: Vendor, base: string, tokens: TokenStore): VendorDownload =>
  withToken(vendor, tokens, createPlainDownload(vendor, base))

const READ_TRIES = 3
const READ_PAUSE_MS = 200

/** Reads may be repeated: up to three tries on a busy vendor or a lost answer. Sends never come through here. */
export async function readWithRetry<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if ((error as VendorError).action !== 'retry' || attempt >= READ_TRIES) throw error
      await new Promise((done) => setTimeout(done, READ_PAUSE_MS * 2 ** (attempt - 1)))
    }
  }
}

/** Parses an answer; one that breaks the vendor's own shape is treated like no answer. */
export function shape<S extends z.ZodType>(schema: S, answer: unknown, vendor: Vendor, path: string): z.output<S> {
  const parsed = schema.safeParse(answer)
  if (!parsed.success) throw networkFailure(vendor, path, parsed.error)
  return parsed.data
}
