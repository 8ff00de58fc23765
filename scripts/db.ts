/** `npm run db`: a database in the foreground; its address is the only line on stdout. Ctrl-C stops it. */

import { NoDatabaseError, startDatabase } from './db/ladder.ts'
import { exitOnStopSignal, onStopSignal } from './signals.ts'

const release = exitOnStopSignal()
try {
  const database = await startDatabase({
    dataDir: `${process.env.DATA_DIR ?? '.data'}/db`,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  })
  process.stdout.write(`${database.uri}\n`)
  const keep = setInterval(() => undefined, 60_000)
  release()
  onStopSignal(() => {
    clearInterval(keep)
    void database.stop().finally(() => process.exit(0))
  })
} catch (error) {
  if (!(error instanceof NoDatabaseError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
