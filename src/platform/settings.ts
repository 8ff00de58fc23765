/** Secrets and addresses, from the environment. Every problem is listed at once; a value is never printed. */
import { MongoClient } from 'mongodb'
import { z } from 'zod'
import { isNetwork } from './address.ts'
import { parseFieldKeys } from './crypto.ts'
import { isEmail, senderOf } from './email-address.ts'
import type { S3Settings } from './s3.ts'

export interface SettingProblem {
  setting: string
  message: string
}

const url = (text: string) => {
  try {
    return ['http:', 'https:'].includes(new URL(text).protocol)
  } catch {
    return false
  }
}
const Url = z
  .string()
  .refine(url, 'must be an http(s) address')
  .transform((text) => text.replace(/\/+$/, ''))
const SmtpUrl = z.string().refine((text) => {
  try {
    const { protocol, hostname, username, password } = new URL(text)
    decodeURIComponent(username + password)
    return ['smtp:', 'smtps:'].includes(protocol) && hostname !== ''
  } catch {
    return false
  }
}, 'must be smtp://… or smtps://…, with signs like @ : / in a password written as %40 %3A %2F')
const MailAddress = z.string().refine(isEmail, 'must be an email address')
const AesKey = z
  .string()
  .refine((text) => /^[A-Za-z0-9]*$/.test(text), 'must have letters and digits only')
  .refine((text) => text.length === 43, 'must be exactly 43 characters long')
const Token = z.string().regex(/^[A-Za-z0-9]{1,32}$/, 'must be 1 to 32 letters and digits')
/** Tried here, because later its faults would be the driver's, whose words quote a part of it: perhaps of the password. */
const MongoUri = z.string().refine((text) => {
  try {
    return new MongoClient(text) !== null
  } catch {
    return false
  }
}, 'must be mongodb://… or mongodb+srv://…, with signs like @ : / in a password written as %40 %3A %2F')
const Text = z.string().min(1, 'must not be empty')
const Whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((n) => n >= least && n <= most, `must be between ${least} and ${most}`)
const Fen = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,2})?$/, 'must be an amount in fen below 1000, such as 5 or 4.5')
  .transform(Number)
const Keys = z.string().refine((text) => {
  try {
    return parseFieldKeys(text).size > 0
  } catch {
    return false
  }
}, 'must be a list id:key,id:key of different ids, each key 32 bytes in base64')
const List = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
)

const Schema = z.object({
  NODE_ENV: z.enum(['production', 'development', 'test']).default('development'),
  MONGODB_URI: MongoUri,
  HOST: Text.default('127.0.0.1'),
  PORT: Whole(0, 65_535).default(3000),
  ROLE: z.enum(['web', 'worker', 'bot', 'all'], 'must be web, worker, bot or all').default('all'),
  PUBLIC_URL: Url.optional(),
  TRUSTED_PROXIES: List.refine(
    (list) => list.every(isNetwork),
    'must be addresses or networks, e.g. 10.0.0.0/8',
  ).default(['127.0.0.1', '::1']),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
    .default('info'),
  DATA_DIR: Text.default('.data'),
  CONFIG_DIR: Text.default('config'),
  WECOM_API_BASE: Url.default('https://qyapi.weixin.qq.com'),
  WECHAT_API_BASE: Url.default('https://api.weixin.qq.com'),
  WECOM_CORP_ID: Text,
  WECOM_AGENT_ID: Whole(1, 999_999_999),
  WECOM_AGENT_SECRET: Text,
  WECOM_CALLBACK_TOKEN: Token,
  WECOM_CALLBACK_AES_KEY: AesKey,
  WECOM_OPEN_KFID: Text,
  WECHAT_APP_ID: Text.optional(),
  WECHAT_APP_SECRET: Text.optional(),
  WECHAT_CALLBACK_TOKEN: Token.optional(),
  WECHAT_CALLBACK_AES_KEY: AesKey.optional(),
  CALLBACK_MAX_AGE_SECONDS: Whole(0, 86_400).default(300),
  SMS_API_BASE: Url.optional(),
  SMS_API_KEY: Text.optional(),
  SMS_PART_FEN: Fen.default(5),
  SMTP_URL: SmtpUrl.optional(),
  MAIL_FROM: MailAddress.optional(),
  BLOB_S3_URL: Url.optional(),
  BLOB_S3_REGION: Text.optional(),
  BLOB_S3_ACCESS_KEY: Text.optional(),
  BLOB_S3_SECRET_KEY: Text.optional(),
  FIELD_KEYS: Keys,
  SESSION_SECRET: z.string().min(32, 'must have at least 32 characters'),
  INTEGRATION_KEYS: List.default([]),
  ADMIN_USERIDS: List.default([]),
  CLOCK_URL: Url.optional(),
  LEASE_MS: Whole(500, 600_000).default(30_000),
  KF_PULL_MINUTES: Whole(1, 1_440).default(10),
  WECHATY_PUPPET: z
    .string()
    .regex(/^[a-z][a-z0-9@/._-]*$/, 'must be wecom, off, or the name of an installed puppet')
    .default('wecom'),
  SEND_CONCURRENCY: Whole(1, 64).default(8),
})

export type Settings = Readonly<z.output<typeof Schema>>

/** All of them or none. */
const TOGETHER = [
  {
    names: ['WECHAT_APP_ID', 'WECHAT_APP_SECRET', 'WECHAT_CALLBACK_TOKEN', 'WECHAT_CALLBACK_AES_KEY'],
    missing: 'is missing: the mini-program needs all four WECHAT_ settings',
  },
  {
    names: ['BLOB_S3_URL', 'BLOB_S3_REGION', 'BLOB_S3_ACCESS_KEY', 'BLOB_S3_SECRET_KEY'],
    missing: 'is missing: a bucket for photos needs all four BLOB_S3_ settings',
  },
]

/** Where photos lie; null: in the database. */
export function bucketOf(settings: Settings): S3Settings | null {
  const { BLOB_S3_URL: url, BLOB_S3_REGION: region, BLOB_S3_ACCESS_KEY, BLOB_S3_SECRET_KEY } = settings
  if (!url || !region || !BLOB_S3_ACCESS_KEY || !BLOB_S3_SECRET_KEY) return null
  return { url, region, accessKey: BLOB_S3_ACCESS_KEY, secretKey: BLOB_S3_SECRET_KEY }
}

/** Reads the environment. Either settings or every problem, in the order of `.env.example`. */
export function readSettings(
  env: Record<string, string | undefined>,
): { settings: Settings; problems: [] } | { settings: null; problems: SettingProblem[] } {
  // An empty value in a .env file means "not set".
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = Schema.safeParse(given)
  const problems: SettingProblem[] = parsed.success
    ? []
    : parsed.error.issues.map((issue) => {
        const setting = String(issue.path[0])
        return { setting, message: given[setting] === undefined ? 'is missing' : issue.message }
      })
  for (const { names, missing } of TOGETHER) {
    const absent = names.filter((name) => given[name] === undefined)
    if (absent.length < names.length) problems.push(...absent.map((setting) => ({ setting, message: missing })))
  }
  if (given.SMS_API_BASE && !given.SMS_API_KEY)
    problems.push({ setting: 'SMS_API_KEY', message: 'is missing: SMS_API_BASE needs it' })
  if (given.NODE_ENV === 'production' && given.SMTP_URL && !given.MAIL_FROM && senderOf(given.SMTP_URL) === null)
    problems.push({ setting: 'MAIL_FROM', message: 'is missing: SMTP_URL needs it where its user is no address' })
  for (const [i, key] of (given.INTEGRATION_KEYS ?? '').split(',').entries()) {
    if (key.trim() && !/^[\x21-\x7e]{16,}$/.test(key.trim()))
      problems.push({
        setting: 'INTEGRATION_KEYS',
        message: `key ${i + 1} must have at least 16 letters, digits or signs, no spaces`,
      })
  }
  if (given.NODE_ENV === 'production' && given.CLOCK_URL)
    problems.push({ setting: 'CLOCK_URL', message: 'is refused in production: it moves the time of promises' })
  if (problems.length > 0 || !parsed.success) return { settings: null, problems: unique(problems) }
  return { settings: Object.freeze(parsed.data), problems: [] }
}

const unique = (problems: SettingProblem[]): SettingProblem[] => {
  const seen = new Set<string>()
  return problems.filter(({ setting, message }) => {
    const key = `${setting} ${message}`
    return seen.has(key) ? false : Boolean(seen.add(key))
  })
}
