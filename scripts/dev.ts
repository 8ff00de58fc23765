/** `npm run dev`: database, simulator with the real clock, and the server restarted on every change. No vendor account. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSimulator } from '../simulator/index.ts'
import { startDatabase } from './db/ladder.ts'
import { vendorSettings } from './demo/vendor-settings.ts'
import { needPorts, PortInUseError } from './ports.ts'
import { exitOnStopSignal, onStopSignal } from './signals.ts'

const say = (line: string) => process.stderr.write(`${line}\n`)
const dataDir = process.env.DATA_DIR ?? '.data'
const SIMULATOR_PORT = 4100
const PORT = 3000
const SERVER_LIMIT_MS = 60_000

/** Keys of this machine, made once: data sealed yesterday must open today. */
function keys(): Record<string, string> {
  const path = join(dataDir, 'dev-keys.json')
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>
  } catch {
    const made = {
      FIELD_KEYS: `dev:${randomBytes(32).toString('base64')}`,
      SESSION_SECRET: randomBytes(32).toString('hex'),
      INTEGRATION_KEYS: `dev-${randomBytes(16).toString('hex')}`,
    }
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(path, JSON.stringify(made), { mode: 0o600 })
    return made
  }
}

try {
  await needPorts([{ ports: [PORT, SIMULATOR_PORT, SIMULATOR_PORT + 1] }])
} catch (error) {
  if (!(error instanceof PortInUseError)) throw error
  say(error.message)
  process.exit(1)
}
const release = exitOnStopSignal()
const database = await startDatabase({ dataDir: join(dataDir, 'db'), onProgress: say })
const simulator = await createSimulator({ port: SIMULATOR_PORT, customers: 20, staff: 14 })
const { ready } = simulator
const secrets = keys()
const env = {
  ...process.env,
  ...secrets,
  MONGODB_URI: database.uri,
  PORT: String(PORT),
  ...vendorSettings(ready),
}
const server: ChildProcess = spawn(
  process.execPath,
  [join('node_modules', 'tsx/dist/cli.mjs'), 'watch', 'src/main.ts'],
  { stdio: 'inherit', env },
)
release()
onStopSignal(() => {
  server.kill('SIGTERM')
  void simulator
    .close()
    .then(() => database.stop())
    .finally(() => process.exit(0))
})
const address = `http://127.0.0.1:${PORT}`
await untilReady()
await fetch(`${ready.wecomBase}/_sim/callback-target`, {
  method: 'POST',
  body: JSON.stringify({
    wecomUrl: `${address}/callbacks/wecom`,
    wechatUrl: `${address}/callbacks/wechat`,
    appUrl: address,
  }),
})
say(`server ${address} · phones ${ready.wecomBase}/ · integration key ${secrets.INTEGRATION_KEYS}`)

async function untilReady(): Promise<void> {
  const deadline = Date.now() + SERVER_LIMIT_MS
  while (Date.now() < deadline) {
    try {
      if ((await fetch(`${address}/readyz`)).ok) return
    } catch {
      // not up yet
    }
    await new Promise((done) => setTimeout(done, 200))
  }
  say('the server does not get ready; its own words are above')
}
