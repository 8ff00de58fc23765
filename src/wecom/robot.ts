/** A robot in a group of colleagues (群机器人, wecom.md 8.3). Its address is its only secret, and never part of an error or log. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../platform/clock.ts'
import { AppError } from '../platform/errors.ts'
import { sha256Hex } from '../platform/hash.ts'
import { createPlainCall, shape } from './call.ts'
import type { Rates } from './rates.ts'

export type RobotMessage =
  /** ≤ 2048 bytes; mentions by userid, or everybody. */
  | { kind: 'text'; text: string; mention?: readonly string[] | 'all' }
  /** ≤ 4096 bytes. */
  | { kind: 'markdown'; text: string }
  /** JPG or PNG, ≤ 2 MB. */
  | { kind: 'image'; bytes: Buffer }
  /** One to eight. */
  | { kind: 'news'; articles: readonly { title: string; url: string; description?: string; pictureUrl?: string }[] }

export interface Robot {
  /**
   * Nothing recognises a repeat.
   *
   * @throws AppError rate_limited/rate_limited: our share of 20 a minute is used up, nothing was sent; VendorError 93000/93001/93004/93008 (person)
   */
  send(message: RobotMessage): Promise<void>
}

function bodyOf(message: RobotMessage) {
  switch (message.kind) {
    case 'text': {
      const mentioned = message.mention === 'all' ? ['@all'] : message.mention
      return { msgtype: 'text', text: { content: message.text, mentioned_list: mentioned } }
    }
    case 'markdown':
      return { msgtype: 'markdown', markdown: { content: message.text } }
    case 'image': {
      const md5 = createHash('md5').update(message.bytes).digest('hex')
      return { msgtype: 'image', image: { base64: message.bytes.toString('base64'), md5 } }
    }
    case 'news':
      return {
        msgtype: 'news',
        news: {
          articles: message.articles.map(({ title, url, description, pictureUrl }) => ({
            title,
            url,
            description,
            picurl: pictureUrl,
          })),
        },
      }
  }
}

export function createRobot({
  apiBase,
  key,
  rates,
  clock,
}: {
  apiBase: string
  key: string
  rates: Rates
  clock: Clock
}): Robot {
  const call = createPlainCall('wecom', apiBase)
  const path = '/cgi-bin/webhook/send'
  // The bucket is stored, so it must not spell the secret out.
  const bucket = sha256Hex(key).slice(0, 16)
  return {
    async send(message) {
      const { ok, retryAt } = await rates.reserve(bucket, 'robot', 1)
      if (!ok)
        throw new AppError(
          'rate_limited',
          'rate_limited',
          { path },
          { retryAfterMs: Math.max(0, Number(retryAt) - Number(clock.now())) },
        )
      const answer = await call({ method: 'POST', path, query: { key }, body: JSON.stringify(bodyOf(message)) })
      shape(z.looseObject({}), answer, 'wecom', path)
    },
  }
}
