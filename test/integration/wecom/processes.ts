/** Starts processes that use one database and one WeCom, and passes them their orders. */
import { type ChildProcess, fork } from 'node:child_process'
import { afterAll } from 'vitest'
import type { WecomSettings } from '../../../src/wecom/index.ts'
import type { Order, Report } from './token-process.ts'

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never

export interface CallerProcess {
  child: ChildProcess
  /** @throws when the process ends before it reports */
  ask(order: WithoutId<Order>): Promise<Report>
}

export async function startCaller(dbName: string, settings: WecomSettings): Promise<CallerProcess> {
  const child = fork(new URL('./token-process.ts', import.meta.url), {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, DB_NAME: dbName, SETTINGS: JSON.stringify(settings) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  afterAll(() => void child.kill('SIGKILL'))
  const waiting = new Map<number, (report: Report) => void>()
  let last = 0
  const ended = new Promise<never>((_, reject) => child.once('exit', () => reject(new Error('the process ended'))))
  // Most processes end when their file is over, and nobody waits for that.
  ended.catch(() => undefined)
  const started = new Promise<void>((resolve) => {
    child.on('message', (message: Report | 'ready') => {
      if (message === 'ready') resolve()
      else waiting.get(message.id)?.(message)
    })
  })
  await Promise.race([started, ended])
  return {
    child,
    ask(order) {
      last += 1
      const id = last
      return new Promise((resolve, reject) => {
        waiting.set(id, resolve)
        ended.catch(reject)
        child.send({ ...order, id })
      })
    },
  }
}
