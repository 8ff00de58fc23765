/** `wx.request`, `uploadFile` and `downloadFile`: tasks that can be aborted and tell how far they are. */

import { addressInPhone } from './addresses.ts'
import { failureOf, type OptionsOf, type Registrar, recorded, settle, WxError } from './api.ts'
import type { Files } from './files.ts'

const TIMEOUT_MS = 60_000

interface Sent {
  method: string
  url: string
  headers: Record<string, string>
  body?: XMLHttpRequestBodyInit | undefined
  answer: XMLHttpRequestResponseType
}
interface Answer {
  data: unknown
  statusCode: number
  header: Record<string, string>
}
interface Progress {
  progress: number
  sent: number
  expected: number
}
type Watch = (event: unknown) => void
interface Running {
  request: XMLHttpRequest
  answer: Promise<Answer>
  /** Told what WeChat's task events tell. */
  watchers: Record<'upload' | 'download' | 'headers', Set<(event: never) => void>>
}

const headersOf = (request: XMLHttpRequest): Record<string, string> =>
  Object.fromEntries(
    request
      .getAllResponseHeaders()
      .trim()
      .split(/[\r\n]+/)
      .map((line) => {
        const at = line.indexOf(':')
        return [line.slice(0, at), line.slice(at + 1).trim()]
      }),
  )

const progressOf = ({ loaded, total }: ProgressEvent): Progress => ({
  progress: total > 0 ? Math.round((loaded / total) * 100) : 0,
  sent: loaded,
  expected: total,
})

function send({ method, url, headers, body, answer }: Sent, timeout: number | undefined): Running {
  const request = new XMLHttpRequest()
  const watchers: Running['watchers'] = { upload: new Set(), download: new Set(), headers: new Set() }
  const tell = (name: keyof Running['watchers'], event: unknown) => {
    for (const watcher of watchers[name]) watcher(event as never)
  }
  const outcome = new Promise<Answer>((resolve, reject) => {
    request.open(method, addressInPhone(url))
    request.responseType = answer
    request.timeout = timeout ?? TIMEOUT_MS
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = (event) => tell('upload', progressOf(event))
    request.onprogress = (event) => tell('download', progressOf(event))
    request.onreadystatechange = () => {
      if (request.readyState === XMLHttpRequest.HEADERS_RECEIVED) tell('headers', { header: headersOf(request) })
    }
    request.onload = () =>
      resolve({ data: request.response as unknown, statusCode: request.status, header: headersOf(request) })
    request.onerror = () => reject(new WxError('net::ERR_FAILED', { errno: 600_001 }))
    request.ontimeout = () => reject(new WxError('timeout', { errno: 5 }))
    request.onabort = () => reject(new WxError('abort'))
  })
  // A watcher on the upload must be there before it begins.
  request.send(body ?? null)
  return { request, answer: outcome, watchers }
}

const lowerCase = (header: object | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(header ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]))

/** A GET carries its data in the address. */
function withQuery(url: string, data: unknown): string {
  if (data === undefined || data === null) return url
  const pairs = Object.entries(data as object)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)])
  const query = typeof data === 'string' ? data : new URLSearchParams(pairs).toString()
  return query === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`
}

function bodyOf(data: unknown, type: string): XMLHttpRequestBodyInit | undefined {
  if (data === undefined || data === null) return undefined
  if (typeof data === 'string' || data instanceof ArrayBuffer) return data
  return type.includes('urlencoded') ? new URLSearchParams(data as Record<string, string>) : JSON.stringify(data)
}

function requested(options: OptionsOf<'request'>): Sent {
  const method = (options.method ?? 'GET').toUpperCase()
  const headers = { 'content-type': 'application/json', ...lowerCase(options.header) }
  const isGet = method === 'GET'
  return {
    method,
    url: isGet ? withQuery(options.url, options.data) : options.url,
    headers,
    body: isGet ? undefined : bodyOf(options.data, headers['content-type']),
    answer: options.responseType === 'arraybuffer' ? 'arraybuffer' : 'text',
  }
}

function parsed({ data, ...answer }: Answer, dataType: string | undefined): Answer {
  if (typeof data !== 'string' || (dataType ?? 'json') !== 'json') return { ...answer, data }
  try {
    return { ...answer, data: JSON.parse(data) as unknown }
  } catch {
    return { ...answer, data }
  }
}

const uploadWords = ({ progress, sent, expected }: Progress) => ({
  progress,
  totalBytesSent: sent,
  totalBytesExpectedToSend: expected,
})
const downloadWords = ({ progress, sent, expected }: Progress) => ({
  progress,
  totalBytesWritten: sent,
  totalBytesExpectedToWrite: expected,
})

export function registerNetwork({ wx, shell }: Registrar, files: Files): void {
  function task<O extends object>(
    name: string,
    start: (options: O) => Running,
    finish: (answer: Answer, options: O) => unknown,
  ) {
    wx[name] = (options: O & { success?: never }) => {
      shell.calls.push({ api: name, args: recorded(options) })
      const { request, answer, watchers } = start(options)
      const outcome = answer.then(
        async (result) => ({ errMsg: `${name}:ok`, ...((await finish(result, options)) as object) }),
        (error: unknown) => {
          throw failureOf(name, error)
        },
      )
      // A task is no promise: without callbacks nobody hears of its end.
      void settle(outcome, options)?.catch(() => undefined)
      const [kind, words] =
        name === 'uploadFile' ? (['upload', uploadWords] as const) : (['download', downloadWords] as const)
      const wrapped = new Map<Watch, (event: Progress) => void>()
      return {
        abort: () => request.abort(),
        onProgressUpdate(watch: Watch) {
          const told = (event: Progress) => watch(words(event))
          wrapped.set(watch, told)
          watchers[kind].add(told)
        },
        offProgressUpdate(watch: Watch) {
          const told = wrapped.get(watch)
          if (told) watchers[kind].delete(told)
        },
        onHeadersReceived: (watch: Watch) => void watchers.headers.add(watch),
        offHeadersReceived: (watch: Watch) => void watchers.headers.delete(watch),
      }
    }
  }

  task<OptionsOf<'request'>>(
    'request',
    (options) => send(requested(options), options.timeout),
    (answer, { dataType }) => ({
      ...parsed(answer, dataType),
      cookies: [],
    }),
  )

  task<OptionsOf<'uploadFile'>>(
    'uploadFile',
    (options) => {
      const form = new FormData()
      for (const [name, value] of Object.entries(options.formData ?? {})) form.append(name, String(value))
      const { blob, name } = files.open(options.filePath)
      form.append(options.name, blob, name)
      const { 'content-type': _, ...headers } = lowerCase(options.header)
      return send({ method: 'POST', url: options.url, headers, body: form, answer: 'text' }, options.timeout)
    },
    (answer) => answer,
  )

  task<OptionsOf<'downloadFile'>>(
    'downloadFile',
    (options) =>
      send({ method: 'GET', url: options.url, headers: lowerCase(options.header), answer: 'blob' }, options.timeout),
    async ({ data, ...answer }, { filePath }) => {
      const path = await files.keep(data as Blob, filePath)
      return { ...answer, ...(filePath ? { filePath: path } : { tempFilePath: path }) }
    },
  )
}
