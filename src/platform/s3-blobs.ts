/**
 * Files in a bucket of an S3-speaking store. What is smaller than a part goes in one request, anything else in parts, of which
 * one is in memory at a time; the file is there with the last request, whole, or not at all.
 */
import { XMLParser } from 'fast-xml-parser'
import type { BlobStore } from './blobs.ts'
import { AppError, notFound } from './errors.ts'
import type { Log } from './log.ts'
import type { S3Answer, S3Ask, S3Bucket } from './s3.ts'

/** The least that a part may have but for the last; the store's rule. */
const PART = 5 * 1024 * 1024
const PIECE = 1024 * 1024
/** Of one file. More than one is there only where several processes died at it. */
const MOST_UPLOADS = 100

const xml = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'Upload' })
interface Document {
  InitiateMultipartUploadResult?: { UploadId?: string }
  CompleteMultipartUploadResult?: object
  ListMultipartUploadsResult?: { Upload?: { Key?: string; UploadId?: string }[] }
  Error?: { Code?: string }
}
const documentOf = ({ body }: S3Answer): Document => xml.parse(body.toString('utf8')) as Document

export function createS3Blobs(bucket: S3Bucket, folder: string, log: Pick<Log, 'warn'>): BlobStore {
  const keyOf = (id: string) => `${folder}/${id}`

  /** @throws AppError upstream/blob_store_refused: with the store's own code for it */
  async function must(ask: S3Ask): Promise<S3Answer> {
    const answer = await bucket.ask(ask)
    if (answer.status >= 300) throw refusal(ask, answer)
    return answer
  }

  async function remove(id: string): Promise<void> {
    const key = keyOf(id)
    const { status } = await bucket.ask({ method: 'DELETE', key })
    if (status >= 300 && status !== 404)
      throw refusal({ method: 'DELETE' }, { status, headers: {}, body: Buffer.alloc(0) })
    // Parts without a file cost money and are seen by nobody.
    const query = { uploads: '', prefix: key, 'max-uploads': String(MOST_UPLOADS) }
    const { ListMultipartUploadsResult: found } = documentOf(await must({ method: 'GET', query }))
    for (const { Key, UploadId } of found?.Upload ?? [])
      if (Key === key && UploadId) await bucket.ask({ method: 'DELETE', key, query: { uploadId: UploadId } })
  }

  const put = (key: string, body: readonly Buffer[]) => must({ method: 'PUT', key, body })

  async function begin(key: string): Promise<string> {
    const answer = await must({ method: 'POST', key, query: { uploads: '' } })
    const uploadId = documentOf(answer).InitiateMultipartUploadResult?.UploadId
    if (!uploadId) throw refusal({ method: 'POST' }, answer)
    return uploadId
  }

  async function putPart(key: string, uploadId: string, n: number, body: readonly Buffer[]): Promise<string> {
    const { headers } = await must({ method: 'PUT', key, query: { partNumber: String(n), uploadId }, body })
    return String(headers.etag)
  }

  async function complete(key: string, uploadId: string, tags: readonly string[]): Promise<void> {
    const parts = tags.map((tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${tag}</ETag></Part>`)
    const body = [Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`)]
    const ask = { method: 'POST', key, query: { uploadId }, body } as const
    const answer = await bucket.ask(ask)
    // It may say 200 before it knows, and the error then stands in the body.
    if (answer.status < 300 && documentOf(answer).CompleteMultipartUploadResult) return
    // Tried twice, the first time may have done it.
    if ((await bucket.ask({ method: 'HEAD', key })).status !== 200) throw refusal(ask, answer)
  }

  return {
    remove,
    async write(id, source) {
      const key = keyOf(id)
      const tags: string[] = []
      let uploadId: string | null = null
      let length = 0
      let held: Buffer[] = []
      let bytes = 0
      const flush = async () => {
        uploadId ??= await begin(key)
        tags.push(await putPart(key, uploadId, tags.length + 1, held))
        held = []
        bytes = 0
      }
      try {
        for await (const part of source) {
          for (let at = 0; at < part.length; ) {
            const piece = part.subarray(at, at + PART - bytes)
            held.push(piece)
            bytes += piece.length
            length += piece.length
            at += piece.length
            if (bytes === PART) await flush()
          }
        }
        if (uploadId === null) {
          await put(key, held)
          return length
        }
        if (bytes > 0) await flush()
        await complete(key, uploadId, tags)
        return length
      } catch (error) {
        await remove(id).catch(() => undefined)
        throw error
      }
    },
    async *read(id) {
      const key = keyOf(id)
      for (let from = 0, total = Number.POSITIVE_INFINITY; from < total; ) {
        const range = `bytes=${from}-${from + PIECE - 1}`
        const ask = { method: 'GET', key, headers: { range } } as const
        const answer = await bucket.ask(ask)
        if (answer.status === 404) throw notFound('not_found', { blob: id })
        // Nothing can be asked of a file without bytes.
        if (answer.status === 416 && from === 0) return
        total = Number(/\/(\d+)$/.exec(String(answer.headers['content-range']))?.[1])
        if (answer.status !== 206 || !(total > from) || answer.body.length === 0) throw refusal(ask, answer)
        yield answer.body
        from += answer.body.length
      }
    },
    async ready() {
      try {
        await must({ method: 'HEAD' })
      } catch (error) {
        // Wrong keys stay wrong. A store that is away comes back, and everything but photos can go on meanwhile.
        if ((error as AppError).code !== 'blob_store_unreachable') throw error
        log.warn({ err: error }, 'the store of photos does not answer')
      }
    },
  }
}

function refusal({ method }: Pick<S3Ask, 'method'>, answer: S3Answer): AppError {
  let code: string | undefined
  try {
    code = documentOf(answer).Error?.Code
  } catch {
    // A proxy's page, perhaps: the status is all there is.
  }
  return new AppError('upstream', 'blob_store_refused', {
    method,
    status: answer.status,
    ...(code ? { said: code } : {}),
  })
}
