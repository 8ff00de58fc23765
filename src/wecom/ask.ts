/** How the families of APIs put their questions: every answer is parsed by a schema, and only what may be repeated is. */
import { z } from 'zod'
import { readWithRetry, shape, type VendorCall, type VendorDownload } from './call.ts'
import type { Download, Upload } from './exchange.ts'
import type { SendOptions } from './types.ts'

export interface Ask {
  /** A question, or a change whose repeat leaves the same behind: up to three tries on a busy vendor or a lost answer. */
  again<S extends z.ZodType>(
    schema: S,
    path: string,
    given?: { query?: Record<string, string>; body?: unknown },
  ): Promise<z.output<S>>
  /** Sent once: a lost answer is the caller's to judge. Text goes out as it is, the frozen bytes of a row. */
  once<S extends z.ZodType>(schema: S, path: string, body: unknown, options?: SendOptions): Promise<z.output<S>>
  /** Sends a file, once. */
  upload<S extends z.ZodType>(
    schema: S,
    path: string,
    file: Upload,
    query?: Record<string, string>,
  ): Promise<z.output<S>>
  /** Asks for a file of at most `most` bytes; tried again like `again`, until its first byte. */
  download(
    path: string,
    most: number,
    given: { query?: Record<string, string>; body?: unknown; headers?: Record<string, string> },
  ): Promise<Download>
}

export const createAsk = (vendor: 'wecom' | 'wechat', call: VendorCall, download: VendorDownload): Ask => ({
  async again(schema, path, { query = {}, body } = {}) {
    const answer = await readWithRetry(() =>
      body === undefined
        ? call({ method: 'GET', path, query })
        : call({ method: 'POST', path, query, body: JSON.stringify(body) }),
    )
    return shape(schema, answer, vendor, path)
  },
  async once(schema, path, body, { timeoutMs } = {}) {
    const bytes = typeof body === 'string' ? body : JSON.stringify(body)
    return shape(schema, await call({ method: 'POST', path, body: bytes, timeoutMs }), vendor, path)
  },
  upload: async (schema, path, file, query = {}) =>
    shape(schema, await call({ method: 'POST', path, query, file }), vendor, path),
  download: (path, most, { query = {}, body, headers = {} }) =>
    readWithRetry(() =>
      body === undefined
        ? download({ method: 'GET', path, query, headers, most })
        : download({ method: 'POST', path, query, headers, body: JSON.stringify(body), most }),
    ),
})

/** An answer of which nothing but its success matters. */
export const Done = z.looseObject({})
export const NumberLike = z.union([z.number(), z.string().regex(/^-?\d+$/)]).transform(Number)
/** "" ends the pages. */
export const NextCursor = z
  .string()
  .default('')
  .transform((cursor) => cursor || null)
