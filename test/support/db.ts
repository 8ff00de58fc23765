/** A fresh database of the run's server for one test file, dropped when the file is over. */
import { randomBytes } from 'node:crypto'
import { type Connection, createConnection } from 'mongoose'
import { afterAll } from 'vitest'

/** `monitored`: for `watchWrites`. */
export async function testDb({ monitored = false } = {}): Promise<Connection> {
  const uri = process.env.MONGODB_URI
  if (!uri) throw new Error('MONGODB_URI is not set: run the tests through `npm test`, which starts a database')
  const db = await createConnection(uri, {
    dbName: `t_${randomBytes(6).toString('hex')}`,
    maxPoolSize: 10,
    autoIndex: false,
    monitorCommands: monitored,
  }).asPromise()
  afterAll(async () => {
    await db.dropDatabase()
    await db.close()
  })
  return db
}
