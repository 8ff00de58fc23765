/** Files of the phone: temporary ones are `blob:` addresses in memory, lasting ones are on its disk. */
import { nameFiles } from './addresses.ts'
import type { Registrar } from './api.ts'
import { failureOf } from './api.ts'
import { createDisk } from './disk.ts'

export interface KeptFile {
  blob: Blob
  bytes: Uint8Array<ArrayBuffer>
  name: string
  /** What a picture can show. */
  url: string
}

export interface Files {
  /** Keeps it under a path of its own, or under the one given. */
  keep(blob: Blob, path?: string): Promise<string>
  /** @throws Error as the phone words it */
  open(path: string): KeptFile
}

const USER_DATA = 'wxfile://usr'

interface AllFiles extends Files {
  /** What an earlier run of the program left is there. */
  ready: Promise<void>
  /** @throws Error as the phone words it */
  remove(path: string): Promise<void>
}

export function createFiles(person: string): AllFiles {
  const all = new Map<string, KeptFile>()
  const disk = createDisk(person)
  const isLasting = (path: string | undefined): path is string => path?.startsWith(USER_DATA) === true
  async function put(blob: Blob, path?: string): Promise<string> {
    const url = URL.createObjectURL(blob)
    const name = blob instanceof File ? blob.name : 'file'
    all.set(path ?? url, { blob, bytes: new Uint8Array(await blob.arrayBuffer()), name, url })
    return path ?? url
  }
  const restore = async () => {
    for (const [path, blob] of await disk.all()) await put(blob, path)
  }
  const ready = restore()
  nameFiles(async (path) => {
    await ready
    return all.get(path)?.url ?? ''
  })
  return {
    ready,
    async keep(blob, path) {
      if (isLasting(path)) await disk.write(path, blob)
      return put(blob, path)
    },
    async remove(path) {
      URL.revokeObjectURL(this.open(path).url)
      all.delete(path)
      if (isLasting(path)) await disk.remove(path)
    },
    open(path) {
      const file = all.get(path)
      if (!file) throw new Error(`no such file or directory, open "${path}"`)
      return file
    },
  }
}

interface FileOptions {
  filePath: string
  srcPath: string
  destPath: string
  path: string
  tempFilePath: string
  data: string | ArrayBuffer
  encoding?: string
  position?: number
  length?: number
  digestAlgorithm?: string
  success?: (result: unknown) => void
  fail?: (error: unknown) => void
  complete?: (result: unknown) => void
}

const binary = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')

function decoded(bytes: Uint8Array<ArrayBuffer>, encoding: string | undefined): string | ArrayBuffer {
  if (!encoding) return bytes.slice().buffer
  if (encoding === 'base64') return btoa(binary(bytes))
  if (encoding === 'hex') return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return encoding === 'binary' || encoding === 'latin1' || encoding === 'ascii'
    ? binary(bytes)
    : new TextDecoder(encoding).decode(bytes)
}

function encoded(data: string | ArrayBuffer, encoding: string | undefined): BlobPart {
  if (typeof data !== 'string' || (encoding !== 'base64' && encoding !== 'binary')) return data
  return Uint8Array.from(encoding === 'base64' ? atob(data) : data, (letter) => letter.charCodeAt(0))
}

const DIGESTS: Record<string, string> = { sha1: 'SHA-1', sha256: 'SHA-256' }
async function digestOf(bytes: Uint8Array<ArrayBuffer>, algorithm: string): Promise<string> {
  const name = DIGESTS[algorithm]
  if (!name) throw new Error(`${algorithm} is not known here`)
  return String(decoded(new Uint8Array(await crypto.subtle.digest(name, bytes)), 'hex'))
}

export function registerFiles({ wx }: Registrar, files: ReturnType<typeof createFiles>): void {
  const works = {
    readFile({ filePath, encoding, position = 0, length }: FileOptions) {
      const { bytes } = files.open(filePath)
      if (position < 0 || position > bytes.length) throw new Error('the value of "position" is out of range')
      const part = bytes.subarray(position, length === undefined ? undefined : position + length)
      return { data: decoded(part, encoding) }
    },
    async writeFile({ filePath, data, encoding }: FileOptions) {
      await files.keep(new Blob([encoded(data, encoding)]), filePath)
    },
    async getFileInfo({ filePath, digestAlgorithm }: FileOptions) {
      const { bytes } = files.open(filePath)
      return { size: bytes.length, ...(digestAlgorithm ? { digest: await digestOf(bytes, digestAlgorithm) } : {}) }
    },
    async copyFile({ srcPath, destPath }: FileOptions) {
      await files.keep(files.open(srcPath).blob, destPath)
    },
    async saveFile({ tempFilePath, filePath }: FileOptions) {
      const path = filePath ?? `${USER_DATA}/${crypto.randomUUID()}`
      return { savedFilePath: await files.keep(files.open(tempFilePath).blob, path) }
    },
    unlink: ({ filePath }: FileOptions) => files.remove(filePath),
    access: ({ path }: FileOptions) => void files.open(path),
  }
  const manager: Record<string, unknown> = {}
  for (const [name, work] of Object.entries(works))
    manager[name] = (options: FileOptions) => {
      const run = async () => {
        await files.ready
        return { errMsg: `${name}:ok`, ...((await work(options)) as object | undefined) }
      }
      void run()
        .then(options.success, (error: unknown) => options.fail?.(failureOf(name, error)))
        .then(options.complete)
    }
  Object.assign(wx, { env: { USER_DATA_PATH: USER_DATA }, getFileSystemManager: () => manager })
}
