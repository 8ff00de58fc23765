/** Checks an installation step by step, in the order of setting it up. Changes nothing anywhere. */
import { loadConfig } from '../../src/config.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { ConfigError } from '../../src/platform/config.ts'
import { connectDb } from '../../src/platform/db.ts'
import { createS3Bucket } from '../../src/platform/s3.ts'
import { bucketOf, readSettings, type Settings } from '../../src/platform/settings.ts'
import { isVendorError } from '../../src/wecom/index.ts'
import { checkWechatCallback, checkWecomCallback } from './callbacks.ts'
import { addressSeen, findingOf, vendorsOf } from './vendors.ts'
import type { Finding, StepName } from './words.ts'

export interface StepReport {
  step: StepName
  /** `skipped`: an earlier step must be mended first, or it is not used here. `warning`: works, but less well. */
  status: 'ok' | 'warning' | 'failed' | 'skipped'
  finding: Finding | null
  /** What was found, without secrets: settings, paths with their error codes, ids. */
  details: string[]
}

type Outcome = Omit<StepReport, 'step'>
const ok = (...details: string[]): Outcome => ({ status: 'ok', finding: null, details })
const skipped: Outcome = { status: 'skipped', finding: null, details: [] }
const failed = (finding: Finding, details: string[] = []): Outcome => ({ status: 'failed', finding, details })
const warning = (finding: Finding, details: string[] = []): Outcome => ({ status: 'warning', finding, details })

const DATABASE_TIMEOUT_MS = 5_000
/** Root of WeCom's directory. */
const ROOT = 1
/** Enough to see whether anybody is there. */
const DEPARTMENTS = 100
const NO_PERMISSION = [48001, 48002, 48004, 48006, 48007]
const each = (codes: readonly number[], finding: Finding) => Object.fromEntries(codes.map((code) => [code, finding]))

type Vendors = ReturnType<typeof vendorsOf>
interface Step {
  step: StepName
  needs: StepName[]
  run(settings: Settings, vendors: Vendors): Promise<Outcome>
}

/** A vendor's refusal becomes the step's finding. */
const probe =
  (here: Partial<Record<number, Finding>>, work: Step['run']): Step['run'] =>
  async (settings, vendors) => {
    try {
      return await work(settings, vendors)
    } catch (error) {
      const { finding, details } = findingOf(error, here)
      return failed(finding, details)
    }
  }

const ADDRESS: readonly unknown[] = [60020, 301042]
const isAddress = (error: unknown) => isVendorError(error) && ADDRESS.includes(error.errcode)

const SCOPE = [60011, 60003, 60123, 48009, 50002]

const STEPS: Step[] = [
  {
    step: 'database',
    needs: ['settings'],
    async run({ MONGODB_URI }) {
      try {
        const db = await connectDb(MONGODB_URI, { timeoutMs: DATABASE_TIMEOUT_MS })
        await db.close()
        return ok()
      } catch {
        return failed('database_unreachable')
      }
    },
  },
  {
    step: 'photo_store',
    needs: ['settings'],
    async run(settings) {
      const bucket = bucketOf(settings)
      if (!bucket) return skipped
      try {
        const { status } = await createS3Bucket(bucket, systemClock).ask({ method: 'HEAD' })
        if (status < 300) return ok()
        return failed(status === 404 ? 'photo_store_missing' : 'photo_store_keys', [`HEAD ${status}`])
      } catch {
        return failed('photo_store_unreachable', [new URL(bucket.url).origin])
      }
    },
  },
  {
    step: 'token',
    needs: ['settings'],
    run: probe({}, async (_, { wecom }) => {
      try {
        await wecom.token.get()
        return ok()
      } catch (error) {
        // The next step's matter: nobody looked at the secret.
        if (isAddress(error)) return skipped
        throw error
      }
    }),
  },
  {
    step: 'trusted_address',
    needs: ['settings'],
    run: probe({}, async (settings, { wecom }) => {
      try {
        await wecom.client.appInfo(settings.WECOM_AGENT_ID)
        return ok()
      } catch (error) {
        if (isAddress(error)) return failed('address_not_trusted', await addressSeen(settings))
        // Refused for another reason, so the address was let through; or there was nothing to ask with.
        return isVendorError(error) && error.errcode !== null && error.path !== '/cgi-bin/gettoken' ? ok() : skipped
      }
    }),
  },
  {
    step: 'app',
    needs: ['token', 'trusted_address'],
    run: probe({ 40056: 'wrong_app', 301002: 'wrong_app', 60011: 'wrong_app' }, async (settings, { wecom }) => {
      const { name, isClosed } = await wecom.client.appInfo(settings.WECOM_AGENT_ID)
      return isClosed ? failed('app_disabled', [name]) : ok(name)
    }),
  },
  {
    step: 'directory',
    needs: ['app'],
    run: probe(each([...NO_PERMISSION, ...SCOPE], 'directory_closed'), async (_, { wecom }) => {
      const departments = await wecom.client.departments()
      const people = new Set<string>()
      const some = departments.length > 0 ? departments.slice(0, DEPARTMENTS) : [{ id: ROOT }]
      for (const { id } of some) for (const { userId } of await wecom.client.users(id)) people.add(userId)
      return people.size === 0
        ? failed('nobody_visible')
        : ok(`${departments.length} departments`, `${people.size} members`)
    }),
  },
  {
    step: 'administrators',
    needs: ['directory'],
    run: probe({}, async ({ ADMIN_USERIDS }, { wecom }) => {
      if (ADMIN_USERIDS.length === 0) return warning('no_administrators')
      const unknown: string[] = []
      for (const userId of ADMIN_USERIDS) {
        const there = await wecom.client.user(userId).then(
          ({ status }) => status === 'active',
          (error: unknown) => {
            if (isVendorError(error) && error.errcode !== null) return false
            throw error
          },
        )
        if (!there) unknown.push(userId)
      }
      return unknown.length > 0 ? failed('unknown_administrators', unknown) : ok()
    }),
  },
  {
    step: 'callback',
    needs: ['settings'],
    async run(settings) {
      const found = await checkWecomCallback(settings)
      if (found) return failed(found.finding, found.details)
      return settings.PUBLIC_URL ? ok() : warning('public_url_missing')
    },
  },
  {
    step: 'contacts',
    needs: ['app'],
    run: probe(each(NO_PERMISSION, 'contacts_closed'), async (_, { wecom }) => {
      const members = await wecom.client.followUsers()
      return members.length === 0 ? failed('no_follow_users') : ok(`${members.length} members`)
    }),
  },
  {
    step: 'union_id',
    needs: ['contacts'],
    run: probe({}, async (_, { wecom }) => {
      // Whoever has customers of WeChat shows it; the first hundred members are enough.
      const members = (await wecom.client.followUsers()).slice(0, 100)
      let contacts: { kind: string; unionId: string | null }[] = []
      try {
        contacts = (await wecom.client.externalContactsByUsers(members)).contacts
      } catch (error) {
        if (!isVendorError(error) || error.errcode !== 84061) throw error
      }
      const ofWechat = contacts.filter(({ kind }) => kind === 'wechat')
      if (ofWechat.length === 0) return skipped
      return ofWechat.some(({ unionId }) => unionId) ? ok() : warning('no_union_id')
    }),
  },
  {
    step: 'kf',
    needs: ['app'],
    run: probe(each([...NO_PERMISSION, 95017], 'kf_closed'), async ({ WECOM_OPEN_KFID }, { wecom }) => {
      const accounts = await wecom.client.kfAccounts()
      const ours = accounts.find(({ openKfId }) => openKfId === WECOM_OPEN_KFID)
      if (!ours)
        return failed(
          'kf_unknown',
          accounts.map(({ openKfId, name }) => `${openKfId} ${name}`),
        )
      return ours.managed ? ok(ours.name) : failed('kf_not_managed', [ours.name])
    }),
  },
  {
    step: 'mini_program',
    needs: ['settings'],
    run: probe(
      {
        40001: 'wrong_mini_secret',
        40013: 'wrong_mini_app',
        40125: 'wrong_mini_secret',
        40164: 'mini_address',
        40243: 'wrong_mini_secret',
      },
      async (_, { wechat }) => {
        if (!wechat) return skipped
        await wechat.token.get()
        return ok()
      },
    ),
  },
  {
    step: 'templates',
    needs: ['mini_program'],
    run: probe({ 40164: 'mini_address' }, async (_, { wechat }) => {
      if (!wechat) return skipped
      const templates = await wechat.client.subscribeTemplates()
      return templates.length === 0 ? warning('no_templates') : ok(`${templates.length} templates`)
    }),
  },
  {
    step: 'mini_callback',
    needs: ['settings'],
    async run(settings) {
      const { WECHAT_CALLBACK_TOKEN: token } = settings
      if (!token) return skipped
      const found = await checkWechatCallback(settings, token)
      return found ? failed(found.finding, found.details) : ok()
    },
  },
]

function configurationOf(folder: string): Outcome {
  try {
    loadConfig(folder)
    return ok()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return failed('bad_configuration', [...error.lines])
  }
}

/** Every step once; one whose ground failed is skipped, because it would only fail for the same reason. */
export async function runDoctor(env: Record<string, string | undefined>): Promise<StepReport[]> {
  const { settings, problems } = readSettings(env)
  const reports: StepReport[] = [
    {
      step: 'settings',
      ...(settings
        ? ok()
        : failed(
            'bad_settings',
            problems.map(({ setting, message }) => `${setting} ${message}`),
          )),
    },
    { step: 'configuration', ...configurationOf(settings?.CONFIG_DIR ?? (env.CONFIG_DIR || 'config')) },
  ]
  const stands = (step: StepName) =>
    reports.some((one) => one.step === step && (one.status === 'ok' || one.status === 'warning'))
  const vendors = settings && vendorsOf(settings)
  for (const { step, needs, run } of STEPS)
    reports.push({ step, ...(settings && vendors && needs.every(stands) ? await run(settings, vendors) : skipped) })
  return reports
}
