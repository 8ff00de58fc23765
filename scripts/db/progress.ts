/** Words for a person who waits. */

/** Takes one line. */
export type Tell = (line: string) => void

const HEARTBEAT_MS = 10_000

/** Says that something begins, and every ten seconds that it still goes on. */
export async function during<T>(tell: Tell, what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now()
  tell(`${what} …`)
  const heartbeat = setInterval(
    () => tell(`  still ${what} (${Math.round((performance.now() - startedAt) / 1000)} s)`),
    HEARTBEAT_MS,
  )
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
  }
}
