/** A real mongod, downloaded by mongodb-memory-server, where the machine may download. */
import { mkdirSync } from 'node:fs'
import type { Database } from './ladder.ts'

/** A download that hasn't begun to answer by then is given up: the next rung is quicker. */
const ANSWER_LIMIT_MS = 10_000
const DOWNLOAD_HOST = 'https://fastdl.mongodb.org'

export async function startMemoryServer(path: string, onProgress: (line: string) => void): Promise<Database | null> {
  if (!(await answers())) return null
  onProgress('downloading mongod')
  const { MongoMemoryReplSet } = await import('mongodb-memory-server-core')
  mkdirSync(path, { recursive: true })
  const server = await MongoMemoryReplSet.create({
    replSet: { count: 1, storageEngine: 'wiredTiger' },
    instanceOpts: [{ dbPath: path }],
    binary: { downloadDir: '.cache/mongodb-binaries' },
  })
  return {
    uri: server.getUri('aftercare'),
    kind: 'memory-server',
    stop: async () => {
      await server.stop({ doCleanup: false })
    },
  }
}

async function answers(): Promise<boolean> {
  try {
    await fetch(DOWNLOAD_HOST, { method: 'HEAD', signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })
    return true
  } catch {
    return false
  }
}
