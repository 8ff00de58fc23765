/** Asks our own server what WeCom and WeChat ask it when an administrator saves the callback address. */
import { createHash, randomBytes } from 'node:crypto'
import { systemClock } from '../../src/platform/clock.ts'
import type { Settings } from '../../src/platform/settings.ts'
import { createEnvelope } from '../../src/wecom/index.ts'
import type { Finding } from './words.ts'

/** So long WeCom waits for the answer to the check. */
const PATIENCE_MS = 1_000
const TIMEOUT_MS = 5_000
const KEYS_DIFFER: readonly number[] = [400, 401, 403]

const baseOf = ({ PUBLIC_URL, HOST, PORT }: Settings) =>
  PUBLIC_URL ?? `http://${HOST === '0.0.0.0' ? '127.0.0.1' : HOST}:${PORT}`

/** Null when all is well. */
async function check(url: string, expected: string): Promise<{ finding: Finding; details: string[] } | null> {
  const where = new URL(url)
  const details = [where.origin + where.pathname]
  const startedAt = performance.now()
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'manual' })
    const text = await answer.text()
    if (KEYS_DIFFER.includes(answer.status) && text.includes('bad_signature'))
      return { finding: 'callback_keys', details }
    if (answer.status !== 200 || text !== expected) return { finding: 'callback_not_ours', details }
  } catch {
    return { finding: 'callback_unreachable', details }
  }
  return performance.now() - startedAt > PATIENCE_MS ? { finding: 'callback_slow', details } : null
}

export function checkWecomCallback(settings: Settings) {
  const { WECOM_CALLBACK_TOKEN: token, WECOM_CALLBACK_AES_KEY: aesKey, WECOM_CORP_ID: receiveId } = settings
  const envelope = createEnvelope({ token, aesKey, receiveId, maxAgeSeconds: 0 }, systemClock)
  const echo = randomBytes(8).toString('hex')
  const { encrypt, signature, timestamp, nonce } = envelope.seal(echo, randomBytes(8).toString('hex'))
  const query = new URLSearchParams({ msg_signature: signature, timestamp, nonce, echostr: encrypt })
  return check(`${baseOf(settings)}/callbacks/wecom?${query}`, echo)
}

export function checkWechatCallback(settings: Settings, token: string) {
  const [echo, nonce] = [randomBytes(8).toString('hex'), randomBytes(8).toString('hex')]
  const timestamp = String(Math.floor(systemClock.now().getTime() / 1_000))
  const signature = createHash('sha1').update([token, timestamp, nonce].sort().join('')).digest('hex')
  const query = new URLSearchParams({ signature, timestamp, nonce, echostr: echo })
  return check(`${baseOf(settings)}/callbacks/wechat?${query}`, echo)
}
