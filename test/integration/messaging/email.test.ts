/** Mails over real SMTP: sent, refused, busy, and never twice where a reply was lost. */
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { beforeEach, expect, test } from 'vitest'
import { messagingWorld } from './support.ts'

const world = await messagingWorld({ customers: 30, email: true })
const { messaging, settled, needs, simulator } = world
const HOUR = 3_600_000
const addressees = simulator.world.customers.flatMap(({ email }, i) => (email ? [{ i, email }] : []))
let n = -1
beforeEach(async () => {
  n += 1
  await world.to(new Date(Date.parse('2026-03-02T11:30:00+08:00') + n * 24 * HOUR))
  settled.length = 0
  needs.length = 0
  simulator.ledger.clear()
  simulator.faults.clear()
})

const rowOf = (_id: string) => world.db.collection<{ _id: string; [key: string]: unknown }>('outbox').findOne({ _id })
/** Somebody who can be reached by mail only. */
const reader = (more: Record<string, unknown> = {}) =>
  world.customer(addressees[n]?.i ?? 0, { phone: false, email: addressees[n]?.email, ...more })
async function enqueued(more: Parameters<typeof world.contact>[1] = {}, customer: Record<string, unknown> = {}) {
  return (await messaging.service.enqueue(world.contact(await reader(customer), more))).id
}
const drainFor = async (days: number) => {
  for (let i = 0; i < days * 24; i++) {
    await world.drain()
    await world.later(HOUR)
  }
}

test('who has neither chat nor phone gets a mail: the long text, from the store, in words and as a page', async () => {
  const id = await enqueued()
  expect(await messaging.service.reach((await reader()) ?? '', world.now())).toContainEqual({
    channel: 'email',
    ok: true,
    reason: null,
  })
  await world.drain()
  const [mail, ...more] = world.ledger()
  expect(more).toEqual([])
  expect(mail).toMatchObject({
    kind: 'email',
    person: world.personOf(addressees[n]?.i ?? 0).personId,
    payload: { from: '华颜整形医院', address: 'care@huayan.example', subject: '华颜整形医院 · 水光针护理关怀' },
    text: expect.stringMatching(/^华颜整形医院提醒您：请注意保湿 \d+$/),
  })
  expect(String(mail?.payload.html)).toContain(`<p>${mail?.text}</p>`)
  expect(settled).toMatchObject([{ id, outcome: 'sent', channel: 'email', messageId: mail?.messageId }])
  expect(mail?.messageId).toMatch(/^[0-9a-f]{32}@huayan\.example$/)
  expect(await rowOf(id)).toMatchObject({ status: 'sent', skips: [{}, {}, { channel: 'sms', reason: 'no_phone' }] })
  expect(JSON.stringify(await rowOf(id))).not.toContain('post.example')
})

test('a mailbox that does not exist: a person passes it on, and nothing is tried again', async () => {
  const id = await enqueued({}, { email: 'nobody@post.example' })
  await world.drain()
  await world.events()
  expect(settled).toMatchObject([{ id, outcome: 'delegated', reason: 'no_channel_left' }])
  expect(await rowOf(id)).toMatchObject({
    attempts: [{ channel: 'email', result: 'refused', errcode: 550 }],
    skips: [{}, {}, {}, { channel: 'email', reason: 'refused' }, { channel: 'mass', reason: 'no_contact_member' }],
  })
  expect(needs).toMatchObject([{ outboxId: id, unknown: false }])
})

test('no reply after the last byte: it may have arrived, so a person asks, and the mail never goes again', async () => {
  simulator.faults.add({ path: '/_sim/smtp', drop: 'after' })
  const id = await enqueued()
  await world.drain()
  await world.events()
  const mails = world.ledger('email')
  expect(mails).toHaveLength(1)
  expect(settled).toMatchObject([{ id, outcome: 'unknown', channel: 'email', messageId: mails[0]?.messageId }])
  expect(needs).toMatchObject([{ outboxId: id, unknown: true }])
  await drainFor(1)
  expect(world.ledger('email')).toHaveLength(1)
})

test('the same where safety depends on it: a person says it again, no second mail does', async () => {
  simulator.faults.add({ path: '/_sim/smtp', drop: 'after' })
  const id = await enqueued({ contactClass: 'safety' })
  await world.drain()
  await world.events()
  expect(settled).toMatchObject([{ id, outcome: 'delegated' }])
  expect(needs).toMatchObject([{ outboxId: id }])
  await drainFor(1)
  expect(world.ledger('email')).toHaveLength(1)
})

test('a process that dies while it sends leaves it open, too', async () => {
  let reached = false
  const stop = simulator.tap(async ({ stage, base }) => {
    if (base !== 'smtp' || stage !== 'received') return
    reached = true
    await new Promise((done) => setTimeout(done, 300))
  })
  const id = await enqueued()
  const dying = world.drain()
  while (!reached) await new Promise((done) => setTimeout(done, 5))
  // Its lease is over before the reply comes.
  await world.db.collection<{ _id: string }>('outbox').updateOne({ _id: id }, { $set: { 'claim.until': new Date(0) } })
  await world.process().due[0]?.drain(world.now())
  expect(settled).toMatchObject([{ id, outcome: 'unknown', channel: 'email' }])
  await dying
  stop()
  await drainFor(1)
  expect(world.ledger('email')).toHaveLength(1)
})

test('451: tried again with the same id; four times, and a person passes it on', async () => {
  simulator.faults.add({ path: '/_sim/smtp', errcode: 451, times: 2 })
  const id = await enqueued()
  for (let i = 0; i < 4; i++) {
    await world.drain()
    await world.later(120_000)
  }
  expect(world.ledger('email').map(({ messageId }) => messageId)).toEqual([settled[0]?.messageId])
  const { attempts } = (await rowOf(id)) as unknown as { attempts: { result: string; errcode: number | null }[] }
  expect(attempts.map(({ result, errcode }) => [result, errcode])).toEqual([
    ['busy', 451],
    ['busy', 451],
    ['sent', null],
  ])
  simulator.faults.add({ path: '/_sim/smtp', errcode: 451, times: 100 })
  const { id: other } = await messaging.service.enqueue(world.contact(await reader()))
  for (let i = 0; i < 5; i++) {
    await world.drain()
    await world.later(120_000)
  }
  expect(settled.at(-1)).toMatchObject({ id: other, outcome: 'delegated' })
})

test('554 to the message itself refuses it', async () => {
  simulator.faults.add({ path: '/_sim/smtp', errcode: 554 })
  const id = await enqueued()
  await world.drain()
  expect(settled).toMatchObject([{ id, outcome: 'delegated' }])
  expect(await rowOf(id)).toMatchObject({ attempts: [{ result: 'refused', errcode: 554 }] })
})

test('a server that is not there has not got the mail: it goes when the server is back', async () => {
  const id = await enqueued()
  await world.process({ smtpUrl: 'smtp://127.0.0.1:1' }).due[0]?.drain(world.now())
  expect(await rowOf(id)).toMatchObject({ status: 'ready', attempts: [{ result: 'busy', errcode: null }] })
  await world.later(60_000)
  await world.drain()
  expect(settled).toMatchObject([{ id, outcome: 'sent', channel: 'email' }])
})

test('a refused password refuses nobody’s mail; the right one is given when the server asks', async () => {
  let password = 'old'
  const taken: string[] = []
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: (auth, _, done) =>
      auth.username === 'care@huayan.example' && auth.password === password
        ? done(null, { user: 'care' })
        : done(new Error('no')),
    onData(stream, session, done) {
      taken.push(...session.envelope.rcptTo.map(({ address }) => address))
      stream.on('end', done).resume()
    },
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.server.address() as AddressInfo
  const { due } = world.process({ smtpUrl: `smtp://care%40huayan.example:n%3Aew@127.0.0.1:${port}` })
  const id = await enqueued()
  await due[0]?.drain(world.now())
  expect(await rowOf(id)).toMatchObject({ status: 'ready', attempts: [{ result: 'busy', errcode: 535 }] })
  password = 'n:ew'
  await world.later(60_000)
  await due[0]?.drain(world.now())
  await new Promise<void>((done) => server.close(() => done()))
  expect(taken).toEqual([addressees[n]?.email])
  expect(settled).toMatchObject([{ id, outcome: 'sent', channel: 'email' }])
})
