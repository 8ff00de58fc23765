/** The phone's disk: what the program saved is there after it was killed. Each person's own, in the browser. */

const FILES = 'files'

export interface Disk {
  write(path: string, blob: Blob): Promise<void>
  remove(path: string): Promise<void>
  all(): Promise<[path: string, blob: Blob][]>
}

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('the disk failed'))
  })

export function createDisk(person: string): Disk {
  const opening = indexedDB.open(`mp:${person}`)
  opening.onupgradeneeded = () => opening.result.createObjectStore(FILES)
  const opened = done(opening)
  const files = async (mode: IDBTransactionMode) => (await opened).transaction(FILES, mode).objectStore(FILES)
  return {
    async write(path, blob) {
      await done((await files('readwrite')).put(blob, path))
    },
    async remove(path) {
      await done((await files('readwrite')).delete(path))
    },
    async all() {
      const kept = await files('readonly')
      const [paths, blobs] = await Promise.all([done(kept.getAllKeys()), done(kept.getAll())])
      return paths.map((path, i) => [String(path), blobs[i] as Blob])
    },
  }
}
