/** Photos on their way to the clinic: in pieces, over a cut network and a killed program, each counted once. */
import { beginUpload, completeUpload, type PhotoRequest, putPiece } from '../services/photos'
import { RequestError } from '../services/request'
import { newSubmissionId } from './chance'
import { fileFacts, readPart, removeFile, saveFile } from './files'

export interface Upload extends PhotoRequest {
  /** A lasting file of this phone. */
  file: string
  /** What will hold the photo, e.g. one question of a survey; it takes what is done. */
  owner: string
  state: 'sending' | 'paused' | 'offline' | 'failed' | 'done'
  percent: number
  /** Why it stands still. */
  words: string
  photoId: string | null
}

const KEY = 'uploads'
const RETRY_MS = 4_000
const HUNDRED = 100
const OFFLINE_WORDS = '网络断开了，恢复后会从断点继续'
const GONE_WORDS = '这张照片已不在手机上，请重新拍摄或选择'

type Listener = (all: readonly Upload[]) => void
const listeners = new Set<Listener>()
const running = new Set<string>()
let all: Upload[] | null = null

function list(): Upload[] {
  all ??= wx.getStorageSync<Upload[] | ''>(KEY) || []
  return all
}
function tell(): void {
  wx.setStorageSync(KEY, list())
  for (const listener of listeners) listener(list())
}
const find = (id: string): Upload | undefined => list().find(({ submissionId }) => submissionId === id)

/** Told at once, and of every change until `stop` is called. What was cut off goes on by itself. */
export function watchUploads(listener: Listener): () => void {
  listeners.add(listener)
  listener(list())
  for (const one of list()) if (one.state === 'sending' || one.state === 'offline') resumeUpload(one.submissionId)
  return () => listeners.delete(listener)
}

export type Wanted = Pick<Upload, 'treatmentId' | 'angle' | 'purpose' | 'owner'>

/** @param tempFilePath of the camera or the album */
export async function addUpload(tempFilePath: string, wanted: Wanted): Promise<Upload> {
  const file = await saveFile(tempFilePath)
  const facts = await fileFacts(file)
  const submissionId = newSubmissionId()
  const upload: Upload = {
    ...wanted,
    ...facts,
    submissionId,
    file,
    state: 'sending',
    percent: 0,
    words: '',
    photoId: null,
  }
  list().push(upload)
  tell()
  void run(upload)
  return upload
}

export function pauseUpload(id: string): void {
  change(id, { state: 'paused', words: '' })
}

export function resumeUpload(id: string): void {
  change(id, { state: 'sending', words: '' })
  const upload = find(id)
  if (upload) void run(upload)
}

/** Given up, or taken over by whoever holds the photo. */
export function dropUpload(id: string): void {
  const upload = find(id)
  if (!upload) return
  all = list().filter((one) => one !== upload)
  removeFile(upload.file)
  tell()
}

function change(id: string, facts: Partial<Upload>): void {
  const upload = find(id)
  if (!upload || upload.state === 'done') return
  Object.assign(upload, facts)
  tell()
}

async function run(upload: Upload): Promise<void> {
  const { submissionId } = upload
  if (running.has(submissionId)) return
  running.add(submissionId)
  try {
    await send(upload)
  } catch (error) {
    stopped(upload, error)
  } finally {
    running.delete(submissionId)
  }
  // It was paused and resumed while a piece was on its way.
  if (find(submissionId)?.state === 'sending') void run(upload)
}

async function send(upload: Upload): Promise<void> {
  const { submissionId, treatmentId, angle, purpose, bytes, sha256, file } = upload
  const isOn = () => find(submissionId)?.state === 'sending'
  const begun = await beginUpload({ submissionId, treatmentId, angle, purpose, bytes, sha256 })
  const { uploadId, chunkBytes } = begun
  const received = new Set(begun.received)
  const pieces = Math.ceil(bytes / chunkBytes)
  const progress = () => change(submissionId, { percent: Math.floor((received.size * HUNDRED) / pieces) })
  progress()
  for (let index = 0; index < pieces; index++) {
    if (received.has(index)) continue
    if (!isOn()) return
    const start = index * chunkBytes
    await putPiece(uploadId, index, await readPart(file, start, Math.min(chunkBytes, bytes - start)))
    received.add(index)
    progress()
  }
  if (!isOn()) return
  const { id } = await completeUpload(uploadId)
  change(submissionId, { state: 'done', percent: HUNDRED, photoId: id })
}

function stopped({ submissionId }: Upload, error: unknown): void {
  // Who paused it meanwhile meant it.
  if (find(submissionId)?.state !== 'sending') return
  const isRefused = error instanceof RequestError && error.status >= 400 && error.status < 500
  if (isRefused || !(error instanceof RequestError)) {
    change(submissionId, { state: 'failed', words: isRefused ? error.message : GONE_WORDS })
    return
  }
  change(submissionId, { state: 'offline', words: OFFLINE_WORDS })
  setTimeout(() => {
    if (listeners.size > 0 && find(submissionId)?.state === 'offline') resumeUpload(submissionId)
  }, RETRY_MS)
}
