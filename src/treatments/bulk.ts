/** Many records at once: what is new goes in together, what has changed one by one, the rest writes nothing. */
import type { Announcer } from '../platform/announcements.ts'
import { answerOf, type BulkAnswer, type BulkOptions, type Written } from '../platform/bulk.ts'
import { AppError } from '../platform/errors.ts'
import type { RecordRow, RecordStore } from './model.ts'

export interface BulkWrite<T extends RecordRow> {
  store: RecordStore<T>
  announcer: Pick<Announcer, 'announce'>
  collection: string
  /** The record of each entry as it would be if it were new, or why there is none. Their ids differ. */
  rows: readonly (T | AppError)[]
  /** What an entry means to the record that is there. @throws AppError when it can't be written over it */
  judge: (before: T, row: T) => 'same' | 'changed' | Promise<'same' | 'changed'>
  /** Writes the entry with this place in `rows` over the record that is there. */
  change: (index: number) => Promise<unknown>
}

export async function writeMany<T extends RecordRow>(
  { store, announcer, collection, rows, judge, change }: BulkWrite<T>,
  { dryRun = false }: BulkOptions,
): Promise<BulkAnswer[]> {
  const known = new Map(
    (await store.byIds(rows.flatMap((row) => (row instanceof AppError ? [] : row._id)))).map((row) => [row._id, row]),
  )
  const answers: BulkAnswer[] = []
  const fresh: T[] = []
  for (const row of rows) {
    if (row instanceof AppError) {
      answers.push(row)
      continue
    }
    const before = known.get(row._id)
    if (!before) fresh.push(row)
    answers.push(before ? await answerOf(() => judge(before, row)) : 'new')
  }
  if (dryRun) return answers
  await store.insert(fresh)
  await announcer.announce(
    collection,
    fresh.filter(({ pending }) => pending.length > 0),
  )
  for (const [i, answer] of answers.entries())
    if (answer === 'changed')
      answers[i] = await answerOf(async (): Promise<Written> => {
        await change(i)
        return 'changed'
      })
  return answers
}
