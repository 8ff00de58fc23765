/** `npm run replay` on a real database: what was given up is listed with its reason and made due again. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'

const db = await testDb()
const uri = (process.env.MONGODB_URI ?? '').replace(/\/[^/?]*(\?|$)/, `/${db.name}$1`)
function replay(...args: string[]): { status: number | null; said: string } {
  const command = ['--import', 'tsx', 'scripts/replay-event.ts', ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    env: { ...process.env, MONGODB_URI: uri },
    encoding: 'utf8',
  })
  return { status, said: stdout + stderr }
}

test('given up, listed with the reason, due again, and then done', async () => {
  const { inbox, events, clock } = await testPorts(db)
  let broken = true
  const handled: string[] = []
  const fragile = (id: string) => {
    if (broken) throw new Error('still broken')
    handled.push(id)
  }
  inbox.on('wecom', 'text', async ({ key }) => fragile(key))
  events.subscribe('care', { 'treatment.completed': async ({ id }) => fragile(id) })
  await inbox.insertOnce({ key: 'm1', source: 'wecom', type: 'text', payload: {} })
  await events.publish({ id: 'e1', type: 'treatment.completed', occurredAt: clock.now(), data: {} })
  const work = async () => {
    await inbox.due.drain(clock.now())
    await events.due.drain(clock.now())
  }
  for (let i = 0; i < 20; i++) {
    await work()
    clock.advance(86_400_000)
  }
  const deliveries = await events.parked(10)
  expect(deliveries).toHaveLength(1)
  const deliveryId = deliveries[0]?.id ?? ''

  expect(replay()).toEqual({
    status: 0,
    said: [
      'inbox: 1 parked',
      '  m1  text · internal',
      'event_deliveries: 1 parked',
      `  ${deliveryId}  treatment.completed · care · internal`,
      'photos: 0 parked',
      '',
    ].join('\n'),
  })
  expect(replay('nobody')).toEqual({ status: 1, said: '0 due again\n' })
  broken = false
  expect(replay('m1')).toEqual({ status: 0, said: '1 due again\n' })
  // What was made due is due by the machine's time.
  clock.set(new Date())
  await work()
  expect(handled).toEqual(['m1'])
  expect(replay('--parked')).toEqual({ status: 0, said: '1 due again\n' })
  clock.set(new Date())
  await work()
  expect(handled).toEqual(['m1', 'e1'])
  expect(replay()).toEqual({ status: 0, said: 'inbox: 0 parked\nevent_deliveries: 0 parked\nphotos: 0 parked\n' })
})

test('without a database it says how to call it', () => {
  const { MONGODB_URI: _, ...env } = process.env
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/replay-event.ts'], { env })
  expect(status).toBe(2)
  expect(String(stderr)).toContain('MONGODB_URI=… npm run replay')
})
