/** A clinic to import into, and what its database holds. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection } from 'mongoose'
import { afterAll } from 'vitest'
import type { ImportRequest, KindName } from '../../../src/imports/index.ts'
import { careWorld } from '../care/support.ts'

export { CUSTOMER_HEADINGS, customerRow, customersFile, lines } from '../../../scripts/import-proof/customers-file.ts'

export async function importWorld(options: Parameters<typeof careWorld>[0] = {}) {
  const world = await careWorld({ customers: 4, ...options })
  const folder = mkdtempSync(join(tmpdir(), 'imports-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  let serial = 0
  return {
    ...world,
    file(content: string | Uint8Array, name = 'file.csv'): string {
      serial += 1
      const path = join(folder, `${serial}-${name}`)
      writeFileSync(path, content)
      return path
    },
    import: (path: string, kind: KindName, more: Partial<ImportRequest> = {}) =>
      world.app.imports.run({ path, kind, ...more }),
    dump: () => dump(world.db),
  }
}

/** Every document of every collection, to the letter. */
export async function dump(db: Connection): Promise<Record<string, string>> {
  const names = ((await db.db?.listCollections().toArray()) ?? []).map(({ name }) => name).sort()
  const all: Record<string, string> = {}
  for (const name of names) {
    const rows = await db.collection(name).find().toArray()
    all[name] = rows
      .map((row) => JSON.stringify(row))
      .sort()
      .join('\n')
  }
  return all
}

export const readLines = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .replace(/^\uFEFF/, '')
    .split('\r\n')
    .filter(Boolean)
