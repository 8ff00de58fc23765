/** Counts what a client asks of the database, by the driver's command monitoring. Heartbeats and handshakes are not commands. */
import type { MongoClient } from 'mongodb'

const NOT_COUNTED: ReadonlySet<string> = new Set([
  'hello',
  'ismaster',
  'isMaster',
  'ping',
  'endSessions',
  'killCursors',
])

export interface CommandCount {
  /** Starts again from nothing. */
  reset(): void
  total(): number
  byName(): Record<string, number>
}

export function countCommands(client: Pick<MongoClient, 'on'>): CommandCount {
  const counts = new Map<string, number>()
  client.on('commandStarted', ({ commandName }) => {
    if (!NOT_COUNTED.has(commandName)) counts.set(commandName, (counts.get(commandName) ?? 0) + 1)
  })
  return {
    reset: () => counts.clear(),
    total: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
    byName: () => Object.fromEntries([...counts].sort()),
  }
}
