/** Messages that don't overtake one another: the answers of one conversation, also when the first one has to be sent again. */
import { addMs, SECOND_MS } from '../platform/clock.ts'
import type { Work } from './gates.ts'
import type { OutboxStore } from './model.ts'

/** Somebody else has the earlier one in hand just now. */
const SOON_MS = SECOND_MS

/** A batch with each message behind the one that it follows, else as it came. */
export function inOrder(works: readonly Work[]): Work[] {
  const byId = new Map(works.map((work) => [work.row._id, work]))
  const placed = new Set<Work>()
  const place = (work: Work): void => {
    if (placed.has(work)) return
    const before = byId.get(work.row.after ?? '')
    byId.delete(work.row._id)
    if (before) place(before)
    placed.add(work)
  }
  for (const work of works) place(work)
  return [...placed]
}

/** Puts back what follows a message that isn't in this batch, and may still go. */
export async function waitForOthers(store: Pick<OutboxStore, 'unsettled'>, works: readonly Work[], now: Date) {
  const here = new Set(works.map(({ row }) => row._id))
  const elsewhere = works.flatMap(({ row: { after } }) => (after === undefined || here.has(after) ? [] : [after]))
  const open = await store.unsettled([...new Set(elsewhere)])
  for (const work of works) {
    const dueAt = open.get(work.row.after ?? '')
    if (dueAt) putBack(work, dueAt > now ? dueAt : addMs(now, SOON_MS))
  }
}

/** Right before it would be sent: whether the one before it, in the same batch, has to come first. Then it waits with it. */
export function isHeldBack(work: Work, works: readonly Work[], now: Date): boolean {
  const before = work.row.after === undefined ? undefined : works.find(({ row }) => row._id === work.row.after)
  if (!before || (!before.lost && before.change?.settled === true)) return false
  const dueAt = before.change?.set.dueAt
  putBack(work, before.lost ? addMs(now, SOON_MS) : dueAt instanceof Date ? dueAt : now)
  return true
}

/** What may have arrived keeps its bytes. */
function putBack(work: Work, dueAt: Date): void {
  const set = { dueAt, ...(work.resent ? {} : { status: 'ready', intent: null }) }
  work.change = { set, attempt: null, settled: false }
}
