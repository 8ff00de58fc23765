/** `npm run db`: a database in the foreground; its address is the only line on stdout. Ctrl-C stops it. */
import { startDatabase } from './db/ladder.ts'

try {
  const database = await startDatabase({
    dataDir: `${process.env.DATA_DIR ?? '.data'}/db`,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  })
  process.stdout.write(`${database.uri}\n`)
  const keep = setInterval(() => undefined, 60_000)
  const stop = () => {
    clearInterval(keep)
    void database.stop().finally(() => process.exit(0))
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
