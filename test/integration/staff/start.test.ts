/** The first minutes of an installation: WeCom refuses until somebody has trusted the server's address. */
import { afterAll, expect, test, vi } from 'vitest'
import { vendorSettings } from '../../../scripts/demo/vendor-settings.ts'
import { createSimulator } from '../../../simulator/index.ts'
import { loadConfig } from '../../../src/config.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { readSettings } from '../../../src/platform/settings.ts'
import { startServer } from '../../../src/server.ts'
import { testDb } from '../../support/db.ts'
import { TEST_FIELD_KEYS } from '../../support/ports.ts'

test('a directory that could not be read at the start is read as soon as WeCom answers', async () => {
  const db = await testDb()
  const simulator = await createSimulator({ seed: 3, staff: 4 })
  afterAll(() => simulator.close())
  const uri = new URL(process.env.MONGODB_URI ?? '')
  uri.pathname = `/${db.name}`
  const { settings } = readSettings({
    MONGODB_URI: uri.toString(),
    PORT: '0',
    ...vendorSettings(simulator.ready),
    FIELD_KEYS: TEST_FIELD_KEYS,
    SESSION_SECRET: 'a session secret of tests, 32 characters',
  })
  if (!settings) throw new Error('settings of the test are incomplete')
  const refusal = simulator.faults.add({ path: '/cgi-bin/department/list', errcode: 60020, times: 1 })
  const server = await startServer({ settings, config: loadConfig('config'), log: silentLog })
  afterAll(() => server.stop())
  await vi.waitFor(async () => expect(await db.collection('staff').countDocuments()).toBe(4), { timeout: 20_000 })
  expect(refusal.hits).toBe(1)
})
