/**
 * Messages to colleagues that this process saw leave. Nothing becomes of them any more, so that whoever wants one back needs
 * no look: most cards that are withdrawn or updated left long ago. (A customer's message may fail later and go on.)
 */
export interface Left {
  add(id: string): void
  has(id: string): boolean
}

const ROOM = 5_000

export function createLeft(): Left {
  const ids = new Set<string>()
  return {
    add(id) {
      if (ids.size >= ROOM) ids.clear()
      ids.add(id)
    },
    has: (id) => ids.has(id),
  }
}
