/** `npm run doctor` against a simulated WeCom and WeChat: each step fails by its real cause, says so, and names what to do. */
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { runDoctor, type StepReport } from '../../../scripts/doctor/run.ts'
import { ADVICE, STEPS } from '../../../scripts/doctor/words.ts'
import { createActivity } from '../../../src/platform/activity.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { createHttpServer } from '../../../src/platform/http-server.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { createWechat } from '../../../src/wechat/index.ts'
import { createWecom } from '../../../src/wecom/index.ts'
import { simWorld } from '../../contract/simulator/support.ts'
import { testDb } from '../../support/db.ts'
import { TEST_FIELD_KEYS, testPorts } from '../../support/ports.ts'

const db = await testDb()
const { simulator, control } = await simWorld({ clock: 'real', start: new Date(), customers: 2 })
const { ready, world } = simulator
const { miniProgram } = ready
const [member] = world.staff
const [customer] = world.customers
if (!member || !customer) throw new Error('the world has people')

const ports = { ...(await testPorts(db)), clock: systemClock, metrics: createMetrics({ defaults: false }) }
const http = createHttpServer({ ...ports, activity: createActivity() })
createWecom({ ...ports, settings: { ...ready, apiBase: ready.wecomBase, callbackMaxAgeSeconds: 300 } }).mount(
  http.router,
)
createWechat({
  ...ports,
  settings: {
    apiBase: ready.wechatBase,
    appId: miniProgram.appId,
    appSecret: miniProgram.secret,
    callbackToken: miniProgram.token,
    callbackAesKey: miniProgram.aesKey,
    callbackMaxAgeSeconds: 300,
  },
}).mount(http.router)
const { port } = await http.listen(0, '127.0.0.1')
afterAll(() => http.stop(500))

/** What a bucket says to who asks whether it is there. */
let bucketSays = 200
const bucket = createServer((_, response) => response.writeHead(bucketSays).end())
await new Promise<void>((done) => void bucket.listen(0, '127.0.0.1', done))
afterAll(() => bucket.close())

const ENV: Record<string, string> = {
  NODE_ENV: 'test',
  MONGODB_URI: process.env.MONGODB_URI ?? '',
  PUBLIC_URL: `http://127.0.0.1:${port}`,
  WECOM_API_BASE: ready.wecomBase,
  WECOM_CORP_ID: ready.corpId,
  WECOM_AGENT_ID: String(ready.agentId),
  WECOM_AGENT_SECRET: ready.agentSecret,
  WECOM_CALLBACK_TOKEN: ready.callbackToken,
  WECOM_CALLBACK_AES_KEY: ready.callbackAesKey,
  WECOM_OPEN_KFID: ready.openKfId,
  WECHAT_API_BASE: ready.wechatBase,
  WECHAT_APP_ID: miniProgram.appId,
  WECHAT_APP_SECRET: miniProgram.secret,
  WECHAT_CALLBACK_TOKEN: miniProgram.token,
  WECHAT_CALLBACK_AES_KEY: miniProgram.aesKey,
  BLOB_S3_URL: `http://127.0.0.1:${(bucket.address() as AddressInfo).port}/photos`,
  BLOB_S3_REGION: 'cn-shanghai',
  BLOB_S3_ACCESS_KEY: 'an-access-key',
  BLOB_S3_SECRET_KEY: 'a-secret-of-the-bucket',
  FIELD_KEYS: TEST_FIELD_KEYS,
  SESSION_SECRET: 'a secret of at least thirty-two characters',
  ADMIN_USERIDS: member.userId,
}
simulator.act({ as: 'customer', id: customer.personId, do: 'add-contact', userId: member.userId })

/** What each step found, `ok` or `skipped`. */
const found = (reports: StepReport[]) =>
  Object.fromEntries(reports.map(({ step, status, finding }) => [step, finding ?? status]))
const examine = async (over: Record<string, string> = {}) => found(await runDoctor({ ...ENV, ...over }))
const WELL = Object.fromEntries(Object.keys(STEPS).map((step) => [step, 'ok']))
const without = (...steps: string[]) => Object.fromEntries(steps.map((step) => [step, 'skipped']))
const BEHIND_APP = ['directory', 'administrators', 'contacts', 'union_id', 'kf']

afterEach(async () => {
  await control('POST', 'settings', { trustedAddresses: null, appEnabled: true, unionIds: true })
  await control('POST', 'permissions', { contacts: true, external: true, kf: true })
  for (const { userId } of world.staff)
    await control('POST', 'member', { userId, inScope: true, servesCustomers: true })
  await control('DELETE', 'faults')
})

test('an installation that is set up is well, and left as it was', async () => {
  const before = await db.collection('vendor_tokens').countDocuments()
  expect(await examine()).toEqual(WELL)
  expect(await db.collection('vendor_tokens').countDocuments()).toBe(before)
})

test('without a mini-program its steps are skipped, and nothing failed', async () => {
  const none = { WECHAT_APP_ID: '', WECHAT_APP_SECRET: '', WECHAT_CALLBACK_TOKEN: '', WECHAT_CALLBACK_AES_KEY: '' }
  expect(await examine(none)).toEqual({ ...WELL, ...without('mini_program', 'templates', 'mini_callback') })
})

test('without a bucket photos lie in the database, and its step is skipped', async () => {
  const none = { BLOB_S3_URL: '', BLOB_S3_REGION: '', BLOB_S3_ACCESS_KEY: '', BLOB_S3_SECRET_KEY: '' }
  expect(await examine(none)).toEqual({ ...WELL, ...without('photo_store') })
})

test.each([
  [403, 'photo_store_keys'],
  [301, 'photo_store_keys'],
  [404, 'photo_store_missing'],
  [503, 'photo_store_unreachable'],
])('a bucket that answers %i', async (status, finding) => {
  bucketSays = status
  expect(await examine()).toEqual({ ...WELL, photo_store: finding })
  bucketSays = 200
})

describe('settings that are wrong', () => {
  test('are named all at once, and nobody is asked', async () => {
    const [settings, ...others] = await runDoctor({ ...ENV, WECOM_CORP_ID: '', SESSION_SECRET: 'short' })
    expect(settings).toMatchObject({ status: 'failed', finding: 'bad_settings' })
    expect(settings?.details.map((line) => line.split(' ')[0])).toEqual(['WECOM_CORP_ID', 'SESSION_SECRET'])
    expect(found(others)).toMatchObject({
      configuration: 'ok',
      database: 'skipped',
      token: 'skipped',
      callback: 'skipped',
    })
  })

  test.each<[string, Record<string, string>, Record<string, string>]>([
    ['a folder without configuration', { CONFIG_DIR: '/nowhere' }, { configuration: 'bad_configuration' }],
    ['a database that is not there', { MONGODB_URI: 'mongodb://127.0.0.1:9' }, { database: 'database_unreachable' }],
    [
      'another corp',
      { WECOM_CORP_ID: 'ww0000000000000000' },
      { token: 'wrong_corp', callback: 'callback_keys', ...without('trusted_address', 'app', ...BEHIND_APP) },
    ],
    [
      'a wrong secret',
      { WECOM_AGENT_SECRET: 'wrong' },
      { token: 'wrong_secret', ...without('trusted_address', 'app', ...BEHIND_APP) },
    ],
    ['the id of another app', { WECOM_AGENT_ID: '1000099' }, { app: 'wrong_app', ...without(...BEHIND_APP) }],
    [
      'a host that is not there',
      { WECOM_API_BASE: 'http://127.0.0.1:9' },
      { token: 'unreachable', ...without('trusted_address', 'app', ...BEHIND_APP) },
    ],
    [
      'an administrator whom nobody knows',
      { ADMIN_USERIDS: `${member.userId},nobody` },
      { administrators: 'unknown_administrators' },
    ],
    ['no administrator', { ADMIN_USERIDS: '' }, { administrators: 'no_administrators' }],
    ['another callback token', { WECOM_CALLBACK_TOKEN: 'other' }, { callback: 'callback_keys' }],
    ['another AES key', { WECOM_CALLBACK_AES_KEY: 'b'.repeat(43) }, { callback: 'callback_keys' }],
    [
      'an address where nobody listens',
      { PUBLIC_URL: 'http://127.0.0.1:9' },
      { callback: 'callback_unreachable', mini_callback: 'callback_unreachable' },
    ],
    [
      'no public address',
      { PUBLIC_URL: '', HOST: '127.0.0.1', PORT: String(port) },
      { callback: 'public_url_missing' },
    ],
    ['an unknown customer service account', { WECOM_OPEN_KFID: 'wkunknown' }, { kf: 'kf_unknown' }],
    [
      'a wrong AppID',
      { WECHAT_APP_ID: 'wx0000000000000000' },
      { mini_program: 'wrong_mini_app', ...without('templates') },
    ],
    [
      'a wrong AppSecret',
      { WECHAT_APP_SECRET: 'wrong' },
      { mini_program: 'wrong_mini_secret', ...without('templates') },
    ],
    ['another token of the mini-program', { WECHAT_CALLBACK_TOKEN: 'other' }, { mini_callback: 'callback_keys' }],
  ])('%s', async (_, over, expected) => {
    expect(await examine(over)).toEqual({ ...WELL, ...expected })
  })

  test('an address where something else answers', async () => {
    const other = createServer((_, response) => response.end('<html>hello</html>'))
    await new Promise<void>((done) => void other.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    expect(await examine({ PUBLIC_URL: url })).toMatchObject({
      callback: 'callback_not_ours',
      mini_callback: 'callback_not_ours',
    })
    other.close()
  })
})

describe('what the administrator has not set up', () => {
  test.each<[string, string, object, Record<string, string>]>([
    [
      'this address is not trusted',
      'settings',
      { trustedAddresses: ['10.0.0.1'] },
      {
        trusted_address: 'address_not_trusted',
        mini_program: 'mini_address',
        ...without('token', 'app', 'templates', ...BEHIND_APP),
      },
    ],
    [
      'the app is switched off',
      'settings',
      { appEnabled: false },
      { token: 'app_disabled', ...without('trusted_address', 'app', ...BEHIND_APP) },
    ],
    [
      'no right to the directory',
      'permissions',
      { contacts: false },
      { directory: 'directory_closed', ...without('administrators') },
    ],
    [
      'no right to customers',
      'permissions',
      { external: false },
      { contacts: 'contacts_closed', ...without('union_id') },
    ],
    ['no right to customer service', 'permissions', { kf: false }, { kf: 'kf_closed' }],
    ['no developer id', 'settings', { unionIds: false }, { union_id: 'no_union_id' }],
  ])('%s', async (_, path, change, expected) => {
    await control('POST', path, change)
    expect(await examine()).toEqual({ ...WELL, ...expected })
  })

  test('an address that is not trusted is named, so that it can be added', async () => {
    await control('POST', 'settings', { trustedAddresses: ['10.0.0.1'] })
    const step = (await runDoctor(ENV)).find((one) => one.step === 'trusted_address')
    expect(step?.details).toContain('127.0.0.1')
  })

  test('nobody in scope, nobody with customers', async () => {
    for (const { userId } of world.staff) await control('POST', 'member', { userId, servesCustomers: false })
    expect(await examine()).toMatchObject({ contacts: 'no_follow_users', union_id: 'skipped' })
    for (const { userId } of world.staff) await control('POST', 'member', { userId, inScope: false })
    expect(await examine()).toMatchObject({ directory: 'nobody_visible', administrators: 'skipped' })
  })

  test.each<[string, string, number, Record<string, string>]>([
    ['too many calls', '/cgi-bin/gettoken', 45009, { token: 'limited' }],
    ['a refusal nobody foresaw', '/cgi-bin/kf/account/list', 48010, { kf: 'refused' }],
    ['a frozen secret', '/cgi-bin/stable_token', 40243, { mini_program: 'wrong_mini_secret' }],
  ])('%s', async (_, path, errcode, expected) => {
    await control('POST', 'faults', { path, errcode, times: 2 })
    expect(await examine()).toMatchObject(expected)
  })
})

describe('the command', () => {
  const run = (args: string[], over: Record<string, string> = {}) =>
    new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
      const { PATH = '', HOME = '' } = process.env
      const child = execFile(
        process.execPath,
        ['--import', 'tsx', 'scripts/doctor.ts', ...args],
        { env: { PATH, HOME, ...ENV, ...over } },
        (_, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
      )
    })

  test('ends with 0 when all is well, with 1 and what to do in both languages when not; no secret is shown', async () => {
    const well = await run(['--json'])
    expect(well.code).toBe(0)
    expect(JSON.parse(well.stdout)).toMatchObject({
      ok: true,
      steps: Object.keys(STEPS).map((step) => ({ step, status: 'ok' })),
    })
    const ill = await run([], { WECOM_AGENT_SECRET: 'secret-that-is-wrong' })
    expect(ill.code).toBe(1)
    const { means, do: todo } = ADVICE.wrong_secret
    for (const words of [means.zh, means.en, todo.zh, todo.en, '/cgi-bin/gettoken 40001'])
      expect(ill.stdout).toContain(words)
    for (const secret of [
      'secret-that-is-wrong',
      ready.callbackAesKey,
      miniProgram.secret,
      ENV.SESSION_SECRET ?? '',
      'a-secret-of',
    ])
      expect(well.stdout + ill.stdout + ill.stderr).not.toContain(secret)
    expect((await run(['--nonsense'])).code).toBe(2)
  })
})
