/** Signature version 4, as every S3-speaking store checks it (AWS, "Signature Calculations for the Authorization Header"). Pure. */
import { createHash, createHmac } from 'node:crypto'

export interface S3Keys {
  region: string
  accessKey: string
  secretKey: string
}

export interface ToSign {
  method: string
  /** Path and query as they are sent: both percent-encoded by `encoded`, the query sorted by name. */
  url: URL
  /** Lower-case names; `host` is added. */
  headers: Readonly<Record<string, string>>
  /** Hex sha256 of the body. */
  sha256: string
  at: Date
}

/** As the signature wants it: everything but letters, digits and `-._~`. */
export const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** The headers to send: those given, what the signature adds, and the signature. */
export function signed({ method, url, headers, sha256, at }: ToSign, keys: S3Keys): Record<string, string> {
  const time = at.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = time.slice(0, 8)
  const all: Record<string, string> = {
    ...headers,
    host: url.host,
    'x-amz-content-sha256': sha256,
    'x-amz-date': time,
  }
  const names = Object.keys(all).sort()
  const request = [
    ...[method, url.pathname, url.search.slice(1)],
    ...names.map((name) => `${name}:${all[name]?.trim()}`),
    ...['', names.join(';'), sha256],
  ].join('\n')
  const scope = `${day}/${keys.region}/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(request).digest('hex')].join('\n')
  const key = [keys.region, 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${keys.secretKey}`, day))
  const signature = hmac(key, text).toString('hex')
  return {
    ...all,
    authorization: `AWS4-HMAC-SHA256 Credential=${keys.accessKey}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  }
}
