/** A clinic with its server, its people and their phones, for one test file. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll } from 'vitest'
import { type DemoParts, startParts } from '../../scripts/demo/parts.ts'
import { type ClinicStore, enterStores, storesOf } from '../../scripts/demo/stores.ts'
import { launchChromium, type OpenPhone, openPhone, type PhoneOptions } from './phone.ts'

const DAYS = 60

export interface PhoneWorld extends Pick<DemoParts, 'simulator' | 'server' | 'api' | 'config'> {
  stores: ClinicStore[]
  browser: Browser
  open(options: Omit<PhoneOptions, 'base'>): Promise<OpenPhone>
}

/**
 * The simulator's clock stands at `start`; the clinic's stores are entered, and nothing else.
 * @param port of the server, where messages must name its address
 */
export async function phoneWorld(start: Date, customers = 3, port = 0): Promise<PhoneWorld> {
  const dataDir = mkdtempSync(join(tmpdir(), 'aftercare-phone-'))
  process.env.DATA_DIR = dataDir
  const onProgress = () => undefined
  const parts = await startParts({ seed: 3, customers, start, port, simulatorPort: 0, onProgress })
  const stores = storesOf(start, DAYS)
  await enterStores(parts.api, stores)
  const browser = await launchChromium()
  afterAll(async () => {
    await browser.close()
    await parts.stop()
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 })
  })
  const { simulator, server, api, config } = parts
  const open: PhoneWorld['open'] = (options) => openPhone(browser, { base: simulator.ready.wecomBase, ...options })
  return { simulator, server, api, config, stores, browser, open }
}
