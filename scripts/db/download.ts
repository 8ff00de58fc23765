/** A real mongod, downloaded where the machine may download. */
import { resolve } from 'node:path'
import { during, type Tell } from './progress.ts'

/** A host that hasn't begun to answer by then is given up: the next way is quicker. */
const ANSWER_LIMIT_MS = 10_000
// The downloader's own name for another place to download from, e.g. a mirror in the country.
const hostOf = (env: NodeJS.ProcessEnv) => env.MONGOMS_DOWNLOAD_MIRROR ?? 'https://fastdl.mongodb.org'

/** Path of a mongod in `.cache/`, downloaded once; null where the host of the download does not answer. */
export async function downloadedMongod(tell: Tell): Promise<string | null> {
  // Its default is to trust every certificate, and this program is going to be run.
  process.env.npm_config_strict_ssl ??= 'true'
  const { DryMongoBinary, MongoBinary } = await import('mongodb-memory-server-core')
  const { MongoBinaryDownload } = await import('mongodb-memory-server-core/lib/util/MongoBinaryDownload.js')
  // It would print its progress on stdout, where `npm run db` prints nothing but the address; it needs the count.
  MongoBinaryDownload.prototype.printDownloadProgress = function (chunk: { length: number }) {
    this.dlProgress.current += chunk.length
  }
  const options = await DryMongoBinary.generateOptions({ downloadDir: resolve('.cache', 'mongodb-binaries') })
  const found = await DryMongoBinary.locateBinary(options)
  if (found) return found
  const host = hostOf(process.env)
  tell(`asking ${new URL(host).host} for mongod`)
  if (!(await answers(host))) {
    tell('it does not answer')
    return null
  }
  return during(tell, `downloading mongod ${options.version}`, () => MongoBinary.getPath(options))
}

async function answers(host: string): Promise<boolean> {
  try {
    await fetch(host, { method: 'HEAD', signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })
    return true
  } catch {
    return false
  }
}
