/** The process that talks is missing: people read what nobody answers, all of it, once. */
import { expect, test } from 'vitest'
import { careWorld, MINUTE } from '../care/support.ts'

const CUSTOMERS = 56
const world = await careWorld({ env: { WECHATY_PUPPET: 'wecom', ROLE: 'worker' }, customers: CUSTOMERS })
const { simulator } = world
const { clock } = simulator.context
/** To whom it may be: a member reads only so many messages a minute, the rest waits its turn. */
const shown = () => world.collection('outbox').countDocuments({ 'to.staffUserId': { $exists: true } })
const read = () => simulator.ledger.entries().filter(({ kind, text }) => kind === 'app' && text.includes('客户留言'))

/** What a worker does: everything but talking, which stays due. */
async function works(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    await world.arrived()
    for (const { drain } of world.app.due) await drain(world.now())
  }
}
async function later(minutes: number): Promise<void> {
  await clock.moveTo(new Date(Number(world.now()) + minutes * MINUTE), 5_000)
  await works()
}

test('after two minutes people read every message, and none of them twice', async () => {
  for (let n = 0; n < CUSTOMERS; n++)
    simulator.act({ as: 'customer', id: world.personOf(n).personId, do: 'say', text: `第${n}位的问题` })
  await works()
  await later(1)
  expect(await shown()).toBe(0)
  await later(5)
  expect(await shown()).toBe(CUSTOMERS)
  expect(read()[0]?.text).toMatch(/第\d+位的问题/)
  await later(6)
  expect(await shown()).toBe(CUSTOMERS)
  // They still wait for their answer.
  expect(await world.collection('bot_talks').countDocuments({ dueAt: { $ne: null } })).toBe(CUSTOMERS)
})
