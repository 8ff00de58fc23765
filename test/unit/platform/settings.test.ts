import { expect, test } from 'vitest'
import { bucketOf, readSettings } from '../../../src/platform/settings.ts'

const good = {
  MONGODB_URI: 'mongodb://127.0.0.1:27017/aftercare',
  WECOM_CORP_ID: 'ww1',
  WECOM_AGENT_ID: '1000002',
  WECOM_AGENT_SECRET: 'agent-secret',
  WECOM_CALLBACK_TOKEN: 'token',
  WECOM_CALLBACK_AES_KEY: 'a'.repeat(43),
  WECOM_OPEN_KFID: 'wk1',
  FIELD_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
  SESSION_SECRET: 's'.repeat(32),
  INTEGRATION_KEYS: 'integration-key-0001',
}

test('a complete environment is accepted with its defaults', () => {
  const { settings, problems } = readSettings(good)
  expect(problems).toEqual([])
  expect(settings).toMatchObject({
    HOST: '127.0.0.1',
    PORT: 3000,
    ROLE: 'all',
    CALLBACK_MAX_AGE_SECONDS: 300,
    INTEGRATION_KEYS: ['integration-key-0001'],
  })
})

test('every problem is listed at once, and no value is shown', () => {
  const { settings, problems } = readSettings({
    ...good,
    MONGODB_URI: undefined,
    WECOM_CALLBACK_AES_KEY: 'b'.repeat(42),
    WECOM_AGENT_ID: 'one',
    ROLE: 'boss',
    FIELD_KEYS: 'k1:c2hvcnQ=',
    SESSION_SECRET: 'hunter2',
  })
  expect(settings).toBeNull()
  expect(problems).toEqual([
    { setting: 'MONGODB_URI', message: 'is missing' },
    { setting: 'ROLE', message: 'must be web, worker, bot or all' },
    { setting: 'WECOM_AGENT_ID', message: 'must be a whole number' },
    { setting: 'WECOM_CALLBACK_AES_KEY', message: 'must be exactly 43 characters long' },
    { setting: 'FIELD_KEYS', message: 'must be a list id:key,id:key of different ids, each key 32 bytes in base64' },
    { setting: 'SESSION_SECRET', message: 'must have at least 32 characters' },
  ])
  expect(JSON.stringify(problems)).not.toMatch(/hunter2|bbbb|c2hvcnQ/)
})

test('a database address that the driver would refuse is refused here, without its password', () => {
  const addresses = [
    'mongodb://clinic:hunter2@',
    'mongodb://clinic:hun@ter2:x/y@127.0.0.1:27017/aftercare',
    'mongodb://clinic:hunter2@127.0.0.1/aftercare?nonsense=1',
    'postgres://clinic:hunter2@127.0.0.1/aftercare',
    'hunter2',
  ]
  for (const MONGODB_URI of addresses) {
    const { problems } = readSettings({ ...good, MONGODB_URI })
    expect(problems).toEqual([{ setting: 'MONGODB_URI', message: expect.stringContaining('%40') }])
    expect(JSON.stringify(problems)).not.toMatch(/hun/)
  }
  for (const MONGODB_URI of ['mongodb://u:p%40ss@a,b/x?replicaSet=r', 'mongodb+srv://u:p@cluster.example.com/x'])
    expect(readSettings({ ...good, MONGODB_URI }).problems).toEqual([])
})

test('keys that could never be used are problems: two of one id, one with a space', () => {
  const twice = [1, 2].map((fill) => `k1:${Buffer.alloc(32, fill).toString('base64')}`).join(',')
  const INTEGRATION_KEYS = 'integration-key-0001, integration key 0002 ,短'
  expect(readSettings({ ...good, FIELD_KEYS: twice, INTEGRATION_KEYS }).problems).toEqual([
    { setting: 'FIELD_KEYS', message: expect.stringContaining('different ids') },
    { setting: 'INTEGRATION_KEYS', message: expect.stringContaining('key 2') },
    { setting: 'INTEGRATION_KEYS', message: expect.stringContaining('key 3') },
  ])
})

test('an empty value in a .env file means not set', () => {
  expect(readSettings({ ...good, PORT: '', WECOM_CORP_ID: '' }).problems).toEqual([
    { setting: 'WECOM_CORP_ID', message: 'is missing' },
  ])
})

test('a moved clock is refused in production', () => {
  const { problems } = readSettings({ ...good, NODE_ENV: 'production', CLOCK_URL: 'http://127.0.0.1:4100' })
  expect(problems.map(({ setting }) => setting)).toEqual(['CLOCK_URL'])
})

test('settings that belong together are missed together', () => {
  const { problems } = readSettings({ ...good, WECHAT_APP_ID: 'wx1', SMS_API_BASE: 'http://127.0.0.1:1/sms' })
  expect(problems.map(({ setting }) => setting)).toEqual([
    'WECHAT_APP_SECRET',
    'WECHAT_CALLBACK_TOKEN',
    'WECHAT_CALLBACK_AES_KEY',
    'SMS_API_KEY',
  ])
})

test('a bucket for photos needs all of its settings, and is none without', () => {
  const one = { BLOB_S3_URL: 'https://photos.oss-cn-shanghai.aliyuncs.com/', BLOB_S3_ACCESS_KEY: 'a' }
  expect(readSettings({ ...good, ...one }).problems.map(({ setting }) => setting)).toEqual([
    'BLOB_S3_REGION',
    'BLOB_S3_SECRET_KEY',
  ])
  const { settings } = readSettings({ ...good, ...one, BLOB_S3_REGION: 'oss-cn-shanghai', BLOB_S3_SECRET_KEY: 's' })
  expect(settings && bucketOf(settings)).toEqual({
    url: 'https://photos.oss-cn-shanghai.aliyuncs.com',
    region: 'oss-cn-shanghai',
    accessKey: 'a',
    secretKey: 's',
  })
  const none = readSettings(good).settings
  expect(none && bucketOf(none)).toBeNull()
})

test('mails need a server, and in production somebody they come from', () => {
  const settings = { ...good, SMTP_URL: 'smtp://relay:p%40ss@mail.example:587' }
  expect(readSettings(settings).problems).toEqual([])
  expect(readSettings({ ...settings, NODE_ENV: 'production' }).problems).toEqual([
    { setting: 'MAIL_FROM', message: 'is missing: SMTP_URL needs it where its user is no address' },
  ])
  for (const more of [
    { MAIL_FROM: 'care@huayan.example' },
    { SMTP_URL: 'smtps://care%40huayan.example:p@mail.example' },
  ])
    expect(readSettings({ ...settings, NODE_ENV: 'production', ...more }).problems).toEqual([])
  for (const text of ['mail.example:587', 'http://mail.example', 'smtp://', 'smtp://%zz@mail.example'])
    expect(readSettings({ ...good, SMTP_URL: text }).problems.map(({ setting }) => setting)).toEqual(['SMTP_URL'])
  expect(readSettings({ ...settings, MAIL_FROM: 'care' }).problems).toEqual([
    { setting: 'MAIL_FROM', message: 'must be an email address' },
  ])
})

test('proxies are addresses or networks', () => {
  expect(readSettings(good).settings?.TRUSTED_PROXIES).toEqual(['127.0.0.1', '::1'])
  expect(readSettings({ ...good, TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8' }).settings?.TRUSTED_PROXIES).toEqual([
    '10.0.0.0/8',
    'fd00::/8',
  ])
  for (const text of ['proxy.local', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/'])
    expect(readSettings({ ...good, TRUSTED_PROXIES: text }).problems).toEqual([
      { setting: 'TRUSTED_PROXIES', message: 'must be addresses or networks, e.g. 10.0.0.0/8' },
    ])
})
