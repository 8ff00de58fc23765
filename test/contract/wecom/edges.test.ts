/** Files, sign-in, signed pages and the group robot, as our client sees them. */
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { createRobot, MEDIA_RULES, type Upload } from '../../../src/wecom/index.ts'
import { clientWorld } from './support.ts'

const { client, wecomEdge, simulator, control, later, asked } = await clientWorld()
const { ready, world } = simulator
const [ann] = world.customers
const [member] = world.staff
if (!ann || !member) throw new Error('the world has people')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const refusedWith = (errcode: number, action: string) => ({ errcode, action, executed: 'no' })

function upload(head: string, size: number, contentType: string, fileName = 'a'): Upload & { opened: () => number } {
  const bytes = Buffer.alloc(size)
  for (let i = 0; i < size; i++) bytes[i] = i % 251
  bytes.write(head, 'latin1')
  let opened = 0
  const open = () => {
    opened += 1
    return Readable.from(
      (function* () {
        for (let at = 0; at < size; at += 65_536) yield bytes.subarray(at, at + 65_536)
      })(),
    )
  }
  return { fileName, contentType, size, open, opened: () => opened }
}
const jpeg = (size = 100) => upload('\xff\xd8\xff\xe0', size, 'image/jpeg', '术后 1.jpg')

describe('a file', () => {
  test('of ten megabytes goes up and comes down byte for byte, and says when it ends', async () => {
    const file = jpeg(MEDIA_RULES.image.most)
    const { mediaId, expiresAt } = await client.uploadMedia('image', file)
    expect(expiresAt).toEqual(new Date('2026-03-05T01:00:00Z'))
    const { stream, ...about } = await client.downloadMedia(mediaId)
    expect(about).toEqual({ contentType: 'image/jpeg', fileName: '术后 1.jpg', size: file.size })
    expect((await buffer(stream)).equals(await buffer(file.open()))).toBe(true)
    const part = await client.downloadMedia(mediaId, { from: 10, to: 19 })
    expect([...(await buffer(part.stream))]).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
    await later(Number(expiresAt) - Number(simulator.clock.now()) - 1_000)
    ;(await client.downloadMedia(mediaId)).stream.destroy()
    await later(1_000)
    await expect(client.downloadMedia(mediaId)).rejects.toMatchObject({ action: 'stop', executed: 'no' })
  })

  test('is opened again when the token was revoked meanwhile', async () => {
    await control('POST', 'tokens/revoke', { platform: 'wecom' })
    const file = jpeg()
    await client.uploadMedia('image', file)
    expect(file.opened()).toBe(2)
  })

  test('that WeCom would not take is not even sent', async () => {
    const paths = await asked(async () => {
      for (const [kind, file] of [
        ['image', jpeg(5)],
        ['image', jpeg(MEDIA_RULES.image.most + 1)],
        ['image', upload('GIF89a', 100, 'image/gif')],
        ['voice', upload('ID3', 100, 'audio/mpeg')],
        ['video', upload('\0\0\0\x18ftypmp42', MEDIA_RULES.video.most + 1, 'video/mp4')],
        ['file', upload('a', MEDIA_RULES.file.most + 1, 'text/plain')],
      ] as const)
        await expect(client.uploadMedia(kind, file)).rejects.toMatchObject({ kind: 'invalid' })
      await expect(client.uploadImage(jpeg(2 * 1024 * 1024 + 1))).rejects.toMatchObject({ kind: 'invalid' })
    })
    expect(paths).toEqual([])
  })

  test('that is shorter or longer than was said is given up, and nobody knows what the vendor made of it', async () => {
    for (const size of [99, 101])
      await expect(client.uploadMedia('image', { ...jpeg(100), size })).rejects.toMatchObject({
        errcode: null,
        executed: 'unknown',
      })
  })

  test('that is not what it says, is unknown, or is asked for in a bad part, is refused', async () => {
    const text = upload('hello', 100, 'image/png', 'a.png')
    await expect(client.uploadMedia('image', text)).rejects.toMatchObject({ action: 'stop', executed: 'no' })
    await expect(client.downloadMedia('nothing')).rejects.toMatchObject(refusedWith(40007, 'stop'))
    const { mediaId } = await client.uploadMedia('file', upload('{"errcode":40007}', 100, 'application/json', 'a.json'))
    await expect(client.downloadMedia(mediaId, { from: 500, to: 600 })).rejects.toMatchObject(
      refusedWith(40146, 'stop'),
    )
    const json = await client.downloadMedia(mediaId)
    expect((await buffer(json.stream)).toString('latin1')).toMatch(/^\{"errcode":40007\}/)
  })

  test('for good has an address', async () => {
    expect((await client.uploadImage(jpeg())).url).toMatch(/^https?:/)
  })
})

describe('signing in', () => {
  const redirectUrl = 'https://care.example.cn/console/sign-in'
  /** Follows the address as a person who agrees. */
  async function codeOf(address: string, personId: string): Promise<{ code: string; state: string | null }> {
    const url = new URL(address)
    url.hash = ''
    url.searchParams.set('as', personId)
    const answer = await fetch(url, { redirect: 'manual' })
    const back = new URL(answer.headers.get('location') ?? '')
    expect(back.origin + back.pathname).toBe(redirectUrl)
    return { code: back.searchParams.get('code') ?? '', state: back.searchParams.get('state') }
  }
  const { signInUrls } = wecomEdge

  test.each(['inClient', 'byQrCode'] as const)('%s: who it is, once, for five minutes', async (way) => {
    const { code, state } = await codeOf(signInUrls[way]({ redirectUrl, state: 'abc123' }), member.personId)
    expect(state).toBe('abc123')
    expect(await client.signedIn(code)).toEqual({
      kind: 'staff',
      userId: member.userId.toLowerCase(),
      userTicket: null,
    })
    const again = { kind: 'unauthenticated', code: 'wecom_code_invalid' }
    await expect(client.signedIn(code)).rejects.toMatchObject(again)
    const late = await codeOf(signInUrls[way]({ redirectUrl, state: 's' }), member.personId)
    await later(5 * MINUTE)
    await expect(client.signedIn(late.code)).rejects.toMatchObject(again)
    await expect(client.signedIn('made-up')).rejects.toMatchObject(again)
  })

  test('with private data, while the ticket lasts', async () => {
    const { code } = await codeOf(signInUrls.inClient({ redirectUrl, state: 's', isPrivate: true }), member.personId)
    const who = await client.signedIn(code)
    const userTicket = who.kind === 'staff' ? (who.userTicket ?? '') : ''
    expect(await client.privateDetails(userTicket)).toMatchObject({
      userId: member.userId.toLowerCase(),
      mobile: expect.stringMatching(/^1\d{10}$/),
    })
    await later(30 * MINUTE)
    await expect(client.privateDetails(userTicket)).rejects.toMatchObject({ code: 'wecom_code_invalid' })
  })

  test('a customer is known as one', async () => {
    simulator.act({ as: 'customer', id: ann.personId, do: 'add-contact', userId: member.userId })
    const { code } = await codeOf(signInUrls.inClient({ redirectUrl, state: 's' }), ann.personId)
    expect(await client.signedIn(code)).toEqual({
      kind: 'other',
      openId: expect.any(String),
      externalUserId: ann.externalUserId,
    })
  })

  test('a state that WeCom refuses is our mistake', () => {
    for (const state of ['', 'a b', '中', 'a'.repeat(129)])
      expect(() => signInUrls.inClient({ redirectUrl, state })).toThrow('invalid_request')
  })
})

describe('a page', () => {
  const url = 'https://care.example.cn/console/sidebar?a=1&b=%E4%B8%AD#top'
  test.each(['config', 'agentConfig'] as const)('is signed for %s, with one ticket for two hours', async (kind) => {
    const verdict = async (address = url) => {
      const { timestamp, nonceStr, signature } = await wecomEdge.jsSdk.sign(kind, url)
      return (await control('POST', 'jssdk', { kind, url: address, timestamp, nonceStr, signature })).body.errcode
    }
    const path = kind === 'config' ? '/cgi-bin/get_jsapi_ticket' : '/cgi-bin/ticket/get'
    const tickets = async (work: () => Promise<unknown>) => (await asked(work)).filter((one) => one === path).length
    expect(
      await tickets(async () => {
        expect(await Promise.all([verdict(), verdict(), verdict()])).toEqual([0, 0, 0])
        expect(await verdict('https://care.example.cn/other')).toBe(40093)
        await later(HOUR)
        expect(await verdict()).toBe(0)
      }),
    ).toBe(1)
    await later(HOUR)
    expect(await tickets(async () => expect(await verdict()).toBe(0))).toBe(1)
  })
})

test('a ticket that was refused for a passing reason is asked for again at once', async () => {
  await later(2 * HOUR)
  await control('POST', 'faults', { path: '/cgi-bin/get_jsapi_ticket', errcode: 40014, times: 2 })
  const sign = () => wecomEdge.jsSdk.sign('config', 'https://a.cn')
  await expect(sign()).rejects.toMatchObject(refusedWith(40014, 'refresh'))
  expect(await sign()).toMatchObject({ signature: expect.stringMatching(/^[0-9a-f]{40}$/) })
})

describe('the group robot', () => {
  const clock = { now: () => simulator.clock.now(), wall: () => new Date() }
  const robotOf = (key: string) => createRobot({ apiBase: ready.wecomBase, key, rates: wecomEdge.rates, clock })
  const robot = robotOf(ready.robotKey)
  const said = () => simulator.ledger.entries().filter(({ kind }) => kind === 'robot')

  test('says text, markdown, news and pictures', async () => {
    await robot.send({ kind: 'text', text: '值班医生：李医生', mention: [member.userId] })
    await robot.send({ kind: 'markdown', text: '**今日** 3 例' })
    await robot.send({ kind: 'news', articles: [{ title: '周报', url: 'https://a.cn/w' }] })
    await robot.send({ kind: 'image', bytes: await buffer(jpeg().open()) })
    expect(said().map(({ text }) => text.slice(0, 4))).toHaveLength(4)
  })

  test('speaks no more than twenty times a minute, and says when it may again', async () => {
    await later(MINUTE)
    const before = said().length
    const outcomes = []
    for (let i = 0; i < 25; i++)
      outcomes.push(await robot.send({ kind: 'text', text: `第 ${i} 条` }).catch((error: unknown) => error))
    const refused = outcomes.filter(Boolean)
    expect(said().length - before).toBe(25 - refused.length)
    expect(refused.length).toBeGreaterThanOrEqual(5)
    for (const error of refused) expect(error).toMatchObject({ kind: 'rate_limited', code: 'rate_limited' })
    await later(MINUTE)
    await robot.send({ kind: 'text', text: '再来' })
  })

  test.each([
    ['removed', 93000],
    ['disabled', 93004],
    ['closed', 93001],
    ['elsewhere', 93008],
  ])('that is %s is a person’s matter', async (state, errcode) => {
    await later(MINUTE)
    await control('POST', 'robot', { state })
    const error = await robot.send({ kind: 'text', text: 'x' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject(refusedWith(errcode, 'person'))
    expect(JSON.stringify(error)).not.toContain(ready.robotKey)
    await control('POST', 'robot', { state: 'ok' })
  })

  test('of an unknown address is a person’s matter, and too much text stops', async () => {
    await expect(robotOf('x').send({ kind: 'text', text: 'x' })).rejects.toMatchObject(refusedWith(93000, 'person'))
    await expect(robot.send({ kind: 'text', text: '' })).rejects.toMatchObject({ action: 'stop', executed: 'no' })
  })
})
