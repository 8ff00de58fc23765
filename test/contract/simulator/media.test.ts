/** Files: up, down again byte for byte, for three days; what is no image, voice, video or file is refused. */
import { describe, expect, test } from 'vitest'
import { type Json, simWorld } from './support.ts'

const DAY = 24 * 3_600_000
const MB = 1024 * 1024
const { simulator, wecom, token, wechat, later } = await simWorld()
const { ready, world } = simulator
const [customer] = world.customers
if (!customer) throw new Error('the world has people')

const bytesOf = (head: string, size: number) => Buffer.concat([Buffer.from(head, 'latin1')], size)
const png = (size = 100) => bytesOf('\x89PNG\r\n\x1a\n', size)
const jpeg = (size = 100) => bytesOf('\xff\xd8\xff\xe0', size)
const mp4 = (size = 100) => bytesOf('\0\0\0\x18ftypmp42', size)
/** Frames of 12.2 kbit/s: 32 bytes each, 50 a second. */
const amr = (seconds: number) =>
  Buffer.concat([Buffer.from('#!AMR\n'), ...Array(seconds * 50).fill(bytesOf('\x3c', 32))])

async function upload(
  type: string,
  file: Buffer,
  { name = 'a.png', contentType = 'image/png', path = '/cgi-bin/media/upload', field = 'media' } = {},
): Promise<Json> {
  const form = new FormData()
  form.append(field, new Blob([new Uint8Array(file)], { type: contentType }), name)
  const query = new URLSearchParams({ access_token: await token(), type })
  const response = await fetch(`${ready.wecomBase}${path}?${query}`, { method: 'POST', body: form })
  return (await response.json()) as Json
}
async function download(mediaId: unknown, headers: Record<string, string> = {}, path = '/cgi-bin/media/get') {
  const query = new URLSearchParams({ access_token: await token(), media_id: String(mediaId) })
  const response = await fetch(`${ready.wecomBase}${path}?${query}`, { headers })
  return { response, bytes: Buffer.from(await response.arrayBuffer()) }
}
const errcodeOf = ({ bytes }: { bytes: Buffer }) => (JSON.parse(bytes.toString()) as Json).errcode

describe('a file', () => {
  test('comes back byte for byte under its name and type', async () => {
    const file = jpeg(3 * MB)
    for (let i = 4; i < file.length; i++) file[i] = i % 251
    const { media_id, type, created_at } = await upload('image', file, {
      name: '术后 1.jpg',
      contentType: 'image/jpeg',
    })
    expect({ type, created_at }).toEqual({
      type: 'image',
      created_at: String(Date.parse('2026-03-02T01:00:00Z') / 1000),
    })
    const { response, bytes } = await download(media_id)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('image/jpeg')
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename*=utf-8''${encodeURIComponent('术后 1.jpg')}; filename="${Buffer.from('术后 1.jpg').toString('latin1')}"`,
    )
    expect(bytes.equals(file)).toBe(true)
  })

  test('in parts, as a range asks', async () => {
    const { media_id } = await upload('file', Buffer.from('0123456789'), { name: 'a.txt', contentType: 'text/plain' })
    const part = async (range: string) => {
      const { response, bytes } = await download(media_id, { range })
      return [response.status, response.headers.get('content-range'), bytes.toString()]
    }
    expect(await part('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234'])
    expect(await part('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789'])
    expect(await part('bytes=-2')).toEqual([206, 'bytes 8-9/10', '89'])
    for (const range of ['bytes=12-14', 'lines=1-2']) expect(errcodeOf(await download(media_id, { range }))).toBe(40146)
  })

  test('as sloppier SDKs write the form: a length beside the name, no quotes, a name in percent, another field or none', async () => {
    const send = async (disposition: string) => {
      const body = `--B\r\nContent-Disposition: ${disposition}\r\nContent-Type: text/plain\r\n\r\nhello\r\nworld\r\n--B--\r\n`
      const query = new URLSearchParams({ access_token: await token(), type: 'file' })
      const headers = { 'content-type': 'multipart/form-data; boundary=B' }
      const answer = await fetch(`${ready.wecomBase}/cgi-bin/media/upload?${query}`, { method: 'POST', headers, body })
      const { response, bytes } = await download(((await answer.json()) as Json).media_id)
      expect(bytes.toString()).toBe('hello\r\nworld')
      return response.headers.get('content-disposition')
    }
    expect(await send('form-data; name="media";filename="w.txt"; filelength=12')).toContain('"w.txt"')
    expect(await send('form-data; name=media; filename=w.txt')).toContain('"w.txt"')
    expect(await send('form-data; name="file"; filename="w.txt"')).toContain('"w.txt"')
    expect(await send('form-data; filename="w.txt"')).toContain('"w.txt"')
    expect(await send("form-data; name=media; filename*=utf-8''%E6%9C%AF.txt")).toContain(
      `utf-8''${encodeURI('术.txt')};`,
    )
  })

  test('is there for three days, then it is over; an unknown one never was', async () => {
    const { media_id } = await upload('image', png())
    await later(3 * DAY - 1_000)
    expect((await download(media_id)).response.status).toBe(200)
    await later(1_000)
    expect(errcodeOf(await download(media_id))).toBe(40145)
    expect(errcodeOf(await download('unknown'))).toBe(40007)
    expect(errcodeOf(await download(''))).toBe(41006)
  })

  test.each<[string, string, Buffer, number, Json?]>([
    ['a type that there is not', 'photo', png(), 40005],
    ['no bytes', 'file', Buffer.alloc(0), 44001],
    ['five bytes', 'file', Buffer.alloc(5), 40006],
    ['text as an image', 'image', Buffer.from('not an image'), 40004, { name: 'a.gif' }],
    ['text in a file called .png', 'image', Buffer.from('not an image'), 40123],
    ['an image over 10 MB', 'image', png(10 * MB + 1), 40009],
    ['a video over 10 MB', 'video', mp4(10 * MB + 1), 40011],
    ['a video that is no MP4', 'video', png(), 40004],
    ['a voice that is no AMR', 'voice', png(), 301017],
    ['a voice over 2 MB', 'voice', bytesOf('#!AMR\n', 2 * MB + 1), 40006],
    ['a voice over 60 s', 'voice', amr(61), 45007],
    ['a file over 20 MB', 'file', Buffer.alloc(20 * MB + 1), 40006],
  ])('%s is refused', async (_, type, file, errcode, more = {}) => {
    expect((await upload(type, file, more)).errcode).toBe(errcode)
  })

  test('a form with no file in it is refused', async () => {
    const query = new URLSearchParams({ access_token: await token(), type: 'file' })
    const form = new FormData()
    form.append('media', 'hello world')
    const answer = await fetch(`${ready.wecomBase}/cgi-bin/media/upload?${query}`, { method: 'POST', body: form })
    expect(((await answer.json()) as Json).errcode).toBe(44001)
  })

  test('at its limit it passes', async () => {
    for (const [type, file] of [
      ['image', png(10 * MB)],
      ['video', mp4(10 * MB)],
      ['voice', amr(60)],
      ['file', Buffer.alloc(20 * MB)],
    ] as const)
      expect((await upload(type, file)).errcode, type).toBe(0)
  })

  test('a voice in high quality, and nothing else there', async () => {
    const voice = await upload('voice', amr(2), { name: 'v.amr', contentType: 'audio/amr' })
    const { bytes } = await download(voice.media_id, {}, '/cgi-bin/media/get/jssdk')
    expect(bytes.equals(amr(2))).toBe(true)
    const image = await upload('image', png())
    expect(errcodeOf(await download(image.media_id, {}, '/cgi-bin/media/get/jssdk'))).toBe(40007)
  })
})

test('an image that stays: the same address for the same bytes, and it opens', async () => {
  const path = '/cgi-bin/media/uploadimg'
  const { url } = await upload('', png(), { path })
  expect((await upload('', png(), { path, field: 'fieldNameHere' })).url).toBe(url)
  await later(30 * DAY)
  const answer = await fetch(String(url))
  expect(Buffer.from(await answer.arrayBuffer()).equals(png())).toBe(true)
  expect((await upload('', png(2 * MB + 1), { path })).errcode).toBe(40009)
})

test('a customer’s photo can be fetched, and over it cannot', async () => {
  simulator.act({ as: 'customer', id: customer.personId, do: 'send-photo', base64: jpeg().toString('base64') })
  const { msg_list } = await wecom('/cgi-bin/kf/sync_msg', { open_kfid: ready.openKfId })
  const mediaId = ((msg_list as Json[]).map(({ image }) => image)[0] as Json).media_id
  const { response, bytes } = await download(mediaId)
  expect(bytes.equals(jpeg())).toBe(true)
  expect(response.headers.get('content-type')).toBe('image/jpeg')
  await later(3 * DAY)
  expect(errcodeOf(await download(mediaId))).toBe(40145)
})

test('messages take files that are there only', async () => {
  const send = (media_id: unknown, type = 'image') =>
    wecom('/cgi-bin/message/send', { touser: '@all', agentid: ready.agentId, msgtype: type, [type]: { media_id } })
  const { media_id } = await upload('image', png())
  expect((await send(media_id)).errcode).toBe(0)
  expect((await send('unknown')).errcode).toBe(40007)
  expect((await send('')).errcode).toBe(41006)
  simulator.act({ as: 'customer', id: customer.personId, do: 'say', text: '在吗' })
  const answer = (id: unknown) =>
    wecom('/cgi-bin/kf/send_msg', {
      touser: customer.externalUserId,
      open_kfid: ready.openKfId,
      msgtype: 'image',
      image: { media_id: id },
    })
  expect((await answer('unknown')).errcode).toBe(40007)
  expect((await answer(media_id)).errcode).toBe(0)
  await later(3 * DAY)
  expect((await send(media_id)).errcode).toBe(40145)
})

test('the mini-program’s files are its own', async () => {
  const { access_token } = await (async () => {
    const { appId: appid, secret } = ready.miniProgram
    const body = JSON.stringify({ grant_type: 'client_credential', appid, secret })
    const answer = await fetch(`${ready.wechatBase}/cgi-bin/stable_token`, { method: 'POST', body })
    return (await answer.json()) as { access_token: string }
  })()
  const form = new FormData()
  form.append('media', new Blob([new Uint8Array(png())]), 'a.png')
  const query = new URLSearchParams({ access_token, type: 'image' })
  const answer = await fetch(`${ready.wechatBase}/cgi-bin/media/upload?${query}`, { method: 'POST', body: form })
  const { media_id, created_at } = (await answer.json()) as Json
  expect(created_at).toEqual(expect.any(Number))
  expect(errcodeOf(await download(media_id))).toBe(40007)
  expect((await wechat('/cgi-bin/media/get', undefined, { media_id: 'x' })).errcode).toBe(40007)
  const got = await fetch(
    `${ready.wechatBase}/cgi-bin/media/get?${new URLSearchParams({ access_token, media_id: String(media_id) })}`,
  )
  expect(Buffer.from(await got.arrayBuffer()).equals(png())).toBe(true)
})
