/** What a photo costs the process that takes it in, measured from outside, as the operating system counts it. */
import { type ChildProcess, fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, describe, expect, test } from 'vitest'
import type { S3Settings } from '../../../src/platform/s3.ts'
import { s3Server } from '../../contract/blobs/support.ts'
import { noise } from '../../support/pictures.ts'

const MB = 1024 * 1024
/** Real speckles, so that nothing about it is easy: 48 megapixels in 19.4 MB, both close to what is taken at all. */
const large = await noise(8_000, 6_000).jpeg({ quality: 66 }).toBuffer()
const small = await noise(1_200, 900).jpeg({ quality: 80 }).toBuffer()

async function photoServer(bucket: S3Settings | null) {
  const child: ChildProcess = fork('test/integration/photos/server-process.ts', {
    execArgv: ['--expose-gc', '--import', 'tsx'],
    env: { ...process.env, DB_NAME: `t_${randomBytes(6).toString('hex')}`, BUCKET: JSON.stringify(bucket) },
  })
  afterAll(() => void child.kill())
  const answer = (ask: string) =>
    new Promise<{ port: number; rss: number; peak: number }>((resolve) => {
      const hear = (message: { ask: string; port: number; rss: number; peak: number }) => {
        if (message.ask !== ask) return
        child.off('message', hear)
        resolve(message)
      }
      child.on('message', hear)
    })
  const { port } = await answer('ready')
  return {
    tell(ask: 'begin' | 'end' | 'work') {
      const said = answer(ask)
      child.send(ask)
      return said
    },
    send: (bytes: Buffer) => send(port, bytes),
  }
}

function send(port: number, bytes: Buffer): Promise<{ status: number; text: string }> {
  const fields = {
    submissionId: randomBytes(8).toString('hex'),
    angle: 'front',
    purpose: 'care',
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }
  return new Promise((resolve, reject) => {
    const headers = { authorization: 'Bearer ann', 'content-type': 'multipart/form-data; boundary=x' }
    const call = request({ port, host: '127.0.0.1', method: 'POST', path: '/api/mp/photos', headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    call.on('error', reject)
    for (const [name, value] of Object.entries(fields))
      call.write(`--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    call.write('--x\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n')
    call.write(bytes)
    call.end('\r\n--x--\r\n')
  })
}

const bucket = await s3Server()
const places = [
  { where: 'in the database', settings: null },
  ...(bucket ? [{ where: 'in a bucket', settings: bucket }] : []),
]

describe.each(places)('$where', async ({ where, settings }) => {
  const { tell, send } = await photoServer(settings)

  test('receiving, cleaning and sealing a photo of nearly 20 MB takes less than 30 MB', async () => {
    expect(large.length / MB).toBeGreaterThan(19)
    expect(large.length / MB).toBeLessThan(20)
    // Code and buffers that are there once, whatever comes.
    for (let i = 0; i < 2; i++) expect((await send(small)).status).toBe(200)
    const { rss } = await tell('begin')
    expect((await send(large)).status).toBe(200)
    const { peak } = await tell('end')
    process.stderr.write(`${where}: photo of 19.4 MB received: ${((peak - rss) / MB).toFixed(1)} MB more\n`)
    expect((peak - rss) / MB).toBeLessThan(30)
  })

  test('its pictures are made in less than 200 MB', async () => {
    const { rss } = await tell('begin')
    const { peak } = await tell('work')
    process.stderr.write(`${where}: pictures of 48 megapixels: ${((peak - rss) / MB).toFixed(1)} MB more\n`)
    expect((peak - rss) / MB).toBeLessThan(200)
  })

  test('fifty at once take less than 150 MB together', async () => {
    const { rss } = await tell('begin')
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(small)))
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    const { peak } = await tell('end')
    process.stderr.write(`${where}: 50 photos at once: ${((peak - rss) / MB).toFixed(1)} MB more\n`)
    expect((peak - rss) / MB).toBeLessThan(150)
  })
})
