/// <reference lib="dom" />
/** What the phone itself can do: its camera, its files, its network, and what WeChat asks its owner. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createSimulator, type Simulator } from '../../../simulator/index.ts'
import { codePicture } from '../../../simulator/png.ts'
import { launchChromium, type OpenPhone, openPhone, withoutBrowser } from '../../support/phone.ts'

interface InPage {
  __mp: { top(): { inst: Record<string, (...args: unknown[]) => Promise<unknown>> } }
}
declare const window: InPage

interface Got {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: Buffer
}

/** Notes what comes, and answers with what the path asks for; a picture comes to those who show a token. */
async function clinic(png: Buffer) {
  const got: Got[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    got.push({
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks),
    })
    if (request.url === '/api/mp/image' && request.headers.authorization === 'Bearer t')
      response.writeHead(200, { 'content-type': 'image/png' }).end(png)
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ok: true }))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return { got, address: `http://127.0.0.1:${port}`, close: () => new Promise((done) => server.close(done)) }
}

describe.skipIf(withoutBrowser)('the phone as a device', () => {
  const png = codePicture('a photo', 58)
  let simulator: Simulator
  let browser: Browser
  let server: Awaited<ReturnType<typeof clinic>>
  let phone: OpenPhone

  beforeAll(async () => {
    server = await clinic(png)
    simulator = await createSimulator({ customers: 2, miniProgram: 'test/e2e/phone/apps/device' })
    await fetch(`${simulator.ready.wecomBase}/_sim/callback-target`, {
      method: 'POST',
      body: JSON.stringify({ appUrl: server.address }),
    })
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser.close()
    await simulator.close()
    await server.close()
  })
  beforeEach(() => void server.got.splice(0))

  const person = () => {
    const [first] = simulator.world.customers
    if (!first) throw new Error('the world has no customers')
    return first
  }
  const open = async (path: string, touch = false) => {
    phone = await openPhone(browser, { base: simulator.ready.wecomBase, person: person().personId, path, touch })
  }
  const ask = <T>(method: string, ...args: unknown[]): Promise<T> =>
    phone.page.evaluate(([name, given]) => window.__mp.top().inst[name]?.(...given), [
      method,
      args,
    ] as const) as Promise<T>
  const said = () => phone.find('#said').textContent()
  const chosen = async (bytes: Buffer) => {
    const [chooser] = await Promise.all([
      phone.page.waitForEvent('filechooser'),
      phone.tap(phone.role('button', '选图')),
    ])
    await chooser.setFiles({ name: 'photo.png', mimeType: 'image/png', buffer: bytes })
    await vi.waitFor(async () => expect(await said()).toBe(String(bytes.length)))
  }

  test.each([false, true])('the camera is seen, taken, and looked at frame by frame (touch %s)', async (touch) => {
    await open('/pages/camera/camera', touch)
    await phone.text('ready').waitFor()
    const size = await ask<{ width: number; height: number }>('take')
    expect(size.width).toBeGreaterThan(100)
    await phone.find('.photo img').waitFor()
    const shown = await phone
      .find('.photo img')
      .evaluate((node) => (node as HTMLImageElement).decode().then(() => (node as HTMLImageElement).naturalWidth))
    expect(shown).toBe(size.width)
    expect(await ask('frames', 3)).toEqual(Array(3).fill({ right: true, light: true }))
    await phone.looksRight('device-camera')
    await phone.close()
  })

  test('a camera that nobody allows is an error for the page', async () => {
    await open('/pages/tools/tools')
    await phone.page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('Permission denied'))
    })
    await phone.page.goto(phone.page.url().replace(/#.*/, '#/pages/camera/camera'))
    await phone.page.reload()
    await phone.text('Permission denied').waitFor()
    await expect(ask('take')).rejects.toThrow()
    await phone.close()
  })

  test('files are read in parts and known by their digest; bytes are put as they are', async () => {
    await open('/pages/tools/tools')
    await chosen(png)
    expect(await ask('read', { position: 1, length: 3 })).toEqual([...Buffer.from('PNG')])
    expect(await ask('read', { encoding: 'base64' })).toBe(png.toString('base64'))
    expect(await ask('info', 'sha256')).toMatchObject({
      size: png.length,
      digest: createHash('sha256').update(png).digest('hex'),
    })
    const bytes = [0, 255, 10, 13, 128]
    expect(await ask('put', bytes)).toMatchObject({ statusCode: 200, data: { ok: true } })
    expect(server.got).toMatchObject([{ method: 'PUT', url: '/api/mp/echo?x=1', body: Buffer.from(bytes) }])
    expect(server.got[0]?.headers).toMatchObject({
      authorization: 'Bearer t',
      'content-type': 'application/octet-stream',
    })
    await phone.looksRight('device-tools')
    await phone.close()
  })

  test('an upload tells how far it is, and can be stopped', async () => {
    await open('/pages/tools/tools')
    const large = Buffer.alloc(6_000_000, 7)
    await chosen(large)
    const whole = await ask<{ statusCode: number; seen: { progress: number; total: number }[] }>('upload', 101)
    expect(whole.statusCode).toBe(200)
    expect(whole.seen.at(-1)?.progress).toBe(100)
    expect(whole.seen[0]?.total).toBeGreaterThan(large.length)
    const [got] = server.got
    expect(got?.body.includes('name="angle"')).toBe(true)
    expect(got?.body.length).toBeGreaterThan(large.length)
    expect(await ask('upload', 0)).toMatchObject({ errMsg: 'uploadFile:fail abort' })
    await phone.close()
  })

  test('a picture that needs a token is loaded, measured and made smaller; without a network that is said', async () => {
    await open('/pages/tools/tools')
    expect(await ask('download')).toEqual({ status: 200, from: [58, 58, 'png'], to: [8, 8, 'jpeg'] })
    await phone.context.setOffline(true)
    expect(await ask('put', [1])).toMatchObject({ errMsg: expect.stringContaining('request:fail') })
    await phone.context.setOffline(false)
    await phone.close()
  })

  test.each([false, true])(
    'what WeChat asks its owner is asked, and the world hears of it (touch %s)',
    async (touch) => {
      await open('/pages/tools/tools', touch)
      const [template] = simulator.world.templates
      if (!template) throw new Error('the world has no templates')
      const left = () => simulator.context.grants.left(person().openId, template.priTmplId)
      const before = left()
      await phone.page.evaluate(
        (id) => (window.__mp.top().inst.setData as unknown as (patch: object) => void)({ templates: [id] }),
        template.priTmplId,
      )
      await phone.tap(phone.role('button', '订阅'))
      await phone.page.getByText(template.title).waitFor()
      await phone.looksRight('device-subscribe')
      await phone.tap(phone.role('button', '允许'))
      await vi.waitFor(async () => expect(await said()).toContain('"accept"'))
      expect(left()).toBe(before + 1)

      await phone.page.evaluate(() => localStorage.clear())
      await phone.tap(phone.role('button', '手机号'))
      await phone.tap(phone.role('button', '同意'))
      await phone.page.getByText(person().phone).waitFor()
      await phone.tap(phone.role('button', '允许'))
      await vi.waitFor(async () => expect(await said()).toMatch(/"code":"\w{20,}"/))

      await phone.tap(phone.role('button', '客服'))
      await vi.waitFor(async () => expect(await said()).toContain('openCustomerServiceChat:ok'))
      await phone.tap(phone.role('button', '拨号'))
      await phone.tap(phone.role('button', '取消'))
      await vi.waitFor(async () => expect(await said()).toBe('{"errMsg":"makePhoneCall:fail cancel"}'))
      await phone.tap(phone.role('button', '复制'))
      await phone.page.getByText('内容已复制').waitFor()
      await chosen(png)
      await phone.tap(phone.role('button', '看图'))
      await phone.page.locator('mp-preview img').waitFor()
      await phone.looksRight('device-preview')
      await phone.close()
    },
  )

  test('a subscription that nobody tapped for is refused', async () => {
    await open('/pages/tools/tools')
    await ask('subscribe')
    await vi.waitFor(async () => expect(await said()).toContain('requestSubscribeMessage:fail'))
    await phone.close()
  })
})
