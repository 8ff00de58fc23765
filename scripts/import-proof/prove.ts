/** A clinic's list of customers, brought in by `npm run import` and then again: what it takes, and whether anything is wrong. */
import { hash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection } from 'mongoose'
import { connectDb } from '../../src/platform/db.ts'
import { enterStores } from '../bench/clinic.ts'
import { openRooms } from '../bench/rooms.ts'
import { serverEnv } from '../bench/settings.ts'
import { runImport } from './command.ts'
import { type BadRow, customersFile } from './customers-file.ts'
import { judge, type Seen } from './judge.ts'

export interface ImportProof {
  rows: number
  bad: number
  first: { seconds: number; memory: number | null }
  again: { seconds: number; memory: number | null }
  findings: string[]
}

export const BAD_ROWS = 100

/** Nobody listens where the settings say that WeCom is: an import that asked there would fail. */
export async function proveImport({
  uri,
  rows,
  seed,
  say,
}: {
  uri: string
  rows: number
  seed: number
  say: (line: string) => void
}): Promise<ImportProof> {
  const folder = mkdtempSync(join(tmpdir(), 'import-proof-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  const path = join(folder, 'customers.csv')
  const { text, bad } = customersFile(rows, { wrong: BAD_ROWS, seed })
  writeFileSync(path, text)
  await prepare(uri)
  const db = await connectDb(uri)
  const run = async (name: string): Promise<Seen> => {
    say(name)
    const aside = join(folder, `${name}.bad.csv`)
    const ran = await runImport([path, '--kind', 'customers', '--bad', aside], serverEnv(uri), say)
    return { ...ran, bad: readBad(aside), rows: await digests(db) }
  }
  try {
    const first = await run('first')
    const found = await numbersIn(db)
    const again = await run('again')
    const wrong = new Set(bad.map(({ line }) => line - 2))
    const numbers = Array.from({ length: rows }, (_, i) => i).flatMap((i) => (wrong.has(i) ? [] : `HM-${i}`))
    const figures = ({ seconds, memory }: Seen) => ({ seconds, memory })
    return {
      rows,
      bad: again.bad.length,
      first: figures(first),
      again: figures(again),
      findings: judge({ rows, bad, numbers, found }, first, again),
    }
  } finally {
    await db.close()
    process.off('exit', remove)
    remove()
  }
}

/** The stores that the file names, entered as the API does, and the indexes of the records. */
async function prepare(uri: string): Promise<void> {
  const rooms = await openRooms(uri, '2026-03-02T02:00:00Z', {})
  try {
    await rooms.ready()
    await enterStores(rooms)
  } finally {
    await rooms.close()
  }
}

/** 行号, 列, 错误代码, 原因 and Reason stand behind the row's own cells, none of which has a comma here. */
function readBad(path: string): BadRow[] {
  if (!existsSync(path)) return []
  const [, ...rows] = readFileSync(path, 'utf8').split('\r\n').filter(Boolean)
  return rows.map((row) => {
    const [line = '', , code = ''] = row.split(',').slice(-5)
    return { line: Number(line), code }
  })
}

async function numbersIn(db: Connection): Promise<string[]> {
  const rows = db.collection<{ externalId: string | null }>('customers').find({}, { batchSize: 2_000 })
  const numbers: string[] = []
  for await (const { externalId } of rows) numbers.push(String(externalId))
  return numbers
}

/** Every document of every collection. */
async function digests(db: Connection): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const { name } of (await db.db?.listCollections().toArray()) ?? [])
    for await (const row of db.collection(name).find({}, { batchSize: 2_000 }))
      found.set(`${name} ${String(row._id)}`, hash('sha1', JSON.stringify(row)))
  return found
}
