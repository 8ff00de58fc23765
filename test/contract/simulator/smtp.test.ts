/** The mail server, as a mail program sees it, and what of a mail reaches its person. */
import { createTransport } from 'nodemailer'
import { afterEach, expect, test } from 'vitest'
import { type Json, simWorld } from './support.ts'

const { simulator, control } = await simWorld({ customers: 20 })
const { ready, world } = simulator
const somebody = world.customers.find(({ email }) => email !== null)
if (!somebody) throw new Error('nobody has an address')
const transport = createTransport(ready.smtpUrl)
const send = (more: Json = {}) =>
  transport.sendMail({
    from: { name: '华颜整形医院', address: 'care@huayan.example' },
    to: somebody.email ?? '',
    subject: '华颜整形医院 · 水光针护理关怀',
    text: '您好，今天请注意保湿。\n感谢您的配合。',
    html: '<p>您好</p>',
    messageId: '<m1@huayan.example>',
    ...more,
  })
const arrived = () => simulator.ledger.entries()

afterEach(async () => {
  await control('DELETE', 'faults')
  simulator.ledger.clear()
})

test('a mail reaches the person of its address, to the letter, however often it comes', async () => {
  await send()
  await send({ to: somebody.email?.toUpperCase() })
  const mail = {
    kind: 'email',
    channel: 'smtp',
    person: somebody.personId,
    messageId: 'm1@huayan.example',
    text: '您好，今天请注意保湿。\n感谢您的配合。',
    payload: { from: '华颜整形医院', address: 'care@huayan.example', subject: '华颜整形医院 · 水光针护理关怀' },
  }
  expect(arrived()).toMatchObject([mail, mail])
  const { body } = await control('GET', `chats?person=${somebody.personId}`)
  expect(body.email).toMatchObject([{ text: mail.text }, { text: mail.text }])
})

test('some people have an address, always the same ones', async () => {
  const { body } = await control('GET', 'state')
  const addresses = (body.people as { kind: string; email: string | null }[]).map(({ email }) => email)
  const known = addresses.filter((address) => address !== null)
  expect(new Set(known).size).toBe(known.length)
  expect([known.length > 5, known.length < 20]).toEqual([true, true])
  simulator.reset()
  expect(simulator.world.customers.map(({ email }) => email)).toEqual(world.customers.map(({ email }) => email))
})

test('550 for a mailbox that nobody has', async () => {
  await expect(send({ to: 'nobody@post.example' })).rejects.toMatchObject({ responseCode: 550, command: 'RCPT TO' })
  expect(arrived()).toEqual([])
})

test('faults: a reply code instead of the effect; hung up before or after it', async () => {
  await control('POST', 'faults', { path: 'smtp', errcode: 452 })
  await expect(send()).rejects.toMatchObject({ responseCode: 452, command: 'DATA' })
  await control('POST', 'faults', { path: 'smtp', errcode: -1 })
  await expect(send()).rejects.toMatchObject({ responseCode: 451 })
  await control('POST', 'faults', { path: 'smtp', drop: 'before' })
  await expect(send()).rejects.toMatchObject({ code: 'ECONNECTION' })
  expect(arrived()).toEqual([])
  await control('POST', 'faults', { path: 'smtp', drop: 'after' })
  await expect(send()).rejects.toMatchObject({ code: 'ECONNECTION' })
  expect(arrived()).toHaveLength(1)
})

test('a tap may hold a mail, the clock waits for it, and may drop it', async () => {
  let release: () => void = () => undefined
  const held = new Promise<void>((done) => {
    release = done
  })
  const seen: string[] = []
  const stop = simulator.tap(async ({ base, stage }) => {
    if (base !== 'smtp') return
    seen.push(stage)
    if (stage === 'received') await held
  })
  const sending = send()
  while (seen.length === 0) await new Promise((done) => setTimeout(done, 5))
  const moved = await control('POST', 'clock', { advance: 60_000, timeoutMs: 100 })
  expect(moved.body.error).toMatchObject({ notIdle: ['request smtp'] })
  release()
  await sending
  stop()
  expect(seen).toEqual(['received', 'acted', 'answered'])
  const drop = simulator.tap(({ base }) => (base === 'smtp' ? 'drop' : undefined))
  await expect(send()).rejects.toMatchObject({ code: 'ECONNECTION' })
  drop()
  expect(arrived()).toHaveLength(1)
})
