/** A database that was started for a process ends with it, however that ends. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { alive, answers, fakeServer, type Ladder, ladder, until } from './support.ts'

const pidIn = ({ folder }: Ladder, kind = 'mongod'): number => {
  try {
    return Number(readFileSync(join(folder, '.data/db', kind, 'pid'), 'utf8'))
  } catch {
    return 0
  }
}

test.each([
  ['SIGINT', 0],
  ['SIGTERM', 0],
  ['SIGHUP', 0],
  ['SIGKILL', null],
] as const)('%s: the database ends too', async (signal, code) => {
  const machine = ladder()
  machine.program('mongod', fakeServer)
  const { child, uri, exit } = machine.run()
  expect(await answers(await uri())).toBe(true)
  const pid = pidIn(machine)
  expect(alive(pid)).toBe(true)
  child.kill(signal)
  expect((await exit).code).toBe(code)
  await until(() => !alive(pid), 5_000)
})

test.each(['SIGINT', 'SIGTERM'] as const)('%s while it is still starting: it ends too', async (signal) => {
  const machine = ladder()
  machine.program('mongod', fakeServer)
  const { child, exit, words } = machine.run({ FAKE_MONGOD_DELAY_MS: '60000' })
  await until(() => pidIn(machine) > 0)
  child.kill(signal)
  expect((await exit).code).toBe(signal === 'SIGINT' ? 130 : 143)
  expect(words()).toBe('starting mongod as a one-member replica set\n')
  await until(() => !alive(pidIn(machine)), 5_000)
})

test('one that started but cannot be used is stopped before the next way is tried', async () => {
  const machine = ladder()
  machine.program('mongod', fakeServer)
  machine.program('secantusd-py', fakeServer)
  // Data of a set that refuses to be reconfigured.
  mkdirSync(join(machine.folder, '.data/db/mongod'), { recursive: true })
  writeFileSync(
    join(machine.folder, '.data/db/mongod/set.json'),
    JSON.stringify({ version: 1, frozen: true, members: [{ host: '127.0.0.1:1' }] }),
  )
  const { uri, words } = machine.run()
  expect(await answers(await uri())).toBe(true)
  expect(words()).toContain('mongod did not start, trying the next way')
  expect(alive(pidIn(machine))).toBe(false)
  expect(alive(pidIn(machine, 'secantusd-py'))).toBe(true)
})
