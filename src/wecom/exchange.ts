/** One exchange of bytes with a vendor: keep-alive, a time limit of the whole, files streamed in both directions. */
import { randomBytes } from 'node:crypto'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const DEFAULT_TIMEOUT_MS = 8_000
/** Files of 20 MB over a slow line. */
export const FILE_TIMEOUT_MS = 60_000
const ANSWER_LIMIT = 8 * 1024 * 1024
const agents = {
  'http:': new HttpAgent({ keepAlive: true, maxSockets: 64 }),
  'https:': new HttpsAgent({ keepAlive: true, maxSockets: 64 }),
}

/** A file on its way to a vendor. */
export interface Upload {
  fileName: string
  contentType: string
  /** Bytes, exactly. */
  size: number
  /** Opened anew for every try. */
  open(): Readable
}

/** A file on its way from a vendor. The stream must be read or destroyed. */
export interface Download {
  contentType: string
  fileName: string | null
  /** Bytes, where the vendor says so. */
  size: number | null
  stream: Readable
}

export interface Outgoing {
  method: 'GET' | 'POST'
  url: string
  body?: string
  file?: Upload
  headers?: Record<string, string>
  timeoutMs?: number | undefined
}

interface Form {
  headers: Record<string, string | number>
  bytes(): AsyncGenerator<Uint8Array>
}

/** The file as a form's part `media`. */
function formOf({ fileName, contentType, size, open }: Upload): Form {
  // By chance, so that no file can hold it on purpose.
  const boundary = `aftercare-${randomBytes(16).toString('hex')}`
  const name = fileName.replace(/["\r\n\\]/g, '_')
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="media"; filename="${name}"; filelength=${size}\r\n` +
      `Content-Type: ${contentType}\r\n\r\n`,
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': head.length + size + tail.length,
    },
    async *bytes() {
      yield head
      let sent = 0
      for await (const chunk of open()) {
        sent += (chunk as Buffer).length
        yield chunk as Buffer
      }
      // Less would leave the vendor waiting, more would be cut: neither is the file.
      if (sent !== size) throw new Error('the file is not as long as was said')
      yield tail
    },
  }
}

const jsonHeaders = (body: string | undefined): Record<string, string | number> =>
  body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }

/** Resolves when the answer begins; rejects with the socket's error. node:http, because it tells a refused connection from a reset one. */
export function exchange(outgoing: Outgoing): Promise<IncomingMessage> {
  const { method, url, body, file, headers, timeoutMs = file ? FILE_TIMEOUT_MS : DEFAULT_TIMEOUT_MS } = outgoing
  const form = file && formOf(file)
  return new Promise((resolve, reject) => {
    const target = new URL(url)
    const secure = target.protocol === 'https:'
    const request = (secure ? httpsRequest : httpRequest)(
      target,
      {
        method,
        agent: secure ? agents['https:'] : agents['http:'],
        headers: { ...headers, ...(form ? form.headers : jsonHeaders(body)) },
      },
      resolve,
    )
    // Of the whole exchange: an answer that comes byte by byte is no answer, and leases run meanwhile.
    const limit = setTimeout(
      () => request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
      timeoutMs,
    )
    request.on('close', () => clearTimeout(limit))
    request.on('error', reject)
    if (form) pipeline(form.bytes(), request).catch(reject)
    else request.end(body)
  })
}

/** The answer as text, of at most 8 MB. */
export async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    size += (chunk as Buffer).length
    if (size > ANSWER_LIMIT) throw new Error('answer too large')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * The answer as a file, or null when it is the vendor's JSON: an error comes as JSON that no file name is given to. More bytes
 * than `most` break the stream.
 */
export function downloadOf(response: IncomingMessage, most: number): Download | null {
  const { 'content-type': contentType = '', 'content-disposition': disposition = '' } = response.headers
  if (!disposition && !/^(image|audio|video)\/|^application\/octet-stream/.test(contentType)) return null
  let size = 0
  const bounded = new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.length
      if (size > most) done(new Error('file too large'))
      else done(null, chunk)
    },
  })
  // The reader of the stream gets the error.
  pipeline(response, bounded).catch(() => undefined)
  const length = Number(response.headers['content-length'])
  return {
    contentType,
    fileName: fileNameOf(disposition),
    size: Number.isInteger(length) && response.headers['content-length'] ? length : null,
    stream: bounded,
  }
}

function fileNameOf(disposition: string): string | null {
  const given = /filename="?([^";]*)"?/i.exec(disposition)?.[1]
  if (!given) return null
  // Node hands headers over as Latin-1. The vendor doesn't say whether a name is UTF-8 or percent signs: both are read.
  const name = Buffer.from(given, 'latin1').toString('utf8')
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
