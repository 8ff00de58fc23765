import { expect, test } from 'vitest'
import { watchWrites } from '../../../src/platform/writes.ts'
import { testDb } from '../../support/db.ts'
import { customersWorld } from './support.ts'

const db = await testDb({ monitored: true })

test('who somebody is, is read once, also that nobody is known, until it is written; after a merge the one who is left answers', async () => {
  let reads = 0
  db.getClient().on('commandStarted', ({ commandName, command }) => {
    if (commandName === 'find' && command.find === 'customer_identities') reads += 1
  })
  const { desk } = await customersWorld(db, { memory: { writes: watchWrites(db), standsMs: 600_000 } })
  const readsOf = async (work: () => Promise<unknown>) => {
    reads = 0
    await work()
    return reads
  }
  const inApp = () => desk.findByIdentity('openid', 'o1')
  const inChat = async () => (await desk.findByIdentities('external_userid', ['e1'])).get('e1')
  expect([await inApp(), await inChat()]).toEqual([null, undefined])
  expect(await readsOf(async () => [await inApp(), await inChat()])).toBe(0)

  await desk.join({ openId: 'o1', unionId: 'u1', create: true })
  await desk.join({ externalUserId: 'e1', create: true })
  const [app, chat] = [await inApp(), await inChat()]
  expect([app?.openIds, chat?.externalUserIds]).toEqual([['o1'], ['e1']])
  expect(await readsOf(async () => [await inApp(), await inChat()])).toBe(0)

  const one = await desk.join({ externalUserId: 'e1', unionId: 'u1' })
  expect([await inApp(), await inChat()]).toEqual([one, one])
})
